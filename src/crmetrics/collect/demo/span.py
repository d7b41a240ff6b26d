"""The three years that the demo company has behind it: its seasons, its weekdays, its working days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Floats, Ints

SEASON: Final = (0.80, 0.82, 0.95, 1.05, 1.18, 1.28, 1.25, 1.15, 1.00, 0.92, 0.85, 0.75)
"""How busy January to December are; a seller of water and air filters lives from the warm months."""
WEEKDAYS: Final = (1.15, 1.12, 1.10, 1.12, 1.18, 0.70, 0.38)
"""How busy Monday to Sunday are."""
GROWTH: Final = 0.05
"""What every customer buys more a year; the growing number of customers comes on top."""
YEARS: Final = 3
_AHEAD: Final = 400
_OPENS: Final = 8 * HOUR + HOUR // 2
_WORKS: Final = 9 * HOUR + HOUR // 2


def epoch_day(day: date) -> int:
    """Days since 1 January 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def as_date(day: int) -> date:
    """The date of an epoch day."""
    return date(1970, 1, 1) + timedelta(days=int(day))


def months_of(days: Ints) -> Ints:
    """Months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def years_of(days: Ints) -> Ints:
    """Calendar years."""
    return months_of(days) // 12 + 1970


@dataclass(frozen=True)
class Span:
    """The days [first, last) that the exports cover, as epoch days in the company's own wall time.

    Two clocks run in it. Busy days: the span stretched by how busy its days are, so that an even draw in busy days gives
    season, weekdays and growth. Working days: whole number = a working day, fraction = the time from opening to closing.
    """

    first: int
    last: int
    busy: Floats
    workdays: Ints
    holidays: Mapping[int, str]

    @classmethod
    def before(cls, until: date, holidays: Mapping[str, str]) -> Span:
        """The years before `until`, the first day not covered; `holidays` by "MM-DD"."""
        start = until.replace(year=until.year - YEARS, day=min(until.day, 28) if until.month == 2 else until.day)
        first, last = epoch_day(start), epoch_day(until)
        free = {
            epoch_day(date(year, int(key[:2]), int(key[3:]))): name
            for year in range(start.year, until.year + 2)
            for key, name in holidays.items()
        }
        days = np.arange(first, last + _AHEAD)
        is_free = np.isin(days, list(free)) | ((days + 3) % 7 >= 5)
        return cls(first, last, _busy(days[: last - first], is_free), days[~is_free], free)

    @property
    def end(self) -> int:
        """The first second not covered."""
        return self.last * DAY

    @property
    def busy_days(self) -> float:
        """The length of the span in busy days (as many as it has days)."""
        return float(self.last - self.first)

    @property
    def working_days(self) -> float:
        """The length of the span in working days."""
        return float(np.searchsorted(self.workdays, self.last))

    def day_of(self, busy: Floats) -> Ints:
        """The epoch day of a point in busy days."""
        place = np.searchsorted(self.busy, busy, side="right")
        return self.first + np.minimum(place, len(self.busy) - 1)

    def working_moment(self, working: Floats) -> Ints:
        """The second of a point in working days; infinite gives BLANK. Never turns an order of two points round."""
        is_given = np.isfinite(working)
        point = np.clip(np.where(is_given, working, 0.0), 0.0, len(self.workdays) - 1e-6)
        whole_days = np.floor(point)
        seconds = self.workdays[whole_days.astype(np.int64)] * DAY + _OPENS
        return np.where(is_given, seconds + ((point - whole_days) * _WORKS).astype(np.int64), BLANK)

    def working_point(self, days: Ints) -> Floats:
        """The working day that an epoch day is, or the next one after it."""
        return np.searchsorted(self.workdays, days).astype(np.float64)

    def waking_moment(self, days: Floats) -> Ints:
        """The second of a point in epoch days, every day pressed into 7 to 23 o'clock; keeps the order of points."""
        whole_days = np.floor(days)
        return whole_days.astype(np.int64) * DAY + 7 * HOUR + ((days - whole_days) * 16 * HOUR).astype(np.int64)


def _busy(days: Ints, is_free: np.typing.NDArray[np.bool_]) -> Floats:
    """Busy days gone by at the end of each day, scaled so that the whole span has as many as days."""
    weight = np.asarray(SEASON)[months_of(days) % 12] * np.asarray(WEEKDAYS)[(days + 3) % 7]
    weight = weight * (1 + GROWTH) ** ((days - days[0]) / 365.25)
    # A holiday on a weekday sells like a Saturday.
    weight = np.where(is_free[: len(days)] & ((days + 3) % 7 < 5), weight * 0.6, weight)
    gone = np.cumsum(weight)
    scaled: Floats = gone * (len(days) / gone[-1])
    return scaled
