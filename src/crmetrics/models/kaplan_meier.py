"""How long something lasts when some cases are still running: Kaplan-Meier, and Aalen-Johansen where there are several ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDING: Final = 1e-11
"""S(t) = 0.5 is worked out as a product: it must not miss its mark by the last bit."""


@dataclass(frozen=True)
class KaplanMeier:
    """The curves of g groups, one after the other, at the e moments at which somebody left.

    group      (e,) which group a moment belongs to, 0 to g - 1, ascending
    time       (e,) durations, ascending within a group, in the unit given
    at_risk    (e,) cases not yet gone and still watched just before the moment
    gone       (e, c) cases that left at the moment, by cause
    survival   (e,) share not yet gone after the moment
    incidence  (e, c) share that has left by each cause up to the moment; the other causes compete (Aalen-Johansen)
    longest    (g,) the longest duration observed, gone or still running; NaN for a group without cases
    """

    group: Ints
    time: Floats
    at_risk: Floats
    gone: Floats
    survival: Floats
    incidence: Floats
    longest: Floats

    @classmethod
    def fit(
        cls,
        duration: ArrayLike,
        gone: ArrayLike,
        running: ArrayLike,
        group: ArrayLike | None = None,
        groups: int | None = None,
    ) -> Self:
        """Work out the curves from cases, or from counts of equal cases.

        Formula: S(t) = prod over t_i <= t of (1 - d_i / n_i); F_c(t) = sum over t_i <= t of S(t_i-) d_ci / n_i. A case
            censored at t_i is still at risk there.
        Shapes: duration (m,); gone (m,) or (m, c) and running (m,) counts (0 or 1 for single cases) of those that left
            (by cause) and of those still running at that duration; group (m,) numbers from 0 (default: one group).
        Source: Kaplan and Meier (1958), JASA 53(282), 457-481; Aalen and Johansen (1978), Scand. J. Stat. 5, 141-150.

        >>> curve = KaplanMeier.fit([2, 4, 8, 5, 10], gone=[1, 1, 1, 0, 0], running=[0, 0, 0, 1, 1])
        >>> curve.median().tolist(), curve.survival.round(3).tolist()
        ([8.0], [0.8, 0.6, 0.3])
        """
        ends = np.atleast_2d(np.asarray(gone, dtype=np.float64).T).T
        watched = np.asarray(running, dtype=np.float64)
        lasts = np.asarray(duration, dtype=np.float64)
        where = np.zeros(len(lasts), dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
        count = groups if groups is not None else int(where.max(initial=0)) + 1
        order = np.lexsort((lasts, where))
        lasts, where = lasts[order], where[order]
        starts = np.flatnonzero(np.r_[True, (np.diff(lasts) != 0) | (np.diff(where) != 0)][: len(lasts)])
        time, placed = lasts[starts], where[starts]
        left, stays = _summed(ends[order], starts), _summed(watched[order, None], starts)[:, 0]
        longest = np.full(count, np.nan)
        longest[placed] = time  # ascending: the last one stays
        cases = left.sum(axis=1) + stays
        whole = np.bincount(placed, weights=cases, minlength=count).astype(np.float64)
        at_risk = whole[placed] - (_running_sum(cases, placed) - cases)
        survival = _survival(at_risk, left.sum(axis=1), whole[placed], placed)
        before = _shifted(survival, placed)
        share = np.divide(left, at_risk[:, None], out=np.zeros_like(left), where=at_risk[:, None] > 0)
        steps = before[:, None] * share
        incidence = np.stack([_running_sum(steps[:, cause], placed) for cause in range(steps.shape[1])], axis=1)
        seen = left.sum(axis=1) > 0
        return cls(placed[seen], time[seen], at_risk[seen], left[seen], survival[seen], incidence[seen], longest)

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return len(self.longest)

    def median(self) -> Floats:
        """The smallest time by which half of each group has left, (g,)."""
        return self.quantile(0.5)

    def quantile(self, share: float) -> Floats:
        """The smallest time with S(t) <= 1 - share for each group, (g,); NaN where it is longer than the longest observed."""
        return self._first(self.survival <= 1 - share + ROUNDING)

    def interval(self, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
        """The interval of S(t) at each moment by itself, (e,) and (e,), 95 % as a default; NaN once nobody is left.

        Formula: S^exp(-+ z w / ln S), w^2 = sum over t_i <= t of d_i / (n_i (n_i - d_i)), even in log(-log S): never outside 0 to 1.
        Source: Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, section 1.4.
        """
        left = self.gone.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(self.at_risk > left, left / (self.at_risk * (self.at_risk - left)), np.inf)
            log_s = np.log(self.survival)
            spread = z * np.sqrt(_running_sum(parts, self.group)) / -log_s
            low, high = np.exp(log_s * np.exp(spread)), np.exp(log_s * np.exp(-spread))
        is_known = (self.survival > ROUNDING) & (self.survival < 1)
        return np.where(is_known, low, np.nan), np.where(is_known, high, np.nan)

    def median_interval(self, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
        """The moments at which the interval's ends reach a half, (g,) and (g,); NaN where they do not (Brookmeyer and Crowley, 1982)."""
        low, high = self.interval(z)
        with np.errstate(invalid="ignore"):
            gone = self.survival <= ROUNDING
            return self._first((low <= 0.5 + ROUNDING) | gone), self._first((high <= 0.5 + ROUNDING) | gone)

    def at(self, time: ArrayLike, group: int = 0) -> Floats:
        """S(t) of one group at any times, broadcast shape; after the longest duration observed it is not known: NaN."""
        moments = np.asarray(time, dtype=np.float64)
        own = self.group == group
        place = np.searchsorted(self.time[own], moments, side="right")
        survival = np.r_[1.0, self.survival[own]][place]
        return np.where(moments <= self.longest[group], survival, np.nan)

    def ever(self) -> Floats:
        """The share that had left by each cause at the end of what was observed, (g, c); 0 where nobody left."""
        found = np.zeros((self.groups, self.incidence.shape[1]))
        found[self.group] = self.incidence  # ascending: the last one stays
        return found

    def reached(self, share: float, cause: int = 0) -> Floats:
        """The smallest time with F(t) >= share of one cause for each group, (g,); NaN where so many have not left by it."""
        return self._first(self.incidence[:, cause] >= share - ROUNDING)

    def half_time(self, cause: int = 0) -> Floats:
        """The smallest time with F(t) >= F(last) / 2 of one cause for each group, (g,); NaN where nobody left by it."""
        half = self.ever()[self.group, cause] / 2
        return self._first((self.incidence[:, cause] >= half - ROUNDING) & (half > 0))

    def _first(self, reached: NDArray[np.bool_]) -> Floats:
        found = np.full(self.groups, np.nan)
        places = np.flatnonzero(reached)[::-1]
        found[self.group[places]] = self.time[places]  # backwards: the first one stays
        return found


def _summed(counts: Floats, starts: Ints) -> Floats:
    """Sums over runs of rows, (m, c) -> (runs, c)."""
    if len(starts) == len(counts):
        return counts
    return np.asarray(np.add.reduceat(counts, starts, axis=0), dtype=np.float64)


def _running_sum(values: Floats, group: Ints) -> Floats:
    """Sums up to and with each row within its group, (m,); groups stand one after the other."""
    if not len(values):
        return values
    firsts = np.flatnonzero(np.r_[True, np.diff(group) != 0])
    sums = np.cumsum(values)
    earlier = np.r_[0.0, sums[firsts[1:] - 1]]
    return np.asarray(sums - np.repeat(earlier, np.diff(np.r_[firsts, len(values)])), dtype=np.float64)


def _survival(at_risk: Floats, left: Floats, whole: Floats, group: Ints) -> Floats:
    """S(t) as (n_i - d_i) / n_1, times (n_j - d_j) / n_(j+1) for every earlier moment: 1, and so exact, unless some were censored."""
    if not len(at_risk):
        return at_risk
    stay = at_risk - left
    follow = np.r_[at_risk[1:], 1.0]
    is_last = np.r_[np.diff(group) != 0, True]
    lost_sight = np.where(is_last | (follow == stay), 0.0, np.log(np.maximum(stay, 1e-300)) - np.log(follow))
    raised = _running_sum(lost_sight, group) - lost_sight
    return np.asarray(stay / whole * np.exp(raised), dtype=np.float64)


def _shifted(survival: Floats, group: Ints) -> Floats:
    """S just before each moment: that of the moment before, 1 at a group's first."""
    if not len(survival):
        return survival
    return np.where(np.r_[True, np.diff(group) != 0], 1.0, np.r_[1.0, survival[:-1]])
