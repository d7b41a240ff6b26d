"""Retention of cohorts: who is still active k periods after the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import Floats, share_of

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Retention:
    """Cohorts followed over the periods since their start. Shapes: (cohorts, k); `size` (cohorts,).

    n         members counted from: all whose period k is complete, or those active in the period before
    active    of them those active in period k
    is_known  whether the data reach period k at all: beyond it there is no cell, rather than a zero
    is_complete  whether period k has ended for the members counted; one that still runs is shown, but in no mean
    """

    size: Integers
    n: Integers
    active: Integers
    is_known: Flags
    is_complete: Flags

    @classmethod
    def fit(
        cls,
        cohort: ArrayLike,
        start: ArrayLike,
        size: ArrayLike,
        seen: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike, ArrayLike],
        *,
        cohorts: int,
        running: int,
        last: int,
        or_later: bool = False,
        from_previous: bool = False,
    ) -> Self:
        """Follow cohorts whose members may have started in several periods, each member counted from his own start.

        Formula: rate(c, k) = active in k (or k or later) / size, over the members whose period start + k is complete; with
                 `from_previous` active in k and in k - 1 / active in k - 1.
        Shapes: cohort, start, size (m,): so many members of a cohort (0 to cohorts - 1) started in that period (a running
                number). seen: cohort, start, period, members, again (e,): so many of those were active in that period, `again`
                of them in the period before it too; with `or_later` the period is the last one in which they were.
                `running` is the first period that is not complete, `last` the last one that the data reach.
        Source: `customers.cohort_retention` of docs/analyses.md.

        >>> found = Retention.fit([0, 1, 2], [0, 0, 0], [100, 10, 50], ([0, 1], [0, 0], [1, 1], [20, 5], [20, 5]),
        ...                       cohorts=3, running=2, last=1)
        >>> round(float(found.weighted()[2][1]), 4), round(float(found.simple()[0][1]), 4)
        (0.1562, 0.2333)
        """
        own, begin, members = (np.asarray(each, dtype=np.int64) for each in (cohort, start, size))
        whose, since, period, count, again = (np.asarray(each, dtype=np.int64) for each in seen)
        width = max(int(last - begin.min()) + 1, 1) if len(begin) else 1
        grid = _Grid(cohorts, width)
        # a member is counted in every k up to the last whose period is complete; the one that still runs is kept apart
        ended = grid.up_to(own, running - 1 - begin, members)
        open_ = grid.at(own, running - begin, members * (last >= running))
        is_complete = ended > 0
        if or_later:
            done = grid.up_to(whose, np.minimum(period, running - 1) - since, count)
            now = grid.at(whose, running - since, count * (period == running))
            done_before = grid.up_to(whose, np.minimum(period + 1, running - 1) - since, count)
            now_before = grid.at(whose, running - since, count * (period >= running - 1))
        else:
            kept = np.where(period > since, again, count) if from_previous else count
            done = grid.at(whose, period - since, kept * (period < running))
            now = grid.at(whose, period - since, kept * (period == running))
            done_before = grid.at(whose, period + 1 - since, count * (period + 1 < running))
            now_before = grid.at(whose, period + 1 - since, count * (period + 1 == running))
        n, active = np.where(is_complete, ended, open_), np.where(is_complete, done, now)
        if from_previous:
            n[:, 1:] = np.where(is_complete, done_before, now_before)[:, 1:]
        return cls(
            np.bincount(own, members, cohorts).astype(np.int64), n, active, is_complete | (open_ > 0), is_complete
        )

    @property
    def rate(self) -> Floats:
        """active / n, NaN where nobody is counted from or the data do not reach."""
        return share_of(np.where(self.is_known, self.active, 0), np.where(self.is_known, self.n, 0))

    def weighted(self) -> tuple[Integers, Integers, Floats]:
        """Members, active members and their share per k, over the cohorts that reached k, those without any active included."""
        n, active = (np.where(self.is_complete, each, 0).sum(axis=0) for each in (self.n, self.active))
        return n, active, share_of(active, n)

    def simple(self) -> tuple[Floats, Integers]:
        """The mean of the cohorts' rates per k, and over how many cohorts."""
        counted = self.is_complete & (self.n > 0)
        return share_of(np.where(counted, self.rate, 0).sum(axis=0), counted.sum(axis=0)), counted.sum(axis=0)


@dataclass(frozen=True)
class _Grid:
    """Adds counts up by cohort and k; what lies outside of 0 <= k < width is left out."""

    cohorts: int
    width: int

    def at(self, cohort: Integers, k: Integers, count: Integers) -> Integers:
        inside = (k >= 0) & (k < self.width)
        place = cohort[inside] * self.width + k[inside]
        added = np.bincount(place, count[inside], self.cohorts * self.width)
        return added.reshape(self.cohorts, self.width).astype(np.int64)

    def up_to(self, cohort: Integers, k: Integers, count: Integers) -> Integers:
        """Each count at every k from 0 to its own."""
        return self.at(cohort, np.minimum(k, self.width - 1), count)[:, ::-1].cumsum(axis=1)[:, ::-1]
