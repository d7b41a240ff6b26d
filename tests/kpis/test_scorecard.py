"""The scorecard: what is good is told by the KPI's own direction, not by the sign of its change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmetrics.analysis.own_kpis import read_own_kpis
from crmetrics.catalogue import OpenCatalogue
from crmetrics.models.swing import verdict_of
from crmetrics.presenting.json import as_object
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.table import show
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.unit import POINTS, SHARE, Figure
from crmetrics.warehouse.scope import Filter
from tests.company import company

MONTHS = [f"2025-{month:02}" for month in range(1, 13)]

CHURN = """
[churn]
title = "Churn"
unit = "share"
better = "lower"
over = "deals"
date = "closed_at"
top = { aggregate = "count", condition = "not is_won" }
bottom = { aggregate = "count" }
"""


def decided(lost: list[int], cases: int = 50, **more: Any) -> list[dict[str, Any]]:
    """Deals decided in the middle of each month, so many of them lost."""
    return [
        {
            "deal_id": f"{month}-{number}",
            "stage": "quote",
            "created_at": "2024-12-01",
            "closed_at": f"{month}-15",
            "is_won": number >= gone,
            "amount": 10,
            **more,
        }
        for month, gone in zip(MONTHS, lost, strict=False)
        for number in range(cases)
    ]


def row_of(answer: Any, key: str, level_name: str = "company") -> Any:
    return next(row for row in answer.rows if row.key == key and row.level_name == level_name)


def test_verdicts_go_by_the_direction() -> None:
    """The definition's trap: churn 8 % -> 6 % is green, win rate 30 % -> 28 % is red."""
    assert verdict_of(0.06 - 0.08, 0.01, "lower") == "better"
    assert verdict_of(0.28 - 0.30, 0.01, "higher") == "worse"
    assert verdict_of(0.28 - 0.30, 0.05, "higher") == "usual"
    assert verdict_of(-0.02, None, "higher") is None


def test_less_churn_is_better(tmp_path: Path) -> None:
    (tmp_path / "kpis.toml").write_text(CHURN, encoding="utf-8")
    with company(deals=decided([4] * 11 + [3])) as asked:
        own = OpenCatalogue(asked.engine, asked.settings, own=read_own_kpis(tmp_path / "kpis.toml"))
        answer = own.ask("kpis.scorecard", period="2025-12", metrics="custom.churn")
    row = row_of(answer, "custom.churn")
    assert (row.value, row.before) == (Figure(0.06, SHARE), Figure(0.08, SHARE))
    assert row.change.unit is POINTS
    assert row.change.value == pytest.approx(-0.02)
    assert (row.verdict, row.better, row.status) == ("better", "lower", "none")
    assert [finding.tone for finding in answer.findings] == ["good"]


def test_a_lower_win_rate_is_worse_and_a_usual_swing_is_grey() -> None:
    with company(deals=decided([35] * 11 + [36])) as asked:
        row = row_of(asked.ask("kpis.scorecard", period="2025-12", metrics="sales.win_rate"), "sales.win_rate")
    assert row.change.value == pytest.approx(-0.02)
    assert row.verdict == "worse"
    with company(deals=decided([34, 36, 33, 36, 35, 34, 36, 34, 36, 34, 35, 36])) as asked:
        grey = row_of(asked.ask("kpis.scorecard", period="2025-12", metrics="sales.win_rate"), "sales.win_rate")
    assert grey.change.value == pytest.approx(-0.02)
    assert grey.verdict == "usual"


def test_few_changes_make_no_verdict() -> None:
    with company(deals=decided([35] * 7 + [36])) as asked:
        row = row_of(asked.ask("kpis.scorecard", period="2025-08", metrics="sales.win_rate"), "sales.win_rate")
    assert (row.swing, row.verdict) == (None, None)
    assert len(row.series) == 8


def test_a_course_has_thirteen_steps_at_most_and_json_carries_it() -> None:
    with company(deals=decided([35] * 12)) as asked:
        answer = asked.ask("kpis.scorecard", period="2025-12", metrics="kpis.won_deals")
    format = format_for("en", "EUR", "UTC")
    told = as_object(answer, format)
    assert told["rows"][0]["series"] == [15.0] * 12
    assert told["rows"][0]["metric"] == "Won deals"
    assert [column["name"] for column in told["columns"] if column["is_hidden"]][-1] == "series"
    assert "series" not in [header.name for header in show(answer, format).headers]


def targets(*rows: tuple[str, str, str | None, str, str, float]) -> list[dict[str, Any]]:
    names = ("kpi", "scope", "scope_id", "starts_on", "ends_on", "target_value")
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def teams() -> Iterator[OpenCatalogue]:
    deals = decided([10] * 12, 40, owner_id="ana")
    deals += [{**each, "deal_id": f"b{each['deal_id']}"} for each in decided([30] * 12, 33, owner_id="bob")]
    planned = targets(
        ("kpis.won_amount", "company", None, "2025-12-01", "2026-01-01", 330),
        ("kpis.won_amount", "team", "North", "2025-12-01", "2026-01-01", 400),
        ("sales.win_rate", "company", None, "2025-10-01", "2026-01-01", 0.5),
    )
    people = [
        {"employee_id": "ana", "name": "Ana", "team": "North"},
        {"employee_id": "bob", "name": "Bob", "team": "South"},
    ]
    with company(deals=deals, employees=people, targets=planned) as asked:
        yield asked


def test_status_against_the_target_of_the_company(teams: OpenCatalogue) -> None:
    answer = teams.ask("kpis.scorecard", period="2025-12", metrics="kpis.won_amount,sales.win_rate,kpis.won_deals")
    amount = row_of(answer, "kpis.won_amount")
    assert (amount.value.value, amount.target.value, amount.status) == (330, 330, "on")
    rate = row_of(answer, "sales.win_rate")
    assert (rate.target.value, rate.status) == (0.5, "close")  # 33 of 73 are 90.4 % of it
    assert row_of(answer, "kpis.won_deals").status == "none"


def test_teams_and_owners_have_targets_of_their_own(teams: OpenCatalogue) -> None:
    answer = teams.ask("kpis.scorecard", period="2025-12", metrics="kpis.won_amount,sales.win_rate", level="team")
    north, south = (row_of(answer, "kpis.won_amount", team) for team in ("North", "South"))
    assert (north.value.value, north.status, south.value.value, south.status) == (300, "behind", 30, "none")
    assert row_of(answer, "sales.win_rate", "South").part == 3
    owners = teams.ask("kpis.scorecard", period="2025-12", metrics="kpis.won_amount", level="owner")
    assert {row.level_name for row in owners.rows} == {"ana", "bob"}
    assert owners.names["level_name"] == {"ana": "Ana", "bob": "Bob"}


def test_no_target_is_held_against_a_filtered_figure(teams: OpenCatalogue) -> None:
    answer = teams.ask(
        "kpis.scorecard", period="2025-12", metrics="kpis.won_amount", where=(Filter("team", ("North",)),)
    )
    assert row_of(answer, "kpis.won_amount").status == "none"
    assert "Targets are not made for a filtered part, so none is shown." in [str(note.message) for note in answer.notes]


def test_the_nine_are_filled_up_with_what_can_be_answered_and_said(teams: OpenCatalogue) -> None:
    answer = teams.ask("kpis.scorecard", period="2025-12")
    keys = [row.key for row in answer.rows]
    assert keys[0] == "sales.win_rate"
    assert {"kpis.won_amount", "kpis.won_deals"} <= set(keys)
    assert "kpis.net_sales" not in keys
    told = next(str(note.message) for note in answer.notes if "shown beside them" in str(note.message))
    assert "Won amount, Won deals" in told


def test_a_locked_kpi_is_a_row_that_names_the_column(teams: OpenCatalogue) -> None:
    row = row_of(teams.ask("kpis.scorecard", period="2025-12", metrics="kpis.net_sales"), "kpis.net_sales")
    assert (row.status, row.missing, row.value) == ("locked", "orders", None)


def test_a_key_without_a_figure_is_told(teams: OpenCatalogue) -> None:
    with pytest.raises(UnknownName, match=r"'data\.coverage' has no single figure"):
        teams.ask("kpis.scorecard", metrics="data.coverage")
    with pytest.raises(UnknownName, match=r"Did you mean kpis\.net_sales"):
        teams.ask("kpis.scorecard", metrics="kpis.net_sale")


def test_a_share_of_few_cases_is_shown_as_counts() -> None:
    with company(deals=decided([1], 4)) as asked:
        answer = asked.ask("kpis.scorecard", period="2025-01", metrics="sales.win_rate")
    row = row_of(answer, "sales.win_rate")
    assert row.status == "few"
    shown = show(answer, format_for("en", "EUR", "UTC"))
    assert "3 of 4" in shown.rows[0]


def test_a_period_that_has_not_begun_is_not_judged(teams: OpenCatalogue) -> None:
    row = row_of(teams.ask("kpis.scorecard", period="2026-03", metrics="kpis.won_amount"), "kpis.won_amount")
    assert (row.status, row.verdict) == ("few", None)
