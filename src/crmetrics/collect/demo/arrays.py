"""The columns of the demo company while they are drawn: whole numbers, money in cents, moments in seconds."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BLANK: Final = -(2**62)
"""Not given. Whole numbers have no NaN, and a mask beside every column would be carried through every step."""

DAY: Final = 86_400
HOUR: Final = 3_600
_LOW: Final = 1 << 20


def whole(values: Floats) -> Ints:
    """Round to whole numbers, halves to even."""
    return np.rint(values).astype(np.int64)


def picked(rng: np.random.Generator, weights: list[float] | Floats, size: int) -> Ints:
    """Draw `size` places of a list whose entries weigh differently."""
    upto = np.cumsum(np.asarray(weights, dtype=np.float64))
    places: Ints = np.searchsorted(upto, rng.random(size) * upto[-1], side="right").astype(np.int64)
    return places


def exact_sums(places: Ints, values: Ints, size: int) -> Ints:
    """Sum whole numbers by place, to the last unit.

    bincount adds as floating point, so the values go through it in two halves that both stay below 2**53.
    """
    high, low = np.divmod(values, _LOW)
    upper = np.bincount(places, weights=high, minlength=size)
    lower = np.bincount(places, weights=low, minlength=size)
    return upper.astype(np.int64) * _LOW + lower.astype(np.int64)


def ranges(lengths: Ints) -> Ints:
    """0, 1, .. for every length, one after the other: lengths 2, 3 give 0, 1, 0, 1, 2."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - lengths, lengths)
