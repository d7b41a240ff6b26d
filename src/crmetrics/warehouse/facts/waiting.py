"""How long prospects wait for a quote and leads for an answer, reduced to counts of equal durations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from crmetrics.warehouse.facts.cycles import CLOCKS, calendar_days, worked_days
from crmetrics.warehouse.facts.hours import opened_until
from crmetrics.warehouse.facts.pipeline import WORKED_UNTIL

_WITHIN: Final = """,
       count(*) filter (where is_timed and age >= {limit}) as mature_{limit},
       count(*) filter (where is_timed and age >= {limit} and outcome = 'quoted' and days <= {limit}) as quick_{limit}"""

WAITS: Final = """
            select *, case when sent_at is null and closed_at is null then 'waiting'
                           when sent_at is null or closed_at < sent_at then 'closed' else 'quoted' end as outcome,
                   coalesce(least(sent_at, closed_at), $as_of) as ended_at
            from quote_waits
            where (began_at >= $start and began_at < $end) or began_at is null
"""
"""The deals whose prospect began to wait in a period, or nobody knows when, with what ended it."""
TIMED: Final = "ended_at >= began_at"
"""Those that are counted."""

_WAITS_BY_DURATION: Final = """
select party, minutes,
       count(*) filter (where is_timed and outcome = 'quoted') as quoted,
       count(*) filter (where is_timed and outcome = 'closed') as unquoted,
       count(*) filter (where is_timed and outcome = 'waiting') as waiting,
       count(*) filter (where not is_timed) as faults,
       count(*) filter (where is_timed is null) as undated{within}
from (
    select *, case when is_timed then round(days * 1440) end as minutes
    from (
        select party, outcome, {timed} as is_timed, {days} as days, {age} as age
        from ({waits}) waits {clocks}
    ) waits
) waits
group by party, minutes
"""


def waits_by_duration(clock: Literal["business", "calendar"], limits: Sequence[int]) -> str:
    """SQL over `quote_waits` of a period: quoted, unquoted and waiting deals by minutes.

    Apart from them stand those that end before they begin (`faults`) and all without any moment to begin with (`undated`). For
    each limit in days: the deals that are so old (mature), and of them those quoted by then (quick).

    Binds $worked: the working seconds from 1970 to as-of where business days are counted.
    """
    is_business = clock == "business"
    age = f"($worked - {WORKED_UNTIL.format(day='i', at='began_at')}) / 86400"
    return (
        _WAITS_BY_DURATION.replace("{within}", "".join(_WITHIN.replace("{limit}", str(limit)) for limit in limits))
        .replace("{waits}", WAITS)
        .replace("{timed}", TIMED)
        .replace("{days}", (worked_days if is_business else calendar_days)("began_at", "ended_at"))
        .replace("{age}", age if is_business else calendar_days("began_at", "$as_of"))
        .replace("{clocks}", CLOCKS.format(first="began_at", last="ended_at") if is_business else "")
    )


_HOURS: Final = """
left join company_hours i on i.day_on = local_day(l.created_at)
left join company_hours o on o.day_on = local_day(l.ended_at)
"""
_WON_DEALS: Final = """
left join (select deal_id as won_id, closed_at as won_at from deals_linked where is_won) w on w.won_id = l.deal_id
"""
_FIRST_PURCHASES: Final = """
left join (
    select l.lead_id as won_id, min(p.ordered_at) as won_at
    from leads l join purchases p on p.customer_id = l.customer_id and p.ordered_at >= l.created_at
    group by l.lead_id
) w on w.won_id = l.lead_id
"""

WAITING_LEADS: Final = """
        select *, seconds_between(created_at, replied_at) as seconds,
               coalesce(seconds_between(created_at, replied_at) < 60, false) as is_at_once,
               greatest(created_at, coalesce(replied_at, disqualified_at, $as_of)) as ended_at
        from lead_contacts
        where created_at >= $start and created_at < $end
"""
"""The leads of a period with the seconds that they waited. One that was written down together with a contact (is_at_once) did not
wait: only the others are counted."""
BAND: Final = """case when seconds < 3600 then 'hour' when seconds < 86400 then 'day' when seconds <= 259200 then 'three_days'
                when seconds is not null then 'later' else 'never' end"""
MATURE: Final = "seconds_between(created_at, $as_of) >= $mature_days * 86400e0"
"""Old enough for the conversion."""

_LEADS_BY_MINUTES: Final = f"""
select party, band, minutes,
       count(*) filter (where not is_at_once) as leads,
       count(*) filter (where not is_at_once and replied_at is not null) as contacted,
       count(*) filter (where not is_at_once and replied_at is null) as unanswered,
       count(*) filter (where not is_at_once and is_mature) as mature,
       count(*) filter (where not is_at_once and is_mature and is_converted) as converted,
       count(*) filter (where is_at_once) as at_once
from (
    select l.party, l.replied_at, l.is_at_once, round({{minutes}}) as minutes,
           {BAND} as band,
           {MATURE} as is_mature,
           coalesce(w.won_at is not null and ($within = 0 or seconds_between(l.created_at, w.won_at) <= $within * 86400e0), false)
               as is_converted
    from ({WAITING_LEADS}) l {{won}} {{clocks}}
) l
group by party, band, minutes
"""


def leads_by_minutes(clock: Literal["business", "calendar"], *, has_deals: bool) -> str:
    """SQL over `lead_contacts` of a period: leads contacted and not, by the minutes that they waited or have been waiting and by
    the speed of the answer in calendar time (`band`); those old enough (mature) and of them those won (converted).

    has_deals  won is the lead's deal; else the customer's first purchase after the lead came
    Reads deals_linked (the deals of the viewer, unfiltered) and `lead_replies`.
    Binds $within (days to be won in, 0: so far) and $mature_days.
    """
    is_business = clock == "business"
    business = f"{opened_until('o', 'l.ended_at')} - {opened_until('i', 'l.created_at')}"
    return (
        _LEADS_BY_MINUTES.replace(
            "{minutes}", business if is_business else "seconds_between(l.created_at, l.ended_at) / 60"
        )
        .replace("{clocks}", _HOURS if is_business else "")
        .replace("{won}", _WON_DEALS if has_deals else _FIRST_PURCHASES)
    )
