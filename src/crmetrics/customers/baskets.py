"""What customers bought, as SQL: orders and returns with their margin, and one row a customer."""

from __future__ import annotations

from typing import Final

BASKETS: Final = """
with baskets as (
    select order_id, customer_id, local_day(ordered_at) as day_on, sum(net) as net,
           sum(case when full_cost is not null then net end) as costed, sum(net - full_cost) as margin,
           coalesce(sum(net) > 0, false) or (max(case when is_unconverted then 1 else 0 end) = 1 and sum(quantity) > 0) as is_bought
    from costed_lines
    where not is_cancelled and customer_id is not null
    group by order_id, customer_id, ordered_at
),
"""
"""Orders and return documents of known customers; what is sold in a currency without a rate is a purchase without a value."""

HISTORIES: Final = (
    BASKETS
    + """
days as (
    select customer_id, day_on, max(case when is_bought then 1 else 0 end) as bought, count(*) filter (where is_bought) as purchases,
           coalesce(sum(case when is_bought then net end), 0) as spent, sum(net) as net, sum(costed) as costed, sum(margin) as margin
    from baskets
    group by customer_id, day_on
)
select customer_id, min(case when bought = 1 then day_on end) as first_on, count(*) filter (where bought = 1) as days_bought,
       days_between(min(case when bought = 1 then day_on end), max(case when bought = 1 then day_on end)) as apart,
       days_between(min(case when bought = 1 then day_on end), $today) as age,
       count(*) filter (where bought = 1 and day_on < $cut) as days_before,
       days_between(min(case when bought = 1 then day_on end), max(case when bought = 1 and day_on < $cut then day_on end)) as apart_before,
       sum(purchases) as purchases, sum(spent) as spent, sum(case when day_on < $cut then spent else 0 end) as spent_before,
       arg_min(case when bought = 1 then spent end, case when bought = 1 then day_on end) as spent_first,
       count(*) filter (where bought = 1 and spent <= 0) as days_blank,
       count(*) filter (where bought = 1 and spent <= 0 and day_on < $cut) as blank_before,
       sum(net) as net, sum(costed) as costed, sum(margin) as margin
from days
group by customer_id
having max(bought) = 1
order by customer_id
"""
)
