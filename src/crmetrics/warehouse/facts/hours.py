"""Opening hours: how many minutes of business lie between two moments (R11)."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Fact

SPANS: Final = 4
"""So many spans of opening a day are kept apart; further ones are put on the end of the last, so that the day's sum is right."""

OPENING_SPANS: Final = Fact(
    "opening_spans",
    parties={"business_hours": "h"},
    sql="""
    with given as (
        select h.calendar, h.valid_from, h.weekday,
               60e0 * cast(substring(cast(h.opens_at as varchar), 1, 2) as double)
                   + cast(substring(cast(h.opens_at as varchar), 4, 2) as double) as opens,
               60e0 * cast(substring(cast(h.closes_at as varchar), 1, 2) as double)
                   + cast(substring(cast(h.closes_at as varchar), 4, 2) as double) as closes
        from business_hours h
        union all
        select '' as calendar, cast('1970-01-01' as date) as valid_from, t.weekday, 540e0 as opens, 1080e0 as closes
        from (values (1), (2), (3), (4), (5)) as t (weekday)
        where not exists (select 1 from business_hours)
    ),
    apart as (
        select calendar, valid_from, weekday, closes,
               greatest(opens, coalesce(max(closes) over (
                   partition by calendar, valid_from, weekday order by opens, closes
                   rows between unbounded preceding and 1 preceding
               ), opens)) as opens
        from given
    ),
    numbered as (
        select *, row_number() over (partition by calendar, valid_from, weekday order by opens, closes) as place
        from apart
        where closes > opens
    )
    select calendar, valid_from, weekday, sum(closes - opens) as minutes,
           min(case when place = 1 then opens end) as opens1, sum(case when place = 1 then closes - opens end) as lasts1,
           min(case when place = 2 then opens end) as opens2, sum(case when place = 2 then closes - opens end) as lasts2,
           min(case when place = 3 then opens end) as opens3, sum(case when place = 3 then closes - opens end) as lasts3,
           min(case when place = 4 then opens end) as opens4, sum(case when place >= 4 then closes - opens end) as lasts4
    from numbered
    group by calendar, valid_from, weekday
    """,
)
"""The opening hours of each calendar's weekdays in minutes from midnight, spans that overlap (of several teams) counted once.

Without `business_hours` one calendar '' with Monday to Friday from 9 to 18 (data model).
"""

OPENING_DAYS: Final = Fact(
    "opening_days",
    parties={"business_hours": "h"},
    sql="""
    with versions as (
        select calendar, valid_from,
               row_number() over (partition by calendar order by valid_from) = 1 as is_first,
               lead(valid_from) over (partition by calendar order by valid_from) as until_on
        from (select distinct calendar, valid_from from opening_spans) v
    ),
    own as (
        select calendar, held_on, max(case when is_working_day then 1e0 when is_half_day then 5e-1 else 0e0 end) as worked,
               logical_or(coalesce(is_working_day, false)) as is_exchanged
        from holidays
        group by calendar, held_on
    ),
    told as (select distinct calendar from holidays),
    days as (
        select v.calendar, v.valid_from, w.day_on,
               case when t.calendar is null then w.open_part else coalesce(o.worked, 1e0) end as worked,
               case when weekday(w.day_on) < 6 then weekday(w.day_on)
                    when case when t.calendar is null then w.is_exchanged else coalesce(o.is_exchanged, false) end then 1
                    else weekday(w.day_on) end as weekday
        from working_days w
        join versions v on (w.day_on >= v.valid_from or v.is_first) and (v.until_on is null or w.day_on < v.until_on)
        left join told t on t.calendar = v.calendar
        left join own o on o.calendar = v.calendar and o.held_on = w.day_on
    ),
    opened as (
        select d.calendar, d.day_on, coalesce(s.minutes, 0) * d.worked as minutes,
               s.opens1, s.lasts1, s.opens2, s.lasts2, s.opens3, s.lasts3, s.opens4, s.lasts4
        from days d
        left join opening_spans s on s.calendar = d.calendar and s.valid_from = d.valid_from and s.weekday = d.weekday
    )
    select *, coalesce(sum(minutes) over (
               partition by calendar order by day_on rows between unbounded preceding and 1 preceding), 0) as minutes_before
    from opened
    """,
)
"""Every day from 1970 to 2106 of each calendar: its opening minutes, where they lie, and their sum before it.

Free are the calendar's own holidays where `holidays` has some under its name, else those of `working_days`; of half a holiday
the first half of the minutes counts; a day of the weekend that is worked in exchange for another has Monday's hours. Hours that
hold before the first `valid_from` are those of the first.
"""

COMPANY_HOURS: Final = Fact(
    "company_hours",
    parties={"business_hours": "o"},
    sql="""
    select o.* from opening_days o
    where o.calendar = (
        select coalesce(max(case when calendar = company_calendar() then calendar end), min(calendar))
        from (select distinct calendar from opening_spans) c
    )
    """,
)
"""The `opening_days` of the company's calendar; where it has no hours under that name, of the first calendar that has."""


def opened_until(day: str, at: str) -> str:
    """SQL of the opening minutes from 1970 to a moment, a DOUBLE; the minutes between two moments are the difference of two.

    day  the alias of `company_hours` (or of `opening_days` of one calendar), joined on {day}.day_on = local_day({at})
    at   the moment (UTC): a column ending in _at, or $as_of
    A query for the minutes from a lead's creation to its reply:

        select {opened_until("o", "l.replied_at")} - {opened_until("i", "l.created_at")} as minutes
        from ... l
        left join company_hours i on i.day_on = local_day(l.created_at)
        left join company_hours o on o.day_on = local_day(l.replied_at)
    """
    # that day is the moment's local day; to work it out once more for each span would double what is planned
    minute = f"(seconds_between(cast({day}.day_on as timestamp), local_moment({at})) / 60)"
    spans = " + ".join(
        f"greatest(0, least({day}.lasts{place}, {minute} - {day}.opens{place}))" for place in range(1, SPANS + 1)
    )
    return f"({day}.minutes_before + least({day}.minutes, {spans}))"
