"""Funnels: how many cases reach each of several steps, and where they drop out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import share_of, wilson

Floats = NDArray[np.float64]

OUTCOMES: Final = ("won", "lost", "open", "skipped", "moved")
WON, LOST, OPEN, SKIPPED, MOVED = OUTCOMES


@dataclass(frozen=True)
class Funnel:
    """m funnels of k steps, in cases or in money; the end after the last step is one step more. Shapes: (m, k + 1) each.

    reached  came to the step; the last column those that came through
    lost     lost there, having come no further
    waiting  still there, having come no further
    skipped  left there by skipping the next step, where that ends the way
    """

    reached: Floats
    lost: Floats
    waiting: Floats
    skipped: Floats

    @classmethod
    def fit(cls, lost: ArrayLike, waiting: ArrayLike, through: ArrayLike, skipped: ArrayLike = 0.0) -> Self:
        """Count who reached each step from where each case ended: whoever came further has reached it too.

        Formula: reached(s) = through + sum over j >= s of (lost(j) + waiting(j) + skipped(j)).
        Shapes: lost, waiting and skipped (m, k) by furthest step; through (m,).
        Source: rule R15 of docs/rules.md; `sales.stage_conversion` of docs/analyses.md.

        >>> funnel = Funnel.fit(lost=[[1, 1]], waiting=[[0, 1]], through=[2])
        >>> funnel.reached.tolist(), funnel.next_rate().round(2).tolist(), funnel.loss_rate().tolist()
        ([[5.0, 4.0, 2.0]], [[0.8, 0.5, nan]], [[0.2, 0.25, 0.0]])
        """
        gone, stay = np.asarray(lost, dtype=np.float64), np.asarray(waiting, dtype=np.float64)
        left = np.broadcast_to(np.asarray(skipped, dtype=np.float64), gone.shape)
        end = np.asarray(through, dtype=np.float64)[:, None]
        further = np.cumsum((gone + stay + left)[:, ::-1], axis=1)[:, ::-1]
        return cls(np.concatenate([further + end, end], axis=1), *(_with_end(each) for each in (gone, stay, left)))

    @classmethod
    def tally(
        cls, place: ArrayLike, outcome: list[str], weight: ArrayLike, group: ArrayLike, groups: int, steps: int
    ) -> Self:
        """Count who reached each step from counts of cases by furthest step and outcome.

        Formula: as `fit`; a won case has come through wherever it was seen last, one at step 0 or below counts only if won.
        Shapes: place (n,) 1 to `steps`; outcome n words of OUTCOMES; weight (n,); group (n,) from 0 to groups - 1.
        Source: as `fit`.

        >>> Funnel.tally([1, 2, 2], ["lost", "open", "won"], [1, 1, 3], [0, 0, 0], groups=1, steps=2).reached.tolist()
        [[5.0, 4.0, 3.0]]
        """
        ended = _by_outcome(place, outcome, weight, group, groups, steps)
        return cls.fit(ended[LOST][:, 1:-1], ended[OPEN][:, 1:-1], ended[WON].sum(axis=1), ended[SKIPPED][:, 1:-1])

    @classmethod
    def tally_visits(
        cls, place: ArrayLike, outcome: list[str], weight: ArrayLike, group: ArrayLike, groups: int, steps: int
    ) -> Self:
        """Count each step by itself from counts of cases seen there, those won at step `steps` + 1; shapes as in `tally`.

        Formula: reached(s) = cases seen at s.
        Source: as `fit`.

        >>> Funnel.tally_visits([1, 2, 3], ["moved", "open", "won"], [1, 3, 2], [0, 0, 0], groups=1, steps=2).reached.tolist()
        [[1.0, 3.0, 2.0]]
        """
        seen = _by_outcome(place, outcome, weight, group, groups, steps)
        reached = np.sum([each[:, 1:] for each in seen.values()], axis=0)
        return cls(reached, *(_with_end(seen[name][:, 1:-1]) for name in (LOST, OPEN, SKIPPED)))

    def moved(self) -> Floats:
        """Those that came to the step after; NaN at the end."""
        return np.concatenate([self.reached[:, 1:], np.full((len(self.reached), 1), np.nan)], axis=1)

    def next_rate(self) -> Floats:
        """The share that came to the step after; NaN at the end and where nobody came."""
        return share_of(self.moved(), self.reached)

    def decided_rate(self) -> Floats:
        """The same of those that went on or were lost: who still waits says nothing yet."""
        return share_of(self.moved(), self.moved() + self.lost)

    def cumulative(self) -> Floats:
        """The share of those at the first step that came so far."""
        return share_of(self.reached, self.reached[:, :1])

    def loss_rate(self) -> Floats:
        """The share that was lost at the step."""
        return share_of(self.lost, self.reached)

    def interval(self, squares: Floats | None = None) -> tuple[Floats, Floats]:
        """The 95 % interval of the share that came to the step after; NaN where that is no share of those that reached this one.

        For a funnel of money, `squares` is the sum of the squared amounts of those reached: so many equal cases would be as
        certain (Kish 1965).
        """
        rate, weight = self.next_rate(), self.reached if squares is None else share_of(self.reached**2, squares)
        rate = np.where(rate <= 1, rate, np.nan)
        return wilson(rate * weight, weight)

    def whole(self) -> Funnel:
        """The same from the first step straight to the end: m funnels of one step."""
        sums = (
            np.stack([each.sum(axis=1), np.zeros(len(each))], axis=1)
            for each in (self.lost, self.waiting, self.skipped)
        )
        return Funnel(self.reached[:, [0, -1]], *sums)


@dataclass(frozen=True)
class PricedFunnel:
    """The same funnels in cases, in their money, and in the squares of that."""

    cases: Funnel
    money: Funnel
    squares: Funnel

    def whole(self) -> PricedFunnel:
        """The same from the first step straight to the end."""
        return PricedFunnel(self.cases.whole(), self.money.whole(), self.squares.whole())

    def figures(self, *, by_money: bool = False) -> dict[str, Floats]:
        """Everything that the funnels tell, by name, (m, k + 1) each; the rates of cases or of their money."""
        cases, rated = self.cases, self.money if by_money else self.cases
        low, high = rated.interval(self.squares.reached if by_money else None)
        return {
            "reached": cases.reached,
            "moved": cases.moved(),
            "next_rate": rated.next_rate(),
            "low": low,
            "high": high,
            "decided": cases.moved() + cases.lost,
            "decided_rate": rated.decided_rate(),
            "entered": 0 * cases.reached + cases.reached[:, :1],
            "cumulative": rated.cumulative(),
            "lost": cases.lost,
            "loss_rate": rated.loss_rate(),
            "lost_amount": self.money.lost,
            "waiting": cases.waiting,
            "skipped": cases.skipped,
        }


def _with_end(steps: Floats) -> Floats:
    return np.pad(steps, ((0, 0), (0, 1)))


def _by_outcome(
    place: ArrayLike, outcome: list[str], weight: ArrayLike, group: ArrayLike, groups: int, steps: int
) -> dict[str, Floats]:
    """Sums by outcome, each (groups, steps + 2): places before the first step, the steps, the end."""
    found = {name: np.zeros((groups, steps + 2)) for name in OUTCOMES}
    places = np.clip(np.asarray(place, dtype=np.int64), 0, steps + 1)
    for at, name, some, number in zip(
        places, outcome, np.asarray(weight, dtype=np.float64), np.asarray(group), strict=True
    ):
        found[name][number, at] += some
    return found
