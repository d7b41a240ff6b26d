"""The customers of the demo company: who was planted to leave is found to have left, when, from which plan and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace
from crmetrics.warehouse.scope import Filter

SUBSCRIBERS = {"customer_by": "subscriptions", "grace": 0}


@pytest.fixture(scope="module")
def demo(demo_company: Any) -> Iterator[tuple[OpenCatalogue, dict[str, Any]]]:
    workspace = demo_company("en")
    truth = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))
    catalogue = open_workspace(workspace)
    with closing(catalogue.engine):
        yield catalogue, truth


def test_every_end_of_a_subscription_is_counted_in_its_month(demo: Any) -> None:
    asked, truth = demo
    answer = asked.ask("customers.churn_rate", period=f"{truth['from']}..{truth['until']}", by="month", **SUBSCRIBERS)
    found = {row.party: row.lost for row in answer.rows if row.lost}
    assert found == truth["subscriptions"]["ended_by_month"]


def test_the_subscribers_of_the_last_year(demo: Any) -> None:
    asked, truth = demo
    year = truth["subscriptions"]["last_year"]
    asking = {"period": f"{year['from']}..{truth['until']}", **SUBSCRIBERS}
    lost, kept = (asked.ask(f"customers.{key}", by="none", **asking).total for key in ("churn_rate", "retention_rate"))
    assert (lost.start, lost.lost, lost.won_back) == (year["at_start"], year["ended"], 0)
    assert (kept.start, kept.kept) == (year["at_start"], year["at_start"] - year["ended"])


def test_what_the_leavers_said(demo: Any) -> None:
    asked, truth = demo
    year = truth["subscriptions"]["last_year"]
    answer = asked.ask(
        "customers.churn_reasons", show="stated", period=f"{year['from']}..{truth['until']}", **SUBSCRIBERS
    )
    found = {str(row.reason_or_trait): row.said for row in answer.rows}
    assert found == {reason or "no reason given": count for reason, count in year["reasons"].items()}


def test_the_plans_differ_as_planted(demo: Any) -> None:
    asked, truth = demo
    planted = truth["subscriptions"]["by_first_plan"]
    answer = asked.ask("customers.survival", by="plan", grace=0)
    for plan, told in planted.items():
        rows = [row for row in answer.rows if row.party == plan]
        assert (rows[0].at_risk, sum(row.ended for row in rows)) == (told["subscribers"], told["ended"])
    assert any(str(note.message).startswith("The groups differ (log-rank test") for note in answer.notes)
    # after a year least is left of the plan with the shortest planted life
    left = {
        plan: [row.s for row in answer.rows if row.party == plan and row.t <= 365][-1]
        for plan in sorted(planted, key=lambda plan: planted[plan]["mean_life_planted"])
    }
    assert next(iter(left.values())) == min(left.values())


def test_who_left_long_ago_is_no_customer_any_more(demo: Any) -> None:
    asked, truth = demo
    until = date.fromisoformat(truth["until"])
    year_ago = until - timedelta(days=365)
    gone = [
        each["customer_id"]
        for each in truth["planted"]["churned_customers"]["first"]
        if date.fromisoformat(each["left_on"]) <= year_ago
    ]
    assert len(gone) >= 10
    asking = {"period": f"{truth['from']}..{truth['until']}", "where": (Filter("customer", tuple(gone)),)}
    whole = asked.ask("customers.retention_rate", by="month", **asking)
    assert whole.total.at_end == 0
    # each was lost once, 365 days after his last purchase
    lost = asked.ask("customers.churn_rate", by="month", **asking)
    assert sum(row.lost - row.won_back for row in lost.rows) >= 0.9 * len(gone)
    assert {row.state for row in asked.ask("customers.purchase_gap", where=asking["where"]).rows} <= {
        "overdue",
        "silent",
    }


def test_who_left_moved_down(demo: Any) -> None:
    """Of those planted to leave within the last year hardly any is still among the best segments."""
    asked, truth = demo
    left = [
        each["customer_id"]
        for each in truth["planted"]["churned_customers"]["first"]
        if "2025-11-01" <= each["left_on"] < "2026-05-01"
    ]
    where = (Filter("customer", tuple(left)),)
    answer = asked.ask("customers.rfm_migration", period=f"2025-11-01..{truth['until']}", where=where)
    moved = {way: sum(row.customers for row in answer.rows if row.direction == way) for way in ("up", "down", "same")}
    assert len(left) >= 3
    assert moved["down"] > moved["up"]


def test_the_value_of_cohorts_grows_and_ends_at_the_value_of_the_margin(demo: Any) -> None:
    asked, truth = demo
    answer = asked.ask(
        "customers.cohort_value", period=f"{truth['from']}..{truth['until']}", money="net_sales", together=False
    )
    brought: dict[str, tuple[int, float]] = {}
    for row in answer.rows:
        if row.cohort != "all" and row.cum_per_customer is not None:
            brought[row.cohort] = (row.size, row.cum_per_customer)  # the last k stays
    sales = asked.ask("kpis.net_sales", period=f"{truth['from']}..{truth['until']}", by="none").total.value
    summed = sum(size * value for size, value in brought.values())
    # all but anonymous sales, orders of unknown customers and cohorts of fewer than five
    assert 0.93 * sales < summed < sales
