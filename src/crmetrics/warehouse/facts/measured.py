"""Facts that KPIs read: how long deals and replies took, what people answered, who bought for the first time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from crmetrics.warehouse.facts.cycles import calendar_days
from crmetrics.warehouse.facts.fact import Derived, Fact

DEAL_CYCLES: Final = Fact(
    "deal_cycles",
    parties={"deals": "d"},
    sql=f"""
    select d.deal_id, d.customer_id, d.closed_at, d.is_won, {calendar_days("d.created_at", "d.closed_at")} as days, {{party}} as party
    from deals d
    where d.closed_at >= d.created_at
      and not (coalesce(d.is_won, false) and seconds_between(d.created_at, d.closed_at) < 60
               and extract(hour from local_moment(d.created_at)) + extract(minute from local_moment(d.created_at)) > 0)
    """,
)
"""Decided deals with the days from creation to close, as `sales.cycle_length` counts them. Those that close before they begin are a
fault of the data and left out, and those won within the minute in which they were recorded."""

TICKET_REPLIES: Final = Fact(
    "ticket_replies",
    parties={"tickets": "t"},
    sql="""
    select t.ticket_id, t.customer_id, t.first_reply_at, t.channel, t.category, t.priority, t.is_complaint,
           seconds_between(t.created_at, t.first_reply_at) / 86400e0 as days, {party} as party
    from tickets t
    where t.first_reply_at >= t.created_at and not coalesce(t.is_spam, false)
    """,
)
"""First replies with the days since the ticket came, spam left out."""

SURVEY_ANSWERS: Final = Fact(
    "survey_answers",
    parties={"responses": "r"},
    sql="""
    select response_id, kind, customer_id, answered_at, turned as score, scale_max,
           turned >= 8e-1 * scale_max as is_satisfied,
           case when kind <> 'nps' then null when turned >= 9 then 100e0 when turned <= 6 then -100e0 else 0e0 end as points,
           party
    from (
        select r.response_id, r.kind, r.customer_id, r.answered_at, r.scale_max, {party} as party,
               case when coalesce(r.is_low_good, false) and r.kind <> 'nps' then r.scale_max + 1 - r.score else r.score end as turned
        from responses r
        where r.answered_at is not null
    ) as answers
    """,
)
"""Answers given, scales where low is good turned: satisfied from 80 % of the scale on; a promoter is +100 points, a detractor -100."""

FIRST_PURCHASES: Final = Derived(
    "first_purchases",
    key="order_id",
    table="orders",
    sql="""
    select arg_min(order_id, ordered_at) as order_id
    from order_totals
    where is_purchase and customer_id is not null
    group by customer_id
    """,
)
"""The first purchase of each customer: of the whole company, so that a filter does not make an old customer new (R23)."""

NEW_BUYERS: Final = Fact(
    "new_buyers",
    parties={"orders": "o"},
    sql="""
    select o.order_id, o.customer_id, o.ordered_at, o.channel, o.campaign_id, {party} as party
    from orders o
    join first_purchases f on f.order_id = o.order_id
    """,
)
"""First purchases ever, one row a new customer."""

DERIVED_FOR: Final[Mapping[str, Derived]] = MappingProxyType({"new_buyers": FIRST_PURCHASES})
"""What must be derived before a fact can be read."""
