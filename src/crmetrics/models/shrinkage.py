"""Shares of small groups, drawn towards the share of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FEW_GROUPS: Final = 5
WEIGHT_OF_FEW: Final = 10.0
LIGHTEST, HEAVIEST = 5.0, 200.0


@dataclass(frozen=True)
class ShrunkenShares:
    """Shares of g groups under one Beta prior.

    share   (g,) the shrunken shares, between the group's own and the whole's
    whole   the share p of the whole population
    weight  the prior's weight m: so many cases of the whole are added to each group
    """

    share: Floats
    whole: float
    weight: float

    @classmethod
    def fit(cls, k: ArrayLike, n: ArrayLike, whole: float | None = None) -> Self:
        """Shrink the shares k / n of groups towards the share of the whole.

        Formula: (k + m p) / (n + m), m = p(1-p)/tau2 - 1 within 5..200, tau2 the variance between groups by moments;
            tau2 <= 0 or its denominator 0: 200; fewer than 5 groups: 10 (rule R14 of docs/rules.md).
        Shapes: k and n (g,) counts, k <= n; `whole` p where it is not sum(k) / sum(n). A group without cases gets p;
            with no case at all everything is NaN.
        Source: Kleinman (1973), JASA 68(341), 46-54, for the moments.

        >>> found = ShrunkenShares.fit([3, 45, 72], [3, 100, 297])
        >>> found.share.round(3).tolist(), round(found.whole, 3), found.weight
        ([0.462, 0.436, 0.244], 0.3, 10.0)
        """
        hits, cases = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
        total = float(cases.sum())
        if whole is None:
            whole = float(hits.sum()) / total if total else float("nan")
        weight = prior_weight(hits, cases, whole)
        return cls((hits + weight * whole) / (cases + weight), whole, weight)


def prior_weight(k: ArrayLike, n: ArrayLike, whole: float) -> float:
    """Give the prior's weight m of R14 for groups (g,) with k hits among n cases and the share p of the whole.

    Formula: tau2 = (sum n_i (r_i - p)^2 - (g-1) p(1-p)) / (N - sum n_i^2 / N - (g-1)), m = p(1-p)/tau2 - 1 within 5..200.
    Shapes: (g,) and (g,); groups without cases do not count. One number back.
    Source: as `ShrunkenShares.fit`.

    >>> prior_weight([3, 45, 72], [3, 100, 297], 0.3)
    10.0
    >>> round(prior_weight([2, 8, 1, 9, 5], [10, 10, 10, 10, 10], 0.5), 6)  # rates far apart: the lightest prior
    5.0
    """
    hits, cases = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    hits, cases = hits[cases > 0], cases[cases > 0]
    groups, total = len(cases), float(cases.sum())
    if groups < FEW_GROUPS:
        return WEIGHT_OF_FEW
    spread = whole * (1 - whole)
    above = float(np.sum(cases * (hits / cases - whole) ** 2)) - (groups - 1) * spread
    below = total - float(np.sum(cases**2)) / total - (groups - 1)
    if below <= 0 or above <= 0:
        return HEAVIEST
    return min(max(spread / (above / below) - 1, LIGHTEST), HEAVIEST)
