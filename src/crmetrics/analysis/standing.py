"""How one figure stands: now, before, against its target and its own usual swing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from crmetrics.analysis.answer import Answer
from crmetrics.analysis.catalogue import Catalogue
from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.metric import (
    Course,
    Reading,
    better_of,
    changes_of,
    course_of,
    difference,
    difference_unit,
    headline_column,
    own_grain,
    reading_of,
    undivided,
    unit_of,
)
from crmetrics.analysis.targets import Planned, Target
from crmetrics.models.attainment import status_of
from crmetrics.models.swing import usual_swing, verdict_of
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure, Unit
from crmetrics.warehouse.scope import Filter

Level = Literal["company", "team", "owner"]
Status = Literal["on", "close", "behind", "few", "none", "locked"]

DRAWN: Final = 13
"""So many steps of its course are drawn beside a figure."""


@dataclass(frozen=True)
class Standing:
    """One KPI of the company, a team or an owner. Values in the KPI's unit, `change` and `swing` in that of a change."""

    answer: Answer[Any]
    party: str | None
    now: Reading
    before: float | None
    target: Target | None
    swing: float | None
    series: tuple[float | None, ...]
    grain: str | None

    @property
    def declared(self) -> Analysis:
        """The analysis that the figure is of."""
        return self.answer.declared

    @property
    def unit(self) -> Unit:
        """The unit of the figure."""
        return unit_of(self.declared)

    @property
    def better(self) -> str | None:
        """Which direction is good."""
        return better_of(self.declared)

    @property
    def is_few(self) -> bool:
        """Whether it stands on too few cases to be judged (R4): a sum or a count always says what it says."""
        if self.answer.locked is not None:
            return False
        if self.now.value is None or (self.answer.period and self.answer.period.start >= self.answer.today):
            return True
        return not self.declared.is_additive and self.now.n is not None and self.now.n < SHOWN_FROM

    @property
    def change(self) -> float | None:
        """The change since before (R6)."""
        return difference(self.now.value, self.before, self.unit)

    @property
    def verdict(self) -> str | None:
        """Whether the change is for the better, for the worse or as usual (R19); None where nothing can be said."""
        return None if self.is_few else verdict_of(self.change, self.swing, self.better)

    @property
    def status(self) -> Status:
        """How it stands against its target by now (R19)."""
        if self.answer.locked is not None:
            return "locked"
        if self.is_few or self.now.value is None:
            return "few"
        if self.target is None:
            return "none"
        return status_of(self.now.value, self.target.expected, self.better) or "none"

    def figure(self, value: float | None) -> Figure | None:
        """A value of the KPI with its unit."""
        return None if value is None else Figure(value, self.unit)

    def difference(self, value: float | None) -> Figure | None:
        """A change of the KPI with its unit."""
        return None if value is None else Figure(value, difference_unit(self.unit))


def standings(
    catalogue: Catalogue,
    declared: Analysis,
    period: Period,
    before: Period,
    planned: Planned,
    level: Level = "company",
    *,
    draw: int,
) -> Iterator[Standing]:
    """How a KPI stands in a period: for the company, or for each team or owner (none where it cannot be told by them).

    draw   so many lines, at most, get their course over time and with it a usual swing: each is one more scan
    """
    if level == "company":
        answer = catalogue.ask(declared.key, period=period, **undivided(declared))
        course = _course(catalogue, answer) if draw > 0 else None
        if answer.locked is not None or not declared.takes_period:
            was = None  # a state is that of now, whatever the period
        elif course is not None and course.tells(before):
            was = course.value(before)
        else:
            was = reading_of(catalogue.ask(declared.key, period=before, **undivided(declared))).value
        yield _standing(answer, None, reading_of(answer), was, planned, level, course)
        return
    if level not in declared.groupings():
        return
    answer = catalogue.ask(declared.key, period=period, by=level)
    if answer.locked is not None:
        yield _standing(answer, None, reading_of(answer), None, planned, level, None)
        return
    were: dict[Any, float | None] = {}
    if declared.takes_period:
        earlier = catalogue.ask(declared.key, period=before, by=level)
        were = {row.as_dict()["party"]: reading_of(earlier, row).value for row in earlier.rows}
    is_drawn = len(answer.rows) <= draw
    for row in answer.rows:
        party = row.as_dict()["party"]
        course = _course(catalogue, answer, (Filter(level, (party,)),)) if is_drawn else None
        yield _standing(answer, party, reading_of(answer, row), were.get(party), planned, level, course)


def _course(catalogue: Catalogue, answer: Answer[Any], where: tuple[Filter, ...] = ()) -> Course | None:
    """The course up to the period of an answer, None where there is none to draw."""
    declared, period = answer.declared, answer.period
    if period is None or answer.locked is not None or headline_column(declared) is None:
        return None
    return course_of(catalogue, declared, period, where=where)


def _standing(
    answer: Answer[Any],
    party: str | None,
    now: Reading,
    before: float | None,
    planned: Planned,
    level: Level,
    course: Course | None,
) -> Standing:
    declared, period = answer.declared, answer.period
    series = course.series if course is not None else []
    swing, figure = None, headline_column(declared)
    if course is not None and period is not None and figure is not None and course.grain == own_grain(period):
        # the last step is the period itself, whose change is what is judged
        swing = usual_swing(changes_of(series[:-1], figure.unit))
    target = planned.get((declared.key, level, None if level == "company" else party))
    grain = course.grain if course is not None and series else None
    return Standing(answer, party, now, before, target, swing, tuple(series[-DRAWN:]), grain)
