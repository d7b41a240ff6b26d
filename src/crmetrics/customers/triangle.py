"""The triangle of cohorts: their names and order, small ones together, and how many stayed in each period since the start."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.cohorts import Retention
from crmetrics.models.interval import wilson
from crmetrics.vocabulary.period import ordinal, text_of
from crmetrics.warehouse.rows import Rows

ALL: Final = "all"
SMALL: Final = 10
"""Cohorts of fewer customers are shown together, by quarter."""


@dataclass(frozen=True)
class Placed:
    """Rows of a cohort question (`Cohorts.members`, `CohortMoney.sums`), each told its cohort and its periods by running numbers.

    names     of the cohorts in the order in which they are shown: as periods are written (2026-03, 2026-Q1), or the campaign or
              channel, None where that is blank
    together  quarter -> how many cohorts are shown as one under its name
    cohort, since, period, is_size  (m,) of each row: its cohort, the periods of the start and of the activity, and whether it
              tells how many started
    running, last  the first period that is not complete, the last one that the data reach
    """

    names: tuple[str | None, ...]
    together: Mapping[str, int]
    cohort: NDArray[np.int64]
    since: NDArray[np.int64]
    period: NDArray[np.int64]
    is_size: NDArray[np.bool_]
    running: int
    last: int

    @classmethod
    def of(cls, rows: Rows, grain: str, *, by_label: bool, together: bool) -> Self:
        """Place the rows; `together`: small cohorts of a quarter as one."""
        begun, seen, members = rows.values("start_in"), rows.values("active_in"), rows.numbers("members").astype(int)
        is_size = np.array([each is None for each in seen], dtype=bool)
        names = {} if by_label else _names(begun, is_size, members, grain, together)
        own = rows.values("label") if by_label else [names[each] for each in begun]
        sizes: Counter[str | None] = Counter()
        for name, count in zip(np.array(own, dtype=object)[is_size], members[is_size].tolist(), strict=True):
            sizes[name] += count
        # labels by size; cohorts of time as they come, for the rows are in the order of the start
        order = sorted(sizes, key=lambda name: (-sizes[name], name or "")) if by_label else list(dict.fromkeys(own))
        place = {name: number for number, name in enumerate(order)}
        numbers = {day: _number(grain, day) for day in {*begun, *seen, *_ends(rows)} if day is not None}
        running, last = (numbers[day] for day in _ends(rows)) if len(rows) else (0, -1)
        return cls(
            tuple(order),
            Counter(name for day, name in names.items() if name != text_of(day, grain)),
            np.array([place[name] for name in own], dtype=int),
            np.array([numbers[day] for day in begun], dtype=int),
            np.array([numbers[day] if day else 0 for day in seen], dtype=int),
            is_size,
            running,
            last,
        )


@dataclass(frozen=True)
class Triangle:
    """Cohorts in the order in which they are shown. `names` and `together` as of `Placed`."""

    names: tuple[str | None, ...]
    retention: Retention
    together: Mapping[str, int]

    @classmethod
    def of(cls, rows: Rows, grain: str, *, by_label: bool, together: bool, or_later: bool, from_previous: bool) -> Self:
        """The triangle of how many were active when (`Cohorts.members`); `together`: small cohorts of a quarter as one."""
        found = Placed.of(rows, grain, by_label=by_label, together=together)
        members, active = rows.numbers("members").astype(int), ~found.is_size
        retention = Retention.fit(
            found.cohort[found.is_size],
            found.since[found.is_size],
            members[found.is_size],
            (
                found.cohort[active],
                found.since[active],
                found.period[active],
                members[active],
                rows.numbers("again").astype(int)[active],
            ),
            cohorts=len(found.names),
            running=found.running,
            last=found.last,
            or_later=or_later,
            from_previous=from_previous,
        )
        return cls(found.names, retention, found.together)

    def columns(self, *, is_simple: bool, mean_of: int) -> dict[str, list[Any]]:
        """The rows, all cohorts first: one for each period that was reached. A simple mean of fewer than `mean_of` is blank."""
        found = self.retention
        cohort, k = np.nonzero(found.is_known)
        n, active, rate = (each[cohort, k] for each in (found.n, found.active, found.rate))
        low, high = wilson(active, n)
        all_n, all_active, all_rate = found.weighted()
        all_low, all_high = wilson(all_active, all_n)
        if is_simple:
            all_rate, cohorts = found.simple()
            all_rate, all_low, all_high = (
                np.where(cohorts < mean_of, np.nan, all_rate),
                all_low * np.nan,
                all_high * np.nan,
            )
        reached = np.nonzero(found.is_complete.any(axis=0))[0]
        whole = found.size.sum()
        parts: dict[str, tuple[NDArray[Any], NDArray[Any]]] = {
            "size": (np.full(len(reached), whole), found.size[cohort]),
            "k": (reached, k),
            "n": (all_n[reached], n),
            "active": (all_active[reached], active),
            "rate": (all_rate[reached], rate),
            "low": (all_low[reached], low),
            "high": (all_high[reached], high),
            "complete": (np.ones(len(reached), dtype=bool), found.is_complete[cohort, k]),
        }
        columns: dict[str, list[Any]] = {name: known(np.concatenate(both)) for name, both in parts.items()}
        return {"cohort": [ALL] * len(reached) + [self.names[each] for each in cohort], **columns}


def known(values: NDArray[Any]) -> list[Any]:
    """A column as plain values, None for NaN."""
    return [None if value != value else value for value in values.tolist()]


def _names(
    begun: list[date], is_size: NDArray[np.bool_], members: NDArray[np.int64], grain: str, together: bool
) -> dict[date, str]:
    """Each start's cohort: its own period, or the quarter, where that holds several of fewer than ten customers."""
    names = {day: text_of(day, grain) for day in begun}
    small = defaultdict(list)
    for day, count in zip(np.array(begun, dtype=object)[is_size], members[is_size].tolist(), strict=True):
        if count < SMALL and together:
            small[text_of(day, "quarter")].append(day)
    for quarter, days in small.items():
        if len(days) > 1:
            names |= dict.fromkeys(days, quarter)
    return names


def _number(grain: str, day: date) -> int:
    # the first day of a week, whichever weekday the company's weeks begin on
    return ordinal(grain, day, day.isoweekday())


def _ends(rows: Rows) -> tuple[date, date] | tuple[()]:
    found = rows.one()
    return (found["running_in"], found["reached_in"]) if len(rows) else ()
