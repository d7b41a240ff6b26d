"""Logistic regression, drawn towards nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS: Final = 60
CLOSE: Final = 1e-10


@dataclass(frozen=True)
class Logistic:
    """Log odds = intercept + columns @ slopes.

    slopes     (p,) of a column's unit each: exp(slope) is the factor by which one unit more changes the odds
    intercept  the log odds where every column is 0
    """

    slopes: Floats
    intercept: float

    @classmethod
    def fit(
        cls, columns: Floats, outcome: Floats, weight: Floats, penalty: float = 1.0, known: Floats | float = 0.0
    ) -> Self:
        """Find the slopes that the outcomes make most likely, drawn towards 0.

        Formula: minimise sum w (ln(1 + e^z) - y z) + penalty / 2 x sum slopes^2 by Newton's method; the intercept is free.
        Shapes: columns (n, p), outcome (n,) of 0 and 1, weight (n,), how much each case counts; `known` log odds (n,) that
            stand before anything is learned.
        Source: le Cessie and van Houwelingen (1992), Applied Statistics 41(1), 191-201.

        >>> found = Logistic.fit(np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([0.0, 1.0, 1.0, 1.0]), np.ones(4))
        >>> round(found.intercept, 4), found.slopes.round(4).tolist()
        (0.899, [0.4215])
        """
        start = float(np.average(outcome, weights=weight)) if weight.sum() else 0.5
        theta = np.zeros(columns.shape[1] + 1)
        theta[0] = np.log(np.clip(start, 1e-6, 1 - 1e-6) / np.clip(1 - start, 1e-6, 1))
        drawn = np.full(len(theta), penalty)
        drawn[0] = 1e-9  # not free altogether: of cases with one outcome alone it would run to infinity
        held = _loss(columns, outcome, weight, theta, drawn, known)
        for _step in range(STEPS):
            step = _newton(columns, outcome, weight, theta, drawn, known)
            after = _loss(columns, outcome, weight, theta - step, drawn, known)
            while after > held + 1e-12 * abs(held) and np.abs(step).max() > CLOSE:
                step = step / 2  # far from the end Newton may overshoot
                after = _loss(columns, outcome, weight, theta - step, drawn, known)
            theta, held = theta - step, after
            if np.abs(step).max() < CLOSE:
                break
        return cls(theta[1:], float(theta[0]))

    def log_odds(self, columns: Floats) -> Floats:
        """The log odds (n,) of cases with these columns (n, p)."""
        found: Floats = self.intercept + columns @ self.slopes
        return found

    def contributions(self, columns: Floats) -> Floats:
        """What each column adds to the log odds of an average case: (n, p)."""
        found: Floats = columns * self.slopes
        return found


def chance_of(log_odds: Floats) -> Floats:
    """The chances behind log odds; no number is too large.

    >>> chance_of(np.array([-800.0, 0.0, 800.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    shrunk = np.exp(-np.abs(log_odds))
    found: Floats = np.where(log_odds >= 0, 1 / (1 + shrunk), shrunk / (1 + shrunk))
    return found


def _loss(
    columns: Floats, outcome: Floats, weight: Floats, theta: Floats, drawn: Floats, known: Floats | float
) -> float:
    z = known + theta[0] + columns @ theta[1:]
    return float(weight @ (np.logaddexp(0.0, z) - outcome * z) + 0.5 * drawn @ theta**2)


def _newton(
    columns: Floats, outcome: Floats, weight: Floats, theta: Floats, drawn: Floats, known: Floats | float
) -> Floats:
    chance = chance_of(known + theta[0] + columns @ theta[1:])
    pull = weight * (chance - outcome)
    gradient = np.concatenate([[pull.sum()], columns.T @ pull]) + drawn * theta
    curve = weight * chance * (1 - chance)
    weighed = columns * curve[:, None]
    hessian = np.empty((len(theta), len(theta)))
    hessian[0, 0] = curve.sum()
    hessian[0, 1:] = hessian[1:, 0] = weighed.sum(axis=0)
    hessian[1:, 1:] = columns.T @ weighed
    return np.asarray(np.linalg.solve(hessian + np.diag(drawn), gradient), dtype=np.float64)
