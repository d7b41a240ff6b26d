"""How a page gets its answer: from what is known, or from the desk, without keeping anybody else waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Asked
from crmetrics.analysis.reading import read_choices
from crmetrics.catalogue import OpenCatalogue
from crmetrics.web.asking import asking_of
from crmetrics.web.desk import Desk, Task
from crmetrics.web.site import Site

PATIENCE: Final = 0.9
"""Seconds after which a page says that it is working rather than say nothing."""

Shown = Callable[[Answer[Any]], Response]


@dataclass(frozen=True)
class Question:
    """An address read and checked, of the catalogue that it is asked of, by whom."""

    asked: Asked
    catalogue: OpenCatalogue
    viewer: str

    def known(self) -> Answer[Any] | None:
        """The answer, if it is kept."""
        return self.catalogue.kept(self.asked)


@dataclass
class Answering:
    """Reads addresses as questions and has them answered."""

    site: Site

    @property
    def desk(self) -> Desk:
        """Where it is worked out: the same for all pages, so that no question is worked out twice at once."""
        return self.site.desk

    def question(self, request: Request, key: str, **changed: Any) -> Question:
        """What an address asks; `changed` are choices put in the place of its own. UnknownName or BadValue as the catalogue."""
        catalogue = self.site.catalogue()
        declared = catalogue.find(key)
        asked = asking_of(declared, request.query_params, catalogue.settings.zone)
        # read here, so that no part of an address becomes another argument of the question
        choices = read_choices(declared, {**asked.choices, **changed})
        viewer = self.site.viewer(request)
        question = catalogue.question(
            key,
            viewer=viewer,
            period=asked.period,
            compare=asked.compare,
            as_of=asked.as_of,
            where=asked.where,
            **choices,
        )
        return Question(question, catalogue, viewer.name)

    def task(self, question: Question) -> Task:
        """Have a question answered at the desk."""
        return self.desk.ask(question.asked, question.viewer, lambda: question.catalogue.answer(question.asked))

    async def shown(
        self, request: Request, key: str, show: Shown, meanwhile: Callable[[Question, Task], Response] | None = None
    ) -> Response:
        """`show` of the answer. Without an answer in good time `meanwhile`, where there is one; waiting holds no thread."""

        def begun() -> Response | tuple[Question, Task]:
            question = self.question(request, key)
            known = question.known()
            return (question, self.task(question)) if known is None else show(known)

        begin = await run_in_threadpool(begun)
        if isinstance(begin, Response):
            return begin
        question, task = begin
        try:
            answer = await arrived(task, PATIENCE if meanwhile else None)
        except TimeoutError:
            if meanwhile is None:
                raise
            return await run_in_threadpool(meanwhile, question, task)
        finally:
            self.desk.forget(question.asked)
        return await run_in_threadpool(show, answer)


async def arrived(task: Task, seconds: float | None) -> Answer[Any]:
    """The answer of a task, or its error; TimeoutError if it is not there in so many seconds, and the work goes on."""
    future = asyncio.wrap_future(task.answer)
    answer: Answer[Any] = await asyncio.wait_for(asyncio.shield(future), seconds)
    return answer
