"""Stays: the unbroken times for which somebody is a customer, by what he buys or by what he subscribes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from crmetrics.warehouse.facts.fact import WorkedOut

if TYPE_CHECKING:
    from crmetrics.warehouse.rows import Array
    from crmetrics.warehouse.warehouse import Warehouse

Basis = Literal["purchases", "subscriptions"]

BY_PURCHASES: Final = """
bought as (
    select customer_id, local_day(ordered_at) as day_on
    from order_totals
    where is_purchase and customer_id is not null and ordered_at >= $reach and ordered_at < $until
    group by customer_id, local_day(ordered_at)
),
steps as (
    select customer_id, day_on,
           coalesce(days_between(lag(day_on) over (partition by customer_id order by day_on), day_on) > $window, true) as is_first,
           coalesce(days_between(day_on, lead(day_on) over (partition by customer_id order by day_on)) > $window, true) as is_last
    from bought
),
ends as (
    select customer_id, day_on, is_first,
           case when is_last then day_on else lead(day_on) over (partition by customer_id order by day_on) end as last_on
    from steps
    where is_first or is_last
),
stays as (
    select customer_id, day_on as from_on, days_after(last_on, $window) as lost_on, false as is_pending
    from ends
    where is_first
)
"""

NEVER: Final = "cast('9999-12-31' as date)"
BY_SUBSCRIPTIONS: Final = f"""
spans as (
    select customer_id, started_on, max(coalesce(ended_on, {NEVER})) as ended_on
    from subscriptions
    where ended_on is null or ended_on > started_on
    group by customer_id, started_on
),
steps as (
    select customer_id, started_on, ended_on,
           coalesce(days_after(started_on, -$grace) > max(ended_on) over (
               partition by customer_id order by started_on rows between unbounded preceding and 1 preceding
           ), true) as is_first
    from spans
),
numbered as (
    select customer_id, started_on, ended_on,
           sum(case when is_first then 1 else 0 end) over (
               partition by customer_id order by started_on rows between unbounded preceding and current row
           ) as number
    from steps
),
stays as (
    select customer_id, min(started_on) as from_on, max(ended_on) as lost_on,
           max(ended_on) < {NEVER} and max(ended_on) >= days_after($today, -$grace) as is_pending
    from numbered
    group by customer_id, number
)
"""

STAYS: Final[dict[Basis, str]] = {"purchases": BY_PURCHASES, "subscriptions": BY_SUBSCRIPTIONS}
"""Named queries that end in `stays`: customer_id, from_on, lost_on, is_pending. A customer at the midnight that begins day t is
one with from_on < t <= lost_on; he is lost on the day lost_on.

purchases      from the first purchase to $window days after the last of a row in which no gap is longer than $window days.
               Read are those from $reach to $until (UTC instants): a stay that began before $reach seems to begin there.
subscriptions  from the first start to the last end of subscriptions with no more than $grace days between them; a stay that
               ended less than $grace days before as-of is pending, for it may yet go on
"""

WORTH: Final[dict[Basis, str]] = {
    "purchases": """
    select o.customer_id, p.place, sum(cast(o.net as double)) as money
    from order_totals o
    join periods p on o.ordered_at >= p.before_at and o.ordered_at < p.starts_at
    where o.customer_id is not null
    group by o.customer_id, p.place
    """,
    "subscriptions": f"""
    select s.customer_id, p.place, sum(cast(converted(s.monthly_amount, s.company_rate) as double)) as money
    from subscriptions s
    join periods p on s.started_on < p.starts_on and coalesce(s.ended_on, {NEVER}) >= p.starts_on
    group by s.customer_id, p.place
    """,
}
"""What each customer was worth when a period began: his net sales of the $window days before, or his monthly amount."""

ALL_GAPS: Final = """
with bought as (
    select customer_id, local_day(ordered_at) as day_on
    from order_totals
    where is_purchase and customer_id is not null
    group by customer_id, local_day(ordered_at)
),
steps as (
    select days_between(lag(day_on) over (partition by customer_id order by day_on), day_on) as gap from bought
)
select median(gap) as usual, percentile_cont(9e-1) within group (order by gap) as long, count(gap) as gaps
from steps
"""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The days between one day with a purchase and the customer's next: their median and 90th percentile, and how many."""

    usual: float | None
    long: float | None
    gaps: int


def _gaps(company: Warehouse, _values: Mapping[str, Any]) -> tuple[Mapping[str, Array], Gaps]:
    found = company.query(ALL_GAPS).one()
    return {"customer_id": np.array([], dtype=object)}, Gaps(found["usual"], found["long"], int(found["gaps"] or 0))


PURCHASE_GAPS: Final[WorkedOut[Gaps]] = WorkedOut(
    "purchase_gaps", key="customer_id", table="customers", columns={"customer_id": "VARCHAR"}, work=_gaps
)
"""The gaps of the whole company (R23). It has no rows: what is learned is told."""
