"""The next order of customers who are due: what it may hold, and when to write before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmetrics.warehouse.facts.rhythm import HABITS, MOMENTS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

PRIOR: Final = 5
"""The habits of all weigh as much as so many moments of a customer."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A slot in which a customer never acted can only win by the habits of all, and so only the best of those.
DUE: Final = f"""
with due as ({{due}}),
moments as (
    select m.customer_id, m.day_on, m.clock from ({MOMENTS}) as m join due d on d.customer_id = m.customer_id
),
weekday_shares as (select slot, share from (values {{weekdays}}) as w(slot, share)),
hour_shares as (select slot, share from (values {{hours}}) as h(slot, share)),
own_weekdays as (
    select customer_id, weekday(day_on) as slot, count(*) as moments from moments group by customer_id, weekday(day_on)
    union all
    select customer_id, {{best_weekday}}, 0 from due
),
own_hours as (
    select customer_id, cast(extract(hour from clock) as int) as slot, count(*) as moments
    from moments
    group by customer_id, cast(extract(hour from clock) as int)
    union all
    select customer_id, {{best_hour}}, 0 from due
),
best_weekdays as (
    select o.customer_id, arg_max(o.slot, o.moments + {PRIOR} * s.share) as weekday
    from own_weekdays o
    join weekday_shares s on s.slot = o.slot
    group by o.customer_id
),
best_hours as (
    select o.customer_id, arg_max(o.slot, o.moments + {PRIOR} * s.share) as hour
    from own_hours o
    join hour_shares s on s.slot = o.slot
    group by o.customer_id
),
products_bought as (
    select l.customer_id, l.product_id, count(distinct local_day(l.ordered_at)) as times, max(l.ordered_at) as latest_at
    from sales_lines l
    join due d on d.customer_id = l.customer_id
    where l.quantity > 0 and l.product_id is not null
    group by l.customer_id, l.product_id
),
usual as (
    select customer_id, product_id, times
    from (
        select customer_id, product_id, times,
               row_number() over (partition by customer_id order by times desc, latest_at desc, product_id) as place
        from products_bought
        where times >= 2
    ) as ordered
    where place = 1
)
select d.customer_id, d.gaps, d.gap, d.last_on, d.next_on, d.overdue_ratio, d.state, d.order_value, u.product_id,
       u.times as product_times, w.weekday, h.hour, coalesce(c.is_marketing_allowed, false) as may_write,
       days_after(greatest(days_after(d.next_on, -6), cast($today as date)),
                  (w.weekday - weekday(greatest(days_after(d.next_on, -6), cast($today as date))) + 7) % 7) as write_on
from due d
left join usual u on u.customer_id = d.customer_id
left join best_weekdays w on w.customer_id = d.customer_id
left join best_hours h on h.customer_id = d.customer_id
left join customers c on c.customer_id = d.customer_id
order by d.next_on, d.order_value desc, d.customer_id
"""


def due_orders(warehouse: Warehouse, due: str, *, usual: float | None, days: int) -> Rows:
    """The rows of the query `due`, each with its expected product and the weekday, hour and day to write.

    Further columns: product_id and product_times (the one bought on most days, twice at least), weekday (1 Monday to 7), hour
    (blank where the data know days only), write_on (the first such weekday in the week before the order is expected, not before
    today), may_write (marketing is allowed).
    """
    habits = warehouse.work_out(HABITS)
    weekdays = habits.weekdays or {1: 1.0}
    sql = (
        DUE.replace("{due}", due)
        .replace("{weekdays}", _values(weekdays))
        .replace("{hours}", _values(habits.hours or {0: 1.0}))
    )
    sql = sql.replace("{best_weekday}", str(_best(weekdays))).replace(
        "{best_hour}", str(_best(habits.hours or {0: 1.0}))
    )
    rows = warehouse.query(sql, usual=usual, days=days)
    return rows.with_columns(
        weekday=[None if each is None else WEEKDAYS[int(each) - 1] for each in rows.values("weekday")],
        hour=[None if each is None or not habits.hours else f"{int(each):02}:00" for each in rows.values("hour")],
    )


def _best(shares: Mapping[int, float]) -> int:
    return max(shares, key=lambda slot: (shares[slot], slot))


def _values(shares: Mapping[int, float]) -> str:
    return ", ".join(f"({slot}, {share:.9e})".replace("e+", "e") for slot, share in shares.items())
