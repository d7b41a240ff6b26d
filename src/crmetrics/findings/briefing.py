"""What whoever opens the product on a Monday is told: key figures, what changed, what could be done."""

from __future__ import annotations

from collections.abc import Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Self

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.reading import check_filters
from crmetrics.catalogue import OpenCatalogue
from crmetrics.findings.movements import Line, lines_of, moved_in_words, movements
from crmetrics.findings.plans import missed_plans
from crmetrics.findings.ranking import StandingOut, findings_of, ranked
from crmetrics.findings.reasons import reason
from crmetrics.findings.watched import FIGURES, FIGURES_NEEDED, FILLING, WATCHED, Watched
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Compare, Period, local_day, months_later, parse_period
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer
from crmetrics.warehouse.warehouse import Warehouse

_ = words("home")

OWN_FIGURES: Final = 4
"""So many of the company's own KPIs stand among the key figures."""
RECENT_MONTHS: Final = 2
"""Of a period that ended longer ago the causes are sought in the twelve months before its end, else in the latest twelve."""


@dataclass(frozen=True)
class Briefing:
    """What is told of a period to a viewer.

    compare  what `before` is to `period` (R2)
    lines    the key figures, those with too few cases last; none where no figure can be worked out
    changes  what changed, the most money first
    steps    what could be done, by what is at stake
    usual    how many figures moved within their usual swing
    waiting  slow questions that nobody has answered yet
    failed   what could not be answered to this viewer, and why
    """

    period: Period
    before: Period
    today: date
    scorecard: Answer[Any] | None
    lines: tuple[Line, ...]
    changes: tuple[StandingOut, ...]
    steps: tuple[StandingOut, ...]
    usual: int
    compare: Compare = "previous"
    waiting: tuple[Analysis, ...] = ()
    failed: tuple[tuple[Analysis, Message], ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether the period has not ended."""
        return self.period.elapsed(self.today) != self.period

    @property
    def usual_besides(self) -> int:
        """How many of them are not told of for another reason."""
        told = {each.proved_by.key for each in self.changes}
        return sum(line.verdict == "usual" and line.declared.key not in told for line in self.lines)

    @property
    def main(self) -> Line | None:
        """The figure that the page opens with: the first sum of money that can be told, else the first figure."""
        told = [line for line in self.lines if line.value("value") is not None and line.status not in ("few", "locked")]
        money = (line for line in told if line.unit is Unit.MONEY and line.declared.is_additive)
        return next(money, told[0] if told else None)

    @property
    def opening(self) -> Message:
        """The sentence that the page opens with."""
        line = self.main
        if line is None:
            return _("There are too few cases in this period to say what changed.")
        if line.verdict in ("better", "worse"):
            return _("{moved} That is more than it usually moves.", moved=moved_in_words(line))
        values: dict[str, Any] = {
            "metric": line.declared.title,
            "now": line.figure("value"),
            "before": line.figure("before"),
        }
        if line.value("change") is None:
            return _("{metric}: {now}.", **values)
        told = (
            _("{metric}: {now}, {change} against {before} before, within the usual swing.")
            if line.verdict == "usual"
            else _("{metric}: {now}, {change} against {before} before.")
        )
        return told(**values, change=line.row.as_dict()["change"])


class Asker:
    """Asks the catalogue for one viewer, of one part of the rows; several questions share the views that one of them made."""

    def __init__(self, catalogue: OpenCatalogue, viewer: Viewer, where: tuple[Filter, ...]) -> None:
        self.catalogue, self.viewer, self.where = catalogue, viewer, where
        self._open = ExitStack()
        self._warehouse: Warehouse | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._open.close()

    def kept(self, key: str, period: Period | None, **choices: Any) -> Answer[Any] | None:
        """The answer to a question, if it is known already."""
        return self.catalogue.kept(
            self.catalogue.question(key, viewer=self.viewer, where=self.where, period=period, **choices)
        )

    def ask(self, key: str, period: Period | None, compare: Compare | None = None, **choices: Any) -> Answer[Any]:
        """The answer to a question."""
        asked = self.catalogue.question(
            key, viewer=self.viewer, where=self.where, period=period, compare=compare, **choices
        )
        if (kept := self.catalogue.kept(asked)) is not None:
            return kept
        if self._warehouse is None:
            self._warehouse = self._open.enter_context(self.catalogue.warehouse(asked.scope))
        return self.catalogue.ask_of(self._warehouse, key, period, compare, choices)


def briefing(
    catalogue: OpenCatalogue,
    viewer: Viewer = ADMINISTRATOR,
    period: str = "last-week",
    *,
    compare: Compare = "previous",
    where: tuple[Filter, ...] = (),
) -> Briefing:
    """Look through the key figures and the analyses that are watched, for a viewer and a period.

    period  as `parse_period` reads it; a running one is compared with the same elapsed part (R2)
    compare with the period before of equal length, or the same of last year
    Raises BadValue or UnknownName for a period or a filter that does not exist.
    """
    today = local_day(catalogue.engine.profile.reaches, catalogue.settings.zone)
    span = parse_period(period, today, catalogue.settings.week_start, catalogue.settings.fiscal_start)
    check_filters(where)
    answerable = {entry.declared.key for entry in catalogue.entries(viewer) if entry.state != "locked"}
    with ThreadPoolExecutor(1) as aside:
        # half of the questions are worked out beside the other half
        watched = aside.submit(_watched, Asker(catalogue, viewer, where), answerable, span, today)
        with Asker(catalogue, viewer, where) as asker:
            scorecard = _scorecard(asker, answerable, span, compare)
            plans = tuple(_plans(asker, answerable, span))
            lines = () if scorecard is None else lines_of(scorecard, catalogue.find)
            told = () if scorecard is None else movements(scorecard, lines)
            moved = tuple(_with_reason(asker, each, span, compare) for each in told)
        seen = watched.result()
    return Briefing(
        period=span,
        before=span.compared(compare, today),
        today=today,
        scorecard=scorecard,
        lines=tuple(sorted(lines, key=lambda line: line.status in ("few", "locked"))),
        changes=ranked((*moved, *plans, *(each for each in seen.found if each.step is None))),
        steps=ranked(each for each in seen.found if each.step is not None),
        usual=sum(line.verdict == "usual" for line in lines),
        compare=compare,
        waiting=tuple(seen.waiting),
        failed=tuple(seen.failed),
    )


def _scorecard(asker: Asker, answerable: Container[str], period: Period, compare: Compare) -> Answer[Any] | None:
    """The key figures that the company's data can answer; None if there are none."""
    slots = (next((key for key in slot if key in answerable), None) for slot in FIGURES)
    chosen = [*(key for key in slots if key is not None), *list(asker.catalogue.own)[:OWN_FIGURES]]
    filling = [key for key in FILLING if key not in chosen and key in answerable]
    chosen += filling[: max(0, FIGURES_NEEDED - len(chosen))]
    if not chosen:
        return None
    against = None if compare == "previous" else compare
    return asker.ask("kpis.scorecard", period, against, metrics=",".join(chosen))


@dataclass
class Seen:
    """What the watched analyses found, the slow ones that nobody has answered yet, and those that this viewer gets no answer of."""

    found: list[StandingOut] = field(default_factory=list)
    waiting: list[Analysis] = field(default_factory=list)
    failed: list[tuple[Analysis, Message]] = field(default_factory=list)


def _watched(asker: Asker, answerable: Container[str], period: Period, today: date) -> Seen:
    """Look through the watched analyses; one that refuses must not keep the others from the page."""
    seen = Seen()
    with asker:
        for each in WATCHED:
            if each.key not in answerable:
                continue
            declared = asker.catalogue.find(each.key)
            choices, span = _possible(declared, each, asker.catalogue), _span(each, period, today)
            try:
                answer = (asker.kept if each.is_slow else asker.ask)(each.key, span, **choices)
            except CrmetricsError as refused:
                seen.failed.append((declared, refused.message))
                continue
            if answer is None:
                seen.waiting.append(declared)
            else:
                seen.found += findings_of(answer, each.about, each.step)
    return seen


def _possible(declared: Analysis, watched: Watched, catalogue: OpenCatalogue) -> dict[str, Any]:
    """The choices asked for, without a grouping that the company's data do not have."""
    groups = declared.groupings(catalogue.engine.profile)
    return {name: value for name, value in watched.choices.items() if name != "by" or value in groups}


def _span(watched: Watched, period: Period, today: date) -> Period | None:
    """The period that an analysis is asked of; None: its own."""
    if watched.over == "period":
        return period
    if watched.over == "now" or period.end > months_later(today, -RECENT_MONTHS):
        return None
    return Period(months_later(period.end, -12), period.end, 12 if period.end.day == 1 else 0)


def _with_reason(asker: Asker, each: StandingOut, period: Period, compare: Compare) -> StandingOut:
    """A movement of money with the group that most of it comes from, where there is one."""
    if not each.moved:
        return each

    def ask(dimension: str) -> Answer[Any]:
        return asker.ask(each.proved_by.key, period, compare, by=dimension)

    found = reason(each.proved_by, asker.catalogue.engine.profile, ask, each.moved)
    if found is None:
        return each
    dimension, remark = found
    return replace(each, remarks=(remark, *each.remarks), proof=(each.proved_by, {"by": dimension}))


def _plans(asker: Asker, answerable: Container[str], period: Period) -> Iterator[StandingOut]:
    """The plans that are missed; who sees only rows of his own is not told of others' plans."""
    if asker.viewer.sees == "self" or "kpis.target_attainment" not in answerable:
        return
    answer = asker.ask("kpis.target_attainment", period)
    if answer.locked is None:
        yield from missed_plans(answer, asker.catalogue.find)
