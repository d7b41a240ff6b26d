"""Whether groups last equally long: the log-rank test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmetrics.models.kaplan_meier import KaplanMeier

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LogRank:
    """The test of g groups against "no difference".

    statistic  chi-square with `degrees` degrees of freedom; NaN where there is nothing to compare
    p          the chance of so great a difference if the groups were alike
    observed   (g,) who left; expected (g,) who would have left if the groups were alike
    """

    statistic: float
    degrees: int
    p: float
    observed: Floats
    expected: Floats


def log_rank(duration: ArrayLike, gone: ArrayLike, running: ArrayLike, group: ArrayLike) -> LogRank:
    """Test whether groups last equally long, from cases or counts as `KaplanMeier.fit` takes them.

    Formula: at each moment d of n leave: group j is expected to lose d n_j / n, with covariance d (n-d) / (n-1) (n_j / n) ([i=j] -
        n_i / n); chi-square = (O-E)' V^-1 (O-E) without the last group.
    Shapes: duration, gone, running, group (m,); gone counts of any cause.
    Source: Mantel (1966), Cancer Chemotherapy Reports 50(3), 163-170.

    >>> test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], [0] * 6, [0, 0, 0, 1, 1, 1])
    >>> f"{test.statistic:.4f} {test.p:.4f} {test.expected.round(4).tolist()}"
    '5.0517 0.0246 [1.15, 4.85]'
    """
    from scipy.special import gammaincc

    lasts, where = np.asarray(duration, dtype=np.float64), np.asarray(group, dtype=np.int64)
    left, stays = np.asarray(gone, dtype=np.float64), np.asarray(running, dtype=np.float64)
    groups = int(where.max(initial=-1)) + 1
    together = KaplanMeier.fit(lasts, left, stays)
    moments, d, n = together.time, together.gone.sum(axis=1), together.at_risk
    # who is at risk in each group at each moment: all of it less those who were gone or out of sight before
    apart = np.zeros((len(moments), groups))
    lost = np.zeros(groups)
    for each in range(groups):
        own = where == each
        order = np.argsort(lasts[own], kind="stable")
        upto = np.r_[0.0, np.cumsum((left + stays)[own][order])]
        apart[:, each] = upto[-1] - upto[np.searchsorted(lasts[own][order], moments)]
        lost[each] = left[own].sum()
    share = np.divide(apart, n[:, None], out=np.zeros_like(apart), where=n[:, None] > 0)
    expected = d @ share
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    is_there = np.flatnonzero(expected > 0)
    degrees = len(is_there) - 1
    if degrees < 1 or not d.sum():
        return LogRank(float("nan"), max(degrees, 0), float("nan"), lost, expected)
    kept = is_there[:-1]
    difference = (lost - expected)[kept]
    statistic = float(difference @ np.linalg.pinv(covariance[np.ix_(kept, kept)]) @ difference)
    return LogRank(statistic, degrees, float(gammaincc(degrees / 2, statistic / 2)), lost, expected)
