"""Purchase rhythm: gaps drawn towards the company's, the next order, and when to write."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from statistics import median
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.warehouse.scope import Filter
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.purchase_gap"
TODAY = date(2026, 1, 1)


def ago(days: int) -> str:
    return str(TODAY - timedelta(days=days))


def by_customer(answer: Answer) -> dict[str, Any]:
    return {row.customer_id: row for row in answer.rows}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def forty() -> list[tuple[str, str]]:
    """Others whose gaps are all of 40 days."""
    return [(f"x{number}", ago(100 + 40 * each)) for number in range(5) for each in range(3)]


def test_one_gap_is_drawn_towards_that_of_all():
    with company(**bought([*forty(), ("A", ago(20)), ("A", ago(10))])) as asked:
        row = by_customer(asked.ask(KEY))["A"]
    assert (row.gaps, row.gap) == (1, pytest.approx((10 + 80) / 3))  # 30 days, not 10
    assert (row.last_on, row.next_on) == (date(2025, 12, 22), date(2026, 1, 21))
    assert row.overdue_ratio == pytest.approx(10 / 30)
    assert row.state == "early"


def test_orders_of_one_day_are_one_purchase():
    purchases = [("A", f"{ago(30)} 09:00", 10), ("A", f"{ago(30)} 15:00", 30), ("A", ago(20), 60), ("A", ago(20), -10)]
    with company(**bought([*forty(), *purchases])) as asked:
        row = by_customer(asked.ask(KEY))["A"]
    assert (row.gaps, row.gap, row.order_value) == (1, pytest.approx((10 + 80) / 3), 50.0)


def test_after_one_purchase_the_gap_is_that_of_all():
    with company(**bought([*forty(), ("A", ago(60))])) as asked:
        answer = asked.ask(KEY)
    row = by_customer(answer)["A"]
    assert (row.gaps, row.gap, row.overdue_ratio, row.state) == (0, 40.0, 1.5, "overdue")
    assert "1 customer bought on one day only: the gap is the company's median." in said(answer)
    assert "The median of the company's 10 gaps is 40.00; nine of ten are no longer than 40.00." in said(answer)


def test_where_nobody_came_back_no_gap_is_known():
    with company(**bought([("A", ago(60)), ("B", ago(5))])) as asked:
        for show in ("all", "due"):
            answer = asked.ask(KEY, show=show)
            assert "Nobody has bought on two days yet, so no gap is known." in said(answer)
            assert all((row.gap, row.next_on, row.state) == (None, None, None) for row in answer.rows)


@pytest.mark.parametrize(
    ("days", "state"), [(31, "early"), (32, "due"), (59, "due"), (60, "overdue"), (119, "overdue"), (120, "silent")]
)
def test_states_go_by_gaps_since(days, state):
    with company(**bought([*forty(), ("A", ago(days))])) as asked:
        assert by_customer(asked.ask(KEY))["A"].state == state


@pytest.mark.parametrize("seed", range(3))
def test_everything_by_hand(seed):
    draw = Random(seed)
    purchases = [
        (f"c{number}", ago(draw.randrange(1, 300))) for number in range(20) for _each in range(draw.randrange(1, 6))
    ]
    days = {who: sorted({date.fromisoformat(day) for each, day in purchases if each == who}) for who, _day in purchases}
    gaps = {who: [(after - before).days for before, after in pairwise(own)] for who, own in days.items()}
    usual = median(gap for own in gaps.values() for gap in own)
    with company(**bought(purchases)) as asked:
        found = by_customer(asked.ask(KEY))
    assert found.keys() == days.keys()
    for who, own in gaps.items():
        assert found[who].gap == pytest.approx((sum(own) + 2 * usual) / (len(own) + 2))
        assert found[who].overdue_ratio == pytest.approx((TODAY - days[who][-1]).days / found[who].gap)


def test_the_median_is_the_companys_under_a_filter():
    purchases = [*forty(), ("A", ago(20)), ("A", ago(10))]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, where=(Filter("customer", ("A",)),))
    assert [row.gap for row in answer.rows] == [pytest.approx(30)]


def test_the_total_is_the_mean_of_all_purchases():
    with company(**bought([("A", ago(50), 10), ("A", ago(40), 10), ("A", ago(30), 10), ("B", ago(20), 50)])) as asked:
        total = asked.ask(KEY).total
    assert (total.gaps, total.order_value) == (2, 20.0)  # not (10 + 50) / 2
    assert (total.customer_id, total.gap, total.next_on) == (None, None, None)


def test_who_never_bought_is_left_out():
    tables = bought([*forty(), ("A", ago(10), -5)])
    with company(**tables) as asked:
        answer = asked.ask(KEY)
        near = asked.ask(KEY, show="due", days=0)
    assert (answer.passport.rows_used, len(answer.rows)) == (5, 5)
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {"without a purchase": 1}
    assert {str(left.reason): left.rows for left in near.passport.rows_left_out} == {
        "without a purchase": 1,
        "not near the next order": 5,
    }


def near(purchases: list[tuple[Any, ...]], **more: Any) -> dict[str, Any]:
    tables = bought(purchases)
    for line, (_who, _day, *rest) in zip(tables["order_lines"], purchases, strict=True):
        line["product_id"] = rest[2] if len(rest) > 2 else None
    with company(**tables, **more) as asked:
        return by_customer(asked.ask(KEY, show="due", days=14))


def test_those_whose_next_order_is_near():
    found = near([*forty(), ("early", ago(25)), ("late", ago(55)), ("A", ago(26)), ("B", ago(54)), ("C", ago(40))])
    assert found.keys() == {"A", "B", "C"}
    assert list(found) == ["B", "C", "A"]  # in the order in which they are expected


def test_the_product_is_the_one_bought_on_most_days():
    lines = [
        *(("A", ago(200), 10, {}, "tea"), ("A", ago(160), 10, {}, "tea"), ("A", ago(120), 10, {}, "mug")),
        *(("A", ago(80), 10, {}, "mug"), ("A", ago(40), 10, {}, "pot"), ("B", ago(40), 10, {}, "tea")),
    ]
    found = near([*((*each, 10, {}, None) for each in forty()), *lines])
    assert (found["A"].product_id, found["A"].product_times) == ("mug", 2)  # of two equal ones the later
    assert found["B"].product_id is None  # once is no habit


def test_weekday_and_hour_are_the_customers_own_or_those_of_all():
    # everybody buys on Mondays at nine, A on Thursdays at three
    monday, thursday = date(2025, 11, 24), date(2025, 11, 27)
    crowd = [(f"x{number}", f"{monday - timedelta(weeks=6 * each)} 09:10") for number in range(10) for each in range(3)]
    own = [("A", f"{thursday - timedelta(weeks=6 * each)} 15:20") for each in range(6)]
    found = near([*crowd, *own])
    assert (found["A"].weekday, found["A"].hour) == ("thu", "15:00")
    assert (found["x1"].weekday, found["x1"].hour) == ("mon", "09:00")
    # A is expected on 8 January, a Thursday: the one in the week before it; x1 on 5 January, a Monday
    assert (found["A"].next_on, found["A"].write_on) == (date(2026, 1, 8), date(2026, 1, 8))
    assert (found["x1"].next_on, found["x1"].write_on) == (date(2026, 1, 5), date(2026, 1, 5))


def test_a_day_to_write_is_never_past():
    monday = date(2025, 11, 10)
    crowd = [(f"x{number}", f"{monday - timedelta(weeks=6 * each)} 09:10") for number in range(10) for each in range(3)]
    found = near(crowd)
    assert found["x1"].next_on == date(2025, 12, 22)
    assert found["x1"].write_on == date(2026, 1, 5)  # the first Monday from today


def test_clicks_and_replies_tell_the_hour_too():
    members = [
        {
            "campaign_id": "m",
            "customer_id": "C",
            "wave": wave,
            "arm": "treated",
            "assigned_at": "2025-12-01",
            "clicked_at": f"2025-12-{1 + wave:02} 20:05",
        }
        for wave in range(8)
    ]
    purchases = [*((who, f"{day} 09:00") for who, day in forty()), ("C", f"{ago(40)} 09:00")]
    found = near(purchases, campaigns=[{"campaign_id": "m", "name": "m"}], campaign_members=members)
    assert found["C"].hour == "20:00"


def test_days_without_hours_tell_no_hour():
    found = near([*forty(), ("A", ago(40))])
    assert found["A"].hour is None
    assert found["A"].weekday is not None


def test_who_may_not_be_written_to_is_marked():
    tables = bought([*forty(), ("A", ago(40)), ("B", ago(40)), ("C", ago(40))])
    for row in tables["customers"]:
        row["is_marketing_allowed"] = {"A": True, "B": False}.get(row["customer_id"])
    with company(**tables) as asked:
        found = by_customer(asked.ask(KEY, show="due"))
    assert {who: row.may_write for who, row in found.items()} == {"A": True, "B": False, "C": False}


def test_what_is_overdue_is_told_with_its_money():
    purchases = [(f"g{number}", ago(100 + 40 * each), 25) for number in range(4) for each in range(4)]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY)
    (found,) = answer.findings
    assert found.money == 100
    assert str(found.message).startswith("4 customers who buy again and again are overdue")
    assert Counter(row.state for row in answer.rows) == {"overdue": 4}
