"""From interest to sale: when each lead was qualified, became a deal, got a quote and was won or lost."""

from __future__ import annotations

from typing import Final

_DEALS: Final = """
    select l.lead_id, case when d.deal_id is not null then coalesce(d.created_at, l.qualified_at, l.created_at) end as deal_at,
           q.sent_at as quote_at, case when d.is_won then d.closed_at end as won_at,
           case when d.deal_id is null then l.disqualified_at when not d.is_won then d.closed_at end as lost_at,
           converted(d.amount, d.company_rate) as money, d.amount is not null and d.company_rate is null as is_unconverted
    from leads l
    left join deals_linked d on d.deal_id = l.deal_id
    left join (
        select deal_id, min(sent_at) as sent_at from quotes_linked where sent_at is not null group by deal_id
    ) q on q.deal_id = l.deal_id
"""
_ORDERS: Final = """
    select l.lead_id, min(p.ordered_at) as deal_at, min(q.sent_at) as quote_at, min(p.ordered_at) as won_at,
           any_value(l.disqualified_at) as lost_at, arg_min(p.net, p.ordered_at) as money, false as is_unconverted
    from leads l
    left join purchases p on p.customer_id = l.customer_id and p.ordered_at >= l.created_at
    left join quotes_linked q on q.customer_id = l.customer_id and q.sent_at >= l.created_at
    group by l.lead_id
"""

_WAYS: Final = """
with ways as ({links}),
firsts as (select deal_id, arg_min(lead_id, created_at) as lead_id from leads_linked where deal_id is not null group by deal_id),
dated as (
    select l.lead_id, l.party, l.created_at, l.disqualify_reason as reason, l.qualified_at, w.won_at, w.lost_at, w.quote_at, w.money,
           w.is_unconverted, w.deal_at, coalesce(f.lead_id <> l.lead_id, false) as is_again
    from leads l
    join ways w on w.lead_id = l.lead_id
    left join firsts f on f.deal_id = l.deal_id
)
"""
_BY_STEP: Final = """,
timed as (
    select *, coalesce(seconds_between(created_at, qualified_at) <= $window, false) as is_qualified,
           coalesce(seconds_between(created_at, deal_at) <= $window, false) as is_deal,
           coalesce(seconds_between(created_at, quote_at) <= $window, false) as is_quoted,
           coalesce(seconds_between(created_at, won_at) <= $window, false) as is_sold,
           coalesce(seconds_between(created_at, lost_at) <= $window, false) as is_lost,
           seconds_between(created_at, $as_of) < $window as is_pending
    from dated
    where created_at >= $start and created_at < $end
),
steps as (
    select lead_id, party, is_pending, is_again, money, is_unconverted,
           case when is_quoted then 4 when is_deal then 3 when is_qualified then 2 else 1 end as place,
           case when is_sold then 'won' when is_lost then 'lost' else 'open' end as outcome,
           case when is_lost and not is_sold and not is_deal then reason end as reason
    from timed
)
"""
_COUNTED: Final = """
select party, grouping(party) = 1 as is_total, place, outcome, reason, is_pending, is_again, count(*) as cases, sum(money) as money,
       sum(power(cast(money as double), 2)) as squares, count(*) filter (where is_unconverted) as unconverted
from steps
group by grouping sets ((party, place, outcome, reason, is_pending, is_again), (place, outcome, reason, is_pending, is_again))
order by is_total, party, place, outcome, reason, is_pending, is_again
"""
_TAKEN: Final = """
select percentile_cont(9e-1) within group (order by seconds_between(created_at, won_at) / 86400) as days, count(*) as sales
from dated
where won_at >= $since and not is_again and won_at >= created_at
"""

LINKS: Final = {"deals": _DEALS, "orders": _ORDERS}


def leads_by_step(of: str) -> str:
    """The query for leads of a period by furthest step, outcome and reason, within $window seconds; `of` deals or orders.

    It reads leads_linked, deals_linked and quotes_linked: those of the viewer, unfiltered, for a filter goes by the lead.
    Places: 1 lead, 2 qualified, 3 deal, 4 quote sent. `is_again`: a later lead of a deal that already has one.
    """
    return _WAYS.format(links=LINKS[of]) + _BY_STEP + _COUNTED


def leads_on_way(of: str) -> str:
    """The same of each single lead."""
    return _WAYS.format(links=LINKS[of]) + _BY_STEP + "select * from steps"


def days_to_sale(of: str) -> str:
    """The query for the days in which nine of ten leads that were won since $since had been, and how many those are."""
    return _WAYS.format(links=LINKS[of]) + _TAKEN
