"""Time to close: two starts, the median beside the mean, and a cohort whose open deals are not left out."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.company import company
from tests.sales.pipelines import STAGES

START = "2025-01-01 09:00"


def deal(
    deal_id: str, days: float | None, is_won: bool | None = True, start: str | None = START, **more: Any
) -> dict[str, Any]:
    """A deal closed so many days after its start, or open."""
    closed = None if days is None else str(datetime.fromisoformat(start or START) + timedelta(days=days))
    stage = {True: "won", False: "lost", None: "lead"}[is_won]
    return {"deal_id": deal_id, "stage": stage, "created_at": start, "is_won": is_won, "closed_at": closed, **more}


def several(times: int, *cases: tuple[float | None, bool | None]) -> list[dict[str, Any]]:
    return [deal(f"{turn}-{number}", days, won) for turn in range(times) for number, (days, won) in enumerate(cases)]


def asked_of(
    deals: list[dict[str, Any]], period: str = "2025", reaches: str = "2026-01-01", tables: Any = None, **choices: Any
) -> Any:
    with company(reaches=reaches, stages=STAGES, deals=deals, **(tables or {})) as asked:
        return asked.ask("sales.cycle_length", period=period, **{"by": "none", **choices})


def test_the_worked_example_the_mean_is_drawn_up_by_one_slow_deal() -> None:
    total = asked_of(several(2, (10, True), (12, True), (14, True), (200, True))).total
    assert (total.won, total.mean, total.median) == (8, 59, 13)


def test_percentiles_interpolate() -> None:
    total = asked_of(several(1, *((float(days), True) for days in (1, 2, 3, 4, 10)))).total
    assert (total.p25, total.median, total.p75, total.p90) == (2, 3, 4, pytest.approx(7.6))


def test_the_worked_example_of_two_starts() -> None:
    leads = [{"lead_id": f"l{number}", "created_at": "2025-01-01", "deal_id": f"d{number}"} for number in range(5)]
    deals = [deal(f"d{number}", 10, start="2025-01-20") for number in range(5)]
    assert asked_of(deals, tables={"leads": leads}).total.median == 10
    assert asked_of(deals, tables={"leads": leads}, start="lead").total.median == 29


def test_a_deal_without_a_lead_is_counted_from_itself_and_of_two_leads_the_first_counts() -> None:
    leads = [
        {"lead_id": "b", "created_at": "2025-01-10", "deal_id": "d0"},
        {"lead_id": "a", "created_at": "2025-01-01", "deal_id": "d0"},
    ]
    deals = [deal(f"d{number}", 10, start="2025-01-20") for number in range(5)]
    total = asked_of(deals, tables={"leads": leads}, start="lead").total
    assert total.mean == pytest.approx((29 + 4 * 10) / 5)


def test_the_worked_example_of_a_cohort_lost_deals_compete_and_open_ones_are_not_left_out() -> None:
    six = [(10, True), (30, True), (20, False), (None, None), (None, None), (None, None)]
    total = asked_of(several(5, *six), reaches="2025-02-10 09:00").total
    assert (total.entered, total.half_time) == (30, 10)
    assert total.won_share == pytest.approx(1 / 3)  # not 0.375, 1 - Kaplan-Meier, nor 10 of the 15 decided


def test_running_deals_left_out_would_make_the_cohort_look_quick() -> None:
    # other systems tell 5 days; but half of what this cohort will win may still come
    cases = several(5, (5, True), (None, None), (40, True), (None, None))
    total = asked_of(cases, reaches="2025-03-02 09:00").total
    assert (total.won_share, total.half_time) == (pytest.approx(0.25 + 0.75 / 3), 5)
    assert (
        asked_of(cases, "2025-01", reaches="2025-03-02 09:00").total.won == 5
    )  # of January, though its cohort is of 20


def test_an_earlier_as_of_knows_of_no_later_win() -> None:
    with company(
        reaches="2025-03-01", stages=STAGES, deals=several(5, (10, True), (30, True)), deal_stages=HISTORY
    ) as asked:
        total = asked.ask("sales.cycle_length", period="2025-01", by="none", as_of=datetime(2025, 1, 20)).total
    assert (total.won, total.entered, total.won_share) == (5, 10, pytest.approx(0.5))


HISTORY = [
    {"deal_id": f"{turn}-{number}", "stage": "lead", "entered_at": START, "left_at": None}
    for turn in range(5)
    for number in range(2)
]


def test_a_cohort_that_is_mostly_open_is_told_to_be_young() -> None:
    old, young = (
        several(2, (10, True), (5, False)),
        [deal(f"y{number}", None, None, start="2025-02-01") for number in range(3)],
    )
    answer = asked_of([*old, *young], by="month", reaches="2025-02-10")
    told = "In 1 row more than half of the deals created are still open: the share won of them will still grow."
    assert told in [str(note.message) for note in answer.notes]
    assert told not in [str(note.message) for note in asked_of(old, by="month", reaches="2025-02-10").notes]


def test_what_is_left_out_is_told() -> None:
    kept = several(1, *((float(days), True) for days in range(1, 6)))
    faults = [
        deal("negative", -3, start="2025-02-01 09:00"),
        deal("at once", 1 / 86400),
        deal("undated", 3, start=None),
        deal("of a day", 0, start="2025-01-01"),  # a day is no moment: won on the day it was created
    ]
    answer = asked_of(kept + faults)
    told = {str(each.reason): each.rows for each in answer.result.left_out}
    assert told == {
        "won before they were created: a fault of the data": 1,
        "won within the minute in which they were recorded": 1,
        "won without a moment of creation": 1,
    }
    assert (answer.total.won, answer.total.median) == (6, 2.5)
    assert answer.result.used + sum(told.values()) == 9


def test_lost_and_open_deals_have_no_time_to_close() -> None:
    assert asked_of(several(5, (3, False), (None, None))).total.won == 0


def test_fewer_than_five_have_no_median() -> None:
    answer = asked_of(several(4, (10, True)))
    assert (answer.total.won, answer.total.median, answer.total.mean) == (4, None, None)
    assert "4 cases: too few to say." in [str(note.message) for note in answer.notes]


def test_business_days_leave_weekends_and_free_days_out() -> None:
    # Thursday 2 January to Monday 6 January 2025, 9:00 both: two working days, one if Friday is free
    deals = [deal(str(number), 4, start="2025-01-02 09:00") for number in range(5)]
    free = {"holidays": [{"calendar": "x", "held_on": "2025-01-03"}]}
    assert asked_of(deals, clock="business").total.median == pytest.approx(2)
    assert asked_of(deals, clock="business", tables=free).total.median == pytest.approx(1)
    assert asked_of(deals, clock="business", tables=free).total.half_time == pytest.approx(1)


def test_days_between_dates_are_the_calendar_s_over_a_change_of_clocks() -> None:
    deals = [
        {
            "deal_id": str(n),
            "stage": "won",
            "is_won": True,
            "created_at": "2025-03-28 23:00",
            "closed_at": "2025-03-31 22:00",
        }
        for n in range(5)
    ]
    with company(zone="Europe/Paris", stages=STAGES, deals=deals) as asked:
        total = asked.ask("sales.cycle_length", period="2025", by="none").total
    assert (total.median, total.half_time) == (3, 3)


def test_by_month_a_deal_stands_where_it_closed_and_its_cohort_where_it_was_created() -> None:
    answer = asked_of(several(5, (10, True), (40, True)), by="month")
    assert [(row.party, row.won, row.entered) for row in answer.rows] == [("2025-01", 5, 10), ("2025-02", 5, 0)]
    assert answer.total.median == 25  # of all ten, not the mean of two medians


def test_months_before_the_period_are_no_rows() -> None:
    earlier = [deal(f"e{number}", 5, start="2024-06-01") for number in range(5)]
    assert [row.party for row in asked_of(earlier + several(5, (10, True)), by="month").rows] == ["2025-01"]


def test_a_notable_change_is_found() -> None:
    earlier = [deal(f"e{number}", 10, start="2024-06-01") for number in range(30)]
    (finding,) = asked_of(earlier + several(30, (20, True))).findings
    assert finding.tone == "bad"
    assert "20.00 in the middle, 10.00 before" in str(finding.message)
    assert asked_of(earlier + several(30, (11, True))).findings == ()


def test_the_same_as_by_hand_on_random_deals() -> None:
    draw = random.Random(4)
    deals = [
        deal(
            str(number),
            draw.choice([None, draw.expovariate(1 / 20)]),
            start=f"2025-0{draw.randrange(1, 4)}-01 09:00",
            owner_id=draw.choice("ab"),
        )
        for number in range(300)
    ]
    deals = [each | {"is_won": None if each["closed_at"] is None else draw.random() < 0.6} for each in deals]
    deals = [each | {"stage": {True: "won", False: "lost", None: "lead"}[each["is_won"]]} for each in deals]
    answer = asked_of(deals, by="owner", tables={"employees": [{"employee_id": "a"}, {"employee_id": "b"}]})
    for row in (*answer.rows, answer.total):
        mine = [each for each in deals if row.party in (None, each["owner_id"])]
        spans = [lasted(each) for each in mine if each["is_won"]]
        assert (row.won, row.entered) == (len(spans), len(mine))
        for name, share in (("p25", 25), ("median", 50), ("p75", 75), ("p90", 90)):
            assert getattr(row, name) == pytest.approx(np.percentile(spans, share), rel=1e-6)
        assert row.mean == pytest.approx(np.mean(spans), rel=1e-6)
        share, half = incidence(mine)
        assert (row.won_share, row.half_time) == (pytest.approx(share), pytest.approx(half, abs=1e-3))


def lasted(each: dict[str, Any]) -> float:
    closed = datetime.fromisoformat(each["closed_at"] or "2026-01-01")
    return (closed - datetime.fromisoformat(each["created_at"])).total_seconds() / 86400


def incidence(deals: list[dict[str, Any]]) -> tuple[float, float]:
    """F(last) and its half-time, one case after the other."""
    steps, share, free = [], 0.0, 1.0
    ordered = sorted(deals, key=lasted)
    for place, each in enumerate(ordered):
        at_risk = len(ordered) - place
        if each["is_won"]:
            share += free / at_risk
            steps.append((share, lasted(each)))
        if each["is_won"] is not None:
            free *= 1 - 1 / at_risk
    return share, next(days for reached, days in steps if reached >= share / 2 - 1e-12)


def test_a_win_without_a_day_is_not_won_today() -> None:
    """Nobody knows how long it took: it is in no curve."""
    deals = several(1, *(((10.0, True),) * 5), *(((20.0, False),) * 5))
    undated = [deal(f"u{number}", None) | {"is_won": True, "stage": "won"} for number in range(5)]
    total, other = asked_of(deals).total, asked_of([*deals, *undated]).total
    assert (
        (other.entered, other.won_share, other.half_time)
        == (total.entered, total.won_share, total.half_time)
        == (10, 0.5, 10)
    )
