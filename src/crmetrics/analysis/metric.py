"""Any analysis read as one figure: its value, its change, its course over time. What a scorecard and a home page are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from crmetrics.analysis.answer import Answer
from crmetrics.analysis.catalogue import Catalogue
from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.row import Column, Row
from crmetrics.models.swing import CHANGES_READ
from crmetrics.vocabulary.period import Period, months_later, ordinal, parse_period
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.scope import Filter

_MONTHS: Final = {1: "month", 3: "quarter", 12: "year"}
_DAYS: Final = {1: "day", 7: "week"}
_LONG: Final = 62
"""A span of more days is drawn by month, a shorter one by day."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of an analysis: `part` of `base` where it is a share of cases, `n` how many cases it stands on."""

    value: float | None
    n: int | None
    part: int | None = None
    base: int | None = None


def headline_column(declared: Analysis) -> Column | None:
    """The column that is the one figure of an analysis, None if it has none."""
    return next((column for column in declared.row.columns if column.name == declared.headline), None)


def unit_of(declared: Analysis) -> Unit:
    """The unit of the one figure of an analysis."""
    figure = headline_column(declared)
    return Unit.TEXT if figure is None else figure.unit


def better_of(declared: Analysis) -> str | None:
    """Which direction of that figure is good, where one is."""
    figure = headline_column(declared)
    return None if figure is None else figure.better


def reading_of(answer: Answer[Any], row: Row | None = None) -> Reading:
    """The figure of an answer: that of its total, of its only row, or of the row given."""
    figure = headline_column(answer.declared)
    if row is None:
        row = answer.total if answer.total is not None else answer.rows[0] if len(answer.rows) == 1 else None
    if row is None or figure is None:
        return Reading(None, None)
    values = row.as_dict()
    part, base = (values[name] for name in figure.of) if figure.of else (None, None)
    value = values[figure.name]
    n = values.get("n", base)
    if n is None and answer.total is row:
        n = answer.result.used if answer.result.n is None else answer.result.n
    return Reading(None if value is None else float(value), n, part, base)


def undivided(declared: Analysis) -> dict[str, Any]:
    """The choices that ask for the whole, not for groups."""
    return {"by": "none"} if any(choice.name == "by" for choice in declared.choices) else {}


def difference(now: float | None, before: float | None, unit: Unit) -> float | None:
    """The change of a figure (R6): of shares and scores the difference, else relative to the size before; None from nothing."""
    if now is None or before is None:
        return None
    if unit in (Unit.SHARE, Unit.SCORE, Unit.POINTS):
        return now - before
    return (now - before) / abs(before) if before else None


def difference_unit(unit: Unit) -> Unit:
    """The unit of a change."""
    return {Unit.SHARE: Unit.POINTS, Unit.POINTS: Unit.POINTS, Unit.SCORE: Unit.SCORE}.get(unit, Unit.CHANGE)


def own_grain(period: Period) -> str | None:
    """The grain of which a period is exactly one: a day, a week, a calendar month, quarter or year."""
    if period.months:
        is_whole = (period.start.month - 1) % period.months == 0 and period.start.day == 1
        return _MONTHS.get(period.months) if is_whole else None
    return _DAYS.get(period.days)


def drawn_grain(period: Period) -> str:
    """The grain by which a figure's course up to a period is drawn: its own, else a finer one."""
    return own_grain(period) or ("month" if period.days > _LONG else "day")


@dataclass(frozen=True)
class Course:
    """A figure over time, step by step of one grain; `found` by the steps' running numbers.

    empty   what a step without cases has: 0 for what adds up over time, unknown for all else
    last    the step that the period ends in, or the running one
    weekday on which its weeks begin, 1 for Monday; None where it has no weeks
    """

    grain: str
    found: Mapping[int, float | None]
    last: int
    empty: float | None
    weekday: int | None = None

    @property
    def steps(self) -> range:
        """The running numbers of its steps, the oldest first; what lies before the first case is left out."""
        return range(min(self.found, default=self.last + 1), self.last + 1)

    @property
    def series(self) -> list[float | None]:
        """The values of its steps."""
        return [self.found.get(step, self.empty) for step in self.steps]

    def tells(self, period: Period) -> bool:
        """Whether a period is one of its steps: seven days may begin on any day of the week, its weeks begin on the company's."""
        if own_grain(period) != self.grain or (self.grain == "week" and period.start.isoweekday() != self.weekday):
            return False
        return self._step(period.start) in self.steps

    def value(self, period: Period) -> float | None:
        """The figure of a period that is one of its steps: what asking of that period alone gives."""
        return self.found.get(self._step(period.start), self.empty)

    def _step(self, day: date) -> int:
        return ordinal(self.grain, day, self.weekday or 1)


def course_of(
    catalogue: Catalogue,
    declared: Analysis,
    period: Period,
    *,
    where: tuple[Filter, ...] = (),
) -> Course | None:
    """The figure over time up to the end of a period: the grains inside, and those before that its swing is read from. One scan.

    None where the analysis cannot be told by time.
    """
    grain = drawn_grain(period)
    if not any(choice.name == "by" for choice in declared.choices) or grain not in declared.groupings():
        return None
    answer = catalogue.ask(declared.key, period=Period(_begin(period, grain), period.end), where=where, by=grain)
    found: dict[int, float | None] = {}
    weekday = None
    for row in answer.rows:
        party = row.as_dict().get("party")
        if party is not None:
            start = parse_period(str(party), period.end).start
            weekday = start.isoweekday() if grain == "week" else None
            step = ordinal(grain, start, weekday or 1)
            if step in found:
                return None  # several rows a step are not one figure
            found[step] = reading_of(answer, row).value
    last = ordinal(grain, min(period.last_day, max(answer.today - timedelta(days=1), period.start)), weekday or 1)
    return Course(grain, found, last, 0.0 if declared.is_additive else None, weekday)


def changes_of(series: list[float | None], unit: Unit) -> list[float]:
    """The changes from each value to the next, NaN where unknown."""
    found = (difference(now, before, unit) for before, now in pairwise(series))
    return [float("nan") if each is None else each for each in found]


def _begin(period: Period, grain: str) -> date:
    """So many grains before a period as its usual changes are read from, and one more to change from."""
    back = CHANGES_READ + 1
    months = {name: months for months, name in _MONTHS.items()}
    if grain in months:
        return months_later(period.start.replace(day=1), -back * months[grain])
    return period.start - timedelta(days=back * (7 if grain == "week" else 1))
