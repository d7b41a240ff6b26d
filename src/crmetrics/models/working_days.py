"""Working days between days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.interval import Floats

Days = Sequence[date] | Sequence[str] | NDArray[np.datetime64]


def working_days(starts: Days, ends: Days, free: Days = (), half: Days = (), exchanged: Days = ()) -> Floats:
    """Give the working days in [start, end): Monday to Friday, a free day counts 0 and a half one 0.5.

    Formula: weekdays - free weekdays - half weekdays / 2 + days of the weekend that are worked in exchange for others; 0 where
        end is not after start.
    Shapes: (m,) days and (m,) days, (f,) free days, (h,) half days, (x,) days exchanged, all as dates; (m,) back.
    Source: `kpis.target_attainment` of docs/analyses.md.

    >>> working_days(["2026-05-01", "2026-05-04"], ["2026-06-01", "2026-05-04"], ["2026-05-01"], ["2026-05-29"]).tolist()
    [19.5, 0.0]
    """
    first, after = np.asarray(starts, dtype="datetime64[D]"), np.asarray(ends, dtype="datetime64[D]")
    off, halves = np.asarray(free, dtype="datetime64[D]"), np.asarray(half, dtype="datetime64[D]")
    both = np.concatenate([off, halves])
    whole = np.busday_count(first, after, holidays=both)
    rest = np.busday_count(first, after, holidays=off)
    more = np.sort(np.asarray(exchanged, dtype="datetime64[D]"))
    more = more[~np.is_busday(more)]
    worked = np.searchsorted(more, after) - np.searchsorted(more, first)
    return np.where(after > first, (whole + rest) / 2 + worked, 0.0)
