"""What stands on the first page, ready for its template, and the same as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.datastructures import QueryParams

from crmetrics.analysis import Waterfall
from crmetrics.analysis.kept import Asked
from crmetrics.catalogue import OpenCatalogue
from crmetrics.findings import Briefing, StandingOut
from crmetrics.presenting.frame import ALL
from crmetrics.presenting.json import plain
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import dimension_name
from crmetrics.presenting.table import value_name
from crmetrics.presenting.waterfall import waterfall_steps
from crmetrics.presenting.words import say, say_safely
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import parse_period
from crmetrics.vocabulary.unit import DAYS, SHARE, Figure
from crmetrics.warehouse.scope import Viewer
from crmetrics.web.asking import FILTER
from crmetrics.web.figures import filters_of, key_figures, main_course
from crmetrics.web.rows_page import addresses
from crmetrics.web.values import names_of

_ = words("home")

SHOWN: Final = 6
"""So many findings and steps stand open on the page; the others under a line that opens."""
TABLES_SHOWN: Final = 7
"""So many tables are named with their age."""


@dataclass(frozen=True)
class Told:
    """A finding in the reader's language. `money` is blank where none is at stake."""

    tone: str
    sentence: Markup
    href: str
    title: str
    remarks: tuple[str, ...]
    n: str
    money: str


@dataclass(frozen=True)
class Step:
    """What can be done, and the findings that are reason for it."""

    title: str
    reasons: tuple[Told, ...]
    money: str


@dataclass(frozen=True)
class Fall:
    """One line of the waterfall, in a drawing 100 wide; `href` opens its rows."""

    name: str
    text: str
    x: float
    width: float
    kind: str
    href: str | None


def home(
    catalogue: OpenCatalogue, viewer: Viewer, told: Briefing, given: QueryParams, format: Format
) -> dict[str, Any]:
    """Everything on the page."""
    filters = filters_of(given.multi_items())
    return {
        "told": told,
        "to": lambda period: _address(given, {"period": period}),
        "opening": say_safely(told.opening, format),
        "figures": key_figures(told, filters, format),
        "scorecard": _scorecard(told, filters),
        "course": main_course(told, filters, format),
        "pipeline": () if filters else _pipeline(catalogue, viewer, told, format),
        "failed": [(say(each.title, format), say(why, format)) for each, why in told.failed],
        "waiting": format.listed(say(each.title, format) for each in told.waiting),
        "filters": list(_chips(catalogue, viewer, given, filters, format)),
        **_of_time(catalogue, told, format),
        **_found(told, filters, format),
        **_of_data(catalogue, viewer, format),
    }


def _of_time(catalogue: OpenCatalogue, told: Briefing, format: Format) -> dict[str, Any]:
    """Which days are looked at, and which others can be."""
    settings = catalogue.settings

    def has_begun(period: str) -> bool:
        span = parse_period(period, told.today, settings.week_start, settings.fiscal_start)
        return span.start < told.today

    return {
        "has_begun": has_begun,
        "span": format.period(told.period),
        "before": format.period(told.before),
        "passed": told.period.elapsed(told.today).days,
    }


def _found(told: Briefing, filters: Sequence[tuple[str, str]], format: Format) -> dict[str, Any]:
    """What changed and what could be done: what stands open, and what under a line that opens."""
    changes = [_told(each, told, filters, format) for each in told.changes]
    steps = list(_steps(told, filters, format))
    return {
        "changes": changes[:SHOWN],
        "more_changes": changes[SHOWN:],
        "steps": steps[:SHOWN],
        "more_steps": steps[SHOWN:],
    }


def _of_data(catalogue: OpenCatalogue, viewer: Viewer, format: Format) -> dict[str, Any]:
    """How fresh and how good the data are."""
    return {
        "fresh": list(_freshness(catalogue, viewer, format)),
        "fresh_title": say(catalogue.find("data.freshness").title, format),
        "quality": _quality(catalogue, viewer, format),
    }


def _chips(
    catalogue: OpenCatalogue,
    viewer: Viewer,
    given: QueryParams,
    filters: Sequence[tuple[str, str]],
    format: Format,
) -> Iterator[tuple[str, str, str]]:
    """The filters that are set: dimension, value as it is called, the address without it."""
    for name, value in filters:
        dimension = name.removeprefix(FILTER)
        names = names_of(catalogue, viewer, dimension, [value] if value else [])
        shown = value_name(dimension, value or None, names, format)
        yield dimension_name(dimension, format), shown, _address(given, {}, without=(name, value))


def _address(given: QueryParams, changed: dict[str, str], without: tuple[str, str] | None = None) -> str:
    kept = [
        (name, value)
        for name, value in given.multi_items()
        if name not in changed and name != "language" and (name, value) != without
    ]
    asked = [*kept, *changed.items()]
    return "/" + (f"?{urlencode(asked)}" if asked else "")


def _scorecard(told: Briefing, filters: Sequence[tuple[str, str]]) -> str:
    metrics = ",".join(line.declared.key for line in told.lines)
    asked = [*filters, ("period", str(told.period)), ("metrics", metrics)]
    return f"/a/kpis.scorecard?{urlencode(asked)}"


def _told(each: StandingOut, told: Briefing, filters: Sequence[tuple[str, str]], format: Format) -> Told:
    asked = [*filters, *each.asked_with.items()]
    if each.proof is not None and each.proved_by.takes_period:
        asked.append(("compare", told.compare))
    query = f"?{urlencode(asked)}" if asked else ""
    return Told(
        tone=each.finding.tone,
        sentence=say_safely(each.finding.message, format),
        href=f"/a/{each.proved_by.key}{query}",
        title=say(each.proved_by.title, format),
        remarks=tuple(say(remark, format) for remark in each.remarks),
        n="" if each.n is None else format.count(each.n),
        money="" if not each.finding.money else format.money(abs(round(each.finding.money))),
    )


def _steps(told: Briefing, filters: Sequence[tuple[str, str]], format: Format) -> Iterator[Step]:
    """The steps, the most at stake first; several reasons for one step stand together, at stake is the largest of theirs."""
    by_step: dict[Message, list[StandingOut]] = {}
    for each in told.steps:
        if each.step is not None:
            by_step.setdefault(each.step, []).append(each)
    for step, reasons in by_step.items():
        written = tuple(_told(each, told, filters, format) for each in reasons)
        yield Step(say(step, format), written, written[0].money)


def _pipeline(catalogue: OpenCatalogue, viewer: Viewer, told: Briefing, format: Format) -> tuple[Fall, ...]:
    """Where the open pipeline went; nothing where there are no deals, or where nothing moved."""
    if catalogue.known("sales.pipeline_changes") is None or told.period.start >= told.today:
        return ()
    answer = catalogue.ask("sales.pipeline_changes", viewer=viewer, period=told.period)
    if answer.locked is not None or not isinstance(answer.declared.chart, Waterfall):
        return ()
    steps = waterfall_steps(answer, format, answer.declared.chart)
    if len(steps) < 3:
        return ()
    ends = [end for step in steps for end in (step.start, step.end)]
    low, high = min(ends), max(ends)
    room = ((high - low) or abs(high) or 1.0) * 0.04
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round((value - low) / (high - low) * 100, 2)

    opened, falls = addresses(answer, {"period": str(told.period)}), []
    for step in steps:
        start, end = sorted((place(step.start), place(step.end)))
        kind = "total" if step.is_total else "up" if step.end > step.start else "down"
        href = None if step.at is None or step.at == ALL else opened(step.of, answer.rows[step.at])
        falls.append(Fall(step.name, step.text, start, round(max(end - start, 0.6), 2), kind, href))
    return tuple(falls)


def _freshness(catalogue: OpenCatalogue, viewer: Viewer, format: Format) -> Iterator[tuple[str, str, str]]:
    """(table, its age, "old" or "ok") of the tables that have a rhythm: all that are stale, then the freshest."""
    answer = catalogue.ask("data.freshness", viewer=viewer)
    if answer.locked is not None:
        return
    told = [row.as_dict() for row in answer.rows if row.as_dict()["stale"] is not None]
    told.sort(key=lambda values: (not values["stale"], values["age"]))
    stale = sum(values["stale"] for values in told)
    for values in told[: max(TABLES_SHOWN, stale)]:
        name, mark = values["table_name"], "old" if values["stale"] else "ok"
        yield say(name, format) if isinstance(name, Message) else str(name), format.value(DAYS, values["age"]), mark


def quality_asked(catalogue: OpenCatalogue, viewer: Viewer) -> Asked:
    """The question of the data's quality. It looks at every column of every table, so the page never waits for it."""
    return catalogue.question("data.quality", viewer=viewer, show="tables")


def _quality(catalogue: OpenCatalogue, viewer: Viewer, format: Format) -> tuple[str, str] | None:
    """The share of all checks that the data passed, with the table that passed least; and what the worst gap costs, or blank.

    None where nobody has asked for it yet.
    """
    answer = catalogue.kept(quality_asked(catalogue, viewer))
    if answer is None or answer.locked is not None:
        return None
    whole = [values for row in answer.rows if (values := row.as_dict())["checked_for"] == "all" and values["checked"]]
    if not whole:
        return None
    # rounded down: one that failed is not "all"
    passed = sum(values["passed"] for values in whole) * 1000 // sum(values["checked"] for values in whole) / 1000
    worst = min(whole, key=lambda values: float(values["share"]))
    told = _("{share} of all checks passed; least {table}: {worst}.")
    shares = {"share": Figure(passed, SHARE), "worst": Figure(worst["share"], SHARE)}
    costs = say(answer.findings[0].message, format) if answer.findings else ""
    return say(told(table=worst["table_name"], **shares), format), costs


def as_data(told: Briefing, format: Format) -> dict[str, Any]:
    """The page as plain dicts and lists: raw values, texts in the reader's language."""
    return {
        "period": {"start": str(told.period.start), "end": str(told.period.end)},
        "before": {"start": str(told.before.start), "end": str(told.before.end)},
        "is_running": told.is_running,
        "currency": format.currency,
        "opening": say(told.opening, format),
        "changes": [_finding(each, format) for each in told.changes],
        "steps": [
            {"step": say(each.step, format), **_finding(each, format)} for each in told.steps if each.step is not None
        ],
        "figures": [_figure(line.row.as_dict(), say(line.declared.title, format), format) for line in told.lines],
        "figures_within_usual_swing": told.usual,
        "waiting": [each.key for each in told.waiting],
        "failed": [{"key": each.key, "why": say(why, format)} for each, why in told.failed],
    }


def _finding(each: StandingOut, format: Format) -> dict[str, Any]:
    return {
        "sentence": say(each.finding.message, format),
        "tone": each.finding.tone,
        "money": plain(each.finding.money, format),
        "n": each.n,
        "remarks": [say(remark, format) for remark in each.remarks],
        "key": each.proved_by.key,
        "asked_with": dict(each.asked_with),
    }


_FIGURE: Final = (
    *("key", "value", "unit", "n", "before", "change", "target", "expected", "status"),
    *("better", "swing", "verdict", "trust", "grain", "series"),
)


def _figure(values: dict[str, Any], title: str, format: Format) -> dict[str, Any]:
    return {"title": title, **{name: plain(values[name], format) for name in _FIGURE}}
