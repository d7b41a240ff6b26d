"""The application: which rooms there are, the headers of every answer, and what a mistake looks like."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.web import all_page, analysis_page, assets
from crmetrics.web.site import Site

_ = words("web")

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

WORDS: Final[dict[str, Message]] = {
    "error": _("This cannot be shown"),
    "back": _("Back to all analyses"),
}

ROOMS: Final = (all_page, analysis_page)
"""The modules that bring addresses: each has `routes(site)`, and a `PLACE` if the menu is to name it."""


def application(folder: Path, language: str | None = None) -> FastAPI:
    """The application over one workspace folder; pages speak `language`, or what their reader chooses."""
    places = [room.PLACE for room in ROOMS if hasattr(room, "PLACE")]
    site = Site(folder, language, tuple(sorted(places, key=lambda place: place.order)))
    app = FastAPI(title="crmetrics", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    for room in ROOMS:
        app.include_router(room.routes(site))
    app.include_router(assets.routes(site.folder))

    @app.middleware("http")
    async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(CrmetricsError)
    def mistaken(request: Request, error: CrmetricsError) -> Response:
        sentence = say(error.message, site.format(request))
        if request.url.path.endswith(".json"):
            told = json.dumps({"error": sentence}, ensure_ascii=False)
            return Response(told, status_code=400, media_type="application/json")
        status = 404 if isinstance(error, UnknownName) else 400
        return site.page(request, "message.html", WORDS, status, sentence=sentence)

    return app
