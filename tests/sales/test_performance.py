"""Sales performance: what was sold, and what growth is."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.warehouse.scope import Filter
from tests.company import company


def order(order_id: str, day: str, customer: str | None = "c", channel: str = "A", **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "ordered_at": day, "customer_id": customer, "channel": channel, **more}


def line(order_id: str, amount: float, quantity: float = 1, **more: Any) -> dict[str, Any]:
    return {"order_id": order_id, "line_no": 1, "net_amount": amount, "quantity": quantity, **more}


def test_growth_of_the_whole_is_not_the_mean_of_growths() -> None:
    """The definition's trap: A 100 -> 150, B 900 -> 900: +5 %, not +25 %; A contributes 5 points."""
    orders = [
        order("1", "2024-05-01"),
        order("2", "2025-05-01"),
        order("3", "2024-05-01", channel="B"),
        order("4", "2025-05-01", channel="B"),
    ]
    lines = [line("1", 100), line("2", 150), line("3", 900), line("4", 900)]
    with company(orders=[order("0", "2023-12-31"), *orders], order_lines=lines) as asked:
        answer = asked.ask("sales.performance", period="2025", by="channel")
    rows = {row.party: row for row in answer.rows}
    assert rows["A"].growth == pytest.approx(0.5)
    assert rows["B"].growth == 0
    assert answer.total.growth == pytest.approx(0.05)
    assert rows["A"].contribution == pytest.approx(0.05)
    assert rows["A"].share == pytest.approx(150 / 1050)


def test_returns_are_negative_and_cancelled_orders_left_out() -> None:
    orders = [
        order("1", "2025-05-01"),
        order("2", "2025-05-03", returns_order_id="1"),
        order("3", "2025-05-04", is_cancelled=True),
    ]
    with company(orders=orders, order_lines=[line("1", 100, 4), line("2", -25, -1), line("3", 999, 9)]) as asked:
        answer = asked.ask("sales.performance", period="2025-05", by="")
    assert (answer.total.amount, answer.total.quantity, answer.total.orders, answer.total.buyers) == (75, 3, 1, 1)
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("of cancelled orders", 1)]
    assert answer.passport.rows_used == 2


def test_grouped_by_product_a_purchase_counts_once_in_the_total() -> None:
    orders = [order("1", "2025-05-01"), order("2", "2025-05-02", customer="d")]
    lines = [
        {**line("1", 60), "product_id": "p"},
        {**line("1", 40), "product_id": "q", "line_no": 2},
        {**line("2", 10), "product_id": "p"},
        {**line("2", -50, -1), "product_id": "q", "line_no": 2},
    ]
    with company(orders=orders, order_lines=lines, products=[{"product_id": "p"}, {"product_id": "q"}]) as asked:
        answer = asked.ask("sales.performance", period="2025-05", by="product")
        alone = asked.ask("sales.performance", period="2025-05", by="")
    assert {row.party: (row.amount, row.orders) for row in answer.rows} == {"p": (70, 2), "q": (-10, 1)}
    assert answer.total == alone.total
    assert (answer.total.orders, answer.total.buyers) == (1, 1)  # order 2 as a whole is below zero


def test_money_in_several_currencies() -> None:
    """R7: 100 at 40 and 100 with no rate: 4,000 and one line unconverted, never counted at 1."""
    orders = [order("1", "2025-05-02", currency="USD"), order("2", "2025-05-02", currency="XAU")]
    rates = [{"currency": "USD", "rated_on": "2025-05-01", "rate_to_company": 40}]
    with company(orders=orders, order_lines=[line("1", 100), line("2", 100)], exchange_rates=rates) as asked:
        answer = asked.ask("sales.performance", period="2025-05", by="")
    assert answer.total.amount == 4000
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("in a currency without a rate", 1)
    ]


def test_months_stand_beside_the_months_before() -> None:
    orders = [order("0", "2023-12-01"), order("1", "2024-05-01"), order("2", "2025-05-01"), order("3", "2025-06-01")]
    with company(orders=orders, order_lines=[line("1", 100), line("2", 150), line("3", 10)]) as asked:
        answer = asked.ask("sales.performance", period="2025", by="month")
    assert [(row.party, row.amount, row.before, row.growth) for row in answer.rows] == [
        ("2025-05", 150, 100, 0.5),
        ("2025-06", 10, 0, None),
    ]
    assert (answer.total.amount, answer.total.before) == (160, 100)


def test_no_growth_before_the_data_begin() -> None:
    with company(
        orders=[order("1", "2024-08-01"), order("2", "2025-05-01")], order_lines=[line("1", 1), line("2", 2)]
    ) as asked:
        answer = asked.ask("sales.performance", period="2025", by="")
    assert answer.total.growth is None
    assert any("do not reach back" in str(note.message) for note in answer.notes)


def test_a_running_period_is_compared_with_the_same_part() -> None:
    """R2: in a running May only the days passed are set against April's first days."""
    orders = [order("0", "2025-01-01"), order("1", "2025-04-05"), order("2", "2025-04-25"), order("3", "2025-05-03")]
    with company(
        reaches="2025-05-11", orders=orders, order_lines=[line("1", 50), line("2", 1000), line("3", 100)]
    ) as asked:
        answer = asked.ask("sales.performance", period="2025-05", by="")
    assert answer.is_incomplete
    assert (answer.total.before, answer.total.growth) == (50, 1.0)


def test_invoices_and_won_deals_are_sources_of_their_own() -> None:
    invoices = [{"invoice_id": "1", "customer_id": "c", "issued_on": "2025-05-01", "amount": 120, "tax_amount": 20}]
    deals = [{"deal_id": "1", "stage": "won", "amount": 70, "is_won": True, "closed_at": "2025-05-09"}]
    with company(invoices=invoices, deals=deals) as asked:
        assert asked.ask("sales.performance", period="2025-05", source="invoices").total.amount == 100
        assert asked.ask("sales.performance", period="2025-05", source="invoices", gross=True).total.amount == 120
        assert asked.ask("sales.performance", period="2025-05", source="deals").total.amount == 70
        assert asked.ask("sales.performance", period="2025-05").locked.missing == "orders"


def test_a_filter_that_reaches_the_lines_needs_no_word_about_their_orders() -> None:
    """R22: orders are read here only through lines of the category."""
    lines = [{**line("1", 60), "product_id": "p"}, {**line("1", 40), "product_id": "q", "line_no": 2}]
    products = [{"product_id": "p", "category": "c"}, {"product_id": "q", "category": "d"}]
    with company(orders=[order("1", "2025-05-01")], order_lines=lines, products=products) as asked:
        answer = asked.ask("sales.performance", period="2025-05", by="", where=(Filter("category", ("c",)),))
    assert answer.total.amount == 60
    assert not any("does not reach" in str(note.message) for note in answer.notes)


def test_weeks_stand_beside_the_weeks_before_whichever_weekday_they_begin_on() -> None:
    """March 2026 begins with a Sunday, April in the middle of a week: the first week of each is held against the other's."""
    days = ("2025-01-01", "2026-03-01", "2026-03-10", "2026-04-01", "2026-04-06")
    orders = [order(str(number), day) for number, day in enumerate(days)]
    lines = [line(str(number), amount) for number, amount in enumerate((1, 10, 20, 30, 40))]
    with company(reaches="2026-06-01", week_start=7, orders=orders, order_lines=lines) as asked:
        answer = asked.ask("sales.performance", period="2026-04", by="week")
    assert [(row.party, row.amount, row.before) for row in answer.rows] == [
        ("2026-03-29", 30, 10),
        ("2026-04-05", 40, 20),
    ]


def test_from_nothing_or_less_there_is_no_growth() -> None:
    """The definition: growth only if before > 0. What came back in the year before is no ground to grow from."""
    orders = [
        order("0", "2023-12-01"),
        order("1", "2024-05-01"),
        order("2", "2025-05-01"),
        order("3", "2025-05-01", channel="B"),
    ]
    with company(orders=orders, order_lines=[line("1", -50, -1), line("2", 100), line("3", 10)]) as asked:
        answer = asked.ask("sales.performance", period="2025", by="channel")
    told = [(row.party, row.before, row.growth, row.contribution) for row in answer.rows]
    assert told == [("A", -50, None, None), ("B", 0, None, None)]
    assert (answer.total.growth, answer.findings) == (None, ())


def test_won_deals_without_an_amount_are_told() -> None:
    deals = [
        {"deal_id": str(number), "stage": "won", "amount": amount, "is_won": True, "closed_at": "2025-05-09"}
        for number, amount in enumerate((70, 30, None))
    ]
    with company(deals=deals) as asked:
        passport = asked.ask("sales.performance", period="2025-05", by="", source="deals").passport
    assert (passport.rows_used, [(str(left.reason), left.rows) for left in passport.rows_left_out]) == (
        2,
        [("without an amount", 1)],
    )


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ((100, 300, 100, 50), "Ana Yıldız sold 200.00 more than before, 100.0% of all sales then."),
        ((100, 100, 100, 350), "unassigned sold 250.00 more than before, 125.0% of all sales then."),
    ],
)
def test_a_finding_calls_people_by_their_names_and_nobody_unassigned(amounts: tuple[float, ...], said: str) -> None:
    owners = ("E1", "E1", None, None)
    days = ("2024-05-01", "2025-05-01") * 2
    orders = [
        order("0", "2023-12-01"),
        *(
            order(str(number), day, owner_id=owner)
            for number, (day, owner) in enumerate(zip(days, owners, strict=True), 1)
        ),
    ]
    lines = [line(str(number), amount) for number, amount in enumerate(amounts, 1)]
    with company(orders=orders, order_lines=lines, employees=[{"employee_id": "E1", "name": "Ana Yıldız"}]) as asked:
        answer = asked.ask("sales.performance", period="2025", by="owner")
    assert [str(found.message) for found in answer.findings] == [said]
