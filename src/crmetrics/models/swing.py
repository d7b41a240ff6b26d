"""The usual swing of a figure from period to period, and whether a change is more than that."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

Verdict = Literal["better", "worse", "usual"]

CHANGES_READ: Final = 26
CHANGES_NEEDED: Final = 8
TO_DEVIATION: Final = 1.4826
"""Times the median absolute deviation of a normal law gives its standard deviation."""


def usual_swing(changes: ArrayLike) -> float | None:
    """Give the size up to which a change is nothing unusual.

    Formula: 2 x 1.4826 x median(abs(x - median(x))) over the last 26 known changes; None of fewer than 8.
    Shapes: (m,) changes in order of time, NaN where unknown; the result in their unit.
    Source: rule R19 of docs/rules.md; Rousseeuw and Croux (1993), JASA 88(424), 1273-1283 for the constant.

    >>> round(usual_swing([1, -1, 2, -2, 1, -1, 3, -3]), 4)
    4.4478
    """
    given = np.asarray(changes, dtype=np.float64)
    known = given[~np.isnan(given)][-CHANGES_READ:]
    if len(known) < CHANGES_NEEDED:
        return None
    return float(2 * TO_DEVIATION * np.median(np.abs(known - np.median(known))))


def verdict_of(change: float | None, swing: float | None, better: str | None) -> Verdict | None:
    """Tell whether a change is for the better or the worse: by the figure's own direction, never by its sign.

    Formula: abs(change) <= swing: usual; else better where the change goes the way that is good. None where one is unknown.
    Shapes: two numbers of one unit; `better` "higher", "lower" or None.
    Source: rule R19 of docs/rules.md.

    >>> verdict_of(-0.02, 0.005, "lower"), verdict_of(-0.02, 0.005, "higher"), verdict_of(-0.02, 0.03, "higher")
    ('better', 'worse', 'usual')
    """
    if change is None or swing is None or better is None:
        return None
    if abs(change) <= swing:
        return "usual"
    return "better" if (change > 0) == (better == "higher") else "worse"
