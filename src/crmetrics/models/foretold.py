"""How counts that were foretold came true: bias, error, order, and the true best found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from crmetrics.models.columns import Floats

BEST: Final = 0.2
"""The share of customers that are the true best."""


@dataclass(frozen=True)
class Foretold:
    """One way to foretell against what happened.

    bias         foretold / happened - 1, of the sums; NaN where nothing happened
    rmse, mae    root mean squared and mean absolute error of a customer
    correlation  between foretold and happened; spearman that of their ranks, ties at their mean; NaN where either is all the same
    found        of the true best fifth, the share that is among the foretold best fifth
    surprise     -ln likelihood of a customer's held-out time, for ways that tell chances; NaN for others
    """

    name: str
    expected: float
    happened: float
    bias: float
    rmse: float
    mae: float
    correlation: float
    spearman: float
    found: float
    surprise: float = float("nan")

    @classmethod
    def fit(cls, name: str, expected: Floats, happened: Floats, surprise: float = float("nan")) -> Self:
        """Hold what was foretold against what happened.

        Formula: bias = sum(foretold) / sum(happened) - 1; RMSE = sqrt(mean((foretold - happened)^2)).
        Shapes: (n,) each, by customer.
        Source: Fader and Hardie (2005) for the figures; zero for everybody can have a low MAE, so it is never told alone.

        >>> test = Foretold.fit("all alike", np.full(4, 1.0), np.array([0.0, 0.0, 1.0, 4.0]))
        >>> f"{test.bias:+.2f} {test.rmse:.3f} {test.mae:.2f}"
        '-0.20 1.658 1.25'
        """
        apart, whole = expected - happened, float(happened.sum())
        return cls(
            name,
            float(expected.sum()),
            whole,
            float(expected.sum()) / whole - 1 if whole else float("nan"),
            float(np.sqrt(np.mean(apart**2))) if len(apart) else float("nan"),
            float(np.mean(np.abs(apart))) if len(apart) else float("nan"),
            _correlation(expected, happened),
            _correlation(mean_ranks(expected), mean_ranks(happened)),
            best_found(expected, happened),
            surprise,
        )


def mean_ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values at their mean rank, (n,).

    >>> mean_ranks(np.array([5.0, 1.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    different, which = np.unique(values, return_inverse=True)
    tied = np.bincount(which, minlength=len(different))
    ranks: Floats = (np.cumsum(tied) - (tied - 1) / 2)[which]
    return ranks


def best_found(expected: Floats, happened: Floats) -> float:
    """Give the share of the true best that is among the foretold best.

    Formula: the customers with the highest happened values, a fifth of all, are the true best; found = those of them among the
        fifth foretold highest, where several are foretold alike the share that falls into it.
    Shapes: (n,) each. NaN where nobody is, or nothing happened.

    >>> best_found(np.array([3.0, 2.0, 1.0, 0.0, 0.0]), np.array([9.0, 0.0, 1.0, 0.0, 0.0]))
    1.0
    """
    most = max(round(BEST * len(happened)), 1)
    if not len(happened) or not happened.any():
        return float("nan")
    true, told = _membership(happened, most), _membership(expected, most)
    return float(true @ told / true.sum())


def _membership(values: Floats, most: int) -> Floats:
    """How much each belongs to the `most` highest, (n,): 1, 0, or the share of equal ones that still fit in."""
    limit = np.partition(values, len(values) - most)[len(values) - most]
    above, level = values > limit, values == limit
    fits = (most - above.sum()) / max(level.sum(), 1)
    return np.where(above, 1.0, np.where(level, fits, 0.0))


def _correlation(one: Floats, other: Floats) -> float:
    if not len(one):
        return float("nan")
    from_one, from_other = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((from_one @ from_one) * (from_other @ from_other)))
    return float(from_one @ from_other) / spread if spread > 0 else float("nan")
