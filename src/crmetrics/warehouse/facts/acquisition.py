"""What it costs to win customers: the money spent, the work done for new ones, and who came."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived

SPENT: Final = """
select party, campaign_id, channel, sum(case when kind = 'marketing' then money end) as marketing,
       sum(case when kind = 'sales' then money end) as sales, count(*) filter (where amount is not null and money is null) as unconverted
from (
    select party, campaign_id, channel, kind, amount, converted(amount, company_rate) as money
    from costs
    where kind in ('marketing', 'sales') and spent_on >= $start_on and spent_on < $end_on
) spent
group by party, campaign_id, channel
order by party, campaign_id, channel
"""
"""Costs of marketing and sales by party, campaign and channel."""

WORK_FOR_NEW: Final = Derived(
    "work_for_new",
    key="activity_id",
    table="activities",
    sql="""
    with done as (
        select activity_id, deal_id, customer_id, lead_id is not null as is_lead, done_at
        from activities
        where done_at >= $since and done_at < $until and (lead_id is not null or deal_id is not null or customer_id is not null)
    ),
    theirs as (
        select activity_id, is_lead, customer_id, done_at from done where is_lead or customer_id is not null
        union all
        select a.activity_id, a.is_lead, d.customer_id, a.done_at
        from done a
        left join deals d on d.deal_id = a.deal_id
        where not a.is_lead and a.customer_id is null
    )
    select t.activity_id, t.is_lead or (t.customer_id is not null and coalesce(t.done_at < n.first_at, true)) as is_for_new
    from theirs t
    left join (
        select customer_id, min(ordered_at) as first_at from order_totals where is_purchase and customer_id is not null group by customer_id
    ) n on n.customer_id = t.customer_id
    """,
)
"""The activities of a span on leads, deals and customers, and whether they were for new business: on a lead or a customer who had
not bought yet, from whomever and through whatever channel (R23). Binds $since and $until."""

WORKED: Final = """
select party, grouping(party) = 1 as is_total, count(*) as activities, count(*) filter (where is_for_new) as for_new
from (
    select a.party, w.is_for_new
    from activities a
    join work_for_new w on w.activity_id = a.activity_id
    where a.done_at >= $start and a.done_at < $end
) worked
group by grouping sets ((party), ())
order by is_total, party
"""
"""Activities of a period by party, and those of them for new business. Reads `work_for_new`: derive it first."""

TOUCHED: Final = """
select customer_id, arg_min(coalesce(source, ''), created_at) as source, arg_min(coalesce(campaign_id, ''), created_at) as campaign_id
from leads
where customer_id is not null
group by customer_id
"""
NEW_CUSTOMERS: Final = f"""
    select n.customer_id, {{party}} as party,
           case when $credit = 'lead' then coalesce(nullif(f.source, ''), c.source) else c.source end as source
    from new_buyers n
    left join customers c on c.customer_id = n.customer_id
    left join ({TOUCHED}) f on f.customer_id = n.customer_id
    left join campaigns p on p.campaign_id = f.campaign_id
    where n.ordered_at >= $start and n.ordered_at < $end
"""
"""New customers of a period with the `{party}` that they count for."""
CAME: Final = f"""
select party, source, count(*) as customers
from ({NEW_CUSTOMERS}) came
group by party, source
order by party, source
"""
"""New customers by party and source, credited to their first purchase or to their earliest lead."""

_CREDITED: Final = {
    "source": "case when $credit = 'lead' then coalesce(nullif(f.source, ''), c.source) else c.source end",
    "campaign": "case when $credit = 'lead' then nullif(f.campaign_id, '') else n.party end",
    "channel": "case when $credit = 'lead' then p.channel else n.party end",
}


def credited(by: str, credit: str) -> str:
    """SQL of what a new customer counts for; in groupings that no lead tells, the party of the first purchase."""
    return _CREDITED[by] if by in _CREDITED and (by == "source" or credit == "lead") else "n.party"


LEADS_OF_CAMPAIGNS: Final = """
select campaign_id, source, count(*) as leads
from leads
where campaign_id is not null and source is not null
group by campaign_id, source
order by campaign_id, source
"""

TIME_TO_PURCHASE: Final = """
select median(days) as days, count(days) as customers
from (
    select seconds_between(min(t.touched_at), n.ordered_at) / 86400 as days
    from new_buyers n
    join (
        select customer_id, created_at as touched_at from leads
        union all
        select customer_id, created_at as touched_at from activities
        union all
        select customer_id, created_at as touched_at from customers
    ) t on t.customer_id = n.customer_id and t.touched_at <= n.ordered_at
    where n.ordered_at >= $start and n.ordered_at < $end
    group by n.customer_id, n.ordered_at
) waited
"""
"""Median days from the first trace of a new customer to his first purchase."""
