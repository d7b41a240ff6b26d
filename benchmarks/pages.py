"""What a page costs the server, warm: its parts, and how long twenty readers at once wait for it beside a static page."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

READERS = 20
GOAL = 25.0
WEIGHT, WEIGHT_AFTER = 400.0, 40.0
EACH = 10
KEYS = (
    "sales.win_rate",
    "sales.product_performance",
    "customers.rfm",
    "customers.cohort_retention",
    "sales.stale_deals",
    "kpis.scorecard",
)


def page_costs(workspace: Path, key: str) -> dict[str, float]:
    """CPU milliseconds of a page.

    answer     reading the address as a question, and its answer from the cache
    numbers    what is made once of an answer: table, chart, passport, what can be chosen
    template   the warm page from there: numbers from the cache, frame, HTML
    page       answer and template
    served     the same with all around it: sign-in and rights, headers, packing
    """
    from crmetrics.web.application import application
    from crmetrics.web.rows_page import addresses
    from crmetrics.web.sheet import Shown, sheet
    from crmetrics.web.toolbar import panel_of, toolbar_of
    from crmetrics.web.values import Values

    app = application(workspace, "en")
    room = _room(app, key)
    request = _request(app, key)
    site, given, kept, values = room.site, request.query_params, Shown(), Values()
    question = room.answering.question(request, key)
    answer = question.catalogue.answer(question.asked)
    format, viewer = site.format(request), site.viewer(request)

    def asked() -> None:
        room.answering.question(request, key).known()

    def numbers() -> None:
        sheet(answer, question.asked, given, format, kept, addresses(answer, given))
        toolbar_of(answer, given, format, question.catalogue, viewer, values)
        panel_of(answer.declared, given, format, question.catalogue, viewer, values)

    whole = _milliseconds(lambda: room.page(request, key)(answer))
    parts = {"answer": _milliseconds(asked), "numbers": _milliseconds(numbers)}
    served = asyncio.run(_served(app, f"/a/{key}"))
    return {**parts, "template": whole, "page": parts["answer"] + whole, "served": served, "goal": GOAL}


def readers(workspace: Path, key: str) -> dict[str, float]:
    """Milliseconds that twenty readers at once wait for a warm page, and for a static one of the same weight, on one server."""
    from crmetrics.web.application import application

    app = application(workspace, "en")
    with Running(app) as address:
        content = _fetch(f"{address}/a/{key}")
        found = _waits(f"{address}/a/{key}")
    plain = FastAPI()

    @plain.get("/")
    async def static() -> HTMLResponse:
        return HTMLResponse(content)

    with Running(plain) as address:
        beside = _waits(f"{address}/")
    return {
        "p50": found[0],
        "p95": found[1],
        "static p50": beside[0],
        "static p95": beside[1],
        "kB": len(content) / 1000,
    }


def weights(workspace: Path, key: str) -> dict[str, float]:
    """Kilobytes that a browser takes, packed: the first time, with all that the page loads, and after, when it has that."""
    import httpx2

    from crmetrics.web.application import application

    with Running(application(workspace, "en")) as address:
        content = _fetch(f"{address}/a/{key}")
        loaded = sorted(set(re.findall(r"/static/[\w.]+", content)))
        with httpx2.Client(headers={"Accept-Encoding": "gzip"}, timeout=60) as client:

            def packed(path: str) -> int:
                with client.stream("GET", address + path) as sent:
                    return sum(len(part) for part in sent.iter_raw())

            page = packed(f"/a/{key}")
            files = sum(packed(path) for path in loaded)
    return {"first kB": (page + files) / 1000, "goal": WEIGHT, "after kB": page / 1000, "goal after": WEIGHT_AFTER}


def _room(app: FastAPI, key: str) -> Any:
    """The room of the analyses' pages, as the application has made it."""
    route = next(each for each in _routes(app) if getattr(each, "path", "") == "/a/{key}")
    cells = dict(zip(route.endpoint.__code__.co_freevars, route.endpoint.__closure__ or (), strict=True))
    return cells["room"].cell_contents


def _routes(app: FastAPI) -> list[Any]:
    found: list[Any] = []
    for each in app.router.routes:
        inner = getattr(each, "original_router", None)
        found += inner.routes if inner is not None else [each]
    return found


def _request(app: FastAPI, key: str) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/a/{key}",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
        "app": app,
    }
    return Request(scope)


def _milliseconds(work: Callable[[], Any], times: int = 20) -> float:
    work()
    started = time.process_time()
    for _time in range(times):
        work()
    return (time.process_time() - started) / times * 1000


async def _served(app: FastAPI, path: str, times: int = 20) -> float:
    """CPU milliseconds of a whole request through the application, packing included."""
    for _time in range(3):
        await packed_once(app, path)
    started = time.process_time()
    for _time in range(times):
        await packed_once(app, path)
    return (time.process_time() - started) / times * 1000


async def packed_once(app: FastAPI, path: str) -> int:
    """One request through the application, its answer packed; the status."""
    scope = dict(_request(app, path.removeprefix("/a/")).scope)
    scope |= {
        "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", b"gzip")],
        "http_version": "1.1",
        "raw_path": b"",
    }
    scope |= {"asgi": {"version": "3.0"}, "extensions": {}}
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status


class Running:
    """A server in a thread of its own."""

    def __init__(self, app: FastAPI) -> None:
        import uvicorn

        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_error: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def _fetch(address: str) -> str:
    import httpx2

    while True:
        found = httpx2.get(address, timeout=60)
        if found.status_code != 202:
            return str(found.text)
        time.sleep(0.2)


def _waits(address: str) -> tuple[float, float]:
    """p50 and p95 of the waits, from a process of its own, so that readers and server do not share one interpreter."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pages", address], capture_output=True, text=True, check=True
    )
    p50, p95 = json.loads(done.stdout)
    return p50, p95


async def _read(address: str) -> list[float]:
    import httpx2

    waits: list[float] = []
    async with httpx2.AsyncClient(limits=httpx2.Limits(max_connections=READERS), timeout=60) as client:

        async def reader() -> None:
            for _time in range(EACH):
                started = time.perf_counter()
                (await client.get(address)).raise_for_status()
                waits.append((time.perf_counter() - started) * 1000)

        await client.get(address)
        await asyncio.gather(*(reader() for _each in range(READERS)))
    return waits


if __name__ == "__main__":
    found = quantiles(asyncio.run(_read(sys.argv[1])), n=20)
    sys.stdout.write(json.dumps([found[9], found[18]]))
