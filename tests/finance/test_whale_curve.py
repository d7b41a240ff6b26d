"""The whale curve: 100 % is not the top."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import company
from tests.sales.test_performance import line, order


def customers_with(*profits: float) -> dict[str, list[dict[str, Any]]]:
    return {
        "orders": [order(str(number), "2025-05-01", customer=f"c{number}") for number, _profit in enumerate(profits)],
        "order_lines": [line(str(number), 1000, cost_amount=1000 - profit) for number, profit in enumerate(profits)],
    }


def test_the_peak_lies_before_the_end() -> None:
    """The definition's example: 60, 30, 20, 5, -15: 60, 90, 110, 115, 100; peak 115 % at the 4th, 15 % eaten."""
    with company(**customers_with(5, 60, -15, 30, 20)) as asked:
        answer = asked.ask("finance.whale_curve", period="2025")
    assert [row.cumulated_share for row in answer.rows] == pytest.approx([0.6, 0.9, 1.1, 1.15, 1.0])
    assert [row.peak_at for row in answer.rows] == [None, None, None, 0.8, None]
    assert answer.total.peak_at == 0.8
    assert any("too few" in str(note.message) for note in answer.notes)
    assert answer.findings[0].money == 15


def test_without_a_positive_total_there_are_no_shares() -> None:
    with company(**customers_with(10, -30)) as asked:
        answer = asked.ask("finance.whale_curve", period="2025")
    assert [row.cumulated_profit for row in answer.rows] == [10, -20]
    assert [row.cumulated_share for row in answer.rows] == [None, None]


def test_a_thousand_customers_are_told_in_a_hundred_points() -> None:
    with company(**customers_with(*[float(number) for number in range(1, 301)])) as asked:
        answer = asked.ask("finance.whale_curve", period="2025")
    assert len(answer.rows) == 100
    assert [row.customers for row in answer.rows][:3] == [3, 6, 9]
    top_tenth = sum(range(271, 301)) / sum(range(1, 301))
    assert answer.rows[9].cumulated_share == pytest.approx(top_tenth)


def test_anonymous_sales_are_left_out_and_counted() -> None:
    tables = customers_with(*[10.0] * 20)
    tables["orders"].append(order("x", "2025-05-01", customer=None))
    tables["order_lines"].append(line("x", 100, cost_amount=1))
    with company(**tables) as asked:
        answer = asked.ask("finance.whale_curve", period="2025")
    assert answer.total.cumulated_profit == 200
    assert [(str(left.reason), left.rows, left.amount) for left in answer.passport.rows_left_out] == [
        ("of orders without a customer", 1, 99)
    ]


def test_nothing_sold() -> None:
    with company(orders=[order("1", "2025-05-01")], order_lines=[line("1", 10)]) as asked:
        answer = asked.ask("finance.whale_curve", period="2024")
    assert len(answer.rows) == 0
    assert answer.total is None


def test_too_much_without_a_cost_locks() -> None:
    """As the margin itself: one rule for both."""
    tables = customers_with(10, 20)
    tables["order_lines"].append({**line("0", 5000), "line_no": 2})
    with company(**tables) as asked:
        answer = asked.ask("finance.whale_curve", period="2025")
    assert answer.locked is not None
    assert answer.locked.missing == "order_lines.cost_amount"
