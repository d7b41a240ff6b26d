"""When customers act: on which weekdays and at which hours, of the whole company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from crmetrics.warehouse.facts.fact import WorkedOut

if TYPE_CHECKING:
    from crmetrics.warehouse.rows import Array
    from crmetrics.warehouse.warehouse import Warehouse

MOMENTS: Final = """
    select customer_id, local_day(ordered_at) as day_on, local_moment(ordered_at) as clock
    from order_totals
    where is_purchase and customer_id is not null
    union all
    select customer_id, local_day(coalesce(replied_at, clicked_at)), local_moment(coalesce(replied_at, clicked_at))
    from campaign_members
    where replied_at is not null or clicked_at is not null
"""
"""When customers bought, replied to a campaign or clicked in one."""

ALL_MOMENTS: Final = f"""
select weekday(day_on) as weekday, extract(hour from clock) as hour,
       sum(case when extract(hour from clock) = 0 and extract(minute from clock) = 0 then 1 else 0 end) as midnights, count(*) as moments
from ({MOMENTS}) as moments
group by weekday(day_on), extract(hour from clock)
order by weekday, hour
"""

NO_CLOCK_FROM: Final = 0.5
"""So large a share of moments on the stroke of midnight are days without an hour."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of the moments by weekday (1 Monday to 7) and by hour (0 to 23); no hours where the data know days only."""

    weekdays: Mapping[int, float]
    hours: Mapping[int, float]


def _habits(company: Warehouse, _values: Mapping[str, Any]) -> tuple[Mapping[str, Array], Habits]:
    rows = company.query(ALL_MOMENTS)
    moments, whole = rows.numbers("moments"), float(rows.numbers("moments").sum())
    shares: list[dict[int, float]] = []
    for name in ("weekday", "hour"):
        slots = rows.numbers(name).astype(np.int64)
        shares.append({int(slot): float(moments[slots == slot].sum()) / whole for slot in np.unique(slots)})
    has_hours = whole > 0 and float(rows.numbers("midnights").sum()) < NO_CLOCK_FROM * whole
    return {"customer_id": np.array([], dtype=object)}, Habits(shares[0], shares[1] if has_hours else {})


HABITS: Final[WorkedOut[Habits]] = WorkedOut(
    "habits", key="customer_id", table="customers", columns={"customer_id": "VARCHAR"}, work=_habits
)
"""The habits of all customers (R23). It has no rows: what is learned is told."""
