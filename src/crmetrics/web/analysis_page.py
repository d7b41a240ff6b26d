"""The page of an analysis: its answer, or that it is being worked out; what is chosen above it and beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from crmetrics.analysis import Answer
from crmetrics.catalogue import OpenCatalogue
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.web import answer_files
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.answering import Answering, Question, arrived
from crmetrics.web.asking import address, hidden, in_short
from crmetrics.web.definition import Switch, figure_of, headline_label, switches_of, tried, with_effect
from crmetrics.web.desk import Task
from crmetrics.web.kept_filters import WORDS as OF_KEPT_FILTERS
from crmetrics.web.kept_filters import kept_filters
from crmetrics.web.noted import WORDS as OF_NOTES
from crmetrics.web.noted import notes_for
from crmetrics.web.pages import AREA_NAMES
from crmetrics.web.rows_page import addresses
from crmetrics.web.sheet import Recent, Shown, sheet
from crmetrics.web.site import Site
from crmetrics.web.toolbar import latest_day, panel_of, toolbar_of
from crmetrics.web.values import Values
from crmetrics.workspace.annotations import Annotation

_ = words("web")

RIGHTS: Final[Rights] = {
    "/a/{key}": SIGNED_IN,
    "/a/{key}/values": SIGNED_IN,
    "/a/{key}/effects": SIGNED_IN,
    "/a/{key}/waiting": SIGNED_IN,
    **answer_files.RIGHTS,
}

EFFECTS_WITHIN: Final = 4.0
"""Seconds for which the effects of switches are waited for; those that take longer come at the next look."""

WORDS: Final[dict[str, Message]] = {
    **OF_KEPT_FILTERS,
    **OF_NOTES,
    "passport": _("How this is worked out"),
    "filters": _("Filters"),
    "filter": _("Filter"),
    "show": _("Show"),
    "table": _("All rows"),
    "rows": _("{n} row", "{n} rows"),
    "pages": _("Pages"),
    "page": _("Page {page}"),
    "locked_sub": _("This question cannot be answered from the data at hand."),
    "remove": _("Remove the filter"),
    "remove_all": _("Remove all"),
    "state": _("State at {day}"),
    "compared": _("compared with {period}"),
    "before": _("before: {value}"),
    "incomplete": _("not ended yet"),
    "nothing": _("No rows."),
    "nothing_filtered": _("No row is left under these filters. Remove one of them above."),
    "from": _("From"),
    "to": _("to"),
    "as_of": _("Data as of"),
    "values_of": _("Choose: {dimension}"),
    "find": _("Find"),
    "tick": _("Show what is ticked"),
    "none_found": _("No value has this in its name."),
    "more_values": _("There are more: type a part of the name."),
    "close": _("Close"),
    "clear": _("Remove this filter"),
    "change": _("Change the definition"),
    "effect": _("What would each give?"),
    "effect_sub": _("{figure} is {value} now. Beside each option: what it would be."),
    "not_yet": _("still working"),
    "apply": _("Apply"),
    "give": _("Share and export"),
    "link": _("The address of this view"),
    "copy": _("Copy"),
    "copied": _("Copied"),
    "keep_here": _("Keep, or add to a dashboard"),
    "print": _("Print"),
    "csv": _("CSV"),
    "csv_excel": _("CSV for Excel"),
    "xlsx": _("XLSX"),
    "json": _("JSON"),
    "chart_as": _("Chart"),
    "as_table": _("Show as table"),
    "meanings": _("What the columns mean"),
    "working": _("This is being worked out"),
    "working_sub": _("The answer appears here by itself, and is kept for the next time."),
    "seconds": _("For {n} second", "For {n} seconds"),
    "usual": _("the last time it took {n} second", "the last time it took {n} seconds"),
}


@dataclass
class Room:
    """What the pages of analyses share."""

    site: Site
    answering: Answering = field(init=False)
    values: Values = field(default_factory=Values)
    kept: Shown = field(default_factory=Shown)
    sheets: Recent[Hashable, dict[str, Any]] = field(default_factory=lambda: Recent(128))

    def __post_init__(self) -> None:
        self.answering = Answering(self.site)

    def page(self, request: Request, key: str) -> Callable[[Answer[Any]], Response]:
        """The page of an answer."""

        def shown(answer: Answer[Any]) -> Response:
            site, given, format = self.site, request.query_params, self.site.format(request)
            question = self.answering.question(request, key)
            area = answer.declared.area
            notes = notes_for(site, request, area)
            # who sees the same rows shares what was made; what is a person's own, notes and segments, is part of the key
            segments = tuple(question.catalogue.segments.titles(question.asked.scope.viewer).items())
            made_of = (question.asked, format, tuple(given.multi_items()), notes, segments)
            viewed = self.sheets.of(made_of, lambda: self.view(question, answer, given, format, notes))
            return site.page(
                request,
                "analysis.html",
                WORDS,
                **viewed,
                may_export=site.may(request, "export"),
                link=str(request.url),
                kept=kept_filters(site, request, answer.declared, self.values),
                keep=f"/boards/add?{urlencode({'key': key, 'query': request.url.query})}",
                note_back=f"/a/{key}?{request.url.query}",
                note_area=(area, say(AREA_NAMES[area], format)),
                may_share=site.may(request, "share"),
            )

        return shown

    def view(
        self, question: Question, answer: Answer[Any], given: QueryParams, format: Format, notes: Sequence[Annotation]
    ) -> dict[str, Any]:
        """All that stands on the page and comes from the answer and its address."""
        key, catalogue, viewer = answer.key, question.catalogue, question.asked.scope.viewer
        switches = switches_of(answer, given, format)
        is_tried = figure_of(answer) is not None and any(tried(answer.declared, switches))
        return {
            **sheet(answer, question.asked, given, format, self.kept, addresses(answer, given), notes),
            "bar": toolbar_of(answer, given, format, catalogue, viewer, self.values),
            "panel": panel_of(answer.declared, given, format, catalogue, viewer, self.values),
            "switches": switches,
            "switches_go_to": f"/a/{key}",
            "carried_by_switches": hidden(given, *(each.name for each in switches), "page", "sort", "effects"),
            "effects_at": _aside(key, given, "effects") if is_tried else "",
            "values_at": _aside(key, given, "values"),
        }

    def working(self, request: Request, key: str) -> Callable[[Question, Task], Response]:
        """The page that says that the answer is being worked out."""

        def shown(question: Question, task: Task) -> Response:
            format = self.site.format(request)
            declared = question.catalogue.find(key)
            return self.site.page(
                request,
                "working.html",
                WORDS,
                status=202,
                title=say(declared.title, format),
                question=say(declared.question, format),
                told=progress(question, task),
                sentence=self.sentence(request, question, task),
                waiting_at=_aside(key, request.query_params, "waiting"),
            )

        return shown

    def sentence(self, request: Request, question: Question, task: Task) -> str:
        """The same in words."""
        told, format = progress(question, task), self.site.format(request)
        words = [WORDS["seconds"](n=told["seconds"])] + ([WORDS["usual"](n=told["usual"])] if told["usual"] else [])
        return format.listed(say(each, format) for each in words)

    async def effects(self, request: Request, key: str) -> Response:
        """The switches with what each of their options would make of the figure, as a part of a page."""
        site, given = self.site, request.query_params

        def begun() -> tuple[Question, Answer[Any], tuple[Switch, ...], dict[tuple[str, str], Task]]:
            question = self.answering.question(request, key)
            now = question.known() or question.catalogue.answer(question.asked)
            switches = switches_of(now, given, site.format(request))
            tasks = {
                (name, value): self.answering.task(self.answering.question(request, key, **{name: value}))
                for name, value in tried(now.declared, switches)
            }
            return question, now, switches, tasks

        _question, now, switches, tasks = await run_in_threadpool(begun)
        others = await _answers(tasks)

        def shown() -> Response:
            format, figure = site.format(request), figure_of(now)
            told = tuple(replace(each, settings=_with_effects(each, others, now, format)) for each in switches)
            page = site.page(
                request,
                "effects.html",
                WORDS,
                switches=told,
                switches_go_to=f"/a/{key}",
                is_part="x-part" in request.headers,
                label=headline_label(now.declared, format),
                value=format.value(figure.unit, figure.value) if figure else "",
                carried_by_switches=hidden(given, *(each.name for each in switches), "page", "sort", "effects"),
                pending=[pair for pair in tasks if pair not in others],
            )
            page.headers["X-Complete"] = "yes" if len(others) == len(tasks) else "no"
            return page

        return await run_in_threadpool(shown)


def routes(site: Site) -> APIRouter:
    """The page and its parts, and the files; those first, for their addresses end in what they give."""
    router, room = APIRouter(), Room(site)
    answer_files.add(router, site, room.answering)

    @router.get("/a/{key}")
    async def page(request: Request, key: str) -> Response:
        given = request.query_params
        short = await run_in_threadpool(lambda: _in_short(site.catalogue(), key, given))
        if short != given.multi_items():
            return RedirectResponse(address(key, QueryParams(short), {}), 303)
        return await room.answering.shown(request, key, room.page(request, key), room.working(request, key))

    @router.get("/a/{key}/values")
    def values(request: Request, key: str) -> Response:
        catalogue, given, format = site.catalogue(), request.query_params, site.format(request)
        panel = panel_of(catalogue.find(key), given, format, catalogue, site.viewer(request), room.values)
        return site.page(request, "values_page.html", WORDS, panel=panel, is_part="x-part" in request.headers)

    @router.get("/a/{key}/effects")
    async def effects(request: Request, key: str) -> Response:
        return await room.effects(request, key)

    @router.get("/a/{key}/waiting")
    def waiting(request: Request, key: str) -> Response:
        question = room.answering.question(request, key)
        task = room.answering.desk.find(question.asked)
        is_ready = question.known() is not None or task is None or task.answer.done()
        if is_ready or task is None:
            return JSONResponse({"ready": True})
        sentence = room.sentence(request, question, task)
        return JSONResponse({"ready": False, "sentence": sentence, **progress(question, task)})

    return router


def progress(question: Question, task: Task) -> dict[str, int | None]:
    """For how many seconds a question has been worked on, and how many it took the last time, if that is known."""
    usual = question.catalogue.usual_seconds(question.asked.key)
    return {"seconds": round(task.seconds), "usual": None if usual is None else max(1, round(usual))}


def _in_short(catalogue: OpenCatalogue, key: str, given: QueryParams) -> list[tuple[str, str]]:
    return in_short(catalogue.find(key), given, latest_day(catalogue))


def _aside(key: str, given: Any, part: str) -> str:
    """The address of a part of the page, with all that the page's own says."""
    return address(f"{key}/{part}", given, {"page": None, "sort": None, "choose": None, "effects": None})


async def _answers(tasks: dict[tuple[str, str], Task]) -> dict[tuple[str, str], Answer[Any] | None]:
    """The answers that arrive in good time; None for an option that cannot be asked."""

    async def one(task: Task) -> Answer[Any] | None:
        try:
            return await arrived(task, None)
        except CrmetricsError:
            return None

    waiting = {pair: asyncio.ensure_future(one(task)) for pair, task in tasks.items()}
    if waiting:
        await asyncio.wait(waiting.values(), timeout=EFFECTS_WITHIN)
    return {pair: each.result() for pair, each in waiting.items() if each.done()}


def _with_effects(
    switch: Switch, others: dict[tuple[str, str], Answer[Any] | None], now: Answer[Any], format: Any
) -> Any:
    return tuple(
        with_effect(each, other, now, format) if (other := others.get((switch.name, each.value))) is not None else each
        for each in switch.settings
    )
