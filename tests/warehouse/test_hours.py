"""Minutes of business between two moments, held against a count of every single minute."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.facts.hours import opened_until
from crmetrics.warehouse.scope import Scope
from tests.company import company, on_both_engines

ZONE = "Europe/Kyiv"
MINUTES = f"""
select l.lead_id, {opened_until("o", "l.qualified_at")} - {opened_until("i", "l.created_at")} as minutes
from leads l
left join company_hours i on i.day_on = local_day(l.created_at)
left join company_hours o on o.day_on = local_day(l.qualified_at)
order by l.lead_id
"""
Spans = dict[int, list[tuple[str, str]]]


def hours(spans: Spans, valid_from: str = "2020-01-01", calendar: str = "main") -> list[dict[str, Any]]:
    return [
        {"calendar": calendar, "valid_from": valid_from, "weekday": day, "opens_at": opens, "closes_at": closes, "time_zone": ZONE}
        for day, several in spans.items()
        for opens, closes in several
    ]  # fmt: skip


def lead(number: int, first: str, last: str) -> dict[str, Any]:
    return {"lead_id": f"{number:03}", "created_at": first, "qualified_at": last}


def minutes(asked: OpenCatalogue) -> list[float]:
    with asked.warehouse(Scope()) as warehouse:
        return [float(value) for value in warehouse.query(MINUTES).values("minutes")]


WEEK: Spans = {day: [("09:00", "12:30"), ("13:30", "18:00")] for day in range(1, 6)} | {6: [("10:00", "14:00")]}


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2025-05-07 10:00", "2025-05-07 11:30", 90),
        ("2025-05-07 12:00", "2025-05-07 14:00", 60),  # the break does not count
        ("2025-05-09 17:50", "2025-05-12 09:10", 10 + 4 * 60 + 10),  # over a Saturday that is half open
        ("2025-05-07 20:00", "2025-05-07 23:00", 0),
        ("2025-05-07 10:00:30", "2025-05-07 10:02:00", 1.5),  # to the second
    ],
)
def test_minutes_between_two_moments(first: str, last: str, expected: float) -> None:
    with company(leads=[lead(1, first, last)], business_hours=hours(WEEK)) as asked:
        assert minutes(asked) == [pytest.approx(expected)]


def test_without_business_hours_monday_to_friday_from_nine_to_six() -> None:
    with company(leads=[lead(1, "2025-05-09 17:50", "2025-05-12 09:10")]) as asked:
        assert minutes(asked) == [pytest.approx(20)]


def test_of_half_a_holiday_the_first_half_of_the_minutes_counts() -> None:
    off = [{"calendar": "x", "held_on": "2025-05-07", "is_half_day": True}, {"calendar": "x", "held_on": "2025-05-10"}]
    cases = [
        lead(1, "2025-05-07 00:00", "2025-05-08 00:00"),  # 480 minutes: 240 of them
        lead(2, "2025-05-07 13:00", "2025-05-07 18:00"),  # 210 had passed by 13:00, so 30 are left
        lead(3, "2025-05-10 00:00", "2025-05-11 00:00"),  # a Saturday off
    ]
    with company(leads=cases, holidays=off, business_hours=hours(WEEK)) as asked:
        assert minutes(asked) == pytest.approx([240, 30, 0])


def test_a_sunday_worked_in_exchange_has_the_hours_of_a_monday() -> None:
    worked = [{"calendar": "x", "held_on": "2025-05-11", "is_working_day": True}]
    with company(leads=[lead(1, "2025-05-11", "2025-05-12")], holidays=worked, business_hours=hours(WEEK)) as asked:
        assert minutes(asked) == [480]


def test_hours_that_changed_are_summed_over_both() -> None:
    both = hours({3: [("09:00", "17:00")]}) + hours({4: [("09:00", "10:00")]}, valid_from="2025-05-08")
    with company(leads=[lead(1, "2025-05-07", "2025-05-16")], business_hours=both) as asked:
        assert minutes(asked) == [480 + 60 + 60]


def test_hours_from_before_the_first_calendar_are_those_of_the_first() -> None:
    with company(leads=[lead(1, "2019-05-08", "2019-05-09")], business_hours=hours(WEEK)) as asked:
        assert minutes(asked) == [480]


def test_spans_of_two_teams_that_overlap_count_once() -> None:
    teams = hours({3: [("09:00", "17:00"), ("10:00", "18:00"), ("11:00", "12:00"), ("20:00", "21:00")]})
    with company(leads=[lead(1, "2025-05-07", "2025-05-08")], business_hours=teams) as asked:
        assert minutes(asked) == [9 * 60 + 60]


def test_of_six_spans_a_day_none_is_lost() -> None:
    six = hours({3: [(f"{hour:02}:00", f"{hour:02}:30") for hour in range(8, 20, 2)]})
    with company(
        leads=[lead(1, "2025-05-07", "2025-05-08"), lead(2, "2025-05-07 00:00", "2025-05-07 10:10")], business_hours=six
    ) as asked:
        assert minutes(asked) == [180, 40]


def by_hand(first: datetime, last: datetime, off: dict[date, float]) -> int:
    """Every minute by itself, its day's share of the opening minutes used up from the morning on."""
    zone, found, at = ZoneInfo(ZONE), 0, first
    left: dict[date, float] = {}
    day = first.replace(hour=0, minute=0) - timedelta(days=1)
    while day < last:
        local = day.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone)
        clock, spans = local.time(), WEEK.get(local.isoweekday(), [])
        if any(time.fromisoformat(opens) <= clock < time.fromisoformat(closes) for opens, closes in spans):
            whole = 480 if local.isoweekday() < 6 else 240
            used = left.setdefault(local.date(), whole * off.get(local.date(), 1.0))
            if used >= 1:
                left[local.date()] = used - 1
                found += at <= day
        day += timedelta(minutes=1)
    return found


def cases(seed: int) -> tuple[list[dict[str, Any]], list[int]]:
    draw = random.Random(seed)
    off = {date(2025, 3, 28): 0.5, date(2025, 4, 1): 0.0, date(2025, 4, 5): 0.0}
    pairs = []
    for _case in range(25):
        first = datetime(2025, 3, 26) + timedelta(minutes=draw.randrange(10 * 1440))
        pairs.append((first, first + timedelta(minutes=draw.randrange(4 * 1440))))
    leads = [lead(number, str(first), str(last)) for number, (first, last) in enumerate(pairs)]
    return leads, [by_hand(first, last, off) for first, last in pairs]


OFF = [
    {"calendar": "x", "held_on": "2025-03-28", "is_half_day": True},
    {"calendar": "x", "held_on": "2025-04-01"},
    {"calendar": "x", "held_on": "2025-04-05"},
]


def test_the_same_as_counting_every_minute_over_a_change_of_clocks() -> None:
    leads, expected = cases(1)
    with company(zone=ZONE, leads=leads, holidays=OFF, business_hours=hours(WEEK)) as asked:
        assert minutes(asked) == pytest.approx(expected)


@pytest.mark.spark
def test_the_same_on_spark() -> None:
    leads, expected = cases(2)
    with on_both_engines(zone=ZONE, leads=leads, holidays=OFF, business_hours=hours(WEEK)) as both:
        for asked in both:
            assert minutes(asked) == pytest.approx(expected)
