"""What each customer has brought so far, and his place among all: for the company as a whole (R23)."""

from __future__ import annotations

from typing import Final

from crmetrics.analysis.littleness import LOCKED_ABOVE
from crmetrics.customers.baskets import BASKETS
from crmetrics.warehouse.facts.fact import Derived

LIVES: Final = """
lives as (
    select customer_id, min(case when is_bought then day_on end) as since, count(*) filter (where is_bought) as orders,
           sum(net) as net_sales, sum(costed) as costed, sum(margin) as margin
    from baskets
    group by customer_id
    having max(case when is_bought then 1 else 0 end) = 1
),
served as (
    select customer_id as served_id, sum(converted(amount, company_rate)) as service
    from costs
    where customer_id is not null
    group by customer_id
),
known as (
    select l.*, coalesce(s.service, 0) as service, sum(l.net_sales) over () as all_net, sum(coalesce(l.costed, 0)) over () as all_costed
    from lives l
    left join served s on s.served_id = l.customer_id
),
valued as (
    select customer_id, since, orders, net_sales, margin, service, 1 - all_costed / all_net as uncosted,
           $money <> 'net_sales' and coalesce(1 - all_costed / all_net, 1) <= {locked} as is_margin,
           cast(coalesce(case when $money = 'net_sales' or coalesce(1 - all_costed / all_net, 1) > {locked} then net_sales
                              when $money = 'after_service' then coalesce(margin, 0) - service
                              else margin end, 0) as double) as value
    from known
),
placed as (
    select *, row_number() over (order by value desc, customer_id) as place, count(*) over () as everybody,
           sum(greatest(value, 0)) over (order by value desc, customer_id rows between unbounded preceding and current row) as cumulated,
           sum(greatest(value, 0)) over () as base
    from valued
)
select customer_id, since, orders, net_sales, margin, service, uncosted, is_margin, value, place / everybody as rank_share,
       greatest(value, 0) / base as share, cumulated / base as cumulated_share,
       case when value <= 0 then 'C' when (cumulated - value) / base < 8e-1 - 1e-12 then 'A'
            when (cumulated - value) / base < 95e-2 - 1e-12 then 'B' else 'C' end as grade
from placed
"""

VALUES_TO_DATE: Final = Derived(
    "values_to_date",
    key="customer_id",
    table="customers",
    sql=BASKETS + LIVES.replace("{locked}", f"{LOCKED_ABOVE * 10:.0f}e-1"),
)
"""One row a customer who ever bought: since when, orders, net sales, margin, service (costs booked on him), value (by $money: margin,
net_sales or after_service; net sales where too much is sold without a known cost), and his share and place among all of the company."""
