"""Margin: of the units sold, over sales."""

from __future__ import annotations

import pytest

from crmetrics.analysis.opening import Cell, Part
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter
from tests.company import company
from tests.sales.test_performance import line, order


def test_margin_is_over_sales_and_purchases_change_nothing() -> None:
    """The definition's trap: sold 100, cost 60: 40 %, not 66.7 %; 500 of stock bought that month changes nothing."""
    bought = [{"cost_id": "1", "spent_on": "2025-05-02", "kind": "goods_other", "amount": 500}]
    with company(
        orders=[order("1", "2025-05-01")], order_lines=[line("1", 100, cost_amount=60)], costs=bought
    ) as asked:
        total = asked.ask("finance.margin", period="2025-05", by="channel").total
    assert (total.net_sales, total.cost, total.margin, total.margin_pct) == (100, 60, 40, 0.4)


def test_a_total_is_worked_out_anew() -> None:
    orders = [order("1", "2025-05-01"), order("2", "2025-05-01", channel="B")]
    with company(orders=orders, order_lines=[line("1", 100, cost_amount=50), line("2", 900, cost_amount=810)]) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
    assert [row.margin_pct for row in answer.rows] == [0.1, 0.5]
    assert answer.total.margin_pct == pytest.approx(0.14)


def test_a_line_without_a_cost_takes_the_products_cost_and_says_so() -> None:
    products = [{"product_id": "p", "unit_cost": 6}]
    lines = [line("1", 100, 10, product_id="p"), {**line("1", 100, cost_amount=50), "line_no": 2}]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines, products=products) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
        strict = asked.ask("finance.margin", period="2025-05", by="channel", estimated=False)
    assert (answer.total.cost, answer.total.estimated_share) == (110, 0.5)
    assert strict.locked is not None
    assert strict.locked.missing == "order_lines.cost_amount"


def test_lines_without_any_cost_are_left_out_of_both_sides() -> None:
    lines = [line("1", 900, cost_amount=600), {**line("1", 100), "line_no": 2}]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
    assert (answer.total.net_sales, answer.total.margin) == (900, 300)
    assert [(str(left.reason), left.rows, left.amount) for left in answer.passport.rows_left_out] == [
        ("without any cost", 1, 100)
    ]


def test_too_much_without_a_cost_locks() -> None:
    with company(
        orders=[order("1", "2025-05-01")], order_lines=[line("1", 79, cost_amount=1), {**line("1", 21), "line_no": 2}]
    ) as asked:
        assert asked.ask("finance.margin", period="2025-05", by="channel").locked is not None


def test_contribution_takes_off_what_is_booked_on_the_group() -> None:
    costs = [
        {"cost_id": "1", "spent_on": "2025-05-02", "kind": "marketing", "amount": 15, "channel": "A"},
        {"cost_id": "2", "spent_on": "2025-06-02", "kind": "marketing", "amount": 99, "channel": "A"},
    ]
    with company(orders=[order("1", "2025-05-01")], order_lines=[line("1", 100, cost_amount=60)], costs=costs) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
    assert answer.rows[0].contribution == 25


def test_without_groups_all_costs_are_taken_off_the_row_and_the_total() -> None:
    costs = [{"cost_id": "1", "spent_on": "2025-05-02", "kind": "marketing", "amount": 15, "channel": "A"}]
    with company(orders=[order("1", "2025-05-01")], order_lines=[line("1", 100, cost_amount=60)], costs=costs) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="none")
    assert (answer.rows[0].contribution, answer.total.contribution) == (25, 25)


def test_a_company_without_products_is_answered_by_group_and_filter() -> None:
    """The version does not hold a table of which nothing came: a group or filter that leads through it finds blanks, not a fault."""
    with company(orders=[order("1", "2025-05-01")], order_lines=[line("1", 100, cost_amount=60)]) as asked:
        answer = asked.ask("finance.margin", period="2025-05")
        none = asked.ask("finance.margin", period="2025-05", where=(Filter("category", ("Tools",)),))
        blank = asked.ask("finance.margin", period="2025-05", where=(Filter("category", (None,)),))
        rows = asked.open("finance.margin", Cell("margin"), Part(), viewer=ADMINISTRATOR, period="2025-05").rows
    assert [(row.party, row.margin) for row in answer.rows] == [(None, 40)]
    assert len(none.rows) == 0
    assert blank.total.margin == 40
    assert rows.values("margin") == [40]


def test_a_group_that_only_took_goods_back_is_not_sold_at_a_loss() -> None:
    orders = [order("1", "2025-05-01"), order("2", "2025-05-02", channel="B"), order("3", "2025-05-02", channel="C")]
    lines = [line("1", 100, cost_amount=60), line("2", -50, -1, cost_amount=-30), line("3", 10, cost_amount=12)]
    with company(orders=orders, order_lines=lines) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
    assert [str(found.message) for found in answer.findings] == ["1 group is sold at a loss: 2.00 in all."]


def test_booked_costs_without_a_rate_are_told() -> None:
    costs = [
        {"cost_id": "1", "spent_on": "2025-05-02", "kind": "marketing", "amount": 15, "channel": "A"},
        {
            "cost_id": "2",
            "spent_on": "2025-05-02",
            "kind": "marketing",
            "amount": 15,
            "channel": "A",
            "currency": "XAU",
        },
    ]
    with company(orders=[order("1", "2025-05-01")], order_lines=[line("1", 100, cost_amount=60)], costs=costs) as asked:
        answer = asked.ask("finance.margin", period="2025-05", by="channel")
    assert answer.total.contribution == 25
    assert "1 cost in a currency without a rate is not in the contribution." in [
        str(note.message) for note in answer.notes
    ]
