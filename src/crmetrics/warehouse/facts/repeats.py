"""Who bought and how often: in a period, at any time, or within so many days of the first purchase."""

from __future__ import annotations

from typing import Final, Literal

_IN_PERIOD: Final = """
select customer_id, party, {is_total} as is_total, {purchases} as purchases, false as is_pending, count(*) as orders, sum(net) as net
from purchases
where ordered_at >= $start and ordered_at < $end and customer_id is not null
group by {sets}
"""

_EVER: Final = """
with known as (
    select customer_id, party, ordered_at, net, ordered_at >= $start and ordered_at < $end as is_now
    from order_totals
    where is_purchase and customer_id is not null
),
lives as (select customer_id, {purchases} as purchases from known group by customer_id having max(case when is_now then 1 end) = 1),
buyers as (
    select customer_id, party, {is_total} as is_total, count(*) as orders, sum(net) as net
    from known
    where is_now
    group by {sets}
)
select b.customer_id, b.party, b.is_total, l.purchases, false as is_pending, b.orders, b.net
from buyers b
join lives l on l.customer_id = b.customer_id
"""

_WITHIN: Final = """
with known as (select customer_id, party, ordered_at from order_totals where is_purchase and customer_id is not null),
firsts as (
    select customer_id, min(ordered_at) as first_at, arg_min(coalesce(party, ''), ordered_at) as party
    from known
    group by customer_id
    having min(ordered_at) >= $start and min(ordered_at) < $end
),
followed as (
    select f.customer_id, f.party, {purchases} as purchases, seconds_between(f.first_at, $as_of) < $days * 86400 as is_pending
    from firsts f
    join known k on k.customer_id = f.customer_id
    where seconds_between(f.first_at, k.ordered_at) <= $days * 86400
    group by f.customer_id, f.party, f.first_at
)
select customer_id, nullif(party, '') as party, {is_total} as is_total, purchases, is_pending, 1 as orders, cast(null as double) as net
from followed
group by {sets}
"""

_READINGS: Final = {
    "period": (_IN_PERIOD, "customer_id"),
    "ever": (_EVER, "customer_id"),
    "within": (_WITHIN, "customer_id, purchases, is_pending"),
}
_UNITS: Final = {"orders": "count(*)", "days": "count(distinct local_day(ordered_at))"}

BOUGHT_FROM: Final = {"period": "purchases", "ever": "order_totals", "within": "order_totals"}
"""Reading -> the fact whose rows are grouped, by ordered_at."""
BUYER: Final = "not is_pending"
REPEATER: Final = "not is_pending and purchases >= 2"
PENDING: Final = "is_pending"


def buyers(
    reading: Literal["period", "ever", "within"], unit: Literal["orders", "days"], *, has_totals: bool = True
) -> str:
    """SQL of the buyers of a period, one row each by party and, where totals are wanted, one more over all (is_total).

    Binds $start and $end; $days where the reading is `within`.
    """
    sql, keys = _READINGS[reading]
    return sql.format(
        purchases=_UNITS[unit],
        is_total="grouping(party) = 1" if has_totals else "false",
        sets=f"grouping sets (({keys}, party), ({keys}))" if has_totals else f"{keys}, party",
    )
