"""What is left of sales after the cost of the goods."""

from __future__ import annotations

from typing import Final

COSTED_NOW: Final = """
    select *, not is_cancelled and not is_unconverted and full_cost is not null and ($estimated or not is_estimated) as is_costed
    from costed_lines
    where ordered_at >= $start and ordered_at < $end
"""
"""The order lines of a period; is_costed: those whose cost is known, or estimated where $estimated allows it."""

MARGIN_BY_PARTY: Final = f"""
select party, grouping(party) = 1 as is_total,
       sum(net) filter (where is_costed) as net_sales,
       sum(full_cost) filter (where is_costed) as cost,
       sum(net - full_cost) filter (where is_costed) as margin,
       sum(net) filter (where is_costed and is_estimated) as estimated_sales,
       sum(net) filter (where not is_cancelled and not is_costed) as uncosted_sales,
       sum(net) filter (where not is_cancelled) as all_sales,
       count(*) filter (where is_costed) as used,
       count(*) filter (where is_cancelled) as cancelled,
       count(*) filter (where not is_cancelled and is_unconverted) as unconverted,
       count(*) filter (where not is_cancelled and not is_unconverted and not is_costed) as uncosted
from ({COSTED_NOW}) as lines
group by grouping sets ((party), ())
order by is_total, margin desc nulls last, party
"""
"""Sales, cost and margin by party, with what is left out."""

DIRECT_COSTS: Final = """
select party, grouping(party) = 1 as is_total, sum(money) as direct,
       count(*) filter (where amount is not null and money is null) as unconverted
from (
    select party, amount, converted(amount, company_rate) as money from costs where spent_on >= $start_on and spent_on < $end_on
) costs_booked
group by grouping sets ((party), ())
order by is_total, party
"""
"""The costs booked on each party itself, and how many of them are in a currency without a rate."""
