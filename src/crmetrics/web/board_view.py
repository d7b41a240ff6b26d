"""The parts of a board, each asked for who looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
from starlette.datastructures import QueryParams

from crmetrics.analysis import Answer
from crmetrics.analysis.reading import read_choices
from crmetrics.presenting.links import linked
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import filters
from crmetrics.presenting.table import Cells, show
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Unit
from crmetrics.web.asking import asking_of
from crmetrics.web.desk import Task
from crmetrics.web.noted import noted_drawings, notes_for
from crmetrics.web.pages import column_classes
from crmetrics.web.rows_page import addresses
from crmetrics.web.sheet import chart_of
from crmetrics.web.site import Site
from crmetrics.web.watching import names_persons
from crmetrics.workspace.annotations import Annotation
from crmetrics.workspace.boards import Board, Part

_ = words("boards")

PATIENCE: Final = 2.0
"""Seconds for which a board waits for its parts in all; those that take longer come by themselves."""
ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """One part, ready for its template. `state` is told, waiting, locked or wrong; what it cannot show `said` explains."""

    part: Part
    place: int
    title: str
    href: str
    state: str
    said: str = ""
    sub: str = ""
    figure: str = ""
    against: str = ""
    chart: Any = None
    table: Any = None
    set_as: tuple[str, ...] = ()


def parts_of(site: Site, request: Request, board: Board, format: Format) -> list[Shown]:
    """Ask the questions of a board, all at once, and show what is there in good time."""
    until = monotonic() + PATIENCE
    begun: list[Task | CrmetricsError | None] = []
    for part in board.parts:
        try:
            begun.append(None if part.kind == "text" else _asked(site, request, part))
        except CrmetricsError as error:
            begun.append(error)
    return [
        _part(site, request, part, place, task, until, format)
        for place, (part, task) in enumerate(zip(board.parts, begun, strict=True))
    ]


def _part(
    site: Site,
    request: Request,
    part: Part,
    place: int,
    task: Task | CrmetricsError | None,
    until: float,
    format: Format,
) -> Shown:
    if task is None:
        return Shown(part, place, "", "", "told")
    declared = site.catalogue().known(part.key)
    title = say(declared.title, format) if declared else part.key
    href = f"/a/{part.key}" + (f"?{part.query}" if part.query else "")
    try:
        if isinstance(task, CrmetricsError):
            raise task
        answer = task.answer.result(timeout=max(0.0, until - monotonic()))
    except NotYet:
        return Shown(part, place, title, href, "waiting")
    except CrmetricsError as error:
        return Shown(part, place, title, href, "wrong", say(error.message, format))
    if part.kind != "figure" and names_persons(answer.declared, "", QueryParams(part.query)):
        site.saw(request, part.key)
    notes = notes_for(site, request, answer.declared.area) if part.kind == "chart" else ()
    return _told(part, place, answer, title, href, format, notes)


def question_of(query: str) -> str:
    """What stands behind a question mark without what is of the page alone."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [pair for pair in pairs if pair[0] not in ("page", "sort", "language", "choose", "effects", "chart")]
    )


def _asked(site: Site, request: Request, part: Part) -> Task:
    catalogue, viewer = site.catalogue(), site.viewer(request)
    declared = catalogue.find(part.key)
    asked = asking_of(declared, QueryParams(part.query), catalogue.settings.zone)
    question = catalogue.question(
        part.key,
        viewer=viewer,
        period=asked.period,
        compare=asked.compare,
        as_of=asked.as_of,
        where=asked.where,
        **read_choices(declared, asked.choices),
    )
    return site.desk.ask(question, viewer.name, partial(catalogue.answer, question))


def _told(
    part: Part,
    place: int,
    answer: Answer[Any],
    title: str,
    href: str,
    format: Format,
    notes: Sequence[Annotation],
) -> Shown:
    if answer.locked:
        return Shown(part, place, title, href, "locked", say(answer.locked.message, format))
    sub = format.period(answer.period) if answer.period else format.day(answer.today)
    if answer.passport:
        sub = " · ".join((sub, *filters(answer, answer.passport, format)))
    if part.kind == "figure":
        figure, against = _figure(answer, format)
        return Shown(part, place, title, href, "told", sub=sub, figure=figure, against=against)
    if part.kind == "chart":
        drawn = noted_drawings(answer, notes, format)
        if drawn:
            chart = linked(drawn[0], answer, addresses(answer, QueryParams(question_of(part.query))))
            return Shown(part, place, chart.title, href, "told", sub=sub, chart=chart_of(chart, format))
    table = show(answer, format, count=ROWS)
    return Shown(part, place, title, href, "told", sub=sub, table=table, set_as=tuple(column_classes(table)))


def _figure(answer: Answer[Any], format: Format) -> tuple[str, str]:
    """The headline of the total, and what it was before where that was asked too."""
    name = answer.declared.headline
    row = answer.total if answer.total is not None else (answer.rows[0] if len(answer.rows) == 1 else None)
    if not name or row is None:
        return format.count(len(answer.rows)), say(_("rows"), format)
    column = Cells(answer, format).all_columns[name]
    now, text = row.values[column.position], Cells(answer, format).text(column, row)
    earlier = answer.before.total if answer.before is not None else None
    before = earlier.values[column.position] if earlier is not None else None
    if not isinstance(now, int | float) or not isinstance(before, int | float):
        return text, ""
    is_share = column.unit is Unit.SHARE
    change = now - before if is_share else (now - before) / abs(before) if before else None
    shown = format.value(Unit.POINTS if is_share else Unit.CHANGE, change)
    return text, say(_("{change}, before {value}", change=shown, value=format.value(column.unit, before)), format)
