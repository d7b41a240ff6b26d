"""Value of cohorts: what a member has brought by period k after the start, and when that repays what he cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import Floats, share_of

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class CohortValue:
    """Cohorts followed over the periods since their start. Shapes: (cohorts, k); `size` (cohorts,).

    n            members whose period k is complete, or, where there is none, those whose period k still runs
    value        what those n have brought up to k, for each of the n, whether they were active or not
    is_known     whether the data reach period k at all
    is_complete  whether period k has ended for the members counted
    """

    size: Integers
    n: Integers
    value: Floats
    is_known: Flags
    is_complete: Flags

    @classmethod
    def fit(
        cls,
        cohort: ArrayLike,
        start: ArrayLike,
        size: ArrayLike,
        brought: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
        *,
        cohorts: int,
        running: int,
        last: int,
    ) -> Self:
        """Add up what cohorts brought, each member counted from his own start.

        Formula: value(c, k) = sum over members of what each brought in periods 0 to k / members, over those whose period k is reached.
        Shapes: cohort, start, size (m,): so many members of a cohort (0 to cohorts - 1) started in that period (a running number).
                brought: cohort, start, period, amount (e,): what those members brought in a period; before the start it is left out.
                `running` is the first period that is not complete, `last` the last one that the data reach.
        Source: `customers.cohort_value` of docs/analyses.md.

        >>> found = CohortValue.fit([0], [0], [10], ([0, 0], [0, 0], [0, 1], [500.0, 200.0]), cohorts=1, running=2, last=1)
        >>> found.value.tolist(), found.payback([65.0]).tolist()
        ([[50.0, 70.0]], [1.0])
        """
        own, begin, members = (np.asarray(each, dtype=np.int64) for each in (cohort, start, size))
        whose, since, period = (np.asarray(each, dtype=np.int64) for each in brought[:3])
        amount = np.asarray(brought[3], dtype=np.float64)
        width = max(int(last - begin.min()) + 1, 1) if len(begin) else 1
        # by the groups that started together in one cohort: all members of a group are equally far
        groups, which = np.unique(np.stack([own, begin], axis=1), axis=0, return_inverse=True)
        count = np.bincount(which.ravel(), members, len(groups)).astype(np.int64)
        place = {(int(one), int(other)): number for number, (one, other) in enumerate(groups)}
        group = np.array(
            [place[one, other] for one, other in zip(whose.tolist(), since.tolist(), strict=True)], dtype=np.int64
        )
        k = period - since
        inside = (k >= 0) & (k < width)
        sums = np.bincount(group[inside] * width + k[inside], amount[inside], len(groups) * width)
        grown = sums.reshape(len(groups), width).cumsum(axis=1)
        steps = np.arange(width)
        reach = running - 1 - groups[:, 1:2]
        ended, open_ = steps <= reach, (steps == reach + 1) & (last >= running)
        n, brought_by = {}, {}
        for name, seen in (("ended", ended), ("open", open_)):
            n[name] = _by_cohort(groups[:, 0], np.where(seen, count[:, None], 0), cohorts)
            brought_by[name] = _by_cohort(groups[:, 0], np.where(seen, grown, 0.0), cohorts)
        is_complete = n["ended"] > 0
        counted = np.where(is_complete, n["ended"], n["open"])
        value = share_of(np.where(is_complete, brought_by["ended"], brought_by["open"]), counted)
        return cls(
            np.bincount(own, members, cohorts).astype(np.int64),
            counted.astype(np.int64),
            value,
            counted > 0,
            is_complete,
        )

    def weighted(self) -> tuple[Integers, Floats]:
        """Members and value per member for each k, over the cohorts that reached k. Shapes: (k,) each."""
        n = np.where(self.is_complete, self.n, 0)
        return n.sum(axis=0), share_of((n * np.where(self.is_complete, self.value, 0.0)).sum(axis=0), n.sum(axis=0))

    def simple(self) -> tuple[Floats, Integers]:
        """The mean of the cohorts' values for each k, and over how many cohorts. Shapes: (k,) each."""
        cohorts = self.is_complete.sum(axis=0)
        return share_of(np.where(self.is_complete, self.value, 0.0).sum(axis=0), cohorts), cohorts

    def payback(self, cost: ArrayLike) -> Floats:
        """The first k by which a member has brought what he cost, (cohorts,); NaN where that is not yet so or the cost is unknown."""
        return first_reached(np.where(self.is_known, self.value, np.nan), np.asarray(cost, dtype=np.float64))


def first_reached(value: Floats, goal: Floats) -> Floats:
    """Give the first column in which each row reaches its goal.

    Formula: min k with value(k) >= goal.
    Shapes: (m, k) values, NaN unknown, and (m,) goals; (m,) back, NaN where it is never reached.
    Source: `customers.cohort_value` of docs/analyses.md.

    >>> first_reached(np.array([[10.0, 30.0], [10.0, 20.0]]), np.array([25.0, 25.0])).tolist()
    [1.0, nan]
    """
    reached = value >= goal[:, None]
    return np.where(reached.any(axis=1), reached.argmax(axis=1).astype(np.float64), np.nan)


def _by_cohort(cohort: Integers, values: NDArray[np.float64] | Integers, cohorts: int) -> Floats:
    added = np.zeros((cohorts, values.shape[1]))
    np.add.at(added, cohort, values)
    return added
