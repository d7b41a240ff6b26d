"""How often customers come back, and which of them stand behind a state of their rhythm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.facts.stays import PURCHASE_GAPS
from crmetrics.warehouse.warehouse import Warehouse

SHRUNK_BY: Final = 2
"""The median gap of all counts as much as so many gaps of a customer's own."""
DUE_FROM, OVERDUE_FROM, SILENT_FROM = 0.8, 1.5, 3.0
"""Days since the last purchase, in gaps, from which an order is due, overdue, hardly expected any more."""

RHYTHMS = f"""
select customer_id, gaps, gap, last_on, days_after(last_on, cast(round(gap) as int)) as next_on,
       days_between(last_on, $today) / gap as overdue_ratio, order_value,
       case when days_between(last_on, $today) / gap < {DUE_FROM:.1e} then 'early'
            when days_between(last_on, $today) / gap < {OVERDUE_FROM:.1e} then 'due'
            when days_between(last_on, $today) / gap < {SILENT_FROM:.1e} then 'overdue'
            when gap is not null then 'silent' end as state
from (
    select customer_id, gaps, last_on, order_value,
           (days_between(first_on, last_on) + {SHRUNK_BY} * cast($usual as double)) / (gaps + {SHRUNK_BY}) as gap
    from (
        select customer_id, count(*) - 1 as gaps, min(day_on) as first_on, max(day_on) as last_on, sum(net) / count(*) as order_value
        from (
            select customer_id, local_day(ordered_at) as day_on, sum(cast(net as double)) as net
            from order_totals
            where is_purchase and customer_id is not null
            group by customer_id, local_day(ordered_at)
        ) as bought
        group by customer_id
    ) as customers_bought
) as rhythms
""".replace("e+", "e")

NEAR = RHYTHMS + "where days_between($today, days_after(last_on, cast(round(gap) as int))) between -$days and $days"


def _look(warehouse: Warehouse, _period: Period | None, choices: Choices, _at: Mapping[str, str | None]) -> Behind:
    values = {"usual": warehouse.work_out(PURCHASE_GAPS).usual, "days": choices["days"]}
    tells = {name: name for name in ("gap", "next_on", "overdue_ratio", "order_value")}
    source = NEAR if choices["show"] == "due" else RHYTHMS
    return replace(_OF_STATE, source=source, values=values, tells=tells, sort="-order_value")


_OF_STATE: Final = Behind({"state": ""}, "customers", "true", groups={"state": "state"}, look=_look)
RHYTHM_ROWS: Final = (_OF_STATE,)
"""The customers whose next order is due, overdue, or hardly expected any more."""
