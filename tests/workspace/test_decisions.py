"""The product's own state and the decisions in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state

MERGE = Decision("merge", {"table": "customers", "keep": "İ1", "others": ["2"]}, "ana@example.com")


def test_a_decision_stands_until_it_is_undone(tmp_path: Path) -> None:
    decisions = Decisions(open_state(tmp_path))
    (first,) = decisions.add(MERGE)
    (second,) = decisions.add(Decision("leave_out", {"source": "shop", "import_no": 3}))
    assert (first.number, second.number) == (1, 2)
    assert [each.about for each in decisions.standing("merge")] == [MERGE.about]
    decisions.undo(1, by="bo")
    assert [each.number for each in decisions.standing()] == [2]
    assert decisions.all()[0].undone_by == "bo"  # the record stays


def test_what_does_not_stand_cannot_be_undone_and_nothing_else_is(tmp_path: Path) -> None:
    decisions = Decisions(open_state(tmp_path))
    decisions.add(MERGE)
    with pytest.raises(UnknownName, match="7"):
        decisions.undo(1, 7)
    assert len(decisions.standing()) == 1


def test_another_process_reads_what_one_has_kept(tmp_path: Path) -> None:
    Decisions(open_state(tmp_path)).add(MERGE)
    assert Decisions(open_state(tmp_path)).standing()[0].made_by == "ana@example.com"


def test_the_state_is_for_its_owner_alone(tmp_path: Path) -> None:
    Decisions(open_state(tmp_path)).add(MERGE)
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600
