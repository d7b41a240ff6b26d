"""Relative change."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.interval import Floats, share_of


def change(now: ArrayLike, before: ArrayLike) -> Floats:
    """Give the relative change from before to now (R6).

    Formula: (now - before) / abs(before).
    Shapes: (m,) and (m,); (m,) back, NaN where before is 0 or either is unknown.
    Source: rule R6 of docs/rules.md.

    >>> change([150, 900, 5, -50], [100, 900, 0, -100]).tolist()
    [0.5, 0.0, nan, 0.5]
    """
    earlier = np.asarray(before, dtype=np.float64)
    return share_of(np.asarray(now, dtype=np.float64) - earlier, np.abs(earlier))
