"""The look at every row of every table is taken once for a version and a scope, whatever is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace
from crmetrics.warehouse import warehouse
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer


@pytest.fixture(scope="module")
def opened(demo_company: Callable[[str], Path]) -> OpenCatalogue:
    return open_workspace(demo_company("en"))


def looks(opened: OpenCatalogue) -> int:
    return sum(isinstance(each, tuple) and each[0] == "quality" for each in opened.engine.learned)


def test_the_rows_are_looked_at_once_for_all_that_is_shown(
    opened: OpenCatalogue, demo_company: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from crmetrics.data import quality as module

    by_tables = opened.ask("data.quality", show="tables")
    afresh = open_workspace(demo_company("en")).ask("data.quality", show="columns")
    monkeypatch.setattr(module, "measured", lambda _warehouse: pytest.fail("looked through again"))
    by_columns = opened.ask("data.quality", show="columns")
    assert len(by_tables.rows)
    assert [row.as_dict() for row in by_columns.rows] == [row.as_dict() for row in afresh.rows]
    assert by_columns.passport is not None
    assert afresh.passport is not None
    assert by_columns.passport.statements == afresh.passport.statements
    with pytest.raises(pytest.fail.Exception):
        opened.ask("data.quality", viewer=Viewer("rep", "self", "E0001"))


def test_each_scope_has_its_own_look_and_only_some_are_kept(
    opened: OpenCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warehouse, "LOOKS_KEPT", 2)
    own = opened.ask("data.quality", viewer=Viewer("rep", "self", "E0001"))
    part = opened.ask("data.quality", viewer=ADMINISTRATOR, where=(Filter("channel", ("online",)),))
    assert [row.as_dict() for row in own.rows] != [row.as_dict() for row in part.rows]
    assert looks(opened) == 2
