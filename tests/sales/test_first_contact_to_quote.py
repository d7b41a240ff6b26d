"""First contact to quote: who still waits is not left out, who ends unquoted competes."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import STAGES

BEGAN = "2025-05-05 10:00"  # a Monday


def deal(
    deal_id: str, created_at: str = BEGAN, is_won: bool | None = None, closed_at: str | None = None, **more: Any
) -> dict[str, Any]:
    stage = {True: "won", False: "lost", None: "lead"}[is_won]
    return {
        "deal_id": deal_id,
        "stage": stage,
        "created_at": created_at,
        "is_won": is_won,
        "closed_at": closed_at,
        **more,
    }


def later(days: float, start: str = BEGAN) -> str:
    return str(datetime.fromisoformat(start) + timedelta(days=days))


def quote(deal_id: str, days: float) -> dict[str, Any]:
    return {"quote_id": deal_id, "deal_id": deal_id, "sent_at": later(days)}


def act(number: int, kind: str, done_at: str | None, **more: Any) -> dict[str, Any]:
    return {"activity_id": str(number), "kind": kind, "created_at": done_at or BEGAN, "done_at": done_at, **more}


def asked_of(
    deals: list[dict[str, Any]],
    quotes: list[dict[str, Any]],
    reaches: str = "2025-05-15 10:00",
    tables: Any = None,
    **choices: Any,
) -> Any:
    some = quotes or [{"quote_id": "draft", "sent_at": "2020-01-01"}]
    with company(reaches=reaches, stages=STAGES, deals=deals, quotes=some, **(tables or {})) as asked:
        return asked.ask(
            "sales.first_contact_to_quote", period="2025", **{"by": "none", "clock": "calendar", **choices}
        )


def waits(times: int = 5) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Quoted after 1 and 3 days, and open for ten."""
    deals = [deal(f"{name}{turn}") for name in "abc" for turn in range(times)]
    return deals, [quote(f"{name}{turn}", days) for name, days in (("a", 1), ("b", 3)) for turn in range(times)]


def test_the_worked_example_who_still_waits_is_not_left_out() -> None:
    total = asked_of(*waits()).total
    assert (total.cases, total.quoted, total.waiting, total.median) == (15, 10, 5, 3)  # not 2
    assert (total.p75, total.longest) == (None, 10)
    assert (total.within_1, total.within_3) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_lost_before_the_quote_competes_so_the_share_quoted_stays_below() -> None:
    # two quoted after 1 day, two lost after 2, one quoted after 4: F = .4, .6 and never more; 1 - KM would reach 1
    deals = [
        deal("a"),
        deal("b"),
        deal("c", is_won=False, closed_at=later(2)),
        deal("d", is_won=False, closed_at=later(2)),
        deal("e"),
    ]
    total = asked_of(deals, [quote("a", 1), quote("b", 1), quote("e", 4)]).total
    assert (total.median, total.p75, total.unquoted) == (4, None, 2)


def test_a_deal_closed_without_a_quote_or_before_it_has_ended_unquoted() -> None:
    deals = [deal("won", is_won=True, closed_at=later(2)), deal("late", is_won=False, closed_at=later(2))]
    total = asked_of(deals, [quote("late", 5)]).total
    assert (total.quoted, total.unquoted, total.waiting) == (0, 2, 0)


def began(
    activities: list[dict[str, Any]], leads: list[dict[str, Any]] | None = None, created_at: str = BEGAN
) -> float:
    """The days that five equal deals wait whose quote is sent ten days after BEGAN."""
    deals = [deal(f"d{turn}", created_at) for turn in range(5)]
    copies: dict[str, list[dict[str, Any]]] = {"activities": [], "leads": []}
    for turn in range(5):
        for table, key, rows in (("activities", "activity_id", activities), ("leads", "lead_id", leads or [])):
            for row in rows:
                own = {name: f"{row[name]}{turn}" for name in (key, "deal_id", "lead_id") if row.get(name)}
                copies[table].append(row | own)
    tables = {table: rows for table, rows in copies.items() if rows}
    total = asked_of(deals, [quote(each["deal_id"], 10) for each in deals], reaches="2025-06-01", tables=tables).total
    return float(total.median)


LEAD = {"lead_id": "l", "created_at": later(-8), "deal_id": "d"}


def test_the_wait_begins_with_the_deal_else_the_lead_else_the_first_contact() -> None:
    assert began([]) == 10
    assert began([], [LEAD]) == 18
    on_deal = act(1, "call", later(2), deal_id="d", direction="out")
    on_lead = act(2, "email", later(-7), lead_id="l", direction="out")
    assert began([on_deal], [LEAD]) == 8
    assert began([on_deal, on_lead], [LEAD]) == 17


@pytest.mark.parametrize(
    ("activity", "counts"),
    [
        ({"kind": "call", "direction": "out", "outcome": "no_answer"}, True),  # outbound, answered or not
        ({"kind": "call", "direction": "in", "outcome": "answered"}, True),
        ({"kind": "call", "direction": "in", "outcome": "no_answer"}, False),
        ({"kind": "email", "direction": "in"}, True),  # the prospect asks: he waits from then on
        ({"kind": "email", "direction": "out", "done_at": None}, True),  # written, not planned
        ({"kind": "email", "direction": "out", "done_at": None, "due_at": later(3)}, False),
        ({"kind": "meeting"}, True),
        ({"kind": "visit", "outcome": "cancelled"}, False),
        ({"kind": "appointment", "due_at": later(2), "outcome": "no_show"}, False),
        ({"kind": "meeting", "done_at": None}, False),
        ({"kind": "task"}, False),
        ({"kind": "note", "direction": "out"}, False),
    ],
)
def test_which_activity_is_a_contact(activity: dict[str, Any], counts: bool) -> None:
    row = act(1, "call", later(2), deal_id="d") | {"created_at": later(2)} | activity
    assert began([row]) == (8 if counts else 10)


def test_a_quote_from_before_the_first_contact_is_a_fault_and_told() -> None:
    answer = asked_of([deal("a"), deal("b")], [quote("a", -1), quote("b", 1)])
    assert (answer.total.cases, answer.total.quoted) == (1, 1)
    assert [(str(each.reason), each.rows) for each in answer.result.left_out] == [
        ("quoted or closed before the first contact on record", 1)
    ]


def test_drafts_are_no_quotes_and_of_several_the_first_counts() -> None:
    quotes = [quote("a", 4), quote("a", 2) | {"quote_id": "x"}, {"quote_id": "draft", "deal_id": "a", "sent_at": None}]
    assert asked_of([deal("a")], quotes).total.within_3 == 1


def test_deals_younger_than_the_days_are_pending() -> None:
    deals = [deal("old"), deal("young", created_at=later(8))]
    total = asked_of(deals, [quote("young", 8.5)]).total
    assert (total.within_1, total.within_3, total.within_7) == (0.5, 0, 0)
    assert (total.mature_1, total.mature_3, total.mature_7) == (2, 1, 1)


def test_business_days_leave_the_weekend_and_free_days_out() -> None:
    deals = [deal(f"{turn}") for turn in range(5)]
    quotes = [quote(f"{turn}", 7) for turn in range(5)]  # Monday to Monday
    free = {"holidays": [{"calendar": "x", "held_on": "2025-05-07"}]}
    assert asked_of(deals, quotes, clock="business").total.median == 5
    assert asked_of(deals, quotes, clock="business", tables=free).total.median == 4


def test_few_deals_are_too_few_to_say() -> None:
    answer = asked_of(*waits(3))
    assert answer.total.median == 3
    assert any("fewer than 10 cases" in str(note.message) for note in answer.notes)
    assert asked_of([deal("a")], [quote("a", 1)]).total.median is None


def test_the_group_that_waits_by_far_the_longest_is_found() -> None:
    deals = [deal(f"{owner}{n}", owner_id=owner) for owner in ("ana", "bo", "cy") for n in range(30)]
    quotes = [quote(each["deal_id"], 8 if each["owner_id"] == "ana" else 2) for each in deals]
    people = {"employees": [{"employee_id": each, "name": each.title()} for each in ("ana", "bo", "cy")]}
    answer = asked_of(deals, quotes, by="owner", tables=people)
    assert [(row.party, row.median) for row in answer.rows] == [("ana", 8), ("bo", 2), ("cy", 2)]
    (finding,) = answer.findings
    assert "Ana: prospects wait 8.00" in str(finding.message)


def test_the_same_as_by_hand_on_random_deals() -> None:
    draw = random.Random(7)
    deals, quotes, cases = [], [], []
    for number in range(200):
        begin, sent, closed = draw.uniform(0, 20), draw.expovariate(1 / 10), draw.expovariate(1 / 15)
        begin = round(begin * 1440) / 1440
        has_quote, is_closed = draw.random() < 0.7 and begin + sent < 30, draw.random() < 0.6 and begin + closed < 30
        deals.append(
            deal(str(number), later(begin), False if is_closed else None, later(begin + closed) if is_closed else None)
        )
        if has_quote:
            quotes.append(quote(str(number), begin + sent))
        ends = [(sent, 0)] * has_quote + [(closed, 1)] * is_closed + [(30 - begin, 2)]
        cases.append(min(ends))
    total = asked_of(deals, quotes, reaches=later(30)).total
    share, free, reached = 0.0, 1.0, []
    for place, (days, end) in enumerate(sorted(cases)):
        at_risk = len(cases) - place
        share += free / at_risk * (end == 0)
        reached.append((share, days))
        free *= 1 - (end < 2) / at_risk
    for name, wanted in (("median", 0.5), ("p75", 0.75)):
        by_hand = next((days for found, days in reached if found >= wanted), None)
        assert getattr(total, name) == (None if by_hand is None else pytest.approx(by_hand, abs=1e-3))
    assert (total.quoted, total.unquoted, total.waiting) == tuple(
        sum(end == kind for _d, end in cases) for kind in range(3)
    )


def test_a_deal_without_any_moment_is_told() -> None:
    answer = asked_of([deal("a"), deal("b") | {"created_at": None}], [quote("a", 1)])
    assert answer.total.cases == 1
    told = {str(each.reason): each.rows for each in answer.result.left_out}
    assert told == {"without any moment of contact or creation": 1}
