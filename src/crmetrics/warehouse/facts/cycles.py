"""How long deals take from their start to their close, in calendar or in business days."""

from __future__ import annotations

from typing import Final, Literal

from crmetrics.warehouse.facts.fact import Derived
from crmetrics.warehouse.facts.pipeline import DAYS_TO_CLOSE, WORKED_UNTIL

FIRST_LEADS: Final = Derived(
    "first_leads",
    key="deal_id",
    table="deals",
    sql="select deal_id, min(created_at) as came_at from leads where deal_id is not null group by deal_id",
)
"""When the (first) lead of each deal came, whoever had it."""
LEADS_OF_DEALS: Final = "left join first_leads l on l.deal_id = d.deal_id"
CLOCKS: Final = """
left join working_days i on i.day_on = local_day({first})
left join working_days o on o.day_on = local_day({last})
"""


def worked_days(first: str, last: str) -> str:
    """SQL of the business days between two moments, joined as `CLOCKS` of them; each with all its 24 hours, to the minute."""
    return f"(({WORKED_UNTIL.format(day='o', at=last)} - {WORKED_UNTIL.format(day='i', at=first)}) / 86400)"


def calendar_days(first: str, last: str) -> str:
    """SQL of the days between two moments: hours / 24, but between local midnights, which are days, by the calendar (R10)."""
    return DAYS_TO_CLOSE.replace("created_at", first).replace("closed_at", last)


_CASES: Final = """
    select d.deal_id, d.party, d.is_won, d.created_at as made_at, {came} as created_at,
           case when d.is_won is null then coalesce(d.closed_at, $as_of) else d.closed_at end as closed_at
    from deals d {leads}
    where {where}
"""
_DAYS: Final = f"""
    select c.deal_id, c.party, c.is_won, c.closed_at, c.created_at,
           seconds_between(c.created_at, c.closed_at) as seconds, {{days}} as days,
           coalesce(extract(hour from local_moment(c.created_at)) + extract(minute from local_moment(c.created_at)) = 0, false) as is_day
    from ({_CASES}) c {{clocks}}
"""
_WON_NOW: Final = "closed_at >= $start and closed_at < $end"
_AT_ONCE: Final = "coalesce(seconds >= 0 and seconds < 60 and not is_day, false)"
_LASTED: Final = "seconds >= 0 and not is_at_once"
_CREATED: Final = _DAYS.replace("{where}", "d.created_at >= $start and d.created_at < $end")
WON_BY_PARTY: Final = f"""
select party, grouping(party) = 1 as is_total, count(lasted) as won,
       percentile_cont(25e-2) within group (order by lasted) as p25,
       percentile_cont(5e-1) within group (order by lasted) as median,
       percentile_cont(75e-2) within group (order by lasted) as p75,
       percentile_cont(9e-1) within group (order by lasted) as p90,
       avg(lasted) as mean,
       count(lasted_before) as won_before, percentile_cont(5e-1) within group (order by lasted_before) as median_before,
       count(*) filter (where is_now and seconds < 0) as negative,
       count(*) filter (where is_now and is_at_once) as at_once,
       count(*) filter (where is_now and seconds is null) as undated
from (
    select party, seconds, is_now, is_at_once,
           case when is_now and {_LASTED} then days end as lasted,
           case when not is_now and {_LASTED} then days end as lasted_before
    from (
        select *, {_WON_NOW} as is_now, {_AT_ONCE} as is_at_once
        from ({
    _DAYS.replace(
        "{where}",
        '''d.is_won and ((d.closed_at >= $start and d.closed_at < $end)
                          or (d.closed_at >= $before_start and d.closed_at < $before_end))''',
    )
}) cases
    ) cases
) cases
where is_now or lasted_before is not null
group by grouping sets ((party), ())
order by is_total, won desc, party
"""
_COHORT: Final = "seconds >= 0 and not (coalesce(is_won, false) and seconds < 60 and not is_day)"
COHORT_BY_DURATION: Final = f"""
select party, round(days * 1440) as minutes,
       count(*) filter (where is_won) as won,
       count(*) filter (where not is_won) as lost,
       count(*) filter (where is_won is null) as running
from ({_CREATED}) cases
where {_COHORT}
group by party, minutes
"""
CYCLES: Final = f"""
select deal_id, party
from (
    select *, {_AT_ONCE} as is_at_once from ({_DAYS.replace("{where}", f"d.is_won and d.{_WON_NOW.replace('and ', 'and d.')}")}) cases
) cases
where {_LASTED} and days is not null
"""
"""The deals won in a period that `WON_BY_PARTY` counts, one by one."""
ENTERED: Final = f"select deal_id, party from ({_CREATED}) cases where {_COHORT}"
"""The deals created in a period that `COHORT_BY_DURATION` counts, one by one."""


def spelled(sql: str, start: Literal["deal", "lead"], clock: Literal["calendar", "business"]) -> str:
    """One of the queries above, counted from the deal or from its (first) lead, by the calendar or in business days.

    From the lead it reads `first_leads`: derive it first.
    """
    is_lead, is_business = start == "lead", clock == "business"
    days = worked_days("c.created_at", "c.closed_at") if is_business else calendar_days("c.created_at", "c.closed_at")
    return (
        sql.replace("{came}", "coalesce(l.came_at, d.created_at)" if is_lead else "d.created_at")
        .replace("{leads}", LEADS_OF_DEALS if is_lead else "")
        .replace("{days}", days)
        .replace("{clocks}", CLOCKS.format(first="c.created_at", last="c.closed_at") if is_business else "")
    )
