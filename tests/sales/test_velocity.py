"""Sales velocity: all factors from the same deals, and the change shared out among them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import days_on


def deals(month: str, decided: int, won: int, amount: float | None, days: float, **more: Any) -> list[dict[str, Any]]:
    """So many decided deals of a month, the first `won` of them won."""
    closed = f"{month}-20"
    return [
        {
            "deal_id": f"{month}{more}{number}",
            "stage": "end",
            "amount": amount,
            "created_at": days_on(closed, -days),
            "closed_at": closed,
            "is_won": number < won,
            **more,
        }
        for number in range(decided)
    ]


# the definition's example, four times as many deals: 80 x 25 % x 10,000 / 50, then 100 x 25 % x 12,000 / 60
BEFORE = deals("2025-04", 80, 20, 10_000, 50)
NOW = deals("2025-05", 100, 25, 12_000, 60)


def test_the_worked_example() -> None:
    with company(deals=BEFORE + NOW) as asked:
        answer = asked.ask("sales.velocity", period="2025-05")
    total = answer.total
    assert (total.n, total.win_rate, total.mean_amount, total.cycle_days) == (100, 0.25, 12_000, 60)
    assert (total.before, total.velocity, total.change) == (
        pytest.approx(4000),
        pytest.approx(5000),
        pytest.approx(1000),
    )
    assert [total.by_deals, total.by_win_rate, total.by_amount, total.by_cycle] == pytest.approx(
        [4 * 250, 0, 4 * 204.27, 4 * -204.27], abs=0.05
    )
    assert [str(finding.message) for finding in answer.findings] == [
        "The velocity went from 4,000.00 to 5,000.00; most of it comes from the number of deals: 1,000.00."
    ]


def test_it_is_the_won_amount_over_the_days_to_close() -> None:
    mixed = deals("2025-05", 30, 12, 100, 10) + deals("2025-05", 9, 9, 700, 40, owner_id="bo")
    with company(deals=mixed) as asked:
        total = asked.ask("sales.velocity", period="2025-05").total
    assert total.velocity == pytest.approx((12 * 100 + 9 * 700) / ((12 * 10 + 9 * 40) / 21))


def test_fewer_than_ten_won_is_too_few() -> None:
    with company(deals=BEFORE + deals("2025-05", 20, 9, 100, 5)) as asked:
        answer = asked.ask("sales.velocity", period="2025-05")
    total = answer.total
    assert (total.n, total.won, total.win_rate) == (20, 9, 0.45)
    assert (total.velocity, total.mean_amount, total.cycle_days, total.change, total.by_deals) == (None,) * 5
    assert "fewer than 10" in str(answer.notes[0].message)
    assert answer.findings == ()


def test_won_deals_without_amount_or_dates_are_left_out_lost_ones_need_none() -> None:
    faults = [
        *deals("2025-05", 3, 3, None, 5, owner_id="a"),
        *deals("2025-05", 4, 4, 500, -5, owner_id="b"),
        *[deal | {"created_at": None} for deal in deals("2025-05", 5, 5, 500, 5, owner_id="c")],
        *[deal | {"created_at": None, "amount": None} for deal in deals("2025-05", 6, 0, 500, 5, owner_id="d")],
        *deals("2025-05", 2, 2, 500, 5, owner_id="e", currency="USD"),
    ]
    with company(deals=NOW + faults) as asked:
        answer = asked.ask("sales.velocity", period="2025-05")
    assert (answer.total.n, answer.total.won) == (106, 25)
    assert answer.passport.rows_used == 106
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "won without an amount": 3,
        "in a currency without a rate": 2,
        "won without usable dates": 9,
    }


def test_days_are_counted_by_the_calendar_moments_by_the_hour() -> None:
    # the clocks of New York go forward on 9 March: from midnight of the 8th to that of the 10th are 47 hours, two days
    by_day = [deal | {"created_at": "2025-03-08 05:00", "closed_at": "2025-03-10 04:00"} for deal in NOW[:10]]
    by_hour = [deal | {"created_at": "2025-03-08 17:00", "closed_at": "2025-03-10 16:00"} for deal in NOW[:10]]
    for rows, days in ((by_day, 2.0), (by_hour, 47 / 24)):
        with company(zone="America/New_York", deals=rows) as asked:
            assert asked.ask("sales.velocity", period="2025-03").total.cycle_days == pytest.approx(days)


def test_the_second_switch_counts_the_deals_open_at_the_end() -> None:
    still_open = [
        {"deal_id": f"o{number}", "stage": "quote", "created_at": came}
        for number, came in enumerate(["2025-03-01", "2025-05-30", "2025-06-02", None])
    ]
    with company(deals=BEFORE + NOW + still_open) as asked:
        total = asked.ask("sales.velocity", period="2025-05", of="open").total
        months = asked.ask("sales.velocity", period="2025-05", of="open", by="month")
    # open at the end of May: two of those created by then and the one without a date; at the end of April also those of May
    assert (total.n, total.win_rate) == (3, 0.25)
    assert total.velocity == pytest.approx(3 * 0.25 * 12_000 / 60)
    assert total.before == pytest.approx((2 + 100) * 0.25 * 10_000 / 50)
    assert [(row.party, row.n, row.velocity) for row in months.rows] == [("2025-05", None, None)]
    assert months.total.velocity == total.velocity


def test_groups_are_compared_with_themselves() -> None:
    then = deals("2025-04", 40, 10, 100, 10, owner_id="ana") + deals("2025-04", 40, 20, 100, 10, owner_id="bo")
    now = deals("2025-05", 40, 20, 100, 10, owner_id="ana") + deals("2025-05", 40, 30, 100, 10, owner_id="cem")
    with company(deals=then + now) as asked:
        answer = asked.ask("sales.velocity", period="2025-05", by="owner")
    rows = {row.party: row for row in answer.rows}
    assert set(rows) == {"ana", "cem"}
    assert (rows["ana"].before, rows["ana"].velocity) == (100, 200)
    assert (rows["ana"].by_deals, rows["ana"].by_win_rate) == (0, pytest.approx(100))
    assert rows["cem"].before is None
    assert (answer.total.before, answer.total.velocity) == (pytest.approx(300), pytest.approx(500))


def test_an_earlier_as_of_counts_what_was_closed_later_as_open() -> None:
    with company(
        deals=BEFORE + NOW, deal_stages=[{"deal_id": "x", "stage": "end", "entered_at": "2025-01-01"}]
    ) as asked:
        total = asked.ask("sales.velocity", period="2025-04", of="open", as_of=datetime(2025, 5, 2)).total
    assert (total.n, total.velocity) == (100, pytest.approx(100 * 0.25 * 10_000 / 50))


def test_deals_won_on_the_day_they_came_have_no_velocity() -> None:
    with company(deals=deals("2025-05", 20, 20, 100, 0)) as asked:
        total = asked.ask("sales.velocity", period="2025-05").total
    assert (total.cycle_days, total.velocity) == (0, None)


def test_nothing_asked_of_nothing() -> None:
    with company(deals=NOW) as asked:
        answer = asked.ask("sales.velocity", period="2020")
    assert (answer.total.n, answer.total.velocity, list(answer.rows)) == (0, None, [])


def test_a_decided_deal_without_a_day_of_its_close_is_not_open() -> None:
    undated = [{**each, "closed_at": None} for each in deals("2025-05", 5, 3, 100, 10, owner_id="bo")]
    still_open = [
        {**each, "closed_at": None, "is_won": None} for each in deals("2025-05", 2, 0, 100, 10, owner_id="cem")
    ]
    with company(deals=[*NOW, *undated, *still_open]) as asked:
        assert asked.ask("sales.velocity", period="2025-05", of="open").total.n == 2
