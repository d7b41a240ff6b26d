"""What is gathered of one deal: days in stages, what is planned and by whom, put-off dates, whose it is."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.analysis.one_deal import Deal, deal_of
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.warehouse.scope import Scope, Viewer
from tests.company import company

STAGES = [
    {"pipeline": "main", "stage": stage, "stage_no": place, "kind": kind}
    for place, (stage, kind) in enumerate((("New", "open"), ("Offer", "open"), ("Won", "won")), 1)
]
DEAL = {"deal_id": "D", "owner_id": "ana", "stage": "New", "created_at": "2025-12-01"}


def visit(stage: str, entered: str, left: str | None = None, deal: str = "D") -> dict[str, Any]:
    return {"deal_id": deal, "stage": stage, "entered_at": entered, "left_at": left}


def change(day: str, before: str | None, now: str | None) -> dict[str, Any]:
    told = {"deal_id": "D", "field_name": "expected_close_on", "changed_at": day}
    return {**told, "old_value": before, "new_value": now}


def gathered(viewer: Viewer | None = None, **tables: list[dict[str, Any]]) -> Deal:
    with company(**{"deals": [DEAL], "stages": STAGES, **tables}) as asked:
        scope = Scope(viewer) if viewer else Scope()
        with asked.warehouse(scope) as warehouse:
            return deal_of(warehouse, "D")


def test_days_in_a_stage_are_those_of_all_visits() -> None:
    stays = [
        visit("New", "2025-12-01", "2025-12-05"),
        visit("Offer", "2025-12-05", "2025-12-10"),
        visit("New", "2025-12-10"),
    ]
    found = gathered(deal_stages=stays)
    assert found.days_in_stage == 4 + 22
    assert [each.days for each in found.stays] == [4, 5, 22]
    assert found.stay is not None
    assert found.stay.usual_days is None  # no deal was won


def test_what_is_usual_is_the_median_of_won_deals() -> None:
    won = [{"deal_id": f"W{days}", "stage": "Won", "is_won": True, "created_at": "2025-01-01", "closed_at": f"2025-01-{1 + days:02}"}
           for days in (2, 4, 20)]  # fmt: skip
    stays = [visit("New", "2025-01-01", None, each["deal_id"]) for each in won]
    found = gathered(deals=[DEAL, *won], deal_stages=[*stays, visit("New", "2025-12-01")])
    assert found.stay is not None
    assert (found.stay.usual_days, found.stay.won_deals) == (4, 3)


def test_without_a_history_nothing_is_known_of_the_stage() -> None:
    found = gathered()
    assert (found.days_in_stage, found.stay, found.stays) == (None, None, ())
    assert not found.is_done_told
    assert found.customer == {}


def test_a_colleague_s_next_step_is_one_and_stays_his() -> None:
    steps = [
        {"activity_id": "1", "kind": "call", "deal_id": "D", "owner_id": "bo", "created_at": "2025-12-02", "due_at": "2026-01-09"},
        {"activity_id": "2", "kind": "call", "deal_id": "D", "owner_id": "bo", "created_at": "2025-12-03",
         "done_at": "2025-12-03"},
        {"activity_id": "3", "kind": "task", "deal_id": "D", "owner_id": "ana", "created_at": "2025-12-02",
         "due_at": "2026-01-05", "outcome": "cancelled"},
    ]  # fmt: skip
    found = gathered(Viewer("ana", "self", "ana"), activities=steps)
    assert found.planned == ()
    assert str(found.next_at) == "2026-01-09 00:00:00"
    assert str(found.done_at) == "2025-12-03 00:00:00"
    assert [each.kind for each in found.timeline] == ["stage"]


def test_only_later_days_are_slips_and_anything_may_stand_in_a_history() -> None:
    changes = [
        change("2025-12-01", None, "2025-12-10"),
        change("2025-12-02", "2025-12-10", "2025-12-24"),
        change("2025-12-03", "2025-12-24", "2025-12-20"),
        change("2025-12-04", "soon", "later"),
        change("2025-12-05", "2025-12-20", None),
        change("2025-12-06", "2025-12-20", "2026-01-20"),
    ]
    found = gathered(deal_changes=changes)
    assert (found.slips.times, str(found.slips.first_on)) == (2, "2025-12-10")
    assert len(found.changes) == 6


def test_the_lead_s_source_stands_for_one_of_its_own() -> None:
    lead = {"lead_id": "L", "deal_id": "D", "source": "Fair", "created_at": "2025-11-01", "owner_id": "ana"}
    assert gathered(leads=[lead]).source == "Fair"
    assert gathered(deals=[{**DEAL, "source": "Web"}], leads=[lead]).source == "Web"


def test_another_s_deal_is_none() -> None:
    with pytest.raises(UnknownName, match="no deal 'D' that you may see"):
        gathered(Viewer("bo", "self", "bo"))
