"""Rates of loss: what one of some months is in a year, and the interval of rates added up day by day."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.interval import Floats, wilson


def hazard_interval(
    hazard: ArrayLike, variance: ArrayLike, n: ArrayLike, z: float = 1.959963984540054
) -> tuple[Floats, Floats]:
    """Give the interval of a sum of daily rates, H = sum of lost that day / cases of that day.

    Formula: H exp(-+ z sqrt(V) / H), V = sum of lost that day / (cases of that day)^2; where nothing was lost from 0 to the
        upper Wilson end of 0 of n.
    Shapes: hazard, variance and n (m,); two arrays (m,) back, NaN where the hazard is unknown or n is 0.
    Source: Nelson (1969), J. Quality Technology 1, 27-52; Aalen (1978), Ann. Statist. 6, 701-726; Kalbfleisch and Prentice (2002).

    >>> low, high = hazard_interval([0.06, 0.0], [0.0006, 0.0], [100, 100])
    >>> [f"{a:.3f}-{b:.3f}" for a, b in zip(low, high)]
    ['0.027-0.134', '0.000-0.037']
    """
    summed, spread, cases = (np.asarray(each, dtype=np.float64) for each in (hazard, variance, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.exp(z * np.sqrt(spread) / summed)
        low, high = summed / factor, summed * factor
    none_low, none_high = wilson(np.zeros_like(cases), cases)
    return np.where(summed == 0, none_low, low), np.where(summed == 0, none_high, high)


def in_a_year(rate: ArrayLike, months: ArrayLike) -> Floats:
    """Give the share lost in twelve months where `rate` are lost in each span of so many months.

    Formula: 1 - (1 - rate)^(12 / months); never rate x 12 / months.
    Shapes: (m,) and (m,); (m,) back, NaN where either is unknown or the rate is above 1.
    Source: `customers.churn_rate` of docs/analyses.md.

    >>> in_a_year([0.05, 0.3], [1, 12]).round(3).tolist()
    [0.46, 0.3]
    """
    lost, length = np.asarray(rate, dtype=np.float64), np.asarray(months, dtype=np.float64)
    is_known = (lost >= 0) & (lost <= 1) & (length > 0)
    kept = np.where(is_known, 1 - lost, np.nan)
    return np.asarray(1 - kept ** (12 / np.where(is_known, length, np.nan)), dtype=np.float64)
