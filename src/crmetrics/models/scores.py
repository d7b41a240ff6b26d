"""Scores from ranks, and the map of RFM segments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Integers = NDArray[np.int64]


def mid_rank_scores(values: ArrayLike, classes: int = 5) -> Integers:
    """Give scores 1 to `classes` by average rank, ascending in "better", so that equal values share a score (R12).

    Formula: min(k, floor(k (rank - 0.5) / n) + 1), rank = average rank of ties.
    Shapes: (n,) known values; (n,) back.
    Source: rule R12 of docs/rules.md.

    >>> mid_rank_scores([1, 1, 1, 1, 1, 1, 2, 3, 4, 9]).tolist()
    [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]
    >>> mid_rank_scores([7, 7, 7]).tolist()
    [3, 3, 3]
    """
    _found, place, tied = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    # twice the rank less a half is a whole number, so that nothing is lost at the border of a class
    doubled = 2 * np.cumsum(tied) - tied
    scores: Integers = np.minimum(classes, classes * doubled // (2 * len(place) or 1) + 1)
    return scores[place]


def fm_scores(f: ArrayLike, m: ArrayLike) -> Integers:
    """Give the second axis of the RFM map: the mean of F and M, halves rounded up.

    Formula: floor((F + M) / 2 + 0.5).
    Shapes: (n,) and (n,) scores; (n,) back.
    Source: `customers.rfm` of docs/analyses.md.

    >>> fm_scores([1, 5, 2], [5, 5, 3]).tolist()
    [3, 5, 3]
    """
    return (np.asarray(f, dtype=np.int64) + np.asarray(m, dtype=np.int64) + 1) // 2


_NEW, _GROWING, _WAKING = "new", "potential_loyalists", "about_to_sleep"
_ROWS: Final = {
    5: (_NEW, _GROWING, _GROWING, "champions", "champions"),
    4: ("promising", _GROWING, _GROWING, "loyal", "loyal"),
    3: (_WAKING, _WAKING, "need_attention", "loyal", "loyal"),
    2: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
    1: ("hibernating", "hibernating", "at_risk", "at_risk", "cannot_lose"),
}
SEGMENT_MAP: Final[Mapping[tuple[int, int], str]] = MappingProxyType(
    {(r, fm): segment for r, row in _ROWS.items() for fm, segment in enumerate(row, start=1)}
)
"""(R, FM) -> segment. Who never bought is one of the `prospects`, whose purchases all lie before the window `hibernating`."""

BEST_FIRST: Final = (
    *("champions", "loyal", "potential_loyalists", "new", "promising", "need_attention", "about_to_sleep"),
    *("at_risk", "cannot_lose", "hibernating", "prospects"),
)
"""Segments from those to be proud of to those who never bought: a move towards the front is one up."""

EXPORT_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "champions": "CHAMPIONS",
        "loyal": "LOYAL",
        "potential_loyalists": "ACTIVE",
        "new": "NEW",
        "promising": "PROMISING",
        "need_attention": "NEEDS_ATTENTION",
        "at_risk": "AT_RISK",
        "cannot_lose": "PREVIOUSLY_LOYAL",
        "about_to_sleep": "ALMOST_LOST",
        "hibernating": "DORMANT",
        "prospects": "PROSPECTS",
    }
)
"""Segments by the names that shop systems import and export."""
