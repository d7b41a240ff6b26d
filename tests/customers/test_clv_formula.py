"""Lifetime value by formula: the forms, the rates behind them, and where no value is told."""

from __future__ import annotations

import numpy as np
import pytest

from crmetrics.customers.clv_formula import lifetime
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.clv_formula"
YEAR = "2025-01-01..2026-01-01"


def test_the_forms_of_the_example():
    m, r, d = (np.array([each]) for each in (60.0, 0.8, 0.1))
    assert [round(float(lifetime(m, r, d, form)[0]), 6) for form in ("with_year", "future", "undiscounted")] == [
        220,
        160,
        300,
    ]
    assert np.isnan(lifetime(m, np.array([1.0]), d, "undiscounted")[0])


def shop(before=50, kept=40, new=10, orders=4, source=None):
    """Customers of 2024, of whom some buy in 2025 beside new ones: `orders` times 50 each, at a cost of 35."""
    purchases = [(f"o{place:03}", "2024-06-01", 50) for place in range(before)]
    now = [f"o{place:03}" for place in range(kept)] + [f"n{place:03}" for place in range(new)]
    purchases += [(name, f"2025-{month + 1:02}-10", 50) for name in now for month in range(orders)]
    tables = bought(purchases)
    for line in tables["order_lines"]:
        line["cost_amount"] = 35
    for row in tables["customers"]:
        row["source"] = source
    return tables


def asked(tables, period=YEAR, **choices):
    with company(**tables) as opened:
        return opened.ask(KEY, period=period, **choices)


def said(answer):
    return [str(note.message) for note in answer.notes]


@pytest.mark.parametrize(("form", "clv"), [("with_year", 220), ("future", 160), ("undiscounted", 300)])
def test_rates_are_those_of_the_customers(form, clv):
    total = asked(shop(), form=form).total
    assert (total.n, total.active, total.v) == (50, 50, 50)
    assert total.f == pytest.approx(4 * 365.25 / 365)
    assert (total.g, total.r, total.d, total.form) == (pytest.approx(0.3), pytest.approx(0.8), 0.1, form)
    assert total.clv == pytest.approx(clv * 365.25 / 365)


def test_the_discount_can_be_chosen():
    assert asked(shop(), discount=0).total.clv == pytest.approx(300 * 365.25 / 365)


def test_returns_lower_the_margin_rate_and_not_the_value_of_a_purchase():
    tables = shop()
    tables["orders"].append({"order_id": "back", "customer_id": "o001", "ordered_at": "2025-11-01"})
    tables["order_lines"].append(
        {"order_id": "back", "line_no": 1, "quantity": -1, "net_amount": -500, "cost_amount": -350}
    )
    total = asked(tables).total
    assert (total.v, total.n) == (50, 50)
    assert total.g == pytest.approx(0.3 * 9500 / 10_000)


def test_without_an_end_there_is_no_undiscounted_value():
    answer = asked(shop(before=40, kept=40), form="undiscounted")
    assert (answer.total.r, answer.total.clv) == (1, None)
    assert "Where everybody stays there is no undiscounted value: it has no limit." in said(answer)
    assert asked(shop(before=40, kept=40)).total.clv is not None


def test_small_segments_have_no_value_and_say_so():
    tables = shop()
    for place, row in enumerate(tables["customers"]):
        row["source"] = "web" if place % 6 else "fair"
    answer = asked(tables, by="source")
    values = {row.party: row.clv for row in answer.rows}
    assert values["fair"] is None
    assert values["web"] is not None
    assert any("fewer than 30 customers" in note for note in said(answer))
    assert answer.total.clv == pytest.approx(asked(tables, by="none").total.clv)


def test_without_costs_it_is_net_sales():
    tables = shop()
    for line in tables["order_lines"]:
        del line["cost_amount"]
    answer = asked(tables)
    assert answer.total.g == 1
    assert any("so values are net sales" in note for note in said(answer))


def test_used_and_left_out_are_the_orders_of_the_period():
    tables = shop()
    tables["orders"] += [
        {"order_id": "c", "customer_id": "o001", "ordered_at": "2025-11-01", "is_cancelled": True},
        {"order_id": "a", "ordered_at": "2025-11-01"},
    ]
    tables["order_lines"] += [
        {"order_id": each, "line_no": 1, "quantity": 1, "net_amount": 5, "cost_amount": 1} for each in ("c", "a")
    ]
    answer = asked(tables)
    assert answer.passport.rows_used == 200
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "cancelled": 1,
        "without a customer": 1,
    }


def test_segments_far_apart_are_a_finding():
    rich, poor = shop(source="fair"), shop(source="web", kept=10, new=40, orders=2)
    for table in poor.values():
        for row in table:
            for name in ("order_id", "customer_id"):
                if name in row:
                    row[name] = f"p{row[name]}"
    tables = {name: [*rich[name], *poor[name]] for name in rich}
    told = [str(finding.message) for finding in asked(tables, by="source").findings]
    assert len(told) == 1
    assert told[0].startswith("A customer of fair is worth 220.15")
    assert asked(shop(source="fair"), by="source").findings == ()


def test_nothing_bought():
    answer = asked(shop(), period="2023")
    assert answer.total is None or answer.total.clv is None
    assert "No cases in this period, so there is no value." in said(answer)
    assert not any(note.startswith("0 segments") for note in said(answer))


@pytest.mark.parametrize("period", ["2025-Q2", "2025-03", "2024-01-01..2026-01-01"])
def test_rates_of_a_year_are_not_told_of_less_or_more(period):
    """Fifty who bought in the quarter bought at least once in it: that is not four times a year, nor is a year's retention theirs."""
    answer = asked(shop(), period=period)
    total = answer.total
    assert (total.v, total.g) == (50, pytest.approx(0.3))
    assert (total.f, total.r, total.yearly, total.clv) == (None, None, None, None)
    assert any("Ask for twelve months" in note for note in said(answer))
    assert not any("Rates of one year" in note for note in said(answer))


def test_a_year_that_runs_is_no_year_yet():
    with company(reaches="2025-10-01", **shop()) as opened:
        assert opened.ask(KEY, period="2025").total.clv is None
        assert opened.ask(KEY, period="2024-10-01..2025-10-01").total.clv is not None
