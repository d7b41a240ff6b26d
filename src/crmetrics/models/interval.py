"""Intervals of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def wilson(k: ArrayLike, n: ArrayLike, z: float = 1.959963984540054) -> tuple[Floats, Floats]:
    """Give the Wilson score interval of a share k / n.

    Formula: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), p = k/n.
    Shapes: k and n (m,) counts, k <= n; two arrays (m,) back, NaN where n is 0.
    Source: Wilson (1927), JASA 22(158), 209-212.

    >>> low, high = wilson([3, 6], [3, 10])
    >>> [f"{a:.3f}-{b:.3f}" for a, b in zip(low, high)]
    ['0.439-1.000', '0.313-0.832']
    """
    cases = np.asarray(n, dtype=np.float64)
    share = share_of(k, cases)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = share + z * z / (2 * cases)
        spread = z * np.sqrt(np.clip(share * (1 - share), 0, None) / cases + z * z / (4 * cases * cases))
        scale = 1 + z * z / cases
        low, high = (middle - spread) / scale, (middle + spread) / scale
    unknown = ~(cases > 0)
    return np.where(unknown, np.nan, np.clip(low, 0, 1)), np.where(unknown, np.nan, np.clip(high, 0, 1))


def share_of(k: ArrayLike, n: ArrayLike) -> Floats:
    """Give k / n, NaN where n is 0 or unknown (R3: never 0 or 100 %).

    Formula: k / n.
    Shapes: (m,) and (m,), or a number; (m,) back.
    Source: rule R3 of docs/rules.md.

    >>> share_of([1, 0], [2, 0]).tolist()
    [0.5, nan]
    """
    above, below = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    above, below = np.broadcast_arrays(above, below)
    share: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=(below != 0) & ~np.isnan(below))
    return share
