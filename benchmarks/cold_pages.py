"""What a page costs whose answer nobody has asked yet, beside the SQL of that answer run by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from fastapi import FastAPI

from benchmarks.pages import packed_once
from crmetrics.catalogue import OpenCatalogue, current_version
from crmetrics.warehouse.engine import DuckDbEngine, DuckDbSession, Learned, stored

GOAL = 1.3
RUNS = 3
MODELS = frozenset({"customer_values", "purchase_histories", "churn_scores", "deal_scores"})
"""What takes a fit by its name; counts and quantiles that Python works out count against the page."""


@dataclass
class Told:
    """What an answer told the engine: (session, what it did, the arguments)."""

    steps: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)
    is_heard: bool = False


def cold_page(workspace: Path, key: str, runs: int = RUNS) -> dict[str, float]:
    """CPU milliseconds, medians of some runs in a process that has shown the page before.

    page   the whole request, packing included, where all that is kept of the version has been forgotten but what a model has
           learned: that is no SQL, and is learned once for a version
    sql    every view and query of its answer told to a new engine over the same file, and the rows fetched. What else the page
           asks, such as the values that can be filtered by, counts against it
    learn  what its models cost besides, once: the first request of all less a later one; next to nothing where there is none
    """
    from crmetrics.web.application import application

    app = application(workspace, "en")
    site = app.state.site
    asyncio.run(_shown(app, key))
    learning = Told()
    _forget(site, {})
    with heard(learning):
        first = asyncio.run(_shown(app, key))
    models = _models(site)
    rows = {model.rows for model in models.values()}
    stored_before = [given for _number, name, given in learning.steps if name == "store" and given[2] in rows]
    pages, queries = [], []
    for _run in range(runs):
        told = Told()
        _forget(site, models)
        with heard(told):
            pages.append(asyncio.run(_shown(app, key)))
        queries.append(_again(workspace, site.catalogue(), told, stored_before))
    page, sql = median(pages), median(queries)
    return {"page ms": page, "sql ms": sql, "ratio": page / sql, "goal": GOAL, "learn ms": max(first - page, 0.0)}


def _forget(site: Any, models: Mapping[Hashable, Learned]) -> None:
    """Forget every answer and all that is worked out once for a version but the models; what can be asked at all stays known."""
    opened = site.catalogue()
    opened.engine.kept.clear()
    opened.engine.learned.clear()
    opened.engine.learned.update(models)
    site._answers._answers.clear()


def _models(site: Any) -> dict[Hashable, Learned]:
    """What Python has learned from the rows, by the names of what learns it."""
    learned = site.catalogue().engine.learned
    return {asked: found for asked, found in learned.items() if isinstance(asked, tuple) and asked[0] in MODELS}


async def _shown(app: FastAPI, key: str) -> float:
    """CPU milliseconds until the page itself is sent, not the one that says that it is being worked out."""
    started = time.process_time()
    while await packed_once(app, f"/a/{key}") == 202:
        await asyncio.sleep(0.01)
    return (time.process_time() - started) * 1000


@contextmanager
def heard(told: Told) -> Iterator[None]:
    """Write down what every session is told while an answer is worked out."""
    names = ("create_view", "run", "keep", "store")
    former = {name: getattr(DuckDbSession, name) for name in names}
    answered = OpenCatalogue._answer

    def hearing(name: str) -> Callable[..., Any]:
        def hear(session: DuckDbSession, *given: Any) -> Any:
            found = former[name](session, *given)
            if told.is_heard:
                written = tuple(session.written(each) if hasattr(each, "sql") else each for each in given)
                told.steps.append((id(session), name, (*written, found if name in ("keep", "store") else None)))
            return found

        return hear

    def answering(catalogue: OpenCatalogue, *given: Any) -> Any:
        before, told.is_heard = told.is_heard, True
        try:
            return answered(catalogue, *given)
        finally:
            told.is_heard = before

    for name in names:
        setattr(DuckDbSession, name, hearing(name))
    OpenCatalogue._answer = answering  # type: ignore[method-assign]
    try:
        yield
    finally:
        for name, function in former.items():
            setattr(DuckDbSession, name, function)
        OpenCatalogue._answer = answered  # type: ignore[method-assign]


def _again(folder: Path, opened: OpenCatalogue, told: Told, stored_before: Sequence[tuple[Any, ...]]) -> float:
    """CPU milliseconds of the same SQL by hand: texts and values alone, on an engine that has seen none of it but the models' rows."""
    settings = opened.settings
    path = current_version(folder).path
    with DuckDbEngine(path, memory_limit=settings.memory_limit or None, threads=settings.threads or None) as engine:
        sessions: dict[int, Any] = {}
        for given in stored_before:
            _run(engine.session()._connection, "store", given)
        started = time.process_time()
        for number, name, given in told.steps:
            if number not in sessions:
                sessions[number] = engine.session()._connection
            _run(sessions[number], name, given)
        return (time.process_time() - started) * 1000


def _run(connection: Any, name: str, given: tuple[Any, ...]) -> None:
    if name == "create_view":
        connection.execute(f"create or replace temp view {given[0]} as {given[1]}")
    elif name == "run":
        connection.execute(given[0], _values(given[1])).fetchnumpy()
    elif name == "keep":
        connection.execute(f"create table {given[2]} as {given[0]}", _values(given[1]))
    else:  # what Python worked out: telling it to the engine is all that the engine does of it
        columns, types, kept = given
        connection.execute(f"create table {kept} as {stored(connection, columns, types)}")


def _values(given: Mapping[str, object]) -> dict[str, object] | None:
    return dict(given) or None
