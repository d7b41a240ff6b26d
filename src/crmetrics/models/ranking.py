"""How well a score puts those first whom it happens to: average precision, lift, area under the curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Cases in falling order of their score, equal scores told as one; made once, then weighed as often as needed.

    order  (n,) the cases, highest score first
    ends   (g,) the last place of each run of equal scores
    """

    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    outcome: Floats

    @classmethod
    def fit(cls, score: Floats, outcome: Floats) -> Self:
        """Put cases in the order of their scores.

        Formula: none; ties are kept together, so that no order among equals can flatter.
        Shapes: (n,) each; outcome of 0 and 1.
        Source: Davis and Goadrich (2006), ICML, for what a curve of precision may say.

        >>> ranking = Ranking.fit(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0]))
        >>> one = np.ones(4)
        >>> round(ranking.average_precision(one), 4), ranking.auc(one), ranking.lift(one, 0.25)
        (0.8333, 0.75, 2.0)
        """
        order = np.argsort(-score, kind="stable")
        sorted_score = score[order]
        ends = np.append(np.flatnonzero(np.diff(sorted_score) != 0), len(score) - 1).astype(np.int64)
        return cls(order, ends, outcome[order])

    def _sums(self, weight: Floats) -> tuple[Floats, Floats]:
        """The weight of the cases, and of those to whom it happened, down to each run of equal scores: (g,) each."""
        held = weight[self.order]
        return np.cumsum(held)[self.ends], np.cumsum(held * self.outcome)[self.ends]

    def average_precision(self, weight: Floats) -> float:
        """Sum over the runs of equal scores of precision x growth of recall; the base rate is what chance would give.

        Formula: sum_k (R_k - R_{k-1}) P_k. NaN where it happened to nobody. Shapes: weight (n,).
        """
        cases, hits = self._sums(weight)
        if not len(hits) or hits[-1] <= 0:
            return float("nan")
        precision = np.divide(hits, cases, out=np.zeros_like(hits), where=cases > 0)
        return float(np.diff(hits, prepend=0.0) @ precision / hits[-1])

    def auc(self, weight: Floats) -> float:
        """The chance that one to whom it happened stands above one to whom it did not; half for equal scores."""
        cases, hits = self._sums(weight)
        misses = cases - hits
        if not len(hits) or hits[-1] <= 0 or misses[-1] <= 0:
            return float("nan")
        below = misses[-1] - misses + np.diff(misses, prepend=0.0) / 2
        return float(np.diff(hits, prepend=0.0) @ below / (hits[-1] * misses[-1]))

    def lift(self, weight: Floats, part: float = 0.1) -> float:
        """How many times the base rate it happens in the first `part` of the cases; a run of equal scores is cut in proportion."""
        cases, hits = self._sums(weight)
        if not len(hits) or hits[-1] <= 0:
            return float("nan")
        taken = part * float(cases[-1])
        found = float(np.interp(taken, np.append(0.0, cases), np.append(0.0, hits)))
        return found / float(hits[-1]) / part
