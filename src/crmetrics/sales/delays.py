"""Follow-ups and open deals of each group, from counts of equal delays."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.models.interval import share_of, wilson
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.warehouse.rows import Rows

Ints = NDArray[np.int64]

MINUTES: Final = 1440.0
STATES: Final = {"on_time": "on_time", "late": "late", "open_overdue": "overdue"}
OPEN_COUNTS: Final = ("open_deals", "no_next_step", "silent")


def by_party(cases: Rows, deals: Rows, *, is_split: bool, has_deals: bool) -> Rows:
    """The rows of follow-up delays, the group with most late ones first, and the total.

    cases      activities by party, state and minutes of delay (CASES_BY_DELAY)
    deals      counts of open deals by party and, marked `is_total`, of all: open_deals, no_next_step, silent
    is_split   whether there are groups at all; has_deals: whether open deals have them too
    """
    groups, which = cases.groups("party")
    place = {party: number for number, party in enumerate(groups.values("party"))}
    open_deals = deals.where(deals.flags("is_total") != (is_split and has_deals))
    of_deals = [place.setdefault(party, len(place)) for party in open_deals.values("party")] if has_deals else []
    whole = len(place)
    counts = {name: counted(cases, state, which, whole) for name, state in STATES.items()}
    due = counts["on_time"] + counts["late"] + counts["open_overdue"]
    curve = _curves(cases, which, whole)
    low, high = wilson(counts["on_time"], due)
    held: dict[str, list[int | None]] = {}
    for name in OPEN_COUNTS:
        held[name] = [0 if has_deals else None] * whole + [int(deals.where(deals.flags("is_total")).one()[name] or 0)]
        for number, found in zip(of_deals, open_deals.values(name) if has_deals else (), strict=True):
            held[name][number] = int(found)
    rows = Rows({"is_total": np.arange(whole + 1) == whole}).with_columns(
        party=[*place, None],
        due=due,
        **counts,
        on_time_rate=share_of(counts["on_time"], due),
        low=low,
        high=high,
        median_delay=np.where(due >= SHOWN_FROM, curve.median() / MINUTES, np.nan),
        longest=curve.longest / MINUTES,
        **held,
    )
    late, names = (due - counts["on_time"]).tolist(), [name or "" for name in place]
    order = sorted((n for n in range(whole) if due[n] or held["open_deals"][n]), key=lambda n: (-late[n], names[n]))
    return Rows({name: values[[*order, whole]] for name, values in rows.columns.items()})


def counted(cases: Rows, state: str, which: Ints, whole: int) -> Ints:
    """How many of each group, then of all, are in a state, (whole + 1,)."""
    found = np.where(np.array(cases.values("state"), dtype=object) == state, cases.numbers("cases"), 0.0)
    return np.append(np.bincount(which, found, whole), found.sum()).astype(np.int64)


def _curves(cases: Rows, which: Ints, whole: int) -> KaplanMeier:
    """The delays of each group, then of all; an overdue one is not over."""
    states, number = np.array(cases.values("state"), dtype=object), cases.numbers("cases")
    done, still = (
        np.where(np.isin(states, ["on_time", "late"]), number, 0.0),
        np.where(states == "overdue", number, 0.0),
    )
    some = done + still > 0
    minutes, done, still, which = np.nan_to_num(cases.numbers("minutes")[some]), done[some], still[some], which[some]
    duration, gone, running = (np.concatenate([each, each]) for each in (minutes, done, still))
    groups = np.concatenate([which, np.full(len(which), whole)])
    return KaplanMeier.fit(duration, gone, running, groups, whole + 1)
