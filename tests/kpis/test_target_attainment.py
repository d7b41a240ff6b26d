"""Targets: a running month is judged by the days passed, and everybody sees his own."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue
from crmetrics.models.attainment import status_of
from crmetrics.vocabulary.unit import MONEY, SHARE, Figure
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company


def plan(kpi: str, value: float, scope: str = "company", name: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "kpi": kpi,
        "scope": scope,
        "scope_id": name,
        "starts_on": "2025-09-01",
        "ends_on": "2025-09-27",
        "target_value": value,
        **more,
    }


def won(
    number: int, amount: float | None, owner: str | None = None, is_won: bool = True, day: str = "2025-09-02"
) -> dict[str, Any]:
    return {"deal_id": f"d{number}", "stage": "end", "amount": amount, "owner_id": owner, "closed_at": day, "is_won": is_won,
            "created_at": "2025-08-01"}  # fmt: skip


def rows_of(answer: Any) -> dict[tuple[str, str], Any]:
    return {(row.key, row.scope_name): row for row in answer.rows}


def only(answer: Any) -> Any:
    assert len(answer.rows) == 1
    return answer.rows[0]


def test_a_running_month_is_not_judged_against_the_full_target() -> None:
    """The definition's trap: target 200, day 5 of 20 business days, actual 60: 30 %, expected 50, on, run rate 240."""
    with company(reaches="2025-09-06", deals=[won(1, 60)], targets=[plan("kpis.won_amount", 200)]) as asked:
        answer = asked.ask("kpis.target_attainment")
        by_calendar = only(asked.ask("kpis.target_attainment", days="calendar"))
    row = only(answer)
    assert (row.target, row.actual, row.gap) == (Figure(200, MONEY), Figure(60, MONEY), Figure(140, MONEY))
    assert (row.attainment, row.expected_now.value, row.run_rate.value, row.status) == (0.3, 50, 240, "on")
    assert row.due == 0.25
    assert by_calendar.expected_now.value == pytest.approx(200 * 5 / 26)
    assert any("still run" in str(note.message) for note in answer.notes)


def test_a_rate_has_no_pace_and_its_whole_target_holds() -> None:
    deals = [won(number, 10, is_won=number < 3) for number in range(10)]
    with company(reaches="2025-09-06", deals=deals, targets=[plan("sales.win_rate", 0.32)]) as asked:
        row = only(asked.ask("kpis.target_attainment"))
    assert (row.expected_now, row.run_rate, row.status) == (Figure(0.32, SHARE), None, "close")
    assert row.attainment == pytest.approx(0.3 / 0.32)


def test_of_what_had_better_be_low_less_is_more() -> None:
    tickets = [
        {"ticket_id": f"t{number}", "status": "open", "created_at": "2025-09-02", "owner_id": "ana"}
        for number in range(4)
    ]
    targets = [
        plan("kpis.tickets_created", 20),
        plan("kpis.tickets_created", 8, "owner", "ana"),
        plan("kpis.tickets_created", 8, "owner", "bo"),
    ]
    with company(reaches="2025-09-06", tickets=tickets, targets=targets) as asked:
        rows = rows_of(asked.ask("kpis.target_attainment"))
    whole, ana, bo = (rows["kpis.tickets_created", name] for name in ("company", "ana", "bo"))
    assert (whole.attainment, whole.expected_now.value, whole.status) == (5, 5, "on")
    assert (ana.attainment, ana.status, ana.due) == (2, "behind", 4)
    assert (bo.actual.value, bo.attainment, bo.status) == (0, None, "on")  # nothing at all is on
    assert status_of(4, 2, "lower") == "behind"


def test_targets_of_nothing_of_few_and_of_what_is_to_come() -> None:
    deals = [won(number, 10, is_won=number < 3) for number in range(4)]
    later = plan("kpis.won_amount", 50, starts_on="2025-10-01", ends_on="2025-11-01")
    targets = [plan("kpis.won_amount", 0), plan("sales.win_rate", 0.5), later]
    with company(reaches="2025-09-06", deals=deals, targets=targets) as asked:
        rows = rows_of(asked.ask("kpis.target_attainment"))
        coming = only(asked.ask("kpis.target_attainment", period="2025-10"))
    assert (rows["kpis.won_amount", "company"].attainment, rows["kpis.won_amount", "company"].status) == (None, "none")
    assert (rows["sales.win_rate", "company"].attainment, rows["sales.win_rate", "company"].status) == (None, "few")
    assert (coming.expected_now.value, coming.run_rate, coming.status) == (0, None, "few")


def test_each_target_is_judged_over_its_own_days() -> None:
    months = [
        plan("kpis.won_amount", 10.0 * month, starts_on=f"2025-{month:02}-01", ends_on=f"2025-{month + 1:02}-01")
        for month in (7, 8, 9)
    ]
    deals = [won(month, month, day=f"2025-{month:02}-15") for month in (7, 8, 9)]
    with company(deals=deals, targets=months) as asked:
        quarter = asked.ask("kpis.target_attainment", period="2025-Q3")
        august = asked.ask("kpis.target_attainment", period="2025-08-10..2025-08-12")
    assert [(str(row.starts_on), str(row.last_on), row.actual.value, row.attainment) for row in quarter.rows] == [
        ("2025-07-01", "2025-07-31", 7, 0.1), ("2025-08-01", "2025-08-31", 8, 0.1), ("2025-09-01", "2025-09-30", 9, 0.1),
    ]  # fmt: skip
    assert only(august).actual.value == 8


def test_what_cannot_be_judged_is_counted_by_reason() -> None:
    targets = [
        plan("no.such", 1),
        plan("data.coverage", 1),
        plan("kpis.won_amount", 1, currency="USD"),
        plan("kpis.won_amount", 1, "team", "North", currency="EUR"),
        plan("kpis.net_sales", 1),
    ]
    with company(deals=[won(1, 60)], targets=targets) as asked:
        answer = asked.ask("kpis.target_attainment", period="2025-09")
    assert {str(each.reason): each.rows for each in answer.result.left_out} == {
        "targets of a KPI that is not known": 2,
        "targets in another currency than the company's": 1,
    }
    rows = rows_of(answer)
    assert (rows["kpis.won_amount", "North"].actual.value, rows["kpis.net_sales", "company"].status) == (0, "locked")
    assert "Net sales cannot be answered: its data are missing." in [str(note.message) for note in answer.notes]


def test_no_target_is_told() -> None:
    with company(deals=[won(1, 60)], targets=[plan("kpis.won_amount", 1)]) as asked:
        answer = asked.ask("kpis.target_attainment", period="2024")
    assert (len(answer.rows), str(answer.notes[0].message)) == (0, "No target runs in this period.")


# ── who sees which ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def teams() -> Any:
    tables = {
        "employees": [
            {"employee_id": name, "name": name.title(), "team": team}
            for name, team in (("ana", "North"), ("bo", "North"), ("cem", "South"))
        ],
        "deals": [won(1, 30, "ana"), won(2, 20, "bo"), won(3, 10, "cem")],
        "targets": [
            *(plan("kpis.won_amount", 100, "owner", name) for name in ("ana", "bo", "cem")),
            *(plan("kpis.won_amount", 200, "team", name) for name in ("North", "South")),
            plan("kpis.won_amount", 400),
        ],
    }
    with company(**tables) as asked:
        yield asked


def attained(asked: OpenCatalogue, **more: Any) -> dict[str, float]:
    return {
        row.scope_name: row.attainment for row in asked.ask("kpis.target_attainment", period="2025-09", **more).rows
    }


def test_a_rep_sees_his_own_and_a_team_lead_the_teams(teams: OpenCatalogue) -> None:
    everything = {"company": 0.15, "North": 0.25, "South": 0.05, "ana": 0.3, "bo": 0.2, "cem": 0.1}
    assert attained(teams) == pytest.approx(everything)
    assert attained(teams, viewer=Viewer("Ana", "self", "ana")) == {"ana": 0.3}
    assert attained(teams, viewer=Viewer("Ana", "team", "ana")) == pytest.approx({"North": 0.25, "ana": 0.3, "bo": 0.2})
    assert attained(teams, viewer=Viewer("x", "self", None)) == {}


def test_a_filter_leaves_the_targets_made_for_what_it_leaves(teams: OpenCatalogue) -> None:
    assert attained(teams, where=(Filter("owner", ("ana", "cem")),)) == {"ana": 0.3, "cem": 0.1}
    assert attained(teams, where=(Filter("team", ("North",)),)) == {"North": 0.25}
    other = teams.ask("kpis.target_attainment", period="2025-09", where=(Filter("source", ("web",)),))
    assert len(other.rows) == 0
    assert "Targets are not made for a filtered part, so none is shown." in [str(note.message) for note in other.notes]


@pytest.mark.parametrize(
    ("viewer", "name", "target"),
    [
        (Viewer("admin", "all", None), "company", 400),
        (Viewer("Ana", "self", "ana"), "oneself", 100),
        (Viewer("Ana", "team", "ana"), "own_team", 200),
    ],
)
def test_on_the_scorecard_too_everybody_has_the_target_of_all_he_sees(
    teams: OpenCatalogue, viewer: Viewer, name: str, target: float
) -> None:
    row = only(teams.ask("kpis.scorecard", period="2025-09", metrics="kpis.won_amount", viewer=viewer))
    assert row.level_name == name
    assert row.target is None  # the plans do not cover the whole month
    row = only(teams.ask("kpis.scorecard", period="2025-09-01..2025-09-27", metrics="kpis.won_amount", viewer=viewer))
    assert (row.target.value, row.status) == (target, "behind")


def test_a_rep_finds_his_target_at_the_level_of_owners(teams: OpenCatalogue) -> None:
    for viewer, names in ((Viewer("Ana", "self", "ana"), ["ana"]), (Viewer("Ana", "team", "ana"), ["ana", "bo"])):
        answer = teams.ask(
            "kpis.scorecard", period="2025-09-01..2025-09-27", metrics="kpis.won_amount", level="owner", viewer=viewer
        )
        assert {row.level_name: row.target.value for row in answer.rows} == dict.fromkeys(names, 100)
