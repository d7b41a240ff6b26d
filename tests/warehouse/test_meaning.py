"""The calendar of our own functions: local days over changes of the clock, weeks that start on any day, lengths."""

import random
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from crmetrics.vocabulary.period import start_of
from crmetrics.warehouse.meaning import Meaning, offsets_of
from crmetrics.warehouse.scope import Scope
from tests.company import company, on_both_engines

ZONES = (
    "Europe/London",
    "America/New_York",
    "Europe/Istanbul",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)


def moments_of(zone: str) -> list[datetime]:
    """Two thousand random moments of 2010 to 2025, and those around every change of the zone's clock."""
    chance = random.Random(zone)
    start = datetime(2010, 1, 1)
    found = [start + timedelta(microseconds=chance.randrange(16 * 365 * 86_400_000_000)) for _ in range(2000)]
    hour = start
    while hour < datetime(2026, 1, 1):
        after = hour + timedelta(hours=1)
        if local(hour, zone) - hour != local(after, zone) - after:
            for minutes in range(-120, 121, 15):
                found += [after + timedelta(minutes=minutes, microseconds=each) for each in (-1, 0, 1)]
        hour = after
    return found


def local(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@cache
def rows_of(zone: str) -> list[dict[str, object]]:
    return [
        {"event_id": str(number), "kind": "click", "visitor_id": "v", "occurred_at": moment}
        for number, moment in enumerate(moments_of(zone))
    ]


LOCAL = "select occurred_at, local_day(occurred_at) as day_on, local_moment(occurred_at) as shown from events order by event_id"


def wrong(catalogue, zone):
    with catalogue.warehouse(Scope()) as warehouse:
        rows = list(warehouse.query(LOCAL).records())
    expected = [(local(row["occurred_at"], zone).date(), local(row["occurred_at"], zone)) for row in rows]
    assert len(rows) >= 2000
    return [row for row, right in zip(rows, expected, strict=True) if (row["day_on"], row["shown"]) != right]


@pytest.mark.parametrize("zone", ZONES)
def test_local_days_are_those_of_the_clock_on_the_wall(zone):
    with company(zone=zone, events=rows_of(zone)) as catalogue:
        assert wrong(catalogue, zone) == []


@pytest.mark.spark
@pytest.mark.parametrize("zone", ["Europe/London", "Europe/Istanbul"])
def test_local_days_are_the_same_on_spark(zone):
    with on_both_engines(zone=zone, events=rows_of(zone)) as both:
        assert wrong(both.spark, zone) == []


@pytest.mark.parametrize(
    "name", ["America/Recife", "Africa/Cairo", "Africa/Casablanca", "Asia/Gaza", "Asia/Amman", "Pacific/Fiji", *ZONES]
)
def test_no_zone_goes_back_within_six_days(name):
    """What the search for changes relies on; tried for the zones that have changed their minds most."""
    start, zone = datetime(1990, 1, 1, tzinfo=UTC), ZoneInfo(name)
    offsets = [(start + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(36 * 365)]
    changes = [day for day, (before, after) in enumerate(pairwise(offsets)) if before != after]
    assert all(later - earlier > 6 for earlier, later in pairwise(changes))


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Africa/Abidjan"])
def test_a_zone_that_never_leaves_utc_costs_nothing(zone):
    assert offsets_of(zone, datetime(2000, 1, 1), datetime(2026, 1, 1)) is None


DAYS = [date(2019, 12, 20) + timedelta(days=number) for number in range(400)] + [date(1969, 12, 31), date(2000, 2, 29)]
CALENDAR = """
select starts_on as day_on, calendar_week(starts_on) as week, calendar_month(starts_on) as month,
       calendar_quarter(starts_on) as quarter, calendar_year(starts_on) as year, weekday(starts_on) as weekday,
       days_after(starts_on, -40) as earlier, months_apart(cast('2020-01-31' as date), starts_on) as months,
       days_between(cast('2020-01-31' as date), starts_on) as days
from campaigns order by starts_on
"""


@pytest.mark.parametrize("week_start", [1, 2, 6, 7])
def test_calendar(week_start):
    campaigns = [{"campaign_id": str(day), "name": "x", "starts_on": day} for day in DAYS]
    with (
        company(week_start=week_start, campaigns=campaigns) as catalogue,
        catalogue.warehouse(Scope()) as warehouse,
    ):
        rows = list(warehouse.query(CALENDAR).records())
    assert [row["day_on"] for row in rows] == sorted(DAYS)
    for row in rows:
        day = row["day_on"]
        for grain in ("week", "month", "quarter", "year"):
            assert row[grain] == start_of(grain, day, week_start)
        assert row["weekday"] == day.isoweekday()
        assert row["earlier"] == day - timedelta(days=40)
        assert row["months"] == (day.year - 2020) * 12 + day.month - 1
        assert row["days"] == (day - date(2020, 1, 31)).days


@pytest.mark.spark
def test_a_week_that_starts_on_sunday_is_the_same_on_spark():
    campaigns = [{"campaign_id": str(day), "name": "x", "starts_on": day} for day in DAYS]
    with on_both_engines(week_start=7, campaigns=campaigns) as both:
        answers = []
        for catalogue in both:
            with catalogue.warehouse(Scope()) as warehouse:
                answers.append(list(warehouse.query(CALENDAR).records()))
    assert answers[0] == answers[1]


@given(
    zone=st.sampled_from(ZONES),
    moment=st.datetimes(datetime(1975, 1, 1), datetime(2035, 1, 1)),
    around=st.integers(0, 4000),
)
def test_offsets_are_right_wherever_the_span_of_the_data_begins_and_ends(zone, moment, around):
    """The CASE over a zone's changes, read by hand: the offset whose spans hold the moment, else the usual one."""
    offsets = offsets_of(zone, moment - timedelta(days=around % 61), moment + timedelta(days=around // 61))
    assert moment + timedelta(seconds=chosen(offsets, moment)) == local(moment, zone)


def chosen(offsets, moment: datetime) -> int:
    if offsets is None:
        return 0
    case = offsets.unnest()
    for branch in case.args.get("ifs", []):
        spans = branch.this.flatten() if isinstance(branch.this, exp.Or) else [branch.this]
        if any(holds(span, moment) for span in spans):
            return int(branch.args["true"].name)
    return int((case.args.get("default") or case).name)


def holds(span: exp.Expr, moment: datetime) -> bool:
    def bound(name: str) -> datetime:
        return datetime.fromisoformat(span.args[name].this.name)

    if isinstance(span, exp.Between):
        return bound("low") <= moment <= bound("high")
    return moment <= bound("expression") if isinstance(span, exp.LTE) else moment >= bound("expression")


def test_a_year_of_summer_time_costs_two_bounds():
    """What a query costs to plan grows with its text, and a local day stands in many places of it."""
    offsets = offsets_of("Europe/London", datetime(2015, 6, 1), datetime(2025, 6, 1))
    assert len(list(offsets.find_all(exp.Cast))) == 20
    assert len(list(offsets.find_all(exp.Interval))) == 2


def test_the_spelled_out_query_leaves_the_original_as_it_is():
    from crmetrics.warehouse.dialect import parsed

    tree = parsed("select local_day(created_at) / 2 as x from deals")
    before = tree.sql()
    Meaning(offsets_of("Europe/London", datetime(2020, 1, 1), datetime(2025, 1, 1))).of(tree)
    assert tree.sql() == before
