"""How good the data are, and what faults cost."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.schema.across import ACROSS
from crmetrics.warehouse.schema.rules import OUTLYING, impossible, rules_of
from crmetrics.warehouse.scope import Viewer
from tests.company import company, on_both_engines

STAGES = [
    {"stage": "offer", "stage_no": 1, "kind": "open"},
    {"stage": "won", "stage_no": 2, "kind": "won"},
    {"stage": "lost", "stage_no": 3, "kind": "lost"},
]


def deals(n: int = 10, decided: int = 6, closed: int = 5) -> list[dict[str, Any]]:
    return [
        {
            "deal_id": f"d{i}", "stage": "won" if i < decided else "offer", "owner_id": "ab"[i % 2], "amount": 100,
            "created_at": "2025-05-01", "is_won": True if i < decided else None,
            "closed_at": "2025-06-01" if i < closed else None, "expected_close_on": "2025-07-01",
        }
        for i in range(n)
    ]  # fmt: skip


def lines(answer: Any) -> dict[tuple[str, str, str], tuple[int, int]]:
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in answer.rows:
        found.setdefault((str(row.table_name), str(row.column_name), row.dimension), (row.checked, row.passed))
    return found


def broken(answer: Any) -> dict[str, int]:
    """What does not hold, by what is said of it."""
    return {str(row.rule): row.checked - row.passed for row in answer.rows if row.passed < row.checked}


def test_the_example_of_the_definition() -> None:
    """10 deals, 6 decided, 5 with a closing date: 5 of 6, not of 10; open deals without one are no fault."""
    with company(deals=deals(), stages=STAGES) as asked:
        answer = asked.ask("data.quality")
    closing = next(
        row for row in answer.rows if str(row.column_name) == "Closed at" and row.dimension == "completeness"
    )
    assert (closing.checked, closing.passed) == (6, 5)
    assert closing.share == pytest.approx(5 / 6)
    assert closing.spoils > 5  # win rate, velocity, ...


def test_open_deals_without_a_closing_date_are_no_fault() -> None:
    with company(deals=deals(decided=5, closed=5), stages=STAGES) as asked:
        answer = asked.ask("data.quality")
    assert not any(str(row.column_name) == "Closed at" and row.passed < row.checked for row in answer.rows)


def test_what_a_gap_costs_is_told_of_each_analysis() -> None:
    with company(deals=deals(100, 50, 41), stages=STAGES) as asked:
        answer = asked.ask("data.quality", show="costs")
        told = {str(row.analysis_name): str(row.cost) for row in answer.rows}
        assert told["Sales velocity"].startswith("Decided deals: 18.0% have no value in 'Closed at'")
        assert told["Sales velocity"].endswith("Sales velocity can use 82.0% at most.")
        assert "New deals" not in told  # it needs no closing date
        assert str(answer.findings[0].message).startswith("Decided deals: 18.0%")


def test_a_score_is_the_mean_of_the_columns_weighted_by_who_needs_them() -> None:
    with company(deals=deals(10, 10, 5), stages=STAGES) as asked:
        needed = {
            row.checked_for: row.share
            for row in asked.ask("data.quality", show="tables").rows
            if str(row.table_name) == "Deals"
        }
        equal = {
            row.checked_for: row.share
            for row in asked.ask("data.quality", show="tables", weights="equal").rows
            if str(row.table_name) == "Deals"
        }
    assert needed["all"] < equal["all"]  # the column that is blank is one that many need
    assert needed["validity"] == 1
    assert 0 < needed["completeness"] < 1


def test_a_column_that_nobody_needs_is_not_judged_for_gaps() -> None:
    with company(deals=deals(), stages=STAGES) as asked:
        answer = asked.ask("data.quality")
    assert not any(str(row.column_name) == "Deal name" for row in answer.rows)
    assert any("needed by no analysis" in str(note.message) for note in answer.notes)


CASES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "Closed before it was created.": {
        "deals": [{**deals(1, 1, 1)[0], "created_at": "2025-06-09"}], "stages": STAGES,
    },
    "The outcome of the deal does not fit the kind of its stage.": {
        "deals": [{**deals(1, 1, 1)[0], "stage": "lost"}], "stages": STAGES,
    },
    "The first reply came after the last resolution.": {
        "tickets": [{
            "ticket_id": "t", "status": "solved", "created_at": "2025-05-01", "first_reply_at": "2025-05-03",
            "resolved_at": "2025-05-02",
        }],
    },
    "It names a row of another table that is not there.": {
        "orders": [{"order_id": "o", "customer_id": "gone", "ordered_at": "2025-05-01"}], "customers": [{"customer_id": "c"}],
    },
    "The order has no line.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-01"}],
        "order_lines": [{"order_id": "other", "line_no": 1, "quantity": 1, "net_amount": 1}],
    },
    "The net amount is not quantity times unit price less discount.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-01"}],
        "order_lines": [{"order_id": "o", "line_no": 1, "quantity": 2, "unit_price": 10, "net_amount": 19}],
    },
    "The invoices of the order are more than 1 % off the sum of its lines.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-01"}],
        "order_lines": [{"order_id": "o", "line_no": 1, "quantity": 1, "net_amount": 100, "tax_amount": 20}],
        "invoices": [{"invoice_id": "i", "customer_id": "c", "order_id": "o", "issued_on": "2025-05-02", "amount": 130}],
    },
    "More was paid than the invoice asks.": {
        "invoices": [{"invoice_id": "i", "customer_id": "c", "issued_on": "2025-05-02", "amount": 100}],
        "payments": [
            {"payment_id": p, "customer_id": "c", "invoice_id": "i", "paid_on": "2025-05-09", "amount": 60} for p in "ab"
        ],
    },
    "More came back than was sold in the order that it returns.": {
        "orders": [
            {"order_id": "o", "ordered_at": "2025-05-01"}, {"order_id": "r", "ordered_at": "2025-05-09", "returns_order_id": "o"},
        ],
        "order_lines": [
            {"order_id": "o", "line_no": 1, "product_id": "p", "quantity": 1, "net_amount": 10},
            {"order_id": "r", "line_no": 1, "product_id": "p", "quantity": -2, "net_amount": -20},
        ],
    },
    "The invoice was issued before its order.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-05"}],
        "invoices": [{"invoice_id": "i", "customer_id": "c", "order_id": "o", "issued_on": "2025-05-02", "amount": 1}],
    },
    "The deal was created before the lead that it came from.": {
        "deals": [deals(1, 0, 0)[0]], "leads": [{"lead_id": "l", "created_at": "2025-05-09", "deal_id": "d0"}],
    },
    "The owner was not employed then.": {
        "employees": [{"employee_id": "a", "hired_on": "2025-05-02"}],
        "orders": [{"order_id": "o", "owner_id": "a", "ordered_at": "2025-05-01"}],
    },
    "The next span of the subscription starts before this one ends.": {
        "subscriptions": [
            {"subscription_id": "s", "customer_id": "c", "started_on": "2025-01-01", "ended_on": "2025-05-01", "monthly_amount": 1},
            {"subscription_id": "s", "customer_id": "c", "started_on": "2025-04-01", "monthly_amount": 1},
        ],
    },
    "No rate of exchange of that day: the amount cannot be converted.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-01", "currency": "USD"}],
    },
    "The rate is more than 20 % off the one before.": {
        "exchange_rates": [
            {"currency": "USD", "rated_on": f"2025-05-0{n}", "rate_to_company": rate} for n, rate in ((1, 1.0), (2, 1.3))
        ],
    },
    "Entered more than two days after it was done.": {
        "activities": [{"activity_id": "a", "kind": "call", "created_at": "2025-05-09", "done_at": "2025-05-01"}],
    },
    "The amount is negative.": {"deals": [{**deals(1, 1, 1)[0], "amount": -1}], "stages": STAGES},
    "It cannot be true, and counts as unknown.": {
        "orders": [{"order_id": "o", "ordered_at": "2025-05-01"}],
        "order_lines": [{"order_id": "o", "line_no": 1, "quantity": -1, "net_amount": 5}],
    },
}  # fmt: skip


@pytest.mark.parametrize("says", CASES)
def test_every_rule_finds_what_breaks_it(says: str) -> None:
    with company(reaches="2026-01-01", **CASES[says]) as asked:
        assert broken(asked.ask("data.quality")).get(says) == 1


def test_sound_rows_break_nothing() -> None:
    cases = {
        "customers": [{"customer_id": "c", "name": "C", "kind": "company", "created_at": "2025-01-01"}],
        "employees": [{"employee_id": "a", "hired_on": "2020-01-01"}],
        "deals": deals(4, 2, 2), "stages": STAGES,
        "orders": [{"order_id": "o", "customer_id": "c", "owner_id": "a", "ordered_at": "2025-05-01"}],
        "order_lines": [
            {"order_id": "o", "line_no": 1, "quantity": 2, "unit_price": 10, "discount": 1, "net_amount": 19, "tax_amount": 3.8}
        ],
        "invoices": [{"invoice_id": "i", "customer_id": "c", "order_id": "o", "issued_on": "2025-05-01", "amount": 22.8}],
        "payments": [{"payment_id": "p", "customer_id": "c", "invoice_id": "i", "paid_on": "2025-05-09", "amount": 22.8}],
    }  # fmt: skip
    cases["employees"].append({"employee_id": "b", "hired_on": "2020-01-01"})
    with company(reaches="2026-01-01", **cases) as asked:
        said = broken(asked.ask("data.quality"))
    assert set(said) <= {"It is blank where it should be filled."}, said


def test_a_viewer_of_a_part_is_told_of_his_rows_alone() -> None:
    rep = Viewer("a rep", "self", "a")
    with company(deals=deals(10, 6, 5), stages=STAGES, employees=[{"employee_id": e} for e in "ab"]) as asked:
        mine = lines(asked.ask("data.quality", viewer=rep))
    assert mine["Deals", "Closed at", "completeness"] == (3, 3)  # d0, d2, d4; d5 without a date is b's


def test_outliers_are_told_by_factors_and_never_left_out() -> None:
    many = [{**each, "amount": 900 + 10 * n} for n, each in enumerate(deals(40, 0, 0))]
    many[7]["amount"] = 95_000_000
    with company(deals=many, stages=STAGES) as asked:
        found = {str(row.table_name): row for row in asked.ask("data.quality", show="outliers").rows}
        assert (found["Deals"].outliers, found["Deals"].checked, found["Deals"].largest) == (1, 40, 95_000_000)
        assert found["Deals"].least < 900
        assert asked.ask("sales.pipeline").total.amount > 95_000_000


@pytest.mark.spark
def test_both_engines_judge_alike() -> None:
    cases = (
        CASES["The invoices of the order are more than 1 % off the sum of its lines."]
        | CASES["Closed before it was created."]
    )
    with on_both_engines(reaches="2026-01-01", **cases) as both:
        here, there = (lines(each.ask("data.quality")) for each in both)
    assert here == there


def test_rules_name_what_is_there() -> None:
    for name, table in TABLES.items():
        for rule in rules_of(name):
            assert table.has(rule.column), rule
        for column in impossible(name):
            assert table.has(column)
    assert all(table in TABLES for rule in ACROSS for table in (rule.table, *rule.reads))
    assert all(TABLES[name].has(column) for name, columns in OUTLYING.items() for column in columns)


def test_without_rows_it_is_said() -> None:
    with company() as asked:
        answer = asked.ask("data.quality")
    assert str(answer.notes[0].message) == "There are no rows to be judged."
