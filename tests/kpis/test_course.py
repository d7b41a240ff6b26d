"""The course of a figure over time: which periods it tells, and what it says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from crmetrics.analysis import Table
from crmetrics.analysis.metric import Course, course_of
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.period import Period, ordinal, parse_period
from tests.company import company

TODAY = date(2026, 1, 1)
MARCH = ordinal("month", date(2025, 3, 1))


def month(text: str) -> Period:
    return parse_period(text, TODAY)


def test_it_begins_with_the_first_case_and_ends_with_the_period() -> None:
    course = Course("month", {MARCH: 5.0, MARCH + 2: 7.0}, MARCH + 3, empty=0.0)
    assert course.series == [5.0, 0.0, 7.0, 0.0]
    assert Course("month", {MARCH: 5.0}, MARCH + 1, empty=None).series == [5.0, None]
    assert Course("month", {}, MARCH, empty=0.0).series == []


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("2025-03", True),
        ("2025-04", True),
        ("2025-02", False),  # before the first case: whether nothing or unknown, the question says
        ("2025-06", False),
        ("2025-Q2", False),
        ("2025-03-01..2025-03-20", False),  # the elapsed part of a month that runs
        ("2025-03-15..2025-04-15", False),
    ],
)
def test_it_tells_its_own_steps_alone(text: str, is_told: bool) -> None:
    course = Course("month", {MARCH: 5.0, MARCH + 1: 6.0}, MARCH + 2, empty=0.0)
    assert course.tells(month(text)) is is_told


def test_seven_days_are_no_step_of_a_course_of_weeks() -> None:
    """They may begin on any day, the weeks of the course begin on the company's."""
    wednesday = Period(date(2025, 3, 5), date(2025, 3, 12))
    step = ordinal("week", wednesday.start)
    assert not Course("week", {step - 1: 1.0, step: 2.0}, step + 1, empty=0.0).tells(wednesday)


def test_a_week_that_begins_when_its_weeks_do_is_a_step() -> None:
    monday, sunday = Period(date(2025, 3, 3), date(2025, 3, 10)), Period(date(2025, 3, 2), date(2025, 3, 9))
    step = ordinal("week", monday.start)
    course = Course("week", {step - 1: 1.0, step: 2.0}, step + 1, empty=0.0, weekday=1)
    assert course.tells(monday)
    assert course.value(monday) == 2.0
    assert not course.tells(sunday)
    assert not course.tells(Period(monday.start, date(2025, 3, 7)))


@pytest.mark.parametrize("week_start", [1, 6, 7])
def test_the_week_before_is_read_from_the_course(week_start: int) -> None:
    deals = [
        {"deal_id": str(day), "stage": "won", "created_at": "2025-01-01", "closed_at": f"2025-04-{day:02}"}
        for day in range(1, 29)
    ]
    with company(week_start=week_start, deals=[{**each, "is_won": True, "amount": 10} for each in deals]) as asked:
        declared = asked.find("kpis.won_deals")
        last = parse_period("2025-04-19", TODAY).start
        start = last - timedelta(days=(last.isoweekday() - week_start) % 7)
        course = course_of(asked, declared, Period(start, start + timedelta(days=7)))
        before = Period(start - timedelta(days=7), start)
        assert course is not None
        assert course.weekday == week_start
        assert course.tells(before)
        assert course.value(before) == 7.0
        assert not course.tells(Period(before.start - timedelta(days=1), before.end - timedelta(days=1)))


def test_several_rows_a_step_are_no_course() -> None:
    deals = [
        {"deal_id": str(day), "stage": "won", "created_at": f"2025-0{day}-01", "closed_at": f"2025-0{day}-02"}
        for day in (3, 4)
    ]
    with company(deals=[{**each, "is_won": True, "amount": 10} for each in deals]) as asked:
        course = course_of(asked, asked.find("kpis.won_deals"), month("2025-04"))
        assert course is not None
        assert course.series == [1.0, 1.0]
        assert course_of(_Twice(asked), asked.find("kpis.won_deals"), month("2025-04")) is None


class _Twice(OpenCatalogue):
    """A catalogue whose answers have every row twice."""

    def __init__(self, opened: OpenCatalogue) -> None:
        super().__init__(opened.engine, opened.settings)

    def ask(self, key, /, **asked):  # type: ignore[no-untyped-def, override]

        answer = super().ask(key, **asked)
        rows = answer.rows
        twice = Table(rows.row, {each.name: [*rows.values(each.name)] * 2 for each in rows.row.columns})
        return replace(answer, result=replace(answer.result, rows=twice))


@pytest.mark.parametrize("week_start", [1, 6, 7])
def test_it_ends_with_the_week_asked_whichever_weekday_weeks_begin_on(week_start: int) -> None:
    deals = [
        {
            "deal_id": str(day),
            "stage": "won",
            "created_at": "2025-01-01",
            "closed_at": f"2025-04-{day:02}",
            "is_won": True,
        }
        for day in range(1, 29)
    ]
    with company(week_start=week_start, deals=deals) as asked:
        start = date(2025, 4, 7) - timedelta(days=(1 - week_start) % 7)
        course = course_of(asked, asked.find("kpis.won_deals"), Period(start, start + timedelta(days=7)))
    assert course is not None
    assert course.series[-1] == 7.0
    assert len(course.series) == 2  # the week asked and the one in which the first was won: none after it
