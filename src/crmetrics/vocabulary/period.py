"""Periods: half-open spans of local days, [start, end), and what they are compared with (rules R1 and R2)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("crmetrics")

Compare = Literal["previous", "year", "weekdays"]
GRAINS: Final = ("day", "week", "month", "quarter", "year")
YEARS: Final = range(1700, 2300)
"""The years that can be asked about: what a period is compared with, twice over, then lies within the calendar, too."""
_MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12}


def months_later(day: date, months: int) -> date:
    """The same day of the month `months` later (or earlier), the last day of the month if it has none such."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_zone(name: str) -> bool:
    """Whether there is such a time zone: a name of the IANA database, such as Europe/Istanbul."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" alone is a folder there
        return False
    return True


def midnight(day: date, zone: str) -> datetime:
    """The UTC instant (without zone mark) at which a local day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    """This second as moments are kept: in UTC, without a zone mark."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def local_day(moment: datetime, zone: str) -> date:
    """The local day of a UTC instant."""
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def first_day(found: datetime | date, zone: str) -> date:
    """The local day of a UTC instant, or a day as it is."""
    return local_day(found, zone) if isinstance(found, datetime) else found


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of local days. `months` is the length in whole calendar months, 0 if it is not one."""

    start: date
    end: date
    months: int = 0

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise BadValue(
                _("A period must end after it starts: '{start}..{end}' does not.", start=self.start, end=self.end)
            )

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day inside, for people, who say "to 9 December inclusive"."""
        return self.end - timedelta(days=1)

    def elapsed(self, today: date) -> Period:
        """The part before `today` (the day of as-of); the period itself if it has ended or not begun."""
        return Period(self.start, today) if self.start < today < self.end else self

    def moved(self, months: int) -> Period:
        """The same span so many months later (or earlier). Where a month is too short for its end, to the end of that month."""
        start, end = months_later(self.start, months), months_later(self.end, months)
        # an end is the day after the last one: that of the 28th of a leap February is the 29th, in other years the 1st of March
        return Period(start, end + timedelta(days=end.day != self.end.day), self.months)

    def compared(self, with_: Compare, today: date) -> Period:
        """The period to compare with; for a running period the same elapsed part of it (R2)."""
        if with_ == "year":
            before = self.moved(-12)
        elif with_ == "weekdays":
            before = Period(self.start - timedelta(days=364), self.end - timedelta(days=364))
        elif self.months:
            before = Period(months_later(self.start, -self.months), self.start, self.months)
        else:
            before = Period(self.start - timedelta(days=self.days), self.start)
        passed = self.elapsed(today).days
        if passed == self.days:
            return before
        return Period(before.start, min(before.end, before.start + timedelta(days=passed)))

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


def parse_period(text: str, today: date, week_start: int = 1, fiscal_start: int = 1) -> Period:
    """Read a period: 2011, FY2011, 2011-Q3, 2011-07, 2011-W27, 2011-07-05, 2011-01-01..2011-12-10, last-12-months,
    last-90-days, this-month, year-to-date and the like.

    `today` is the local day of as-of. `last-N-<grain>` are the last N complete ones before it. `week_start` is 1 for
    Monday to 7 for Sunday; `fiscal_start` is the month in which the fiscal year starts (FY2011 is named by its start).
    """
    word = text.strip()
    try:
        found = _spelled_out(word, fiscal_start) or _relative(word.lower(), today, week_start, fiscal_start)
    except ValueError:  # an impossible date, such as 2011-02-31
        found = None
    if found is None or found.start.year not in YEARS or found.last_day.year not in YEARS:
        raise BadValue(
            _(
                "'{text}' is not a period. Write it like 2026, 2026-Q3, 2026-07, 2026-W27, 2026-07-05, last-12-months, "
                "last-90-days, this-month, year-to-date or 2026-01-01..2026-07-01 (the end is not included).",
                text=text,
            )
        )
    return found


def _spelled_out(word: str, fiscal_start: int) -> Period | None:
    if match := re.fullmatch(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)", word):
        return Period(date.fromisoformat(match[1]), date.fromisoformat(match[2]), _whole_months(*match.groups()))
    if match := re.fullmatch(r"(FY)?(\d{4})", word, re.IGNORECASE):
        start = date(int(match[2]), fiscal_start if match[1] else 1, 1)
        return Period(start, months_later(start, 12), 12)
    if match := re.fullmatch(r"(\d{4})-?Q([1-4])", word, re.IGNORECASE):
        start = date(int(match[1]), 3 * int(match[2]) - 2, 1)
        return Period(start, months_later(start, 3), 3)
    if match := re.fullmatch(r"(\d{4})-(\d\d)", word):
        start = date(int(match[1]), int(match[2]), 1)
        return Period(start, months_later(start, 1), 1)
    if match := re.fullmatch(r"(\d{4})-?W(\d\d)", word, re.IGNORECASE):
        start = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return Period(start, start + timedelta(days=7))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        start = date.fromisoformat(word)
        return Period(start, start + timedelta(days=1))
    return None


def _whole_months(start: str, end: str) -> int:
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    return months if first.day == last.day == 1 else 0


def _relative(word: str, today: date, week_start: int, fiscal_start: int) -> Period | None:
    if match := re.fullmatch(r"last-(?:(\d{1,4})-)?(day|week|month|quarter|year)s?", word):
        count, grain = int(match[1] or 1), match[2]
        end = start_of(grain, today, week_start)
        return _back(end, grain, count) if count else None
    if match := re.fullmatch(r"this-(day|week|month|quarter|year)", word):
        start = start_of(match[1], today, week_start)
        return _forward(start, match[1])
    if word == "year-to-date":
        return Period(date(today.year, 1, 1), max(today, date(today.year, 1, 2)))
    if word == "fiscal-year-to-date":
        start = date(today.year - (today.month < fiscal_start), fiscal_start, 1)
        return Period(start, max(today, start + timedelta(days=1)))
    return None


def start_of(grain: str, day: date, week_start: int = 1) -> date:
    """The first day of the day, week, month, quarter or year that holds `day`."""
    if grain == "week":
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    if grain == "day":
        return day
    months = _MONTHS_OF[grain]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def text_of(day: date, grain: str) -> str:
    """A day, week, month, quarter or year as rows are grouped by it, from its first day: 2026-03, 2026-Q1; a week as that day.

    >>> [text_of(date(2026, 4, 1), grain) for grain in ("day", "month", "quarter", "year")]
    ['2026-04-01', '2026-04', '2026-Q2', '2026']
    """
    if grain == "quarter":
        return f"{day.year:04}-Q{(day.month + 2) // 3}"
    return day.isoformat()[: {"year": 4, "month": 7}.get(grain)]


def ordinal(grain: str, day: date, week_start: int = 1) -> int:
    """The running number of the day, week, month, quarter or year that holds `day`: neighbours differ by one."""
    if grain in _MONTHS_OF:
        return (day.year * 12 + day.month - 1) // _MONTHS_OF[grain]
    return day.toordinal() if grain == "day" else (start_of("week", day, week_start).toordinal() - week_start) // 7


def _back(end: date, grain: str, count: int) -> Period:
    if grain in _MONTHS_OF:
        months = count * _MONTHS_OF[grain]
        return Period(months_later(end, -months), end, months)
    return Period(end - timedelta(days=count * (7 if grain == "week" else 1)), end)


def _forward(start: date, grain: str) -> Period:
    if grain in _MONTHS_OF:
        return Period(start, months_later(start, _MONTHS_OF[grain]), _MONTHS_OF[grain])
    return Period(start, start + timedelta(days=7 if grain == "week" else 1))
