"""The leaks of a funnel: what each step loses against a reference, in parts that sum to the whole gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.interval import share_of

Floats = NDArray[np.float64]
Steps = tuple[tuple[int, int], ...]

DRAWS: Final = 1_000
SEED: Final = 20_261_122
ENDS: Final = (2.5, 97.5)


@dataclass(frozen=True)
class LeakLedger:
    """The leaks of k steps and of the size of what is won, in money; a gain is negative. Shapes: (k + 1,), the size last.

    leak       what is lost; the size is NaN where it is unknown
    low, high  its 95 % interval
    actual     (k,) the share that goes on from each step; reference: the same of the reference
    gap        the sum of the leaks, with its interval
    """

    actual: Floats
    reference: Floats
    leak: Floats
    low: Floats
    high: Floats
    gap: float
    gap_low: float
    gap_high: float

    @classmethod
    def fit(
        cls,
        entries: float,
        moved: ArrayLike,
        lost: ArrayLike,
        reference_moved: ArrayLike,
        reference_lost: ArrayLike,
        size: float,
        reference_size: float,
    ) -> Self:
        """Share the gap to a reference out to the steps.

        Formula: leak_s = N prod_{j<s} a_j (f_s - a_s) prod_{j>s} f_j B, at last N prod a_j (B - A), with a and f the shares
            moved / (moved + lost), A the size and B that of the reference. The sum telescopes to N (B prod f - A prod a).
            Interval: 2.5 and 97.5 % of 1,000 seeded draws of a_s and f_s from Beta(moved + 1, lost + 1).
        Shapes: entries N, sizes A and B numbers; the counts (k,) each. NaN for A: the size is unknown, and the gap is that of
            the steps. All is NaN where a step has no case that was decided, or B is unknown.
        Source: `sales.leak_ledger` of docs/analyses.md.

        >>> found = LeakLedger.fit(100, [50, 20], [50, 30], [60, 30], [40, 30], 1000, 1000)
        >>> found.leak.round(6).tolist(), round(found.gap, 6)
        ([5000.0, 5000.0, 0.0], 10000.0)
        """
        own = [np.asarray(each, dtype=np.float64) for each in (moved, lost)]
        other = [np.asarray(each, dtype=np.float64) for each in (reference_moved, reference_lost)]
        actual, reference = share_of(own[0], own[0] + own[1]), share_of(other[0], other[0] + other[1])
        leak = leaks(entries, actual, reference, size, reference_size)
        is_known = not np.isnan(leak[:-1]).any()
        draws = np.full((DRAWS, len(leak)), np.nan)
        if is_known:
            rng = np.random.default_rng(SEED)
            ours, theirs = (rng.beta(up + 1, down + 1, (DRAWS, len(actual))) for up, down in (own, other))
            draws = leaks(entries, ours, theirs, size, reference_size)
        low, high = np.percentile(draws, ENDS, axis=0)
        gaps = draws.sum(axis=1, where=~np.isnan(leak)) if is_known else draws[:, 0]
        gap_low, gap_high = np.percentile(gaps, ENDS)
        gap = float(leak.sum(where=~np.isnan(leak))) if is_known else float("nan")
        return cls(actual, reference, leak, low, high, gap, float(gap_low), float(gap_high))


def leaks(entries: float, actual: Floats, reference: Floats, size: float, reference_size: float) -> Floats:
    """Give the leaks of the steps and of the size.

    Formula: as `LeakLedger.fit`.
    Shapes: shares (..., k), the size NaN where unknown; (..., k + 1) back.
    Source: as `LeakLedger.fit`.

    >>> leaks(10, np.array([0.5]), np.array([0.4]), 100, 120).round(6).tolist()  # a gain and a leak
    [-120.0, 100.0]
    """
    one = np.ones_like(actual[..., :1])
    before = np.cumprod(np.concatenate([one, actual], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([one, reference[..., ::-1]], axis=-1), axis=-1)[..., -2::-1]
    by_step = entries * before[..., :-1] * (reference - actual) * after * reference_size
    by_size = entries * before[..., -1:] * (reference_size - size)
    return np.concatenate([by_step, np.where(before[..., -1:] == 0, 0.0, by_size)], axis=-1)


def merged_steps(moved: ArrayLike, lost: ArrayLike, least: int) -> Steps:
    """Give the steps (first, last) that are taken together so that each has `least` decided cases in every funnel.

    Formula: the first step that has fewer is merged with the next, the last one with that before; and so on.
    Shapes: counts (m, k) of m funnels; at most k pairs of places from 0. A single step may stay short of `least`.
    Source: `sales.leak_ledger` of docs/analyses.md.

    >>> merged_steps([[90, 25, 20]], [[10, 4, 6]], least=30)
    ((0, 0), (1, 2))
    """
    ups, downs = np.atleast_2d(np.asarray(moved)), np.atleast_2d(np.asarray(lost))
    steps = [(place, place) for place in range(ups.shape[1])]

    def decided(step: tuple[int, int]) -> float:
        return float((ups[:, step[1]] + downs[:, step[0] : step[1] + 1].sum(axis=1)).min())

    while len(steps) > 1:
        short = next((place for place, step in enumerate(steps) if decided(step) < least), None)
        if short is None:
            break
        place = min(short, len(steps) - 2)
        steps[place : place + 2] = [(steps[place][0], steps[place + 1][1])]
    return tuple(steps)


def in_steps(moved: ArrayLike, lost: ArrayLike, steps: Steps) -> tuple[Floats, Floats]:
    """Count who went on and who was lost by merged steps.

    Formula: moved(first..last) = moved(last), lost(first..last) = the sum of the lost.
    Shapes: counts (k,); one number a merged step back, each.
    Source: as `merged_steps`.

    >>> [each.tolist() for each in in_steps([90, 20, 5], [10, 5, 5], ((0, 0), (1, 2)))]
    [[90.0, 5.0], [10.0, 10.0]]
    """
    ups, downs = np.asarray(moved, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    return (
        np.array([ups[last] for _first, last in steps]),
        np.array([downs[first : last + 1].sum() for first, last in steps]),
    )
