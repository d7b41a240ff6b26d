"""First response to leads: who was never contacted does not vanish; speed and conversion go together or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import STAGES

CAME = "2025-05-05 10:00"  # a Monday
NOBODY = {"activity_id": "other", "kind": "email", "created_at": "2020-01-01", "direction": "out"}


def later(minutes: float, start: str = CAME) -> str:
    return str(datetime.fromisoformat(start) + timedelta(minutes=minutes))


def lead(lead_id: str, created_at: str = CAME, **more: Any) -> dict[str, Any]:
    return {"lead_id": lead_id, "created_at": created_at, **more}


def call(lead_id: str, minutes: float, **more: Any) -> dict[str, Any]:
    at = later(minutes)
    return {
        "activity_id": lead_id,
        "lead_id": lead_id,
        "kind": "call",
        "direction": "out",
        "created_at": at,
        "done_at": at,
        **more,
    }


def asked_of(
    leads: list[dict[str, Any]],
    calls: list[dict[str, Any]],
    reaches: str = "2025-06-01",
    tables: Any = None,
    **choices: Any,
) -> Any:
    with company(reaches=reaches, leads=leads, activities=[*calls, NOBODY], **(tables or {})) as asked:
        return asked.ask("sales.lead_response", period="2025", **choices)


def example(times: int = 5) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    leads = [lead(f"{name}{turn}") for name in "abcd" for turn in range(times)]
    return leads, [call(f"{name}{turn}", minutes) for name, minutes in (("a", 10), ("b", 20)) for turn in range(times)]


def test_the_worked_example_never_contacted_leads_do_not_vanish() -> None:
    total = asked_of(*example(), reaches="2025-05-07 10:00").total
    assert (total.leads, total.contacted, total.median) == (20, 10, 20)  # not 15


def test_business_minutes_pass_over_the_night_and_calendar_minutes_do_not() -> None:
    leads = [lead(str(n), "2025-05-09 17:50") for n in range(5)]  # a Friday
    calls = [call(str(n), 0) | {"done_at": "2025-05-12 09:10"} for n in range(5)]
    answer = asked_of(leads, calls)
    assert answer.total.median == 20
    assert "No business hours are given, so Monday to Friday from 9 to 18 counts." in [
        str(n.message) for n in answer.notes
    ]
    assert asked_of(leads, calls, clock="calendar").total.median == 2 * 1440 + 15 * 60 + 20


def test_who_was_disqualified_is_watched_until_then() -> None:
    # four contacted after 60 minutes; one disqualified after 30: it is not at risk at 60
    leads = [lead(str(n)) for n in range(4)] + [lead("x", disqualified_at=later(30))]
    assert asked_of(leads, [call(str(n), 60) for n in range(4)]).total.p75 == 60
    assert asked_of([*leads[:4], lead("x")], [call("0", 60), call("1", 60)]).total.median is None


@pytest.mark.parametrize(
    ("activity", "counts"),
    [
        ({}, True),
        ({"outcome": "no_answer"}, True),
        ({"direction": "in", "outcome": "answered"}, True),
        ({"direction": "in", "kind": "email"}, False),  # the lead wrote: nobody has answered
        ({"kind": "task"}, False),
        ({"done_at": None}, False),
        ({"kind": "meeting", "direction": None}, True),
        ({"kind": "meeting", "outcome": "no_show"}, False),
        ({"lead_id": None, "deal_id": "d"}, True),  # on the deal that the lead became
        ({"lead_id": None, "deal_id": "e"}, False),
    ],
)
def test_what_is_a_response(activity: dict[str, Any], counts: bool) -> None:
    deals = [{"deal_id": each, "stage": "lead", "created_at": later(5)} for each in "de"]
    tables = {"stages": STAGES, "deals": deals}
    assert asked_of([lead("a", deal_id="d")], [call("a", 30) | activity], tables=tables).total.contacted == counts


def test_leads_recorded_with_a_contact_at_once_are_left_out() -> None:
    answer = asked_of([lead("a"), lead("b"), lead("c")], [call("a", 0.5), call("b", -10), call("c", 1)])
    assert (answer.total.leads, answer.total.contacted) == (1, 1)
    assert ("recorded together with a contact", 2) in [(str(each.reason), each.rows) for each in answer.result.left_out]


BANDS = [
    ("hour", 59),
    ("day", 60),
    ("day", 1439),
    ("three_days", 1440),
    ("three_days", 4320),
    ("later", 4321),
    ("never", None),
]


def test_bands_are_of_calendar_time() -> None:
    leads = [lead(str(n)) for n in range(len(BANDS))]
    answer = asked_of(leads, [call(str(n), minutes) for n, (_band, minutes) in enumerate(BANDS) if minutes])
    assert [(row.party, row.leads) for row in answer.rows] == [
        ("hour", 1),
        ("day", 2),
        ("three_days", 2),
        ("later", 1),
        ("never", 1),
    ]
    assert answer.total.leads == 7


def converting(
    won: int, lost: int, minutes: float | None, mark: str, created_at: str = CAME
) -> dict[str, list[dict[str, Any]]]:
    """Leads answered so quickly of which so many are won twenty days later."""
    ids = [f"{mark}{n}" for n in range(won + lost)]
    closed = later(20 * 1440, created_at)
    return {
        "leads": [lead(each, created_at, deal_id=each if n < won else None) for n, each in enumerate(ids)],
        "calls": [] if minutes is None else [call(each, minutes) for each in ids],
        "deals": [
            {"deal_id": each, "stage": "won", "is_won": True, "created_at": created_at, "closed_at": closed}
            for each in ids[:won]
        ],
    }


def together(*parts: dict[str, list[dict[str, Any]]], **choices: Any) -> Any:
    rows = {name: [row for part in parts for row in part[name]] for name in ("leads", "calls", "deals")}
    tables = {"stages": STAGES, "deals": rows["deals"]}
    return asked_of(rows["leads"], rows["calls"], tables=tables, **choices)


def test_conversion_by_speed_and_that_it_is_an_association_only() -> None:
    answer = together(converting(20, 10, 30, "q"), converting(2, 28, 5000, "s"), converting(0, 20, None, "n"))
    told = {row.party: (row.n, row.converted, row.conversion) for row in answer.rows}
    assert told == {
        "hour": (30, 20, pytest.approx(2 / 3)),
        "later": (30, 2, pytest.approx(1 / 15)),
        "never": (20, 0, 0),
    }
    assert answer.total.conversion == pytest.approx(22 / 80)
    said = " ".join(str(each.message) for each in answer.findings)
    assert "20 of 80 leads were never contacted (25.0%)." in said
    assert "does not prove that speed is the reason" in said


def test_without_a_clear_difference_nothing_is_claimed() -> None:
    assert together(converting(10, 20, 30, "q"), converting(9, 21, 5000, "s")).findings == ()


def test_leads_younger_than_three_days_are_pending_for_the_conversion() -> None:
    answer = together(converting(1, 4, 30, "q"), converting(0, 2, None, "y", created_at="2025-05-30"))
    assert (answer.total.leads, answer.total.n, answer.total.conversion) == (7, 5, 0.2)
    assert ("too young for the conversion", 2) in [(str(each.reason), each.rows) for each in answer.result.left_out]


def test_won_within_so_many_days_waits_for_the_leads_to_be_so_old() -> None:
    parts = (converting(2, 3, 30, "q"), converting(0, 2, None, "y", created_at="2025-05-20"))
    assert together(*parts, within=19).total.conversion == 0  # won on the twentieth day; the young ones are pending
    total = together(*parts, within=20).total
    assert (total.n, total.converted) == (5, 2)


def test_without_deals_the_first_purchase_is_the_win() -> None:
    tables = {
        "customers": [{"customer_id": "c"}],
        "orders": [
            {"order_id": "o", "customer_id": "c", "ordered_at": later(3000)},
            {"order_id": "x", "customer_id": "c", "ordered_at": "2025-05-01"},
        ],
        "order_lines": [{"order_id": each, "line_no": 1, "quantity": 1, "net_amount": 5} for each in "ox"],
    }
    total = asked_of([lead("a", customer_id="c"), lead("b")], [], tables=tables).total
    assert (total.n, total.converted) == (2, 1)
    assert asked_of([lead("a", customer_id="c")], [], tables=tables, within=1).total.converted == 0


def test_by_owner_and_by_month() -> None:
    leads = [lead(f"a{n}", owner_id="ana") for n in range(5)] + [
        lead(f"b{n}", "2025-05-31 23:00", owner_id="bo") for n in range(3)
    ]
    people = {"employees": [{"employee_id": "ana"}, {"employee_id": "bo"}]}
    calls = [call(f"a{n}", 10 * (n + 1)) for n in range(5)]
    by_owner = asked_of(leads, calls, by="owner", tables=people)
    assert [(row.party, row.leads, row.contacted, row.median) for row in by_owner.rows] == [
        ("ana", 5, 5, 30),
        ("bo", 3, 0, None),
    ]
    assert by_owner.total.leads == 8
    assert [row.party for row in asked_of(leads, calls, by="month").rows] == ["2025-05"]


def test_without_directions_it_is_locked_and_not_told_as_never_contacted() -> None:
    blank = [call(str(n), 10, direction=None) for n in range(9)]
    answer = asked_of([lead("a")], blank)
    assert answer.locked is not None
    assert answer.locked.missing == "activities.direction"
