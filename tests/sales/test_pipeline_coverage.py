"""Pipeline coverage: what is due against what is left to win."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.warehouse.scope import Filter
from tests.company import company
from tests.sales.pipelines import tables, walk

REACHES = "2025-05-01"
QUARTER = {"starts_on": "2025-04-01", "ends_on": "2025-07-01"}


def target(value: float, scope: str = "company", scope_id: str | None = None, **more: Any) -> dict[str, Any]:
    return {"kpi": "kpis.won_amount", "scope": scope, "scope_id": scope_id, "target_value": value, **QUARTER, **more}


def due(deal_id: str, amount: float | None, on: str | None = "2025-06-15", **more: Any) -> Any:
    return walk(deal_id, ("lead", "2025-04-01"), amount=amount, expected_close_on=on, **more)


def decided(deal_id: str, end: str, amount: float | None, at: str = "2025-02-01", **more: Any) -> Any:
    return walk(deal_id, ("lead", "2024-01-01"), (end, at), amount=amount, expected_close_on=at[:10], **more)


def past(won: float = 0, lost: float = 180, deals: int = 30, at: str = "2025-02-01", **more: Any) -> list[Any]:
    """So many decided deals with these amounts: one won, if anything, the others lost."""
    amounts = [("won", won)] * bool(won) + [("lost", lost)] + [("lost", 0)] * (deals - 1 - bool(won))
    return [
        decided(f"{at}{more.get('owner_id')}{n}", end, amount, at, **more) for n, (end, amount) in enumerate(amounts)
    ]


def asked_of(
    *deals: Any, targets: list[dict[str, Any]], reaches: str = REACHES, more: Any = None, **choices: Any
) -> Any:
    with company(reaches=reaches, **tables(*deals), targets=targets, **(more or {})) as asked:
        return asked.ask("sales.pipeline_coverage", **{"period": "2025-Q2"} | choices)


# target 100, won 60, open 80, of 240 decided 60 were won: 25 %
EXAMPLE = (decided("w", "won", 60, "2025-04-10"), due("a", 50), due("b", 30), *past(deals=29))


def test_the_worked_example() -> None:
    row = asked_of(*EXAMPLE, targets=[target(100)]).total
    assert (row.target, row.won, row.remaining, row.open_due, row.deals, row.n) == (100, 60, 40, 80, 2, 30)
    assert (row.coverage, row.rate, row.needed, row.shortfall, row.status) == (2, 0.25, 160, 80, "short")


def test_held_against_the_whole_target() -> None:
    row = asked_of(*EXAMPLE, targets=[target(100)], base="target").total
    assert (row.coverage, row.needed, row.shortfall) == (0.8, 160, 80)


def test_weighted_amounts_hold_the_win_rate_already() -> None:
    # fewer than 30 deals reached the stage: the typed 20 % of it, and one deal has its own
    deals = (*EXAMPLE[:2], due("b", 30, probability=0.5), *past(deals=20))
    row = asked_of(*deals, targets=[target(100)], weighted=True).total
    assert row.open_due == pytest.approx(50 * 0.2 + 30 * 0.5)
    assert (row.coverage, row.needed, row.shortfall) == (pytest.approx(25 / 40), 40, pytest.approx(15))


def test_a_target_reached_has_no_coverage() -> None:
    row = asked_of(*EXAMPLE, targets=[target(60)]).total
    assert (row.remaining, row.coverage, row.needed, row.shortfall, row.status) == (0, None, 0, 0, "reached")
    assert asked_of(*EXAMPLE, targets=[target(60)]).findings == ()


def test_enough() -> None:
    row = asked_of(*EXAMPLE, targets=[target(80)]).total
    assert (row.needed, row.shortfall, row.status) == (80, 0, "enough")


def test_without_a_rate_nothing_is_needed() -> None:
    never = asked_of(due("a", 50), *past(), targets=[target(100)]).total  # nothing won: rate 0
    assert (never.rate, never.needed, never.shortfall, never.status, never.coverage) == (0, None, None, None, 0.5)
    few = asked_of(due("a", 50), *past(won=10, lost=10, deals=4), targets=[target(100)]).total
    assert (few.n, few.rate, few.needed) == (4, None, None)


def test_fewer_than_thirty_decided_deals_take_24_months() -> None:
    old = past(won=100, lost=100, deals=10, at="2023-08-01")
    ancient = past(won=900, lost=1, deals=10, at="2023-04-30")
    new = past(won=0, lost=200, deals=29)
    answer = asked_of(due("a", 50), *old, *ancient, *new, targets=[target(100)])
    assert (answer.total.rate, answer.total.n) == (0.25, 39)
    assert "1 win rate is that of the last 24 months: in 12 fewer than 30 deals were decided." in [
        str(note.message) for note in answer.notes
    ]
    enough = asked_of(due("a", 50), *old, *past(won=0, lost=200, deals=30), targets=[target(100)])
    assert (enough.total.rate, enough.total.n) == (0, 30)


def test_what_is_not_due_is_told_apart() -> None:
    deals = (
        due("due", 10, "2025-05-01"),  # the first day to come
        due("last", 20, "2025-06-30"),
        due("overdue", 40, "2025-04-30"),
        due("old", 80, "2024-12-01"),
        due("later", 160, "2025-07-01"),
        due("undated", 320, None),
        due("blank", None),
        due("lira", 640, currency="TRY"),
        decided("won", "won", 5, "2025-04-30"),
        decided("before", "won", 7, "2025-03-31"),
    )
    answer = asked_of(*deals, targets=[target(100)])
    row = answer.total
    assert (row.won, row.open_due, row.overdue, row.deals) == (5, 30, 120, 2)
    assert answer.passport.rows_used == 3
    assert {str(each.reason): (each.rows, each.amount) for each in answer.passport.rows_left_out} == {
        "overdue": (2, 120),
        "not expected to close then": (1, None),
        "without an expected close": (1, None),
        "without an amount": (1, None),
        "in a currency without a rate": (1, None),
    }


def test_a_period_to_come_and_one_that_is_over() -> None:
    deals = (due("a", 10, "2025-07-15"), due("b", 20, "2025-05-15"), due("c", 40, "2025-02-15"))
    plans = [
        target(100, starts_on="2025-07-01", ends_on="2025-10-01"),
        target(100, starts_on="2025-01-01", ends_on="2025-04-01"),
    ]
    ahead = asked_of(*deals, targets=plans, period="2025-Q3").total
    assert (ahead.open_due, ahead.overdue, ahead.remaining) == (10, 40, 100)
    over = asked_of(*deals, targets=plans, period="2025-Q1")
    assert (over.total.open_due, over.total.overdue, over.findings) == (0, 40, ())


def test_teams_and_people_have_their_own_targets() -> None:
    staff = [
        {"employee_id": "ana", "name": "Ana Lee", "team": "north"},
        {"employee_id": "bo", "name": "Bo Ray", "team": "south"},
        {"employee_id": "cy", "name": "Cy Orr", "team": "south"},
    ]
    rates = [*past(won=100, lost=100, owner_id="ana"), *past(won=50, lost=150, owner_id="bo")]
    deals = (due("a", 60, owner_id="ana"), due("b", 30, owner_id="bo"), *rates)
    plans = [target(100), target(30, "team", "north"), target(70, "team", "south"), target(20, "owner", "cy")]
    teams = asked_of(*deals, targets=plans, more={"employees": staff}, level="team")
    assert [(row.scope, row.target, row.open_due, row.rate, row.needed, row.status) for row in teams.rows] == [
        ("south", 70, 30, 0.25, 280, "short"),
        ("north", 30, 60, 0.5, 60, "enough"),
    ]
    assert (teams.total.target, teams.total.open_due, teams.total.rate) == (100, 90, 0.375)  # no mean of rates
    people = asked_of(*deals, targets=plans, more={"employees": staff}, level="owner")
    assert [(row.scope, row.target, row.open_due) for row in people.rows] == [
        ("cy", 20, 0),
        ("ana", None, 60),
        ("bo", None, 30),
    ]
    whole = asked_of(*deals, targets=plans, more={"employees": staff})
    assert [row.scope for row in whole.rows] == ["company"]
    assert whole.rows[0].as_dict() | {"scope": None} == teams.total.as_dict()
    assert [str(each.message) for each in teams.findings] == [
        "Most is missing at south: 250.00 more open pipeline would be needed.",
        "90.00 are open and due, 100.00 are left to win: at the usual win rate 266.67 would be needed, 176.67 more.",
    ]


def test_no_target_is_said() -> None:
    answer = asked_of(*EXAMPLE, targets=[target(100, starts_on="2024-04-01", ends_on="2024-07-01")])
    assert (answer.total.target, answer.total.coverage, answer.total.status, answer.total.open_due) == (
        None,
        None,
        None,
        80,
    )
    assert "No target of the won amount covers the whole period, or a filter is set." in [
        str(note.message) for note in answer.notes
    ]
    filtered = asked_of(*EXAMPLE, targets=[target(100)], where=(Filter("stage", ("lead",)),))
    assert (filtered.total.target, filtered.total.open_due) == (None, 80)


def test_money_in_another_currency() -> None:
    rates = [{"currency": "USD", "rated_on": "2025-04-30", "rate_to_company": 0.5}]
    row = asked_of(due("a", 100, currency="USD"), targets=[target(100)], more={"exchange_rates": rates}).total
    assert (row.open_due, row.coverage) == (50, 0.5)
