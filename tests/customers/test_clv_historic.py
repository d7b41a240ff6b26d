"""Lifetime value to date: returns netted, places among all, and what stands where costs are not known."""

from __future__ import annotations

from random import Random

import pytest

from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.clv_historic"


def costed(purchases):
    """(customer, day, amount, cost) rows as tables; a negative amount is a return document, its cost negative too."""
    tables = bought([(customer, day, amount) for customer, day, amount, _cost in purchases])
    for line, (_customer, _day, _amount, cost) in zip(tables["order_lines"], purchases, strict=True):
        line["cost_amount"] = cost
    return tables


def asked(tables, **choices):
    with company(**tables) as opened:
        return opened.ask(KEY, **choices)


def said(answer):
    return [str(note.message) for note in answer.notes]


def test_returned_goods_are_taken_off():
    answer = asked(costed([("A", "2025-03-01", 100, 60), ("A", "2025-04-01", -40, -24)]))
    row = answer.rows[0]
    assert (row.net_sales, row.margin, row.value, row.orders, str(row.since)) == (60, 24, 24, 1, "2025-03-01")
    assert answer.total.per_customer == 24


FIVE = [(name, "2025-01-05", 2 * margin, margin) for name, margin in zip("abcde", (50, 30, 12, 5, 3), strict=True)]


def test_who_crosses_a_limit_stays_in_the_higher_grade():
    answer = asked(costed(FIVE))
    assert [row.grade for row in answer.rows] == ["A", "A", "B", "B", "C"]
    assert [row.cumulated_share for row in answer.rows] == pytest.approx([0.5, 0.8, 0.92, 0.97, 1.0])
    assert [row.rank_share for row in answer.rows] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert [row.share for row in answer.rows] == pytest.approx([0.5, 0.3, 0.12, 0.05, 0.03])


def test_a_loss_is_c_and_outside_the_base():
    answer = asked(costed([*FIVE, ("loss", "2025-01-06", 10, 30)]))
    last = answer.rows[len(answer.rows) - 1]
    assert (last.customer_id, last.value, last.grade, last.share) == ("loss", -20, "C", 0)
    assert answer.rows[0].share == pytest.approx(0.5)
    assert answer.total.value == 80


def test_booked_costs_are_taken_off_where_asked():
    tables = costed(FIVE)
    tables["costs"] = [
        {"cost_id": "1", "spent_on": "2025-02-01", "kind": "service", "amount": 45, "customer_id": "a"},
        {"cost_id": "2", "spent_on": "2025-02-01", "kind": "service", "amount": 500},
    ]
    with company(**tables) as opened:
        plain, less = opened.ask(KEY), opened.ask(KEY, money="after_service")
    assert {row.customer_id: row.value for row in plain.rows}["a"] == 50
    assert {row.customer_id: row.value for row in less.rows} == {"a": 5, "b": 30, "c": 12, "d": 5, "e": 3}
    assert less.total.service == 45


def test_without_costs_values_are_net_sales_and_say_so():
    tables = bought([("A", "2025-03-01", 100), ("B", "2025-03-02", 50)])
    answer = asked(tables)
    assert [row.value for row in answer.rows] == [100, 50]
    assert answer.rows[0].margin is None
    assert said(answer) == ["100.0% of the sales have no cost, so values are net sales, not margin."]
    assert said(asked(tables, money="net_sales")) == []


def test_a_few_lines_without_cost_are_told():
    answer = asked(costed([("A", "2025-03-01", 900, 500), ("B", "2025-03-02", 100, None)]))
    assert said(answer) == ["10.0% of the sales have no cost and are not in the margin."]
    assert [row.value for row in answer.rows] == [400, 0]


def test_what_is_left_out():
    tables = bought(
        [
            ("A", "2025-03-01", 100),
            ("A", "2025-03-05", 70, {"is_cancelled": True}),
            (None, "2025-03-06", 30),
            ("B", "2025-03-07", -20),
        ]
    )
    answer = asked(tables)
    assert [row.customer_id for row in answer.rows] == ["A"]  # B never bought
    assert answer.rows[0].net_sales == 100
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "cancelled": 1,
        "without a customer": 1,
    }
    assert answer.passport.rows_used == 2


def test_groups_and_cohorts_add_up():
    chance = Random(3)
    purchases = [
        (
            f"c{chance.randint(1, 30):02}",
            f"2025-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            amount,
            amount / 2,
        )
        for amount in [chance.choice([-20, 10, 40, 90]) for _ in range(200)]
    ]
    tables = costed(purchases)
    for place, row in enumerate(tables["customers"]):
        row["source"] = ("web", "fair", None)[place % 3]
    with company(**tables) as opened:
        single, by_source, by_month = opened.ask(KEY), opened.ask(KEY, by="source"), opened.ask(KEY, by="month")
    worth = {}
    for customer, _day, amount, cost in purchases:
        worth[customer] = worth.get(customer, 0) + amount - cost
    buyers = {customer for customer, _day, amount, _cost in purchases if amount > 0}
    assert {row.customer_id: row.value for row in single.rows} == pytest.approx({each: worth[each] for each in buyers})
    source = {row["customer_id"]: row["source"] for row in tables["customers"]}
    for row in by_source.rows:
        assert row.value == pytest.approx(sum(worth[each] for each in buyers if source[each] == row.party))
        assert row.per_customer == pytest.approx(row.value / row.customers)
    first = {each: min(day for who, day, amount, _c in purchases if who == each and amount > 0) for each in buyers}
    assert {row.party: row.customers for row in by_month.rows} == {
        month: sum(day.startswith(month) for day in first.values()) for month in {day[:7] for day in first.values()}
    }
    assert [row.party for row in by_month.rows] == sorted(row.party for row in by_month.rows)
    for answer in (single, by_source, by_month):
        assert answer.total.value == pytest.approx(sum(worth[each] for each in buyers))
        assert max(row.cumulated_share for row in answer.rows) == pytest.approx(1)


def test_a_place_is_the_same_for_every_viewer():
    tables = costed(FIVE)
    tables["customers"][4]["owner_id"] = "R"
    with company(**tables) as opened:
        own = opened.ask(KEY, viewer=Viewer("rep", "self", "R"))
        picked = opened.ask(KEY, where=(Filter("customer", ("c",)),))
    assert [(row.customer_id, row.grade, row.rank_share) for row in own.rows] == [("e", "C", 1.0)]
    assert own.total.value == 3
    assert [(row.grade, row.cumulated_share) for row in picked.rows] == [("B", pytest.approx(0.92))]


def test_few_customers_with_most_of_the_value_are_a_finding():
    answer = asked(costed([("big", "2025-01-05", 1800, 900), *((f"s{i}", "2025-01-05", 2, 1) for i in range(100))]))
    assert [str(finding.message) for finding in answer.findings] == [
        "1 of 101 customers have brought 90.0% of all value: 900.00."
    ]
    assert asked(costed(FIVE)).findings == ()


def test_nobody_has_bought():
    answer = asked(bought([("B", "2025-03-07", -20)]))
    assert len(answer.rows) == 0
    assert "No customer has bought anything yet." in said(answer)


def test_an_earlier_day_knows_nothing_later():
    from datetime import datetime

    tables = costed([("A", "2025-03-01", 100, 60), ("A", "2025-08-01", 500, 60)])
    with company(**tables) as opened:
        assert opened.ask(KEY, as_of=datetime(2025, 6, 1)).rows[0].value == 40
