"""What was planned for a period, by the plans that lie in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from crmetrics.models.working_days import working_days
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.warehouse import Warehouse

TARGETS: Final = """
select kpi, scope, scope_id, starts_on, ends_on, target_value
from targets
where starts_on < $end_on and ends_on > $start_on
order by kpi, scope, scope_id, starts_on
"""
FREE_DAYS: Final = """
with theirs as (select * from holidays where company_calendar() in ('', calendar))
select held_on, max(case when is_half_day then 1 else 0 end) as is_half, max(case when is_working_day then 1 else 0 end) as is_exchanged
from theirs
group by held_on
having count(distinct calendar) = (select count(distinct calendar) from theirs)
order by held_on
"""
COVERED: Final = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Target:
    """What is planned for a period: in all, and what was to be expected by now."""

    whole: float
    expected: float


Planned = Mapping[tuple[str, str, str | None], Target]


class Calendar:
    """The working days of a company: those of the fact `working_days`."""

    def __init__(self, warehouse: Warehouse) -> None:
        rows = warehouse.query(FREE_DAYS) if warehouse.profile.rows("holidays") else None
        days = rows.values("held_on") if rows is not None else []
        is_half = rows.flags("is_half").tolist() if rows is not None else []
        is_exchanged = rows.flags("is_exchanged").tolist() if rows is not None else []
        told = list(zip(days, is_half, is_exchanged, strict=True))
        self._free = [day for day, half, exchanged in told if not half and not exchanged]
        self._half = [day for day, half, exchanged in told if half and not exchanged]
        self._exchanged = [day for day, _half, exchanged in told if exchanged]
        self._counted: dict[tuple[date, date], float] = {}

    def days(self, start: date, end: date) -> float:
        """The working days in [start, end)."""
        if (start, end) not in self._counted:  # thousands of plans share a few spans
            found = working_days([start], [end], self._free, self._half, self._exchanged)
            self._counted[start, end] = float(found[0])
        return self._counted[start, end]


def targets_for(warehouse: Warehouse, period: Period, additive: Mapping[str, bool]) -> Planned:
    """The targets of the KPIs named, by (kpi, scope, scope_id).

    additive  kpi -> whether it adds up over time. Of such a one a plan is shared out by working days, over the period and
              over what has passed of it; of all others the whole target holds at any time (several: their mean by days).
    A period that the plans do not cover has no target.
    """
    if not warehouse.profile.rows("targets"):
        return {}
    calendar, passed = Calendar(warehouse), period.elapsed(warehouse.today).end
    plans: dict[tuple[str, str, str | None], list[tuple[float, float, float, float]]] = defaultdict(list)
    for row in warehouse.query(TARGETS, period=period).records():
        start, end = row["starts_on"], row["ends_on"]
        whole = calendar.days(start, end)
        inside = calendar.days(max(start, period.start), min(end, period.end))
        by_now = calendar.days(max(start, period.start), min(end, passed))
        plans[row["kpi"], row["scope"], row["scope_id"]].append((float(row["target_value"]), whole, inside, by_now))
    needed = calendar.days(period.start, period.end)
    return {
        key: _shared_out(np.array(found), additive[key[0]])
        for key, found in plans.items()
        if key[0] in additive and sum(inside for _value, _whole, inside, _now in found) >= needed * COVERED
    }


def own_scope(warehouse: Warehouse) -> tuple[str, str | None]:
    """For whom all that the viewer sees was planned, as (scope, scope_id): the company, his team or himself."""
    viewer = warehouse.scope.viewer
    if viewer.sees == "all":
        return "company", None
    if viewer.sees == "self" or not warehouse.profile.rows("employees"):
        return "owner", viewer.employee_id
    own = warehouse.query("select employee_id, team from employees order by employee_id").records()
    return "team", next((each["team"] for each in own if each["employee_id"] == viewer.employee_id), None)


def _shared_out(plans: np.ndarray[tuple[int, int], np.dtype[np.float64]], is_additive: bool) -> Target:
    value, whole, inside, by_now = plans.T
    if is_additive:
        parts = (np.divide(days, whole, out=np.zeros_like(value), where=whole > 0) for days in (inside, by_now))
        return Target(*(float(value @ part) for part in parts))
    weight = inside if inside.sum() else np.ones_like(inside)
    mean = float(value @ weight / weight.sum())
    return Target(mean, mean)
