"""The first page: what changed, how the key figures stand, what could be done, how fresh the data are."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from crmetrics.catalogue import OpenCatalogue
from crmetrics.findings import Briefing, briefing
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Compare
from crmetrics.warehouse.scope import Filter, Viewer
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.answering import arrived
from crmetrics.web.asking import COMPARES, FILTER
from crmetrics.web.desk import ASIDE, Desk, Task
from crmetrics.web.figures import Course
from crmetrics.web.files import json_of
from crmetrics.web.home_view import as_data, home, quality_asked
from crmetrics.web.noted import WORDS as OF_NOTES
from crmetrics.web.noted import NotedCourse, noted_course, notes_for
from crmetrics.web.site import Place, Site
from crmetrics.workspace.boards import Boards

_ = words("home")

PLACE: Final = Place("/changes", _("What changed"), 0)
RIGHTS: Final[Rights] = {"/": SIGNED_IN, "/changes": SIGNED_IN, "/.json": SIGNED_IN}

PATIENCE: Final = 4.0
"""Seconds after which the page says that it is working rather than say nothing."""
PERIODS: Final[dict[str, Message]] = {
    "last-week": _("Last week"),
    "this-week": _("This week"),
    "last-month": _("Last month"),
    "this-month": _("This month"),
}
TITLES: Final[dict[str, Message]] = {
    "last-week": _("What changed last week"),
    "this-week": _("What has changed this week"),
    "last-month": _("What changed last month"),
    "this-month": _("What has changed this month"),
}

WORDS: Final[dict[str, Message]] = {
    **OF_NOTES,
    "home": PLACE.title,
    "what_changed": _("What changed: {period}"),
    "whole": _("{period}, compared with {before}."),
    "running": _("{period}: {passed} of {days} days so far, compared with the same days before, {before}."),
    "not_begun": _("{period} has not begun: the data reach up to {day}."),
    "period": _("Period"),
    "changes": _("What changed"),
    "quiet": _(
        "Nothing unusual: {n} figure moved within its usual swing.",
        "Nothing unusual: {n} figures moved within their usual swing.",
    ),
    "quiet_unknown": _(
        "Nothing stands out. What is usual cannot be told yet: that takes eight changes from period to period."
    ),
    "also_usual": _(
        "{n} more figure moved within its usual swing.", "{n} more figures moved within their usual swing."
    ),
    "more": _("{n} more", "{n} more"),
    "cases": _("n = {n}"),
    "at_stake": _("At stake"),
    "figures": _("Key figures"),
    "figures_sub": _("against target and the period before; coloured only outside the usual swing"),
    "all_figures": _("As a table"),
    "few": _("Too few to say"),
    "unknown": _("Not known"),
    "locked": _("Locked"),
    "pipeline": _("Where the open pipeline went"),
    "as_table": _("Show as table"),
    "steps": _("Next steps"),
    "steps_sub": _("By what is at stake. What a step brings is not known yet: no action has been measured so far."),
    "no_steps": _("Nothing to be done stands out in the data at hand."),
    "step": _("What to do and why"),
    "waiting": _(
        "{n} slow question is still being worked out: {names}.",
        "{n} slow questions are still being worked out: {names}.",
    ),
    "data": _("Data up to {moment}"),
    "fresh_none": _("No table has a date, so nothing can be said of how fresh the data are."),
    "quality": _("Data quality"),
    "costs": _("What gaps cost"),
    "old": _("{table}: nothing new for {age}"),
    "fix": _("What your data can answer"),
    "no_figures": _("None of the key figures can be worked out from the data at hand."),
    "no_figures_sub": _("The next page says which columns would unlock them."),
    "working": _("Looking through your data …"),
    "working_sub": _("This page shows what changed as soon as it is worked out. It loads by itself."),
    "remove": _("Remove the filter"),
}


@dataclass(frozen=True)
class Looked:
    """What an address of the first page asks."""

    catalogue: OpenCatalogue
    viewer: Viewer
    period: str
    compare: Compare
    where: tuple[Filter, ...]

    @property
    def question(self) -> Hashable:
        """What tells it from all others."""
        number = self.catalogue.engine.profile.number
        return "home", number, self.viewer, self.period, self.compare, self.where

    def told(self) -> Briefing:
        """The answer; quick where its parts are kept."""
        told = briefing(self.catalogue, self.viewer, self.period, compare=self.compare, where=self.where)
        self.catalogue.ask("data.freshness", viewer=self.viewer)  # stands on the page, too: kept from now on
        return told


@dataclass
class Rounds:
    """Looks through the data for viewers, and has slow questions answered meanwhile."""

    site: Site

    @property
    def desk(self) -> Desk:
        """Where it is worked out: the same for all pages, so that no question is worked out twice at once."""
        return self.site.desk

    def looked(self, request: Request) -> Looked:
        """Read an address; UnknownName for a comparison that does not exist."""
        given = request.query_params
        compare = given.get("compare") or "previous"
        if compare not in COMPARES:
            raise UnknownName(
                _(
                    "'{value}' is not something to compare with. There are: {names}.",
                    value=compare,
                    names=", ".join(COMPARES),
                )
            )
        filters: dict[str, list[str | None]] = {}
        for name, value in given.multi_items():
            if name.startswith(FILTER):
                filters.setdefault(name.removeprefix(FILTER), []).append(value or None)
        catalogue, viewer = self.site.catalogue(), self.site.viewer(request)
        where = tuple(Filter(name, tuple(values)) for name, values in sorted(filters.items()))
        return Looked(
            catalogue,
            viewer,
            given.get("period") or "last-week",
            compare,
            catalogue.scope(viewer, where).filters,
        )

    def begun(self, looked: Looked) -> Task:
        """Have it worked out at the desk."""
        return self.desk.ask(looked.question, looked.viewer.name, looked.told)

    def go_on(self, looked: Looked, told: Briefing) -> None:
        """Have the slow questions answered that nobody has answered yet, each once, without keeping any page waiting."""
        catalogue, viewer = looked.catalogue, looked.viewer
        slow = [catalogue.question(declared.key, viewer=viewer, where=looked.where) for declared in told.waiting]
        quality = quality_asked(catalogue, viewer)
        for asked in slow if catalogue.kept(quality) else (*slow, quality):
            self.desk.ask(asked, ASIDE, partial(catalogue.answer, asked))

    async def told(self, request: Request, patience: float | None) -> tuple[Looked, Briefing]:
        """What is told at an address; TimeoutError if it takes longer than the patience."""
        looked = await run_in_threadpool(self.looked, request)
        task = self.begun(looked)
        try:
            told = await arrived(task, patience)
        finally:
            self.desk.forget(looked.question)
        found = cast(Briefing, told)
        await run_in_threadpool(self.go_on, looked, found)
        return looked, found


def usual_look(site: Site, viewer: Viewer) -> Looked:
    """What the first page asks for a viewer where its address says nothing else."""
    return Looked(site.catalogue(), viewer, "last-week", "previous", ())


def routes(site: Site) -> APIRouter:
    """The page, and what it says as data."""
    router, rounds = APIRouter(), Rounds(site)

    @router.get("/")
    async def first(request: Request) -> Response:
        board = None if request.query_params else await run_in_threadpool(_own_first_page, site, request)
        return RedirectResponse(board, 303) if board else await page(request)

    @router.get("/changes")
    async def page(request: Request) -> Response:
        try:
            looked, told = await rounds.told(request, PATIENCE)
        except TimeoutError:
            return await run_in_threadpool(site.page, request, "home_working.html", WORDS)
        return await run_in_threadpool(_shown, site, request, looked, told)

    @router.get("/.json")
    async def data(request: Request) -> Response:
        _looked, told = await rounds.told(request, None)
        return json_of(as_data(told, site.format(request)))

    return router


def _own_first_page(site: Site, request: Request) -> str | None:
    """The board that somebody has chosen for his first page, None for the usual one."""
    number = Boards(site.state, site.person(request).number).home()
    return f"/boards/{number}" if number else None


def _noted(site: Site, request: Request, course: Course | None) -> NotedCourse | None:
    """The notes on dates of the course of the main figure."""
    return noted_course(course.time, notes_for(site, request, course.area), site.format(request)) if course else None


def _shown(site: Site, request: Request, looked: Looked, told: Briefing) -> Response:
    format_ = site.format(request)
    shown = home(looked.catalogue, looked.viewer, told, request.query_params, format_)
    switch = [
        (name, say(title, format_), name == looked.period)
        for name, title in PERIODS.items()
        if name == looked.period or shown["has_begun"](name)
    ]
    title = TITLES.get(looked.period)
    return site.page(
        request,
        "home.html",
        WORDS,
        title=say(title if title else WORDS["what_changed"](period=told.period), format_),
        switch=switch,
        noted=_noted(site, request, shown["course"]),
        **shown,
    )
