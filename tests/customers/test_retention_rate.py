"""Retention rate: who of the customers at the start is still one at the end."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from tests.company import company
from tests.customers.days import by_purchases, some_purchases, standing, subscribers
from tests.customers.purchases import bought

KEY = "customers.retention_rate"


def subscription(number: int, start: str, end: str | None = None) -> dict[str, Any]:
    return {
        "subscription_id": f"s{number}",
        "customer_id": f"c{number}",
        "started_on": start,
        "ended_on": end,
        "monthly_amount": 10,
    }


def test_newcomers_do_not_hide_losses():
    rows = [subscription(number, "2025-01-10", "2025-03-15" if number < 8 else None) for number in range(100)]
    rows += [subscription(number, "2025-03-05") for number in range(100, 120)]
    with company(**subscribers(rows)) as asked:
        total = asked.ask(KEY, period="2025-03", by="", customer_by="subscriptions").total
    assert (total.start, total.kept, total.at_end, total.rate) == (100, 92, 112, 0.92)
    assert (total.low, total.high) == pytest.approx((0.8500, 0.9589), abs=1e-4)


def test_who_came_back_before_the_end_is_there_at_the_end():
    purchases = [("A", "2024-01-01"), ("A", "2025-03-01"), ("B", "2024-01-01"), ("C", "2025-03-01")]
    with company(**bought(purchases)) as asked:
        total = asked.ask(KEY, period="2024-07-01..2025-07-01", by="").total
    assert (total.start, total.kept, total.won_back, total.at_end, total.rate) == (2, 1, 1, 2, 0.5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("window", [30, 90])
def test_at_the_start_and_at_the_end_day_by_day(seed, window):
    purchases = some_purchases(random.Random(seed))
    active = by_purchases(purchases, window)
    customers = sorted({each for each, _day in purchases})
    start, end = date(2025, 9, 1), date(2025, 12, 1)
    with company(**bought(purchases)) as asked:
        total = asked.ask(KEY, period=f"{start}..{end}", by="month", window=window).total
    kept = sum(active(each, start) and active(each, end) for each in customers)
    assert (total.start, total.kept) == (sum(active(each, start) for each in customers), kept)
    assert total.at_end == sum(active(each, end) for each in customers)
    assert total.won_back == standing(active, customers, start, end)[2]


def test_it_is_what_churn_leaves():
    purchases = some_purchases(random.Random(7), 40)
    with company(**bought(purchases)) as asked:
        asking = {"period": "2025-09-01..2025-12-01", "window": 40}
        kept, lost = asked.ask(KEY, **asking), asked.ask("customers.churn_rate", **asking)
    for one, other in zip(kept.rows, lost.rows, strict=True):
        assert one.kept == other.start - other.lost + other.won_back


def test_the_running_period_ends_with_the_data():
    with company(reaches="2025-06-15", **bought([("A", "2025-05-20"), ("B", "2025-05-01")])) as asked:
        answer = asked.ask(KEY, period="2025-06", by="", window=40)
    assert (answer.total.start, answer.total.kept) == (2, 1)
    assert answer.is_incomplete


def test_a_group_that_keeps_few_is_found():
    rows = [subscription(number, "2025-01-10", "2025-03-15" if number < 40 else None) for number in range(200)]
    tables = subscribers(rows)
    for row in tables["customers"]:
        row["region"] = "north" if int(row["customer_id"][1:]) < 80 else "south"
    with company(**tables) as asked:
        (found,) = asked.ask(KEY, period="2025-03", by="region", customer_by="subscriptions").findings
    assert (
        str(found.message) == "north: 50.0% of the customers were kept, against 80.0% of all; 24 customers are lacking."
    )
