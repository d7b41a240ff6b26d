"""Facts about what was sold."""

from __future__ import annotations

from crmetrics.warehouse.facts import Fact

SALES_LINES = Fact(
    "sales_lines",
    grain="order_lines",
    sql="""
    select l.order_id, l.line_no, l.product_id, o.customer_id, o.ordered_at, l.quantity, o.channel, o.returns_order_id,
           converted(l.net_amount, o.company_rate) as net,
           converted(l.quantity * l.unit_price, o.company_rate) as list_value,
           converted(l.discount, o.company_rate) as discount,
           converted(l.tax_amount, o.company_rate) as tax,
           converted(l.cost_amount, o.company_rate) as cost,
           o.company_rate is null as is_unconverted,
           l.party
    from order_lines l
    join orders o on o.order_id = l.order_id
    where not o.is_cancelled
    """,
)
"""Net sales, line by line (R8): cancelled orders left out, returns negative; money in company currency, null if no rate."""

PURCHASES = Fact(
    "purchases",
    grain="orders",
    sql="""
    select o.order_id, any_value(o.customer_id) as customer_id, any_value(o.ordered_at) as ordered_at,
           any_value(o.channel) as channel, any_value(o.campaign_id) as campaign_id,
           converted(sum(l.net_amount), any_value(o.company_rate)) as net, any_value(o.party) as party
    from orders o
    join order_lines l on l.order_id = o.order_id
    where not o.is_cancelled
    group by o.order_id
    having sum(l.net_amount) > 0
    """,
)
"""Purchases (R9): orders that are not cancelled and whose net total is above zero."""
