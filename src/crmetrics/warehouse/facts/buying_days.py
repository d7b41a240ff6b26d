"""What each customer bought on each day: read once from the lines, then asked for every day of the past."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived

BUYING_DAYS: Final = Derived(
    "buying_days",
    key="customer_id",
    table="customers",
    sql="""
    with baskets as (
        select order_id, customer_id, ordered_at, sum(net) as net, sum(case when net > 0 then net end) as sold,
               sum(case when net < 0 then net end) as returned, sum(case when net > 0 then discount end) as discount
        from sales_lines
        where customer_id is not null
        group by order_id, customer_id, ordered_at
    ),
    days as (
        select customer_id, local_day(ordered_at) as day_on, count(case when net > 0 then 1 end) as orders,
               cast(sum(net) as double) as net, cast(sum(sold) as double) as sold, -cast(sum(returned) as double) as returned,
               cast(sum(discount) as double) as discount
        from baskets
        group by customer_id, local_day(ordered_at)
    )
    select customer_id, day_on, orders, net, coalesce(sold, 0) as sold, coalesce(returned, 0) as returned,
           coalesce(discount, 0) as discount,
           case when orders > 0 then days_between(max(case when orders > 0 then day_on end) over (
               partition by customer_id order by day_on rows between unbounded preceding and 1 preceding
           ), day_on) end as gap
    from days
    """,
)
"""One row a customer and local day with an order or a return: purchases (R9), money, and the days since his last day with one.

gap  blank on the first day with a purchase, and on days with returns alone
"""

FIRST_OF_CATEGORY: Final = Derived(
    "first_of_category",
    key="customer_id",
    table="customers",
    sql="""
    select l.customer_id, p.category, min(local_day(l.ordered_at)) as first_on
    from sales_lines l
    join products p on p.product_id = l.product_id
    where l.customer_id is not null and p.category is not null and l.net > 0
    group by l.customer_id, p.category
    """,
)
"""The day on which each customer first bought of each category."""
