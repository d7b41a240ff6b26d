"""Facts about what customers did."""

from __future__ import annotations

from crmetrics.warehouse.facts.fact import Fact

ORDER_TOTALS = Fact(
    "order_totals",
    parties={"orders": "o"},
    sql="""
    select o.order_id, o.customer_id, o.ordered_at, o.channel, o.campaign_id,
           converted(o.lines_net, o.company_rate) as net, converted(o.lines_sold, o.company_rate) as sold,
           o.lines_net > 0 as is_purchase, {party} as party
    from orders_added_up o
    where not o.is_cancelled
    """,
)
"""Orders and return documents with their totals, `sold` without returns; a purchase by R9 is marked."""

CUSTOMER_PURCHASES = Fact(
    "customer_purchases",
    parties={"orders": "o"},
    sql="""
    select customer_id, ordered_at as happened_at, channel, campaign_id
    from order_totals
    where is_purchase and customer_id is not null
    """,
)
"""Every purchase that names its customer, as something he did."""

CUSTOMER_EVENTS = Fact(
    "customer_events",
    parties={"events": "e"},
    sql="""
    select customer_id, occurred_at as happened_at, channel, campaign_id
    from events
    where customer_id is not null and not coalesce(is_bot, false)
    """,
)
"""Every event of a known customer, machines left out."""
