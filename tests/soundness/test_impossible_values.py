"""What cannot be true falsifies no figure: it counts as unknown, and how often is said."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.warehouse.scope import Viewer
from tests.company import company, on_both_engines

STAGES = [
    {"stage": "offer", "stage_no": 1, "kind": "open", "probability": 0.5},
    {"stage": "won", "stage_no": 2, "kind": "won"},
]


def won(n: int, amount: float = 100) -> dict[str, Any]:
    return {
        "deal_id": f"w{n}", "stage": "won", "owner_id": "ab"[n % 2], "amount": amount, "created_at": "2025-05-01",
        "closed_at": "2025-05-20", "is_won": True,
    }  # fmt: skip


def opened(n: int, **more: Any) -> dict[str, Any]:
    return {"deal_id": f"o{n}", "stage": "offer", "owner_id": "a", "amount": 100, "created_at": "2025-05-01", **more}


def line(order: str, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "line_no": 1,
        "product_id": "p",
        "quantity": 2,
        "net_amount": 100,
        "cost_amount": 60,
        **more,
    }


def goods(*lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "orders": [{"order_id": each["order_id"], "customer_id": "c", "ordered_at": "2025-05-10"} for each in lines],
        "order_lines": list(lines),
        "products": [{"product_id": "p", "unit_cost": 30}],
    }


def value(asked: Any, key: str, **choices: Any) -> Any:
    return asked.ask(key, period="2025-05", **choices).total.value


def test_a_negative_amount_is_an_unknown_one() -> None:
    """Ten deals won of 100 and two of -100,000: 1,000 of ten deals, not -199,000 of twelve."""
    cases = [won(n) for n in range(10)] + [won(n, -100_000) for n in (10, 11)]
    with company(deals=cases, stages=STAGES, reaches="2025-07-01") as asked:
        answer = asked.ask("kpis.won_amount", period="2025-05", by="none")
        assert (answer.total.value, answer.result.used) == (1000, 10)
        assert sum(each.rows for each in answer.result.left_out) == 2
        assert value(asked, "kpis.won_deals") == 12  # they were won, whatever they were worth
        size = asked.ask("sales.deal_size", period="2025-05", by="none")
        assert (size.total.won, size.total.mean) == (12, 100)
        assert [(str(each.reason), each.rows) for each in size.result.left_out] == [("won without an amount", 2)]
        told = [str(note.message) for note in answer.notes]
    assert "deals.amount: 2 values cannot be true and count as unknown." in told


def test_a_probability_of_500_percent_weighs_nothing() -> None:
    cases = [opened(n, probability=0.5) for n in range(4)] + [opened(9, probability=5)]
    with company(deals=cases, stages=STAGES, reaches="2025-07-01") as asked:
        total = asked.ask("sales.pipeline", probability="typed").total
    assert total.weighted == pytest.approx(250)  # the impossible one at the chance of its stage


def test_what_comes_back_brings_no_money() -> None:
    """A line of -2 pieces for +100: not two pieces returned, and no share of returns below zero."""
    with company(**goods(line("a"), line("b"), line("c", quantity=-2)), reaches="2025-07-01") as asked:
        assert value(asked, "kpis.units_sold") == 4
        assert value(asked, "kpis.return_share") == 0
        assert value(asked, "kpis.net_sales") == 300


def test_a_cost_of_the_other_sign_is_no_cost() -> None:
    """Two lines of 100 that cost 60, one with -600: the margin is not 74 %... nor above 100 %."""
    with company(**goods(line("a"), line("b"), line("c", cost_amount=-600)), reaches="2025-07-01") as asked:
        share = value(asked, "kpis.margin_pct")
    assert share == pytest.approx(0.4)


def test_a_real_return_and_a_real_credit_are_left_alone() -> None:
    back = line("r", quantity=-1, net_amount=-50, cost_amount=-30)
    costs = [
        {"cost_id": "k", "spent_on": "2025-05-05", "kind": "marketing", "amount": -50, "note": "credit of the agency"}
    ]
    with company(**goods(line("a"), back), costs=costs, reaches="2025-07-01") as asked:
        assert value(asked, "kpis.net_sales") == 50
        assert value(asked, "kpis.units_sold") == 1
        assert asked.engine.profile.impossible == {}


def test_who_sees_a_part_is_not_told_how_many_there_are_in_all() -> None:
    cases = [won(n) for n in range(6)] + [won(8, -1)]
    with company(
        deals=cases, stages=STAGES, employees=[{"employee_id": e} for e in "ab"], reaches="2025-07-01"
    ) as asked:
        answer = asked.ask("sales.deal_size", period="2025-05", viewer=Viewer("a rep", "self", "a"))
    assert not any("cannot be true" in str(note.message) for note in answer.notes)


def test_at_an_earlier_moment_it_is_unknown_as_well() -> None:
    from datetime import datetime

    cases = [opened(n) for n in range(5)] + [opened(9, amount=-100_000)]
    changes = [
        {"deal_id": "o1", "changed_at": "2025-06-20", "field_name": "amount", "old_value": "80", "new_value": "100"}
    ]
    with company(deals=cases, stages=STAGES, deal_changes=changes, reaches="2025-07-01") as asked:
        then = asked.ask("sales.pipeline", as_of=datetime(2025, 6, 10))
    assert then.locked is not None or then.total.amount == 480


@pytest.mark.spark
def test_both_engines_see_the_same() -> None:
    with on_both_engines(deals=[won(1), won(2, -5)], stages=STAGES, reaches="2025-07-01") as both:
        assert [value(each, "kpis.won_amount") for each in both] == [100, 100]
