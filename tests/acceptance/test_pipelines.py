"""Stages and velocity of real pipelines: two process logs and the Maven CRM set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace

ALL_TIME = "2000-01-01..2030-01-01"
LOGS = [("helpdesk", "helpdesk.csv", "helpdesk.toml"), ("bpi_12_w_no_repeat", "bpi_12_w_no_repeat.csv", "bpi_12.toml")]


@contextmanager
def opened(at_rest: Any) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(at_rest.workspace)
    with closing(catalogue.engine):
        yield catalogue


def seconds(days: float | None) -> Any:
    return None if days is None else pytest.approx(days * 86400, rel=1e-12)


@pytest.mark.parametrize(("name", "file", "mapping"), LOGS)
def test_time_in_every_stage_of_a_log(imported: Any, expected: Any, name: str, file: str, mapping: str) -> None:
    wanted = expected("event_logs")[name]
    with opened(imported("event_logs", [file], mapping)) as catalogue:
        assert str(catalogue.engine.profile.reaches) == wanted["as_of"]
        answer = catalogue.ask("sales.time_in_stage", period=ALL_TIME)
    assert {row.stage for row in answer.rows} == set(wanted["activities"])
    for row in answer.rows:
        stage = wanted["activities"][row.stage]
        assert (row.entered, row.gone, row.open_deals) == (stage["cases"], stage["gone"], stage["running"])
        assert stage["km_median"] == seconds(row.median)
        assert stage["km_p75"] == seconds(row.p75)


@pytest.mark.parametrize(("name", "file", "mapping"), LOGS)
def test_nobody_is_lost_from_a_funnel(imported: Any, expected: Any, name: str, file: str, mapping: str) -> None:
    with opened(imported("event_logs", [file], mapping)) as catalogue:
        answer = catalogue.ask("sales.stage_conversion", period=ALL_TIME)
    assert answer.total.reached == expected("event_logs")[name]["cases"]
    for row in list(answer.rows)[:-1]:
        assert row.reached == row.moved + row.lost + row.open_deals


def test_the_velocity_of_the_maven_set(imported: Any, expected: Any) -> None:
    wanted = expected("crm_maven_kaggle")
    with opened(imported("crm_maven_kaggle")) as catalogue:
        total = catalogue.ask("sales.velocity", period="2017").total
    assert total.velocity == pytest.approx(wanted["sales_velocity"], rel=1e-9)
    assert total.win_rate == pytest.approx(wanted["win_rate_count"], rel=1e-9)
    assert total.mean_amount == pytest.approx(wanted["avg_won_value"]["mean"], rel=1e-9)
    assert total.cycle_days == pytest.approx(wanted["cycle_days"]["won"]["mean"], rel=1e-9)
    assert (total.n, total.won) == (
        wanted["stage_counts"]["Won"] + wanted["stage_counts"]["Lost"],
        wanted["stage_counts"]["Won"],
    )


def test_the_open_deals_of_the_maven_set(imported: Any, expected: Any) -> None:
    with opened(imported("crm_maven_kaggle")) as catalogue:
        answer = catalogue.ask("sales.pipeline")
    wanted = expected("crm_maven_kaggle")["open_pipeline"]
    assert {row.stage: row.deals for row in answer.rows} == {stage: figures["n"] for stage, figures in wanted.items()}
    assert answer.total.deals == sum(figures["n"] for figures in wanted.values())


def test_the_deal_size_of_the_maven_set(imported: Any, expected: Any) -> None:
    wanted = expected("crm_maven_kaggle")
    with opened(imported("crm_maven_kaggle")) as catalogue:
        answer = catalogue.ask("sales.deal_size", period=ALL_TIME, by="owner")
    assert answer.total.mean == pytest.approx(wanted["avg_won_value"]["mean"], rel=1e-9)
    assert answer.total.median == pytest.approx(wanted["avg_won_value"]["median"])
    assert answer.total.amount == pytest.approx(wanted["won_value"])
    named = {answer.names.get("party", {}).get(row.party, row.party): row for row in answer.rows}
    for agent, figures in wanted["by_agent"].items():
        if figures["won"] >= 5:
            assert named[agent].mean == pytest.approx(figures["avg_won"], rel=1e-9)
            assert (named[agent].won, named[agent].amount) == (figures["won"], pytest.approx(figures["won_value"]))


def test_every_lost_deal_of_the_maven_set_has_a_row_though_no_reason_is_known(imported: Any, expected: Any) -> None:
    wanted = expected("crm_maven_kaggle")
    with opened(imported("crm_maven_kaggle")) as catalogue:
        answer = catalogue.ask("sales.loss_reasons", period=ALL_TIME)
    assert answer.total.lost == wanted["stage_counts"]["Lost"]
    assert [row.reason_share for row in answer.rows] == [1] * len(answer.rows)


def test_the_pipeline_of_the_maven_set_closes_over_its_whole_time(imported: Any, expected: Any) -> None:
    counts = expected("crm_maven_kaggle")["stage_counts"]
    with opened(imported("crm_maven_kaggle")) as catalogue:
        answer = catalogue.ask("sales.pipeline_changes", period=ALL_TIME)
    found = {row.cause: row.deals for row in answer.rows}
    assert (found["won"], found["lost"]) == (counts["Won"], counts["Lost"])
    assert found["open_after"] == counts["Engaging"] + counts["Prospecting"]


def test_the_time_to_close_of_the_maven_set(imported: Any, expected: Any) -> None:
    wanted = expected("crm_maven_kaggle")
    with opened(imported("crm_maven_kaggle")) as catalogue:
        answer = catalogue.ask("sales.cycle_length", period="2017", by="owner")
    won, agents = wanted["cycle_days"]["won"], wanted["by_agent"]
    assert (answer.total.won, answer.total.median) == (won["n"], won["median"])
    assert answer.total.mean == pytest.approx(won["mean"], rel=1e-9)
    told = {answer.names.get("party", {}).get(row.party, row.party): row for row in answer.rows if row.won}
    assert set(told) == {agent for agent, figures in agents.items() if figures["won"]}
    for agent, row in told.items():
        assert row.mean == pytest.approx(agents[agent]["won_cycle_days"], rel=1e-9)
