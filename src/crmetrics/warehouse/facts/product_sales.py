"""Sales and returns of products."""

from __future__ import annotations

from typing import Final

_LINES: Final = """
    select *, not is_cancelled and ($services or not is_service) as is_sold
    from costed_lines
    where {seen}
"""
_NOW: Final = "ordered_at >= $start and ordered_at < $end"
SOLD_LINES: Final = _LINES.format(seen=_NOW)
"""The order lines of a period; is_sold: those that count."""

BUYS: Final = "is_sold and net > 0"
"""The lines by which somebody is a buyer."""

SALES_BY_PRODUCT = f"""
select party, grouping(party) = 1 as is_total,
       sum(net) filter (where is_sold and is_now) as net_sales,
       sum(quantity) filter (where is_sold and is_now) as quantity,
       sum(quantity) filter (where is_sold and is_now and net is not null) as priced,
       count(distinct case when is_now and {BUYS} then customer_id end) as buyers,
       sum(net) filter (where is_sold and not is_now) as before,
       sum(net) filter (where is_sold and is_now and full_cost is not null) as costed_sales,
       sum(net - full_cost) filter (where is_sold and is_now and full_cost is not null) as margin,
       sum(net) filter (where is_sold and is_now and full_cost is null) as uncosted_sales,
       sum(discount) filter (where is_sold and is_now and quantity > 0 and list_value is not null) as discount,
       sum(list_value) filter (where is_sold and is_now and quantity > 0) as list_value,
       sum(quantity) filter (where is_sold and is_now and quantity > 0 and ordered_at < $mature) as sold,
       sum(-quantity) filter (where is_sold and is_now and quantity < 0) as returned_then,
       count(*) filter (where is_sold and is_now) as used,
       count(*) filter (where is_now and is_cancelled) as cancelled,
       count(*) filter (where is_now and not is_cancelled and is_service and not $services) as service,
       count(*) filter (where is_sold and is_now and is_unconverted) as unconverted
from (
    select *, {_NOW} as is_now
    from ({_LINES.format(seen=f"({_NOW}) or (ordered_at >= $before_start and ordered_at < $before_end)")}) l
) as lines
group by grouping sets ((party), ())
order by is_total, net_sales desc nulls last, party
"""

RETURNS_BY_PRODUCT = """
select r.party, grouping(r.party) = 1 as is_total, sum(-r.quantity) as returned
from costed_lines r
join orders o on o.order_id = r.returns_order_id
where r.quantity < 0 and not r.is_cancelled and ($services or not r.is_service) and not o.is_cancelled
  and o.ordered_at >= $start and o.ordered_at < $end and o.ordered_at < $mature
  and days_between(local_day(o.ordered_at), local_day(r.ordered_at)) <= $days
group by grouping sets ((r.party), ())
order by is_total, r.party
"""
