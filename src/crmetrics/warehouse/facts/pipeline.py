"""The way of deals through the stages of their pipeline."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived, Fact

DAYS_TO_CLOSE: Final = """
case when extract(hour from local_moment(created_at)) + extract(minute from local_moment(created_at))
        + extract(hour from local_moment(closed_at)) + extract(minute from local_moment(closed_at)) = 0
     then cast(days_between(local_day(created_at), local_day(closed_at)) as double)
     else seconds_between(created_at, closed_at) / 86400 end
"""
"""Days from a deal's creation to its close: between days (midnights) by the calendar, else hours / 24 (R10)."""

OPEN_STAGES: Final = Fact(
    "open_stages",
    parties={"stages": "s"},
    sql="""
    select s.pipeline, s.stage, s.stage_no, s.probability,
           row_number() over (partition by s.pipeline order by s.stage_no, s.stage) as place,
           count(*) over (partition by s.pipeline) as places,
           {party} as party
    from stages s
    where s.kind = 'open'
    """,
)
"""The open stages of each pipeline, numbered from 1 without gaps."""

STAGE_VISITS: Final = Fact(
    "stage_visits",
    parties={"deal_stages": "v", "deals": "d"},
    sql="""
    select v.deal_id, d.pipeline, v.stage, s.stage_no, s.place, d.is_won, d.closed_at, v.entered_at,
           coalesce(v.left_at, d.closed_at) as ended_at,
           coalesce(v.left_at, d.closed_at) is null as is_running,
           coalesce(seconds_between(v.entered_at, coalesce(v.left_at, d.closed_at)) < 60, false) as is_passing,
           {party} as party
    from deal_stages_of_deals v
    join deals d on d.deal_id = v.deal_id
    join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    """,
)
"""Visits of open stages. One without an end goes on until its deal is decided; one under a minute only passes through."""

WORKING_DAYS: Final = Fact(
    "working_days",
    parties={"holidays": "h"},
    sql="""
    with digits as (select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as t (digit)),
    days as (
        select days_after(cast('1970-01-01' as date), a.digit + 10 * b.digit + 100 * c.digit + 1000 * d.digit + 10000 * e.digit) as day_on
        from digits a cross join digits b cross join digits c cross join digits d cross join digits e
        where e.digit < 5
    ),
    theirs as (select * from holidays where company_calendar() in ('', calendar)),
    free as (
        select held_on, max(case when is_working_day then 1e0 when is_half_day then 5e-1 else 0e0 end) as worked,
               logical_or(coalesce(is_working_day, false)) as is_exchanged
        from theirs
        group by held_on
        having count(distinct calendar) = (select count(distinct calendar) from theirs)
    ),
    known as (
        select day_on, coalesce(f.worked, 1e0) as open_part, coalesce(f.is_exchanged, false) as is_exchanged
        from days
        left join free f on f.held_on = day_on
    ),
    worked as (
        select *, case when weekday(day_on) > 5 and not is_exchanged then 0e0 else open_part end as worked
        from known
    )
    select day_on, open_part, is_exchanged, worked,
           coalesce(sum(worked) over (order by day_on rows between unbounded preceding and 1 preceding), 0) as worked_before
    from worked
    """,
)
"""Every day from 1970 to 2106: 1 from Monday to Friday, 0 on a holiday, a half on a half one; and their sum before it.

Free are the days of the company's calendar, `company_calendar()`: filled at the import from the `holidays` package where the
company gives none of its own. Where no calendar is settled, those that all calendars given share. A day of the weekend that is
worked in exchange for another (`holidays.is_working_day`) counts 1. `open_part` is that of the day's opening hours, if it has
any: 0 on a holiday, 1 also on a Saturday.
"""

WORKED_UNTIL: Final = """({day}.worked_before + least({day}.worked,
    (extract(hour from local_moment({at})) * 60 + extract(minute from local_moment({at}))) / 1440)) * 86400"""
"""Working seconds from 1970 to a moment, to the minute: all 24 hours of a working day count, the first twelve of half a holiday."""

WORKED_TO_DATE: Final = f"""
select {WORKED_UNTIL.format(day="w", at="$as_of")} as worked from working_days w where w.day_on = local_day($as_of)
"""
"""The query for the working seconds from 1970 to as-of."""

_SPANS: Final = """
    with spans as (
        select v.deal_id, v.pipeline, v.stage, v.stage_no,
               coalesce(min(v.entered_at) filter (where not v.is_passing), min(v.entered_at)) as entered_at,
               max(v.entered_at) filter (where not v.is_passing) as latest_at,
               coalesce(sum({lasted}) filter (where not v.is_passing and not v.is_running), 0) as seconds,
               max({entered}) filter (where v.is_running) as running_from,
               count(*) filter (where not v.is_passing) as visits,
               count(*) filter (where v.is_passing) as passings,
               min(v.party) as party
        from stage_visits v
        {clocks}
        group by v.deal_id, v.pipeline, v.stage, v.stage_no
    ),
    lost as (
        select deal_id, max(entered_at) as latest_at from stage_visits where not is_won and not is_passing group by deal_id
    )
    select s.deal_id, s.pipeline, s.stage, s.stage_no, s.entered_at, s.seconds, s.running_from, s.visits, s.passings, s.party,
           coalesce(s.latest_at = l.latest_at, false) as is_lost
    from spans s
    left join lost l on l.deal_id = s.deal_id
"""
_SPAN_PARTIES: Final = {"deal_stages": "v", "deals": "v"}

STAGE_SPANS: Final = Fact(
    "stage_spans",
    parties=_SPAN_PARTIES,
    sql=_SPANS.format(
        lasted="seconds_between(v.entered_at, v.ended_at)",
        entered="v.entered_at",
        clocks="",
    ),
)
"""How long each deal was in each open stage: its ended visits summed in seconds, those that only passed through left out.

running_from  where it still is there: the moment it came; its time from then to as-of is to be added
is_lost       the deal was lost from this stage
visits        0 where the deal only passed through
party         of a grain of time that of the first visit
"""

BUSINESS_SPANS: Final = Fact(
    "business_spans",
    parties=_SPAN_PARTIES,
    sql=_SPANS.format(
        lasted=f"{WORKED_UNTIL.format(day='o', at='v.ended_at')} - {WORKED_UNTIL.format(day='i', at='v.entered_at')}",
        entered=WORKED_UNTIL.format(day="i", at="v.entered_at"),
        clocks="""
        left join working_days i on i.day_on = local_day(v.entered_at)
        left join working_days o on o.day_on = local_day(v.ended_at)
        """,
    ),
)
"""The same in working seconds: weekends and holidays do not count. `running_from` is in working seconds since 1970."""

NEXT_STEPS: Final = Derived(
    "next_steps",
    key="deal_id",
    table="deals",
    sql="""
    select deal_id, max(due_at) as due_at
    from activities
    where done_at is null and coalesce(outcome, '') <> 'cancelled' and deal_id is not null
    group by deal_id
    """,
)
"""When the last of the open activities of each deal is due: a step that a colleague will take is one, too."""

OPEN_DEALS: Final = Fact(
    "open_deals",
    parties={"deals": "d"},
    sql="""
    select d.deal_id, d.customer_id, d.owner_id, d.pipeline, d.stage, s.stage_no, d.created_at, d.expected_close_on,
           d.amount, d.company_rate, coalesce(d.probability, s.probability) as probability, n.due_at as next_step_at,
           {party} as party
    from deals d
    left join stages s on s.pipeline = d.pipeline and s.stage = d.stage
    left join next_steps n on n.deal_id = d.deal_id
    where d.is_won is null
    """,
)
"""Open deals with their typed probability (the deal's, else the stage's) and when the last of their open activities is due.

Reads `next_steps`: derive it first.
"""

STAGE_RECORD: Final = Derived(
    "stage_record",
    key="stage",
    table="stages",
    sql="""
    with ways as (
        select deal_id, pipeline, is_won, max(place) as furthest,
               coalesce(max(case when entered_at < $since then place end), 0) as before
        from stage_visits
        where closed_at >= $since
        group by deal_id, pipeline, is_won
    ),
    counted as (
        select pipeline, is_won, furthest, before, count(*) as deals from ways group by pipeline, is_won, furthest, before
    )
    select s.pipeline, s.stage, s.place, sum(case when c.is_won then c.deals else 0 end) as won, sum(c.deals) as decided
    from open_stages s
    join counted c on c.pipeline = s.pipeline and s.place > c.before and (c.is_won or s.place <= c.furthest)
    group by s.pipeline, s.stage, s.place
    """,
)
"""What became of the decided deals that reached each stage, or a later one, since a moment; those without a stage history left out."""
