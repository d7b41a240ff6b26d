"""Shares of people held against what their own mix of work would let expect: drawn together, and with the limits of luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import Floats, share_of
from crmetrics.models.shrinkage import prior_weight

LEAST: Final = 30
"""A cell of fewer cases has no rate of its own."""
WARNING, ALARM = 1.96, 3.09
"""Standard errors of the two limits of a funnel plot: 95 % and 99.8 %."""
ROUNDING: Final = 1e-12
"""The last bit of a share must put nobody outside."""


@dataclass(frozen=True)
class FairShares:
    """Shares of g people.

    expected  (g,) the share that the whole would have on this person's cases
    index     (g,) own share / expected, NaN where either is unknown
    shrunken  (g,) the own share, drawn to the expected
    whole     the share of all cases
    weight    the prior's weight: so many cases of what was expected are added to each
    """

    expected: Floats
    index: Floats
    shrunken: Floats
    whole: float
    weight: float

    @classmethod
    def fit(cls, k: ArrayLike, n: ArrayLike, expected: ArrayLike, whole: float) -> Self:
        """Draw the shares k / n to what was expected of each.

        Formula: (k + m e) / (n + m); m as in R14, the spread between people taken around their own e instead of the whole's p.
        Shapes: k and n (g,) counts, k <= n; expected (g,) shares; whole a share. NaN where nothing is expected.
        Source: rule R14 of docs/rules.md; `kpis.team_comparison` of docs/analyses.md; Kleinman (1973), JASA 68(341), 46-54.

        >>> found = FairShares.fit([3, 45, 72], [3, 100, 297], [0.3, 0.3, 0.3], 0.3)
        >>> found.shrunken.round(3).tolist(), found.index.round(2).tolist(), found.weight
        ([0.462, 0.436, 0.244], [3.33, 1.5, 0.81], 10.0)
        """
        hits, cases = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
        fair = np.asarray(expected, dtype=np.float64)
        # own - e instead of own - p: what the mix of work explains is no difference between people
        weight = prior_weight(hits - cases * (fair - whole), cases, whole)
        shrunken = (hits + weight * fair) / (cases + weight)
        return cls(fair, share_of(share_of(hits, cases), fair), shrunken, whole, weight)


def expected_shares(
    who: NDArray[np.int64], cells: Sequence[Sequence[object]], k: ArrayLike, n: ArrayLike, people: int
) -> tuple[Floats, float]:
    """Give the share that the whole would have on each person's cases, and the share of the whole.

    Formula: sum over a person's cases of the rate of the case's cell / cases. A cell with n < 30 takes the rate of its first
        part, that with n < 30 the rate of the whole.
    Shapes: r rows of equal cases: who (r,) numbers from 0 to people - 1, or -1 for nobody (he counts for the rates); cells r
        tuples, the first part first; k and n (r,) counts. (people,) back, NaN without cases; NaN as whole without any.
    Source: indirect standardisation; Spiegelhalter (2005), Statistics in Medicine 24(8), 1185-1202.

    >>> who, cells = np.array([0, 0, 1]), [("web", "small"), ("fair", "small"), ("fair", "small")]
    >>> shares, whole = expected_shares(who, cells, [8, 20, 10], [40, 40, 40], 2)
    >>> shares.round(4).tolist(), round(whole, 4)  # web 8/40, fair 30/80
    ([0.2875, 0.375], 0.3167)
    """
    hits, cases = np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    whole = float(share_of(hits.sum(), cases.sum()))
    rate = np.full(len(cases), whole)
    deepest = max((len(cell) for cell in cells), default=0)
    for depth in range(1, deepest + 1):
        numbers: dict[tuple[object, ...], int] = {}
        which = np.array([numbers.setdefault(tuple(cell[:depth]), len(numbers)) for cell in cells], dtype=np.int64)
        held, won = np.bincount(which, cases)[which], np.bincount(which, hits)[which]
        rate = np.where(held >= LEAST, share_of(won, held), rate)
    known = who >= 0
    sums = np.bincount(who[known], (rate * cases)[known], people)
    return share_of(sums, np.bincount(who[known], cases[known], people)), whole


def luck_limits(expected: ArrayLike, n: ArrayLike, z: float) -> tuple[Floats, Floats]:
    """Give the limits within which luck alone leaves a share of n cases.

    Formula: e +- z sqrt(e (1 - e) / n), cut to 0..1.
    Shapes: (g,) and (g,); two arrays (g,) back, NaN without cases.
    Source: Spiegelhalter (2005), Statistics in Medicine 24(8), 1185-1202.

    >>> [limit.round(3).tolist() for limit in luck_limits([0.3, 0.3], [3, 100], 3.09)]
    [[0.0, 0.158], [1.0, 0.442]]
    """
    fair, cases = np.asarray(expected, dtype=np.float64), np.asarray(n, dtype=np.float64)
    spread = z * np.sqrt(share_of(np.clip(fair * (1 - fair), 0, None), cases))
    return np.clip(fair - spread, 0, 1), np.clip(fair + spread, 0, 1)


def beyond_luck(observed: ArrayLike, expected: ArrayLike, n: ArrayLike) -> NDArray[np.str_]:
    """Tell beyond which limit of luck each share lies: "none", "95" or "99.8".

    Formula: as `luck_limits`, z = 1.96 and 3.09.
    Shapes: (g,), (g,) shares and (g,) counts; (g,) texts back.
    Source: Spiegelhalter (2005), Statistics in Medicine 24(8), 1185-1202.

    >>> beyond_luck([1.0, 0.45, 0.4], [0.3, 0.3, 0.3], [3, 100, 100]).tolist()
    ['95', '99.8', '95']
    """
    share = np.asarray(observed, dtype=np.float64)
    found = np.full(share.shape, "none", dtype="<U4")
    for name, z in (("95", WARNING), ("99.8", ALARM)):
        low, high = luck_limits(expected, n, z)
        found[(share < low - ROUNDING) | (share > high + ROUNDING)] = name
    return found
