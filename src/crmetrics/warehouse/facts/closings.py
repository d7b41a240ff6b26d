"""Who closed a deal, whoever has it now; and what people did beside."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Fact
from crmetrics.warehouse.facts.pipeline import DAYS_TO_CLOSE

CLOSED_BY: Final = "case when o.deal_id is null then d.owner_id else o.owner_id end"
WITH_CLOSER: Final = """deals d
    left join (
        select c.deal_id, c.old_value as owner_id, c.changed_at as until_at,
               lag(c.changed_at) over (partition by c.deal_id, c.field_name order by c.changed_at, coalesce(c.old_value, '')) as since_at
        from deal_changes_of_deals c
        where c.field_name = 'owner_id'
    ) o on o.deal_id = d.deal_id and o.until_at > d.closed_at and (o.since_at is null or o.since_at <= d.closed_at)"""
"""Deals (d) beside who had them when they were closed (o), where they were handed on afterwards; `CLOSED_BY` is who closed them."""

CLOSED_DEALS: Final = Fact(
    "closed_deals",
    parties={"deals": "d"},
    sql=f"""
    select d.deal_id, d.customer_id, d.source, d.owner_id, d.created_at, d.closed_at, d.is_won, d.amount, d.company_rate,
           {CLOSED_BY} as closed_by, {{party}} as party
    from {WITH_CLOSER}
    where d.closed_at is not null
    """,
)
"""Decided deals with who closed them: `owner_id` has them now."""

_KEPT: Final = """
    select d.deal_id, case when $level = 'team' then e.team else d.keeper end as party, d.is_won, d.is_moved, d.amount, d.company_rate,
           d.created_at, d.closed_at
    from (
        select *, case when $owner = 'now' then owner_id else closed_by end as keeper,
               coalesce(owner_id, '') <> coalesce(closed_by, '') as is_moved
        from closed_deals
        where {seen}
    ) d
    left join employees e on e.employee_id = d.keeper
"""
_NOW: Final = "closed_at >= $start and closed_at < $end"

DECIDED_NOW: Final = _KEPT.format(seen=_NOW)
"""The deals decided in a period with the person or team ($level) who closed them or has them now ($owner)."""

DECIDED_BY_PARTY: Final = f"""
select party, grouping(party) = 1 as is_total, count(*) as decided,
       count(*) filter (where is_now and is_won) as won,
       count(*) filter (where is_now and not is_won) as lost,
       sum(money) filter (where is_now and is_won) as won_amount,
       sum(money) filter (where not is_now and is_won) as before,
       median(days) filter (where is_now and is_won and days >= 0) as cycle_median,
       count(*) filter (where is_now and is_won and days >= 0) as timed,
       count(*) filter (where is_now and is_won and amount is null) as without_amount,
       count(*) filter (where is_now and is_won and amount is not null and money is null) as unconverted,
       count(*) filter (where is_now and is_moved) as moved, sum(money) filter (where is_now and is_moved and is_won) as moved_amount
from (
    select party, is_won, is_moved, amount, {_NOW} as is_now, converted(amount, company_rate) as money,
           case when is_won and closed_at >= $start then {DAYS_TO_CLOSE} end as days
    from ({_KEPT.format(seen=f"({_NOW}) or (closed_at >= $before_start and closed_at < $before_end)")}) d
) deals
group by grouping sets ((party), ())
order by is_total, party
"""
"""Decided deals of a period and the one before, by person or team ($level), who closed them or has them now ($owner)."""

SALES_BY_PARTY: Final = """
select party, grouping(party) = 1 as is_total, sum(net) as amount
from sales_lines
where ordered_at >= $start and ordered_at < $end
group by grouping sets ((party), ())
order by is_total, party
"""
"""Net sales of a period by party."""

DONE_BY_PARTY: Final = """
select party, grouping(party) = 1 as is_total, count(*) as activities
from (
    select case when $level = 'team' then e.team else a.owner_id end as party
    from activities a
    left join employees e on e.employee_id = a.owner_id
    where a.done_at >= $start and a.done_at < $end and not coalesce(e.is_bot, false)
      and coalesce(a.outcome, '') <> 'cancelled' and not (a.kind = 'note' and a.owner_id is null)
) done
group by grouping sets ((party), ())
order by is_total, party
"""
"""Activities done in a period by person or team ($level), those of bots, cancelled ones and notes of nobody left out."""
