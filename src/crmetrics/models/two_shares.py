"""Two shares held against each other: the interval of their difference, and whether chance explains it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import Floats, share_of, wilson

TIE: float = 1 + 1e-7
"""Outcomes as likely as the one seen count as extreme as it: their probabilities differ in the last digits only."""


def newcombe(k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike) -> tuple[Floats, Floats]:
    """Give the 95 % interval of the difference of two shares, k / n - other_k / other_n.

    Formula: d - sqrt((p1 - l1)^2 + (u2 - p2)^2) to d + sqrt((u1 - p1)^2 + (p2 - l2)^2), l and u the Wilson ends of each.
    Shapes: counts (m,); two arrays (m,) back, NaN where either n is 0.
    Source: Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    >>> low, high = newcombe([56], [70], [48], [80])
    >>> f"{low[0]:.4f} to {high[0]:.4f}"
    '0.0524 to 0.3339'
    """
    one, other = share_of(k, n), share_of(other_k, other_n)
    (low, high), (other_low, other_high) = wilson(k, n), wilson(other_k, other_n)
    gap = one - other
    below = np.sqrt((one - low) ** 2 + (other_high - other) ** 2)
    above = np.sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return gap - below, gap + above


def fisher_exact(k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike) -> Floats:
    """Give the two-sided p of Fisher's exact test that two shares are the same.

    Formula: sum of the hypergeometric probabilities, at fixed margins, of all tables no more likely than the one seen.
    Shapes: counts (m,), k <= n; (m,) back, 1 where either n is 0.
    Source: Fisher (1935), J. Royal Statistical Society 98, 39-82.

    >>> fisher_exact([3], [4], [1], [4]).round(4).tolist()  # the lady tasting tea
    [0.4857]
    """
    given = [np.atleast_1d(np.asarray(each, dtype=np.int64)) for each in (k, n, other_k, other_n)]
    largest = int((given[1] + given[3]).max(initial=0))
    factorials = np.r_[0.0, np.cumsum(np.log(np.arange(1, largest + 1)))]
    return np.array(
        [_p(factorials, *(int(each) for each in case)) for case in zip(*given, strict=True)], dtype=np.float64
    )


def _p(factorials: Floats, k: int, n: int, other_k: int, other_n: int) -> float:
    hits, whole = k + other_k, n + other_n
    possible: NDArray[np.int64] = np.arange(max(0, hits - other_n), min(hits, n) + 1)
    if len(possible) < 2:
        return 1.0
    logs = (
        _ways(factorials, n, possible)
        + _ways(factorials, other_n, hits - possible)
        - _ways(factorials, whole, np.array([hits]))
    )
    seen = logs[k - possible[0]]
    return float(min(np.exp(logs[logs <= seen + np.log(TIE)]).sum(), 1.0))


def _ways(factorials: Floats, n: int, k: NDArray[np.int64]) -> Floats:
    return np.asarray(factorials[n] - factorials[k] - factorials[n - k], dtype=np.float64)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Give the p values adjusted for how many were tried: below 5 % is found at a false discovery rate of 5 %.

    Formula: of the ascending p_(i) the smallest m p_(j) / j over j >= i, at most 1.
    Shapes: (m,) known p values; (m,) back in the same order.
    Source: Benjamini and Hochberg (1995), J. Royal Statistical Society B 57(1), 289-300.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)
    raised = values[order] * len(values) / np.arange(1, len(values) + 1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return adjusted
