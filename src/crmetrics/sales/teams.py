"""What several queries tell of the same people, put together."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmetrics.sales.delays import OPEN_COUNTS, by_party
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.warehouse.facts.lateness import CASES_BY_DELAY
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse


def delays(warehouse: Warehouse, period: Period, level: str) -> Rows:
    """The median delay of what was due in a period, by person or team and, marked `is_total`, of all."""
    today_at = midnight(warehouse.today, warehouse.zone)
    sql = CASES_BY_DELAY["calendar"]
    cases = warehouse.query(sql, period=period, by=level, of="activities", moment="due_at", today_at=today_at)
    no_deals = Rows({"is_total": np.array([True]), **dict.fromkeys(OPEN_COUNTS, np.zeros(1))})
    found = by_party(cases, no_deals, is_split=True, has_deals=False)
    return Rows({name: found.columns[name] for name in ("party", "is_total", "median_delay")})


def together(found: list[Rows]) -> Rows:
    """The rows of several queries by party: the largest won amount first, the total last; unknown where a query has no such party."""
    keys = [list(zip(each.flags("is_total"), each.values("party"), strict=True)) for each in found]
    place = {key: number for number, key in enumerate(dict.fromkeys(key for several in keys for key in several))}
    columns: dict[str, Any] = dict.fromkeys(
        ("won_amount", "amount", "activities", "median_delay"), np.full(len(place), np.nan)
    )
    for rows, own in zip(found, keys, strict=True):
        for name in (each for each in rows.names if each not in ("party", "is_total")):
            columns[name] = np.full(len(place), np.nan)
            columns[name][[place[key] for key in own]] = rows.numbers(name)
    is_total, party = (np.array(each, dtype=object) for each in zip(*place, strict=True))
    won = np.nan_to_num(columns["won_amount"])
    order = sorted(range(len(place)), key=lambda each: (is_total[each], -won[each], party[each] or ""))
    rows = Rows({"party": party, "is_total": is_total.astype(bool), **columns})
    return Rows({name: values[order] for name, values in rows.columns.items()})


def sellers(rows: Rows, planned: set[str | None]) -> Rows:
    """Without those who only do activities, such as the service: they sell nothing and are not meant to."""
    is_total = rows.flags("is_total")
    is_planned = np.array([party in planned for party in rows.values("party")], dtype=bool)
    sells = (np.nan_to_num(rows.numbers("decided")) > 0) | ~np.isnan(rows.numbers("amount")) | is_planned
    done = rows.numbers("activities")
    done[is_total] = np.nansum(done[sells & ~is_total]) if (~np.isnan(done)).any() else np.nan
    return rows.with_columns(activities=done).where(is_total | sells)
