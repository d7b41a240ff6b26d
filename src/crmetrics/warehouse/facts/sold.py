"""What counts as sold: orders, invoices or won deals, never mixed."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

BASKETS = """
select order_id as sale_id, customer_id, party, is_cancelled, is_unconverted, ordered_at >= $start and ordered_at < $end as is_now,
       sum(case when $gross then net + coalesce(tax, 0) else net end) as amount, sum(quantity) as quantity, count(*) as lines
from ordered_lines
where (ordered_at >= $start and ordered_at < $end) or (ordered_at >= $before_start and ordered_at < $before_end)
group by order_id, customer_id, party, is_cancelled, is_unconverted, ordered_at
"""
INVOICES = """
select invoice_id as sale_id, customer_id, party, false as is_cancelled, company_rate is null as is_unconverted,
       issued_on >= $start_on and issued_on < $end_on as is_now,
       converted(case when $gross then amount else amount - coalesce(tax_amount, 0) end, company_rate) as amount,
       cast(null as double) as quantity, 1 as lines
from invoices
where (issued_on >= $start_on and issued_on < $end_on) or (issued_on >= $before_start_on and issued_on < $before_end_on)
"""

WON_DEALS = """
select deal_id as sale_id, customer_id, party, false as is_cancelled, company_rate is null and amount is not null as is_unconverted,
       closed_at >= $start and closed_at < $end as is_now,
       converted(amount, company_rate) as amount, cast(null as double) as quantity, 1 as lines
from deals
where is_won and ((closed_at >= $start and closed_at < $end) or (closed_at >= $before_start and closed_at < $before_end))
"""

SOURCES: Final = MappingProxyType(
    {
        "orders": (BASKETS, "ordered_lines", "ordered_at", "orders"),
        "invoices": (INVOICES, "invoices", "issued_on", "invoices"),
        "deals": (WON_DEALS, "deals", "closed_at", "deals"),
    }
)
"""Source -> the SQL of its sales, the table or fact whose rows are grouped, its driving date and the table of that."""
