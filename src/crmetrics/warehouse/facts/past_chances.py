"""What the chances of stages would have been learned from at earlier month ends, and which deals stood there then."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived

_MONTH: Final = "months_apart(cast('1970-01-01' as date), local_day({at}))"

RECORD_BY_MONTH: Final = Derived(
    "record_by_month",
    key="pipeline",
    table="stages",
    sql=f"""
    with steps as (
        select deal_id, pipeline, place, is_won, entered_at,
               coalesce(max(place) over (
                   partition by deal_id order by entered_at, place, stage rows between unbounded preceding and 1 preceding
               ), 0) as below
        from stage_visits
        where is_won is not null
    )
    select s.pipeline, s.below, s.place, {_MONTH.format(at="s.entered_at")} as reached, {_MONTH.format(at="d.closed_at")} as closed,
           sum(case when s.is_won then 1 else 0 end) as won, count(*) as decided
    from steps s
    join deals d on d.deal_id = s.deal_id
    where s.place > s.below
    group by s.pipeline, s.below, s.place, reached, closed
    """,
)
"""Decided deals by the step that took them from one furthest stage (`below`; 0: their first) to the next (`place`), and the months,
counted from 1970, in which they made it and were closed. Who came further in one step has reached the stages between as well."""

CYCLE: Final = """
select percentile_cont(9e-1) within group (order by seconds_between(created_at, closed_at) / 86400) as days
from deals
where closed_at >= $since and created_at is not null
"""

STOOD_BY_MONTH: Final = f"""
select pipeline, stage, place, {_MONTH.format(at="entered_at")} as came, {_MONTH.format(at="ended_at")} as went,
       count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost,
       count(*) filter (where is_won is null) as open_deals
from stage_visits
group by pipeline, stage, place, came, went
order by pipeline, place, stage, came, went
"""
"""Visits of open stages by the months, counted from 1970, in which they began and ended (null: not yet), and what became of the deals.

A deal stood there at the end of every month from that in which it came to the one before that in which it went.
"""
