"""Why another system's total differs from ours: SQL that gives each record's part of the gap to its causes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CAUSES: Final = (
    "missing_here", "missing_there", "other_date", "cancelled", "currency", "tax", "duplicate", "amount", "rest",
)  # fmt: skip
"""In the order in which they are looked for: what one explains the next ones no longer do."""

_ORDERS: Final = """
    select o.order_id as record_id, local_day(o.ordered_at) as day_on, o.currency, o.is_cancelled,
           cast(converted(l.net, o.company_rate) as double) as money, cast(converted(l.tax, o.company_rate) as double) as tax, 1 as sign
    from orders o
    join (select order_id, sum(net_amount) as net, sum(tax_amount) as tax from order_lines group by order_id) l
      on l.order_id = o.order_id
"""
OURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "orders": _ORDERS,
        "invoices": """
    select invoice_id as record_id, issued_on as day_on, currency, false as is_cancelled,
           cast(converted(amount, company_rate) as double) as money, cast(converted(tax_amount, company_rate) as double) as tax, -1 as sign
    from invoices""",
        "payments": """
    select payment_id as record_id, paid_on as day_on, currency, false as is_cancelled,
           cast(converted(amount, company_rate) as double) as money, cast(null as double) as tax, 1 as sign
    from payments""",
        "deals": """
    select deal_id as record_id, local_day(closed_at) as day_on, currency, false as is_cancelled,
           cast(converted(amount, company_rate) as double) as money, cast(null as double) as tax, 1 as sign
    from deals where is_won""",
    }
)
"""Our records as they count: of orders the net total, so that tax is missing in it (sign 1); invoices hold it (sign -1)."""

_STACKED: Final = """
with theirs as (
    select record_id, line_no, currency, coalesce(is_cancelled, false) as is_cancelled,
           cast(converted(amount, company_rate) as double) as money, cast(converted(tax_amount, company_rate) as double) as tax,
           case when stated_on >= $start_on and stated_on < $end_on then 1 else 0 end as is_in,
           row_number() over (partition by record_id order by line_no) as place
    from other_records
    where of_table = $of_table and other_system = $system
),
ours as ({ours}),
stacked as (
    select record_id, 0 as is_ours, 1 as is_theirs,
           max(case when place = 1 then currency end) as their_currency, max(case when place = 1 then tax end) as their_tax,
           sum(case when place = 1 and not is_cancelled then money else 0 end) as first_money,
           max(case when place = 1 then is_in else 0 end) as first_in,
           max(case when place = 1 and is_cancelled then 1 else 0 end) as not_counted_there,
           sum(case when place > 1 and not is_cancelled then money * is_in else 0 end) as again,
           sum(case when not is_cancelled then money * is_in else 0 end) as counted, max(is_in) as is_in,
           cast(null as varchar) as our_currency, 0e0 as our_money, 0e0 as our_tax, 0 as our_in, 0 as is_cancelled, 1 as sign
    from theirs
    where money is not null
    group by record_id
    union all
    select record_id, 1, 0, null, null, 0e0, 0, 0, 0e0, 0e0, 0, currency, coalesce(money, 0e0), coalesce(tax, 0e0),
           case when day_on >= $start_on and day_on < $end_on then 1 else 0 end, case when is_cancelled then 1 else 0 end, sign
    from ours
),
records as (
    select record_id, max(is_ours) as is_ours, max(is_theirs) as is_theirs, max(their_currency) as their_currency,
           max(their_tax) as their_tax, sum(first_money) as first_money, max(first_in) as first_in,
           max(not_counted_there) as not_counted_there, sum(again) as again, sum(counted) as counted, max(is_in) as is_in,
           max(our_currency) as our_currency, sum(our_money) as our_money, sum(our_tax) as our_tax, max(our_in) as our_in,
           max(is_cancelled) as is_cancelled, min(sign) as sign
    from stacked
    group by record_id
    having max(is_in) = 1 or max(our_in) = 1
),
parts as (
    select *, case when is_cancelled = 1 then 0e0 else our_money end as our_counted,
           case when is_cancelled = 1 or not_counted_there = 1 or their_currency <> our_currency then 0e0
                when abs(first_money - our_money - sign * our_tax) <= $tolerance then sign * our_tax
                when their_tax is not null and sign = 1 then their_tax
                else 0e0 end as tax_part
    from records
),
causes as (
    select record_id, counted, our_counted * our_in as our_counted, is_in, our_in, is_cancelled,
           case when is_ours = 0 then counted else 0e0 end as missing_here,
           case when is_theirs = 0 then 0e0 - our_counted * our_in else 0e0 end as missing_there,
           case when is_ours = 1 and is_theirs = 1 then our_counted * (first_in - our_in) else 0e0 end as other_date,
           case when is_ours = 0 or is_theirs = 0 then 0e0
                when is_cancelled = 1 and not_counted_there = 0 then first_money * first_in
                when is_cancelled = 0 and not_counted_there = 1 then 0e0 - our_money * first_in else 0e0 end as cancelled,
           case when is_ours = 1 and is_theirs = 1 and is_cancelled + not_counted_there = 0 and their_currency <> our_currency
                then (first_money - our_money) * first_in else 0e0 end as currency,
           case when is_ours = 1 and is_theirs = 1 then tax_part * first_in else 0e0 end as tax,
           case when is_ours = 1 and is_theirs = 1 then again else 0e0 end as duplicate,
           case when is_ours = 1 and is_theirs = 1 and is_cancelled + not_counted_there = 0 and their_currency = our_currency
                then (first_money - our_money - tax_part) * first_in else 0e0 end as difference
    from parts
),
split as (
    select *, case when abs(difference) > $tolerance then difference else 0e0 end as amount,
           case when abs(difference) > $tolerance then 0e0 else difference end as rest
    from causes
)
"""


def gap_sql(of_table: str) -> str:
    """SQL of one row: both totals with their records, and of each cause its records, its amount and two examples."""
    parts = [
        f"count(*) filter (where {cause} <> 0) as {cause}_rows, sum({cause}) as {cause}_amount, "
        f"min(record_id) filter (where {cause} <> 0) as {cause}_first, max(record_id) filter (where {cause} <> 0) as {cause}_last"
        for cause in CAUSES
    ]
    totals = (
        "sum(our_counted) as ours_amount, count(*) filter (where our_in = 1 and is_cancelled = 0) as ours_rows, "
        "sum(counted) as theirs_amount, count(*) filter (where is_in = 1) as theirs_rows"
    )
    return f"{_STACKED.format(ours=OURS[of_table])} select {totals}, {', '.join(parts)} from split"
