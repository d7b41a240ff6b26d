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

MONTHS_BETWEEN: Final = (
    "(months_apart({first}, {last}) - case when extract(day from {last}) < extract(day from {first}) then 1 else 0 end)"
)
"""Whole months from one day to another."""

_OF_RUNNING: Final = "days_after(cast($today as date), -$renewing)"
_MONTHS_OF_RUNNING: Final = MONTHS_BETWEEN.format(first="from_on", last=_OF_RUNNING)
_MONTHS_OF_ENDED: Final = MONTHS_BETWEEN.format(first="from_on", last="ended_on")

# A contract that ends within a month, or with it, ends at the renewal that closes it. One that runs has passed its last whole month;
# counted in renewals it must have been seen on the day after, for on the day itself nobody knows yet.
LIVES: Final = f"""
with subscribed as (
    select customer_id, started_on, ended_on, coalesce(party, '') as party,
           contains(',' || $trials || ',', ',' || coalesce(plan, '') || ',') and plan is not null as is_trial,
           coalesce(ended_on > started_on, true) as has_length, started_on < cast($today as date) as has_begun
    from subscriptions
),
spans as (
    select customer_id, started_on, max(coalesce(ended_on, {NEVER})) as ended_on, min(party) as party, count(*) as spans
    from subscribed
    where has_length and has_begun and not is_trial
    group by customer_id, started_on
),
steps as (
    select customer_id, started_on, ended_on, party, spans,
           coalesce(days_after(started_on, -$grace) > max(ended_on) over (
               partition by customer_id order by started_on rows between unbounded preceding and 1 preceding
           ), true) as is_first
    from spans
),
numbered as (
    select customer_id, started_on, ended_on, party, spans,
           sum(case when is_first then 1 else 0 end) over (
               partition by customer_id order by started_on rows between unbounded preceding and current row
           ) as number
    from steps
),
lives as (
    select customer_id, number, min(started_on) as from_on, max(ended_on) as ended_on, arg_min(party, started_on) as party,
           max(ended_on) < days_after(cast($today as date), -$grace) as is_over, sum(spans) as spans
    from numbered
    group by customer_id, number
),
measured as (
    select nullif(party, '') as party, is_over, spans, days_between(from_on, least(ended_on, $today)) as days,
           case when ended_on < {NEVER}
                then {_MONTHS_OF_ENDED} + case when is_over and extract(day from ended_on) <> extract(day from from_on) then 1 else 0 end
                else {_MONTHS_OF_RUNNING} end as months
    from lives
)
select party, is_over, days, months, count(*) as lives, sum(spans) as spans,
       (select count(*) from subscribed where is_trial) as trials,
       (select count(*) from subscribed where has_begun and not has_length and not is_trial) as without_length,
       (select count(*) from subscribed where not has_begun and not is_trial) as to_come
from measured
group by party, is_over, days, months
order by party, is_over, days, months
"""
"""Subscription lives, joined over changes and gaps of up to $grace days, by how long they lasted or have lasted: party (that of the
first span), is_over, days, months, lives and spans. $renewing is 1 for renewals, else 0; $trials names plans with commas between. An
end less than the grace before as-of is not over: it may yet go on, and is followed to its end."""

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
