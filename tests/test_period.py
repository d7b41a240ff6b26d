"""Periods and what they are compared with, at the ends of months and of leap years."""

from __future__ import annotations

from datetime import date

import pytest

from crmetrics.vocabulary.period import Period, parse_period
from tests.company import company

TODAY = date(2026, 1, 1)


def period(text: str) -> Period:
    return parse_period(text, TODAY)


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        ("2024-02-28", "2023-02-28..2023-03-01"),  # the day after is the 29th, which 2023 does not have
        ("2024-02-29", "2023-02-28..2023-03-01"),
        ("2024-02-01..2024-02-29", "2023-02-01..2023-03-01"),  # 28 days each
        ("2024-02", "2023-02-01..2023-03-01"),
        ("2025-02", "2024-02-01..2024-03-01"),
        ("2024-02-29..2024-03-07", "2023-02-28..2023-03-07"),
        ("2024", "2023-01-01..2024-01-01"),
    ],
)
def test_the_same_of_last_year(asked: str, before: str) -> None:
    assert str(period(asked).compared("year", TODAY)) == before


@pytest.mark.parametrize(
    ("asked", "months", "moved"),
    [
        ("2025-03-30", -1, "2025-02-28..2025-03-01"),
        ("2025-03-29..2025-03-31", -1, "2025-02-28..2025-03-01"),
        ("2025-03", -1, "2025-02-01..2025-03-01"),
        ("2025-01-31", 1, "2025-02-28..2025-03-01"),
        ("2024-02-29", 12, "2025-02-28..2025-03-01"),
    ],
)
def test_moved_by_months_no_day_is_lost(asked: str, months: int, moved: str) -> None:
    assert str(period(asked).moved(months)) == moved


def test_the_day_before_a_leap_day_is_compared_with_last_year() -> None:
    deals = [
        {"deal_id": day, "stage": "won", "created_at": "2023-01-01", "closed_at": day, "is_won": True}
        for day in ("2023-02-28", "2023-03-01", "2024-02-28")
    ]
    with company(deals=deals) as asked:
        answer = asked.ask("kpis.won_deals", period="2024-02-28", compare="year", by="none")
    assert answer.before is not None
    assert (answer.total.value, answer.before.total.value) == (1, 1)
