"""What counts as sold: orders, invoices or won deals, never mixed."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

_BASKETS = """
select order_id as sale_id, customer_id, party, is_cancelled, is_unconverted, {now} as is_now,
       sum(case when $gross then net + coalesce(tax, 0) else net end) as amount, sum(quantity) as quantity, count(*) as lines
from ordered_lines
where {seen}
group by order_id, customer_id, party, is_cancelled, is_unconverted, ordered_at
"""
_INVOICES = """
select invoice_id as sale_id, customer_id, party, false as is_cancelled, company_rate is null as is_unconverted,
       {now} as is_now,
       converted(case when $gross then amount else amount - coalesce(tax_amount, 0) end, company_rate) as amount,
       cast(null as double) as quantity, 1 as lines
from invoices
where {seen}
"""

_WON_DEALS = """
select deal_id as sale_id, customer_id, party, false as is_cancelled, company_rate is null and amount is not null as is_unconverted,
       {now} as is_now,
       converted(amount, company_rate) as amount, cast(null as double) as quantity, 1 as lines
from deals
where is_won and ({seen})
"""

_SOLD: Final = MappingProxyType(
    {
        "orders": (_BASKETS, "ordered_lines", "ordered_at", "orders"),
        "invoices": (_INVOICES, "invoices", "issued_on", "invoices"),
        "deals": (_WON_DEALS, "deals", "closed_at", "deals"),
    }
)


def _sales(source: str, *, is_compared: bool) -> str:
    """The SQL of a source's sales: of the period, and of the one before where they are compared."""
    sql, _table, moment, _home = _SOLD[source]
    day = "_on" if moment.endswith("_on") else ""
    now = f"{moment} >= $start{day} and {moment} < $end{day}"
    before = f"{moment} >= $before_start{day} and {moment} < $before_end{day}"
    return sql.format(now=now, seen=f"({now}) or ({before})" if is_compared else now)


SOURCES: Final = MappingProxyType(
    {source: (_sales(source, is_compared=True), *places) for source, (_sql, *places) in _SOLD.items()}
)
"""Source -> the SQL of its sales, the table or fact whose rows are grouped, its driving date and the table of that."""

SOLD_NOW: Final = MappingProxyType({source: _sales(source, is_compared=False) for source in _SOLD})
"""Source -> the SQL of its sales of the period alone."""

SALE: Final = "not is_cancelled"
PURCHASE: Final = "not is_cancelled and amount > 0"
"""Which of them count as sales, and which as purchases."""
