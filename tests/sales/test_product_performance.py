"""Product sales: prices, margins, returns."""

from __future__ import annotations

import pytest

from tests.company import company
from tests.sales.test_performance import line, order


def test_the_mean_price_is_not_the_mean_of_prices() -> None:
    """The definition's trap: 1 at 100 and 9 at 10: 19 (190/10), not 55."""
    with company(
        orders=[order("1", "2025-05-01"), order("2", "2025-05-01")],
        order_lines=[line("1", 100, 1, product_id="p"), line("2", 90, 9, product_id="p")],
    ) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
    assert answer.rows[0].price == 19
    assert answer.total.price == 19


def test_the_return_rate_follows_the_order_that_was_returned() -> None:
    """Sold 10 in May, 2 of them back in June; what came back after 60 days, or from April, does not count."""
    orders = [
        order("a", "2025-04-20"),
        order("m", "2025-05-10"),
        order("r1", "2025-06-02", returns_order_id="m"),
        order("r2", "2025-08-30", returns_order_id="m"),
        order("r3", "2025-05-12", returns_order_id="a"),
    ]
    pieces = {"a": 5, "m": 10, "r1": -2, "r2": -3, "r3": -1}
    lines = [line(order_id, 10 * quantity, quantity, product_id="p") for order_id, quantity in pieces.items()]
    with company(orders=orders, order_lines=lines) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
    assert answer.total.return_rate == pytest.approx(0.2)


def test_sales_younger_than_sixty_days_are_pending() -> None:
    orders = [order("1", "2025-05-01"), order("2", "2025-05-30"), order("r", "2025-05-31", returns_order_id="2")]
    lines = [line("1", 10, 4, product_id="p"), line("2", 10, 4, product_id="p"), line("r", -10, -4, product_id="p")]
    with company(reaches="2025-07-01", orders=orders, order_lines=lines) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
    assert answer.total.return_rate == 0  # of the four pieces of 1 May none came back; 30 May is too young


def test_services_are_left_out_unless_asked_for() -> None:
    products = [{"product_id": "p"}, {"product_id": "s", "is_service": True}]
    lines = [line("1", 10, product_id="p"), {**line("1", 90, product_id="s"), "line_no": 2}]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines, products=products) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
        assert answer.total.net_sales == 10
        assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("of services", 1)]
        assert asked.ask("sales.product_performance", period="2025-05", services=True).total.net_sales == 100


def test_margin_speaks_of_the_lines_with_a_cost() -> None:
    lines = [line("1", 100, product_id="p", cost_amount=60), {**line("1", 50, product_id="q"), "line_no": 2}]
    with company(
        orders=[order("1", "2025-05-01")], order_lines=lines, products=[{"product_id": "p"}, {"product_id": "q"}]
    ) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
    assert (answer.total.net_sales, answer.total.margin, answer.total.margin_pct) == (150, 40, 0.4)


def test_levels_and_categories() -> None:
    products = [{"product_id": "p", "category": "c", "brand": "b"}, {"product_id": "q", "category": "c"}]
    lines = [line("1", 30, product_id="p"), {**line("1", 20, product_id="q"), "line_no": 2}]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines, products=products) as asked:
        by_product = asked.ask("sales.product_performance", period="2025-05")
        by_category = asked.ask("sales.product_performance", period="2025-05", level="category")
    assert [(row.product_id, row.category, row.net_sales) for row in by_product.rows] == [
        ("p", "c", 30),
        ("q", "c", 20),
    ]
    assert [(row.product_id, row.net_sales) for row in by_category.rows] == [("c", 50)]


def test_the_discount_is_weighed() -> None:
    """50 % of 10 and 10 % of 990 is 10.4 %, not 30 %."""
    lines = [
        line("1", 5, 1, product_id="p", unit_price=10, discount=5),
        {**line("1", 891, 1, product_id="p", unit_price=990, discount=99), "line_no": 2},
    ]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines) as asked:
        answer = asked.ask("sales.product_performance", period="2025-05")
    assert answer.total.discount_pct == pytest.approx(0.104)


def test_returns_that_name_no_order_are_set_against_all_that_was_sold_in_the_period() -> None:
    """Not against the part that is sixty days old: its returns would be those of more than was sold."""
    orders = [order("1", "2025-04-10"), order("2", "2025-05-28"), order("r", "2025-05-30")]
    lines = [line("1", 10, 4, product_id="p"), line("2", 10, 4, product_id="p"), line("r", -10, -2, product_id="p")]
    with company(reaches="2025-07-01", orders=orders, order_lines=lines) as asked:
        both = asked.ask("sales.product_performance", period="2025-04-01..2025-06-01")
        young = asked.ask("sales.product_performance", period="2025-05")
    assert (both.total.return_rate, young.total.return_rate) == (0.25, 0.5)


def test_pieces_without_a_known_amount_do_not_lower_the_mean_price() -> None:
    orders = [order("1", "2025-05-01"), order("2", "2025-05-01", currency="XAU")]
    lines = [line("1", 100, 10, product_id="p"), line("2", 900, 90, product_id="p")]
    with company(orders=orders, order_lines=lines) as asked:
        total = asked.ask("sales.product_performance", period="2025-05").total
    assert (total.net_sales, total.quantity, total.price) == (100, 100, 10)
