"""Targets shared out by working days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crmetrics.analysis.targets import Target, targets_for
from crmetrics.models.attainment import attainment, status_of
from crmetrics.models.working_days import working_days
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.scope import Scope
from tests.company import company

MAY = Period(date(2025, 5, 1), date(2025, 6, 1), 1)


def planned(reaches: str, period: Period, *targets: tuple[str, str, float], additive: bool = True, **more: Any) -> Any:
    rows = [
        {"kpi": "kpis.net_sales", "scope": "company", "starts_on": start, "ends_on": end, "target_value": value}
        for start, end, value in targets
    ]
    with company(reaches=reaches, targets=rows, **more) as asked, asked.warehouse(Scope()) as warehouse:
        return targets_for(warehouse, period, {"kpis.net_sales": additive}).get(("kpis.net_sales", "company", None))


def test_a_running_month_is_judged_by_the_days_passed() -> None:
    """The definition's trap: target 200, day 5 of 20 business days, actual 60: attainment 30 %, expected 50, status on."""
    holidays = [{"calendar": "main", "held_on": day} for day in ("2025-05-01", "2025-05-02")]
    found = planned("2025-05-10", MAY, ("2025-05-01", "2025-06-01", 200), holidays=holidays)
    assert found == Target(200, 50)
    assert attainment(60, 200) == pytest.approx(0.3)
    assert status_of(60, found.expected) == "on"


def test_a_quarter_is_shared_out_over_its_months() -> None:
    found = planned("2026-01-01", MAY, ("2025-04-01", "2025-07-01", 650))
    assert found.whole == pytest.approx(650 * 22 / 65)


def test_months_add_up_to_a_year_and_a_gap_leaves_no_target() -> None:
    months = [(f"2025-{m:02}-01", f"2025-{m + 1:02}-01" if m < 12 else "2026-01-01", 10.0) for m in range(1, 13)]
    year = Period(date(2025, 1, 1), date(2026, 1, 1), 12)
    assert planned("2026-01-01", year, *months).whole == pytest.approx(120)
    assert planned("2026-01-01", year, *months[:-1]) is None


def test_a_rate_is_held_against_its_whole_target() -> None:
    assert planned("2025-05-10", MAY, ("2025-05-01", "2025-06-01", 0.3), additive=False) == Target(0.3, 0.3)


def test_a_holiday_of_one_of_two_calendars_is_a_working_day() -> None:
    holidays = [{"calendar": "a", "held_on": "2025-05-01"}, {"calendar": "b", "held_on": "2025-05-02"}]
    found = planned("2025-05-03", MAY, ("2025-05-01", "2025-06-01", 220), holidays=holidays)
    assert found.expected == pytest.approx(20)


def test_half_days_count_half() -> None:
    assert working_days(["2025-05-05"], ["2025-05-10"], half=["2025-05-09"]).tolist() == [4.5]


@pytest.mark.parametrize(
    ("actual", "expected", "better", "status"),
    [(100, 100, "higher", "on"), (90, 100, "higher", "close"), (89, 100, "higher", "behind"), (5, 4, "lower", "behind"),
     (4.4, 4, "lower", "close"), (0, 4, "lower", "on"), (5, 0, "higher", None)],
)  # fmt: skip
def test_status(actual: float, expected: float, better: str, status: str | None) -> None:
    assert status_of(actual, expected, better) == status
