"""How much each factor of a product moved it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def factor_shares(before: ArrayLike, now: ArrayLike) -> Floats:
    """Share out the change of a product among its factors, so that the shares sum to the change exactly.

    Formula: share of factor i = L x ln(f1_i / f0_i), L = (V1 - V0) / ln(V1 / V0), V = product of the factors; V1 = V0: L = V0.
    Shapes: (f, m) factors before and now, a divisor given as 1 / divisor; (f, m) back in units of V. NaN in every
        factor of a product in which one is not above zero or is unknown: it cannot be shared out.
    Source: Ang (2004), Energy Policy 32(9), 1131-1139 (logarithmic mean Divisia index).

    >>> factor_shares([[20], [0.25], [10_000], [1 / 50]], [[25], [0.25], [12_000], [1 / 60]]).round(1).ravel().tolist()
    [250.0, 0.0, 204.3, -204.3]
    """
    first, last = np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
    fits = ((first > 0) & (last > 0)).all(axis=0)
    first, last = np.where(fits, first, 1.0), np.where(fits, last, 1.0)
    steps = np.log(last) - np.log(first)
    whole = steps.sum(axis=0)
    value = first.prod(axis=0)
    # (V1 - V0) / ln(V1 / V0) = V0 x (e^x - 1) / x, which stays exact where the product has hardly moved
    weight = value * np.divide(np.expm1(whole), whole, out=np.ones_like(whole), where=whole != 0)
    return np.where(fits, weight * steps, np.nan)
