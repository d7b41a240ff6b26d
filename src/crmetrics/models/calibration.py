"""Whether chances come true: calibration, Brier score, log loss, and calibration by tenth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.interval import wilson
from crmetrics.models.logistic import Logistic

Floats = NDArray[np.float64]

TRUST: Final = 4.0
"""So many cases' worth of belief that the log odds are right as they are: it keeps a slope from running away on few cases."""


@dataclass(frozen=True)
class Calibration:
    """True log odds = intercept + slope x log odds told."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, log_odds: Floats, outcome: Floats, weight: Floats) -> Self:
        """Find how far log odds told for cases that were not learned from must be stretched and shifted to come true.

        Formula: logistic regression of the outcome on the log odds, the slope drawn to 1 (Platt scaling).
        Shapes: (n,) each; outcome of 0 and 1.
        Source: Platt (1999), Probabilistic outputs for support vector machines.

        >>> from crmetrics.models.logistic import chance_of
        >>> told = np.repeat([-4.0, 4.0], 1000)  # so sure of itself, and right in four of five
        >>> found = Calibration.fit(told, np.repeat([0.0, 1.0, 0.0, 1.0], [800, 200, 200, 800]), np.ones(2000))
        >>> chance_of(found.log_odds(np.array([-4.0, 4.0]))).round(2).tolist()
        [0.2, 0.8]
        """
        # what is learned is how far the slope is from 1, so that few cases leave it there
        found = Logistic.fit(log_odds[:, None], outcome, weight, TRUST, known=log_odds)
        return cls(1.0 + float(found.slopes[0]), found.intercept)

    def log_odds(self, told: Floats) -> Floats:
        """The true log odds (n,) behind those told (n,)."""
        found: Floats = self.intercept + self.slope * told
        return found


@dataclass(frozen=True)
class Tenths:
    """Chances beside what happened, by tenth of the cases in order of the chance; equal chances share a tenth.

    tenth      (g,) 1 to 10; a tenth that nobody falls into is not there
    told       (g,) the mean chance
    happened   (g,) the share that came true, with its 95 % interval (Wilson) low and high
    cases      (g,) the weight of its cases
    """

    tenth: NDArray[np.int64]
    told: Floats
    happened: Floats
    low: Floats
    high: Floats
    cases: Floats

    @classmethod
    def fit(cls, chance: Floats, outcome: Floats, weight: Floats) -> Self:
        """Put cases into ten parts of equal weight by their chances.

        Formula: tenth = floor(10 x (weight below + half of the ties') / all) + 1, at most 10 (rule R12 of docs/rules.md).
        Shapes: (n,) each; outcome of 0 and 1.
        Source: Hosmer and Lemeshow (1980), Communications in Statistics A9(10), 1043-1069.

        >>> found = Tenths.fit(np.array([0.1, 0.1, 0.8, 0.9]), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
        >>> found.tenth.tolist(), found.happened.tolist()
        ([3, 7, 9], [0.0, 1.0, 1.0])
        """
        different, which = np.unique(chance, return_inverse=True)
        tied = np.bincount(which, weight, len(different))
        middle = np.cumsum(tied) - tied / 2
        place = np.minimum(np.floor(10 * middle / max(float(weight.sum()), 1e-300)) + 1, 10)[which].astype(np.int64)
        tenths, group = np.unique(place, return_inverse=True)
        cases: Floats = np.bincount(group, weight.astype(np.float64), len(tenths)).astype(np.float64)
        happened = np.bincount(group, weight * outcome, len(tenths))
        low, high = wilson(happened, cases)
        return cls(tenths, np.bincount(group, weight * chance, len(tenths)) / cases, happened / cases, low, high, cases)

    @property
    def error(self) -> float:
        """How far chances are from what happened, on average over the cases."""
        return float(np.average(np.abs(self.told - self.happened), weights=self.cases)) if len(self.cases) else np.nan


def brier_score(chance: Floats, outcome: Floats, weight: Floats) -> float:
    """Give the mean squared distance of chances (n,) from what happened (n,) of 0 and 1: 0 is perfect.

    Source: Brier (1950), Monthly Weather Review 78(1), 1-3.

    >>> brier_score(np.array([0.8, 0.4]), np.array([1.0, 0.0]), np.ones(2))
    0.1
    """
    return round(float(np.average((chance - outcome) ** 2, weights=weight)), 15)


def log_losses(chance: Floats, outcome: Floats) -> Floats:
    """Give each case's surprise, -ln of the chance of what happened: (n,); a chance of 0 counts as a millionth.

    >>> log_losses(np.array([0.5, 1.0]), np.array([1.0, 1.0])).round(6).tolist()
    [0.693147, 1e-06]
    """
    kept = np.clip(chance, 1e-6, 1 - 1e-6)
    found: Floats = -np.log(np.where(outcome > 0.5, kept, 1 - kept))
    return found
