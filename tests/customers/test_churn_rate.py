"""Churn rate: who was lost of those there at the start, dated to the day, and what is told of it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.models.hazard import in_a_year
from tests.company import company
from tests.customers.days import (
    by_purchases,
    by_subscriptions,
    daily_rate,
    some_purchases,
    some_subscriptions,
    standing,
    subscribers,
)
from tests.customers.purchases import bought

KEY = "customers.churn_rate"


def figures(row: Any) -> tuple[int, int, int]:
    return row.start, row.lost, row.won_back


def left_out(answer: Answer) -> dict[str, int]:
    return {str(left.reason): left.rows for left in answer.passport.rows_left_out}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def subscription(number: int, start: str, end: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "subscription_id": f"s{number}",
        "customer_id": f"c{number}",
        "started_on": start,
        "ended_on": end,
        "monthly_amount": 10,
        **more,
    }


def hundred() -> list[dict[str, Any]]:
    """100 at the start of March, of whom 8 end in it, and 20 that begin in it."""
    old = [subscription(number, "2025-01-10", "2025-03-15" if number < 8 else None) for number in range(100)]
    return old + [subscription(number, "2025-03-05") for number in range(100, 120)]


def test_newcomers_are_not_in_the_base():
    with company(**subscribers(hundred())) as asked:
        answer = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions")
    assert figures(answer.total) == (100, 8, 0)
    assert answer.total.rate == 0.08  # not 8 / 112 = 7.1 %
    assert (answer.total.low, answer.total.high) == pytest.approx((0.0411, 0.1500), abs=1e-4)
    assert (answer.passport.rows_used, left_out(answer)) == (100, {"no customer when the period began": 20})


def test_a_month_is_not_multiplied_by_twelve():
    rows = [subscription(number, "2025-01-10", "2025-03-15" if number < 5 else None) for number in range(100)]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-03", customer_by="subscriptions")
    assert answer.total.rate == 0.05
    assert answer.total.yearly == pytest.approx(0.4596, abs=1e-4)
    assert in_a_year([0.05], [1])[0] == answer.total.yearly


def test_a_loss_is_dated_the_last_purchase_and_the_window():
    purchases = [
        ("A", "2024-01-10"),
        ("A", "2024-06-01"),
        ("B", "2024-06-02"),
        ("B", "2025-06-02"),
        ("C", "2024-06-03"),
    ]
    with company(**bought(purchases)) as asked:
        june = asked.ask(KEY, period="2025-06", by="day", window=365)
    # 365 days after 1 June 2024 is 1 June 2025; B comes back on the very day
    assert {row.party: figures(row) for row in june.rows if row.lost} == {
        "2025-06-01": (3, 1, 0),
        "2025-06-03": (2, 1, 0),
    }
    assert figures(june.total) == (3, 2, 0)


def test_lost_and_won_back():
    purchases = [("A", "2024-01-01"), ("A", "2025-03-01"), ("B", "2024-01-01"), ("B", "2026-01-01")]
    with company(reaches="2026-06-01", **bought(purchases)) as asked:
        year = asked.ask(KEY, period="2024-07-01..2025-07-01", by="")
        months = asked.ask(KEY, period="2024-07-01..2025-07-01", by="month")
    assert figures(year.total) == (2, 2, 1)
    # in the month of the loss nobody is back yet
    assert [figures(row) for row in months.rows if row.lost] == [(2, 2, 0)]
    assert figures(months.total) == figures(year.total)


def test_who_is_back_within_the_grace_was_never_lost():
    rows = [
        subscription(1, "2025-01-01", "2025-03-10"),
        subscription(2, "2025-04-09", customer_id="c1"),  # 30 days later
        subscription(3, "2025-01-01", "2025-03-10"),
        subscription(4, "2025-04-10", customer_id="c3"),  # a day too late
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-03-01..2025-05-01", by="", customer_by="subscriptions")
        none = asked.ask(KEY, period="2025-03-01..2025-05-01", by="", customer_by="subscriptions", grace=0)
    assert figures(answer.total) == (2, 1, 1)
    assert figures(none.total) == (2, 2, 2)


def test_a_change_of_plan_is_no_loss():
    rows = [
        subscription(1, "2025-01-01", "2025-03-10", end_reason="changed"),
        subscription(1, "2025-03-10", plan="large"),
        subscription(2, "2025-01-01", "2025-03-10"),
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions", grace=0)
    assert figures(answer.total) == (2, 1, 0)


def test_young_ends_are_pending():
    rows = [
        subscription(1, "2025-01-01", "2025-12-01"),  # 31 days before the end of the data
        subscription(2, "2025-01-01", "2025-12-02"),
        subscription(3, "2025-01-01"),
        subscription(4, "2025-01-01", "2026-02-01"),  # will end, but runs
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-12", by="", customer_by="subscriptions")
        before = asked.ask(KEY, period="2025-11", by="", customer_by="subscriptions")
    assert figures(answer.total) == (3, 1, 0)
    assert answer.total.pending == 1
    assert left_out(answer) == {"ended too recently to tell": 1}
    assert any(note.startswith("1 customer ended within the days of grace") for note in said(answer))
    assert figures(before.total) == (4, 0, 0)


def test_an_end_counts_in_the_period_of_its_day():
    # ended_on is the first day no longer in it
    rows = [subscription(1, "2025-01-01", "2025-03-01"), subscription(2, "2025-03-01")]
    with company(**subscribers(rows)) as asked:
        months = asked.ask(KEY, period="2025-02-01..2025-05-01", customer_by="subscriptions")
    assert [(row.party, *figures(row)) for row in months.rows] == [
        ("2025-02", 1, 0, 0),
        ("2025-03", 1, 1, 0),
        ("2025-04", 1, 0, 0),
    ]


def test_money_is_weighed():
    purchases = [
        ("A", "2024-05-01", 300),
        ("A", "2024-05-02", -100),
        ("B", "2024-08-01", 600),
        ("B", "2023-01-01", 999),
    ]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2025-07-01", by="", of="money")
    assert (answer.total.worth, answer.total.lost_worth, answer.total.rate) == (800, 200, 0.25)
    assert figures(answer.total) == (2, 1, 0)
    rows = [
        subscription(1, "2025-01-01", "2025-03-05", monthly_amount=30),
        subscription(2, "2025-01-01", monthly_amount=70),
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions", of="money")
    assert (answer.total.worth, answer.total.lost_worth, answer.total.rate) == (100, 30, 0.3)


def test_money_without_a_rate_weighs_nothing_and_is_told():
    rows = [subscription(1, "2025-01-01", "2025-03-05", currency="XAU"), subscription(2, "2025-01-01")]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions", of="money")
    assert (answer.total.worth, answer.total.rate) == (10, 0.0)
    assert any("nothing is known of the worth" in note for note in said(answer))


def test_the_company_may_have_a_rhythm_of_its_own():
    # nine gaps of 10 days and one of 40: the 90th percentile, interpolated, is 13 days
    days = [date(2025, 1, 1) + timedelta(days=10 * number) for number in range(10)]
    purchases = [*(("A", str(day)) for day in days), ("A", str(days[-1] + timedelta(days=40)))]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-04", by="day", window=0)
    told = (
        "Lost is who has not bought for 13 days: nine of ten of the company's 10 gaps between purchases are no longer."
    )
    assert told in said(answer)
    assert figures(answer.total) == (1, 1, 0)
    assert [row.party for row in answer.rows if row.lost] == ["2025-04-14"]


def test_little_data_is_said():
    with company(**subscribers([subscription(number, "2025-01-01", "2025-03-02") for number in range(3)])) as asked:
        answer = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions")
        nobody = asked.ask(KEY, period="2024-03", by="", customer_by="subscriptions")
    assert "3 cases: too few to say." in said(answer)
    assert nobody.total.rate is None
    assert "No cases in this period, so there is no rate." in said(nobody)


def test_data_that_begin_late_are_told():
    with company(**bought([("A", "2025-01-05")])) as asked:
        assert any("The data begin on" in note for note in said(asked.ask(KEY, period="2025-06")))
        assert not any("The data begin on" in note for note in said(asked.ask(KEY, period="2025-06", window=100)))


def test_who_comes_and_goes_within_the_period_leaves_a_total_of_nobody():
    with company(**subscribers([subscription(1, "2025-03-05", "2025-05-20")])) as asked:
        answer = asked.ask(KEY, period="2025", customer_by="subscriptions")
    assert (figures(answer.total), answer.total.rate) == ((0, 0, 0), None)
    assert [(row.party, *figures(row)) for row in answer.rows if row.start] == [
        ("2025-04", 1, 0, 0),
        ("2025-05", 1, 1, 0),
    ]


def test_a_period_to_come_has_no_rate():
    with company(**bought([("A", "2025-12-05")])) as asked:
        answer = asked.ask(KEY, period="2027-03")
    assert (answer.total.start, answer.total.rate, len(answer.rows)) == (0, None, 0)


def test_the_running_period_has_no_year():
    with company(reaches="2025-03-20", **subscribers(hundred())) as asked:
        answer = asked.ask(KEY, period="2025-02-01..2025-04-01", customer_by="subscriptions", grace=0)
    assert [(row.party, row.start, row.lost, row.yearly) for row in answer.rows] == [
        ("2025-02", 100, 0, 0.0),
        ("2025-03", 100, 8, None),
    ]


def test_groups_are_those_of_the_customers():
    tables = subscribers(hundred())
    for number, row in enumerate(tables["customers"]):
        row["region"] = "north" if number % 2 else "south"
    with company(**tables) as asked:
        answer = asked.ask(KEY, period="2025-03", by="region", customer_by="subscriptions")
    assert sum(row.start for row in answer.rows) == answer.total.start == 100
    assert {row.party for row in answer.rows} == {"north", "south"}


def test_a_month_that_stands_out_is_found():
    rows = [
        subscription(number, "2024-12-10", f"2025-{month:02}-15")
        for number, month in enumerate([1] * 4 + [2] * 4 + [3] * 40)
    ] + [subscription(number, "2024-12-10") for number in range(100, 200)]
    with company(reaches="2025-05-01", **subscribers(rows)) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2025-04-01", customer_by="subscriptions")
    (found,) = answer.findings
    assert str(found.message) == "2025-03: 28.6% of the customers were lost, against 2.7% in the periods before."
    assert found.tone == "bad"


def test_a_group_that_stands_out_is_found():
    tables = subscribers(
        [subscription(number, "2025-01-10", "2025-03-15" if number < 40 else None) for number in range(200)]
    )
    for row in tables["customers"]:
        row["region"] = "north" if int(row["customer_id"][1:]) < 80 else "south"
    with company(**tables) as asked:
        (found,) = asked.ask(KEY, period="2025-03", by="region", customer_by="subscriptions").findings
    assert str(found.message).startswith("north: 50.0% of the customers were lost, against 20.0% of all; that is 24")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("window", [20, 45, 365])
def test_by_purchases_day_by_day(seed, window):
    purchases = some_purchases(random.Random(seed))
    active = by_purchases(purchases, window)
    customers = sorted({each for each, _day in purchases})
    with company(**bought(purchases)) as asked:
        whole = asked.ask(KEY, period="2025-08-11..2025-12-20", by="month", window=window)
        daily = asked.ask(KEY, period="2025-08-11..2025-12-20", by="", window=window, base="daily")
    assert figures(whole.total) == standing(active, customers, date(2025, 8, 11), date(2025, 12, 20))
    months = [
        date(2025, 8, 11),
        date(2025, 9, 1),
        date(2025, 10, 1),
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2025, 12, 20),
    ]
    found = {row.party: figures(row) for row in whole.rows}
    for start, end in pairwise(months):
        assert found.get(f"{start:%Y-%m}", (0, 0, 0)) == standing(active, customers, start, end)
    rate = pytest.approx(daily_rate(active, customers, months[0], months[-1]))
    assert daily.total.rate == (None if window == 365 else rate)  # a year after the first order nobody can be lost yet


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("grace", [0, 10, 30])
def test_by_subscriptions_day_by_day(seed, grace):
    rows = some_subscriptions(random.Random(seed))
    today = date(2026, 1, 1)
    active = by_subscriptions(rows, grace, today)
    with company(**subscribers(rows)) as asked:
        quarter = asked.ask(
            KEY, period="2025-04-01..2025-10-01", by="quarter", customer_by="subscriptions", grace=grace
        )
        money = asked.ask(
            KEY, period="2025-04-01..2025-10-01", by="quarter", customer_by="subscriptions", grace=grace, of="money"
        )
    customers = sorted({row["customer_id"] for row in rows})
    found = {row.party: figures(row) for row in quarter.rows}
    for name, start, end in (
        ("2025-Q2", date(2025, 4, 1), date(2025, 7, 1)),
        ("2025-Q3", date(2025, 7, 1), date(2025, 10, 1)),
    ):
        assert found[name] == standing(active, customers, start, end)
    assert figures(quarter.total) == standing(active, customers, date(2025, 4, 1), date(2025, 10, 1))
    assert [figures(row) for row in money.rows] == [figures(row) for row in quarter.rows]


def test_daily_rates_of_groups_do_not_add_up():
    rows = [subscription(number, "2025-01-10", f"2025-03-{number + 2:02}") for number in range(20)]
    tables = subscribers([*rows, *(subscription(number, "2025-01-10") for number in range(20, 100))])
    for number, row in enumerate(tables["customers"]):
        row["region"] = "north" if number % 3 else "south"
    with company(**tables) as asked:
        answer = asked.ask(KEY, period="2025-03", by="region", customer_by="subscriptions", base="daily")
        alone = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions", base="daily")
    assert answer.total.rate == alone.total.rate == pytest.approx(sum(1 / n for n in range(81, 101)))
    assert answer.total.low < answer.total.rate < answer.total.high


def test_days_are_local():
    # 22:30 UTC on the last of May is the first of June in Istanbul
    with company(zone="Europe/Istanbul", **bought([("A", "2025-05-31 22:30")])) as asked:
        answer = asked.ask(KEY, period="2025-06-30..2025-07-02", by="day", window=30)
    assert [(row.party, row.start, row.lost) for row in answer.rows] == [("2025-06-30", 1, 0), ("2025-07-01", 1, 1)]


def test_young_data_do_not_say_that_nobody_is_lost():
    """In data that begin on 1 December 2024 nobody can have been silent for a year before 1 December 2025."""
    purchases = [(f"c{number:02}", "2024-12-01") for number in range(40)]
    purchases += [(f"c{number:02}", "2025-10-01") for number in range(30)]
    with company(**bought(purchases)) as asked:
        churn = asked.ask(KEY, period="2025-10-01..2026-01-01")
        kept = asked.ask("customers.retention_rate", period="2025-10-01..2026-01-01")
    assert [(row.party, row.start, row.lost, row.rate, row.yearly) for row in churn.rows] == [
        ("2025-10", 40, 0, None, None),
        ("2025-11", 40, 0, None, None),
        ("2025-12", 40, 10, 0.25, pytest.approx(1 - 0.75**12)),
    ]
    assert [row.rate for row in kept.rows] == [None, None, 0.75]
    assert not churn.findings
    for answer in (churn, kept):
        assert any(note.startswith("Nobody can be seen to be lost before 2025-12-01") for note in said(answer))


def test_a_month_whose_ends_are_pending_is_no_finding():
    """Of those whose subscription ended last month only those are counted who are still there: that is no success."""
    rows = [subscription(number, "2024-01-10") for number in range(200)]
    for number in range(60):
        rows[number]["ended_on"] = f"2025-{7 + number // 10:02}-15"
    with company(**subscribers(rows)) as asked:
        choices = {"period": "2025-07-01..2026-01-01", "customer_by": "subscriptions"}
        for key in (KEY, "customers.retention_rate"):
            assert not asked.ask(key, **choices).findings
            assert not asked.ask(key, grace=0, **choices).findings
        assert asked.ask(KEY, **choices).rows[-1].pending == 10
