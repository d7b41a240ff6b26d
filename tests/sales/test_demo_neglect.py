"""What nobody takes care of in the demo company: the late team, deals without a next step, stuck deals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace

EVER = "2020-01-01..2030-01-01"


@pytest.fixture(scope="module")
def demo(demo_company: Any) -> Iterator[tuple[OpenCatalogue, dict[str, Any]]]:
    workspace = demo_company("en")
    truth = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))
    catalogue = open_workspace(workspace)
    with closing(catalogue.engine):
        yield catalogue, truth


def test_follow_ups_are_counted_as_they_were_drawn(demo: Any) -> None:
    asked, truth = demo
    answer = asked.ask("sales.follow_up_delay", period=EVER, by="team")
    for row, figures in [(answer.total, truth["follow_ups"]["all"])] + [
        (next(row for row in answer.rows if row.party == team), figures)
        for team, figures in truth["follow_ups"]["by_sales_team"].items()
    ]:
        assert (row.due, row.on_time, row.late, row.open_overdue) == (
            figures["due"],
            figures["on_time"],
            figures["late"],
            figures["open_overdue"],
        )


def test_the_late_team_is_found(demo: Any) -> None:
    asked, truth = demo
    late = truth["follow_ups"]["late_team"]
    for clock in ("calendar", "business"):
        answer = asked.ask("sales.follow_up_delay", by="team", clock=clock)
        assert answer.rows[0].party == late
        assert min(answer.rows, key=lambda row: row.on_time_rate).party == late
        assert str(answer.findings[-1].message).startswith(f"{late} does ")


def test_open_deals_without_a_next_step(demo: Any) -> None:
    asked, truth = demo
    assert asked.ask("sales.follow_up_delay").total.no_next_step == truth["follow_ups"]["open_deals_without_next_step"]


def test_stuck_deals_have_rotted(demo: Any) -> None:
    asked, truth = demo
    stuck, pipeline = truth["deals"]["stuck"], truth["deals"]["pipeline"]
    assert stuck["deals"] == len(stuck["first_deal_ids"]) > 20
    answer = asked.ask("sales.stale_deals")
    reasons = {row.deal_id: row.reasons for row in answer.rows}
    assert all("stage" in reasons[deal_id] for deal_id in stuck["first_deal_ids"])
    # they stand so much longer than all others that nobody could mistake them
    longest = sorted(answer.rows, key=lambda row: -(row.days or 0) / row.limit)[: stuck["deals"]]
    assert {row.deal_id for row in longest} == set(stuck["first_deal_ids"])
    assert sum("date" in each for each in reasons.values()) == sum(stage["overdue"] for stage in pipeline)
    assert len(answer.findings) == 1


def test_the_coverage_of_the_running_quarter_is_that_of_the_planted_deals(demo: Any) -> None:
    asked, truth = demo
    total = asked.ask("sales.pipeline_coverage", period="2026-Q4").total
    pipeline = truth["deals"]["pipeline"]
    assert total.won == pytest.approx(truth["deals"]["by_quarter_of_close"]["2026-Q4"]["won_amount"], abs=0.011)
    assert total.overdue == pytest.approx(asked.ask("sales.pipeline_coverage", period="2027-Q1").total.overdue)
    assert 0 < total.open_due + total.overdue < sum(stage["amount"] for stage in pipeline)
    assert (total.status, asked.ask("sales.pipeline_coverage", level="team").rows.values("status")) == (
        "short",
        ["short"] * 3,
    )


def test_activities_are_those_of_the_truth(demo: Any) -> None:
    asked, truth = demo
    total, figures = asked.ask("sales.activity", period=EVER).total, truth["follow_ups"]["all"]
    assert (total.planned, total.overdue) == (figures["due"], figures["open_overdue"])
    assert total.completed == figures["on_time"] + figures["late"]
    assert total.done == asked.ask("kpis.activities_done", period=EVER, by="none").total.value
    teams = asked.ask("sales.activity", period=EVER, by="team", show="outcomes")
    assert teams.total.done == total.done


def test_stuck_deals_are_why_the_weighted_pipeline_promises_too_much(demo: Any) -> None:
    asked, truth = demo
    answer = asked.ask("sales.pipeline_calibration")
    total, tenths = answer.total, asked.ask("sales.pipeline_calibration", show="tenths")
    assert tenths.total.as_dict() | {"stage": None} == total.as_dict()
    # of the deals that were decided as many were won as was told; those still open were planted never to be
    assert total.won / (total.won + total.lost) == pytest.approx(total.told, abs=0.06)
    assert total.told > total.high
    assert str(answer.findings[0].message).startswith("The weighted pipeline promised too much")
    assert total.brier < total.base_brier
    assert truth["deals"]["stuck"]["deals"] > 20
