"""Plans held against what was reached: each over its own days, whatever the KPI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from crmetrics.analysis.answer import Answer
from crmetrics.analysis.catalogue import Catalogue
from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.metric import Reading, better_of, headline_column, reading_of, undivided, unit_of
from crmetrics.models.attainment import attainment, status_of
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure, Unit

_ = words("crmetrics")

Status = Literal["on", "close", "behind", "few", "none", "locked"]
Days = Callable[[date, date], float]


@dataclass(frozen=True, slots=True)
class Attained:
    """One plan and what was reached. Values in the KPI's unit; `passed` of `days` days are complete."""

    declared: Analysis
    scope: str
    scope_id: str | None
    span: Period
    target: float
    now: Reading
    days: float
    passed: float
    is_locked: bool

    @property
    def unit(self) -> Unit:
        """The unit of the KPI."""
        return unit_of(self.declared)

    @property
    def better(self) -> str | None:
        """Which direction is good."""
        return better_of(self.declared)

    @property
    def actual(self) -> float | None:
        """What was reached; of what adds up nothing yet is 0."""
        if self.is_locked:
            return None
        return 0.0 if self.now.value is None and self.declared.is_additive else self.now.value

    @property
    def is_few(self) -> bool:
        """Whether there is too little to judge: no complete day yet, or a rate of fewer than five cases (R4)."""
        if self.actual is None or not self.passed:
            return True
        return not self.declared.is_additive and self.now.n is not None and self.now.n < SHOWN_FROM

    @property
    def expected(self) -> float | None:
        """The part of the target that belongs to the days passed; of what does not add up the whole target."""
        if not self.declared.is_additive:
            return self.target
        return self.target * self.passed / self.days if self.days else None

    @property
    def reached(self) -> float | None:
        """The attainment; None where it cannot be told."""
        if self.actual is None or (self.is_few and not self.declared.is_additive):
            return None
        return attainment(self.actual, self.target, self.better)

    @property
    def due(self) -> float | None:
        """The attainment that would be on target by now."""
        return None if self.expected is None else attainment(self.expected, self.target, self.better)

    @property
    def run_rate(self) -> float | None:
        """Where the plan's days end if it goes on like this; None for what does not add up."""
        if self.actual is None or not self.declared.is_additive or not self.passed:
            return None
        return self.actual * self.days / self.passed

    @property
    def status(self) -> Status:
        """How it stands against the target by now (R19)."""
        if self.is_locked:
            return "locked"
        if self.is_few or self.actual is None:
            return "few"
        return "none" if self.expected is None else status_of(self.actual, self.expected, self.better) or "none"

    def figure(self, value: float | None) -> Figure | None:
        """A value of the KPI with its unit."""
        return None if value is None else Figure(value, self.unit)


def judged(
    catalogue: Catalogue, plans: Iterable[Mapping[str, Any]], days: Days, today: date, currency: str
) -> tuple[list[Attained], list[tuple[Message, int]]]:
    """Hold each plan (a row of `targets`) against its KPI, over the plan's own days.

    days   so many days count in [start, end)
    today  the first day that is not complete
    Gives what was judged, and how many plans were not, by reason.
    """
    found, reasons = [], dict.fromkeys((_NO_KPI, _NO_LEVEL, _OTHER_MONEY), 0)
    answers: dict[tuple[object, ...], Answer[Any]] = {}
    for plan in plans:
        declared = _kpi_of(catalogue, plan, currency)
        if isinstance(declared, Message):
            reasons[declared] += 1
            continue
        level, span = plan["scope"], Period(plan["starts_on"], plan["ends_on"])
        asked = (declared.key, span, level)
        if asked not in answers:
            choices = undivided(declared) if level == "company" else {"by": level}
            answers[asked] = catalogue.ask(declared.key, period=span, **choices)
        found.append(
            Attained(
                declared,
                level,
                plan["scope_id"],
                span,
                float(plan["target_value"]),
                _reading(answers[asked], level, plan["scope_id"]),
                days(span.start, span.end),
                days(span.start, max(span.start, min(span.end, today))),
                answers[asked].locked is not None,
            )
        )
    return found, [(reason, plans) for reason, plans in reasons.items() if plans]


_NO_KPI = _("targets of a KPI that is not known")
_NO_LEVEL = _("targets of a KPI that cannot be told at that level")
_OTHER_MONEY = _("targets in another currency than the company's")


def _kpi_of(catalogue: Catalogue, plan: Mapping[str, Any], currency: str) -> Analysis | Message:
    """The KPI that a plan is of, or why the plan cannot be held against it."""
    declared = catalogue.known(plan["kpi"])
    figure = None if declared is None else headline_column(declared)
    if declared is None or figure is None:
        return _NO_KPI
    if plan["scope"] != "company" and plan["scope"] not in declared.groupings():
        return _NO_LEVEL
    if figure.unit is Unit.MONEY and plan["currency"] not in (None, currency):
        return _OTHER_MONEY
    return declared


def _reading(answer: Answer[Any], level: str, party: str | None) -> Reading:
    if level == "company":
        return reading_of(answer)
    row = next((row for row in answer.rows if row.as_dict()["party"] == party), None)
    return Reading(None, 0) if row is None else reading_of(answer, row)
