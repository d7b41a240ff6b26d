"""How late what was planned is done: counts of activities by their delay, in two clocks."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.pipeline import WORKED_UNTIL

_STATES: Final = """
    select activity_id, party, case when is_due and delay > 0 then round(delay / 60) end as minutes,
           case when is_cancelled then 'cancelled' when due_at is null then 'undated' when not is_due then 'waiting'
                when done_at is null then 'overdue' when delay <= 0 then 'on_time' else 'late' end as state
    from (
        select activity_id, party, due_at, done_at, is_cancelled, {delay} as delay, {passed} as is_due
        from (
            select *, case when kind in ('meeting', 'visit', 'appointment') then true
                           else extract(hour from due_here) + extract(minute from due_here) = 0 end as is_of_a_day
            from (
                select activity_id, party, kind, due_at, done_at, coalesce(outcome, '') = 'cancelled' as is_cancelled,
                       local_moment(due_at) as due_here, case when done_at is null then $as_of else done_at end as ended_at
                from activities
                where (due_at >= $start and due_at < $end) or (due_at is null and created_at >= $start and created_at < $end)
            ) a
        ) a
        {days}
    ) a
"""
"""is_of_a_day  it is met until the end of the day on which it is due, and late by days of the calendar (R10): where a day is given
             without a time, and where people meet, for that begins when it is due and is done when it is over
"""

_THROUGH: Final = "({day}.worked_before + {day}.worked) * 86400"
_WORKED_DUE: Final = """(i.worked_before + case when is_of_a_day then i.worked
                    else least(i.worked, (extract(hour from due_here) * 60 + extract(minute from due_here)) / 1440) end) * 86400"""

_BOTH_DAYS: Final = """left join working_days i on i.day_on = cast(a.due_here as date)
        left join working_days o on o.day_on = local_day(a.ended_at)"""

_STATES_BY_CLOCK: Final = {
    "calendar": _STATES.format(
        passed="due_at < $today_at or (due_at < $as_of and not is_of_a_day)",
        delay="""case when is_of_a_day then cast(days_between(cast(due_here as date), local_day(ended_at)) as double) * 86400
                    else seconds_between(due_at, ended_at) end""",
        days="",
    ),
    "business": _STATES.format(
        passed=f"case when is_of_a_day then $through_today else $worked end > {_WORKED_DUE}",
        delay=f"""case when is_of_a_day then {_THROUGH.format(day="o")}
                    else {WORKED_UNTIL.format(day="o", at="ended_at")} end - {_WORKED_DUE}""",
        days=_BOTH_DAYS,
    ),
}
CASES_BY_DELAY: Final = {
    clock: f"select party, state, minutes, count(*) as cases from ({states}) a group by party, state, minutes"
    for clock, states in _STATES_BY_CLOCK.items()
}
"""Activities due in a period, or without a due date and created in it, by party, state and minutes of delay (no order: there are many).

Binds $start and $end; $today_at, the first moment of the day of as-of; for business days what `NOW` gives.
state    on_time, late and overdue: due by now in that clock; waiting: due later; undated: without a due date; cancelled
minutes  of a late one until it was done, of an overdue one until as-of; null for all others
"""

NOW: Final = f"""
select {WORKED_UNTIL.format(day="w", at="$as_of")} as worked, {_THROUGH.format(day="w")} as through_today
from working_days w
where w.day_on = local_day($as_of)
"""
"""Working seconds from 1970 to as-of, and to the end of its day."""

_BUSINESS: Final = (
    _STATES_BY_CLOCK["business"].replace("$through_today", "n.through_today").replace("$worked", "n.worked")
)
FOLLOW_UPS: Final = {
    "calendar": _STATES_BY_CLOCK["calendar"],
    "business": _BUSINESS.replace(_BOTH_DAYS, f"{_BOTH_DAYS} cross join ({NOW}) n"),
}
"""The same activities one by one, with their state; for business days what `NOW` gives is joined to them."""
