"""Facts about what was sold."""

from __future__ import annotations

from crmetrics.warehouse.facts.fact import Fact

ORDERED_LINES = Fact(
    "ordered_lines",
    parties={"order_lines": "l", "orders": "o"},
    sql="""
    select l.order_id, l.line_no, l.product_id, o.customer_id, o.ordered_at, l.quantity, o.channel, o.campaign_id,
           o.returns_order_id,
           converted(l.net_amount, o.company_rate) as net,
           converted(l.tax_amount, o.company_rate) as tax,
           converted(l.quantity * l.unit_price, o.company_rate) as list_value,
           converted(l.discount, o.company_rate) as discount,
           converted(l.cost_amount, o.company_rate) as cost,
           o.is_cancelled, o.company_rate is null as is_unconverted,
           {party} as party
    from order_lines_of_orders l
    join orders o on o.order_id = l.order_id
    """,
)
"""Order lines with what their order says; money in company currency, null where no rate is known. Cancelled ones are marked."""

SALES_LINES = Fact(
    "sales_lines",
    parties=ORDERED_LINES.parties,
    sql="select * from ordered_lines where not is_cancelled",
)
"""Net sales, line by line (R8): cancelled orders left out, returns negative."""

COSTED_LINES = Fact(
    "costed_lines",
    parties=ORDERED_LINES.parties,
    sql="""
    select l.*, coalesce(l.cost, converted(p.unit_cost, p.company_rate) * l.quantity) as full_cost,
           l.cost is null and p.unit_cost is not null as is_estimated, coalesce(p.is_service, false) as is_service
    from ordered_lines l
    left join products p on p.product_id = l.product_id
    """,
)
"""Order lines with the cost of the units sold: the line's own, else the product's cost today (estimated), else null."""

PURCHASES = Fact(
    "purchases",
    parties={"orders": "o"},
    sql="""
    select o.order_id, o.customer_id, o.ordered_at, o.channel, o.campaign_id, converted(o.lines_net, o.company_rate) as net,
           {party} as party
    from orders_added_up o
    where not o.is_cancelled and o.lines_net > 0
    """,
)
"""Purchases (R9): orders that are not cancelled and whose net total is above zero."""
