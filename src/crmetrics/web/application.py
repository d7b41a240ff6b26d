"""The application: which rooms there are, the headers of every answer, and what a mistake looks like."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError, NotAllowed, NotSignedIn, TooManyTries, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.web import all_page, analysis_page, assets, audit_page, me_page, people_page, rows_page, sign_in_page
from crmetrics.web.admission import Access, guard
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

_FILES: Final = (".json", ".csv", ".xlsx")
_STATUSES: Final = ((UnknownName, 404), (NotSignedIn, 401), (NotAllowed, 403), (TooManyTries, 429))

ROOMS: Final = (all_page, analysis_page, rows_page, sign_in_page, me_page, people_page, audit_page)
"""The modules that bring addresses: each has `routes(site)`, `RIGHTS`, and a `PLACE` if the menu is to name it."""


def application(folder: Path, language: str | None = None, access: Access | None = None) -> FastAPI:
    """The application over one workspace folder; pages speak `language`, or what their reader chooses."""
    places = [room.PLACE for room in ROOMS if hasattr(room, "PLACE")]
    in_order = tuple(sorted(places, key=lambda place: place.order))
    site = Site(folder, language, in_order, access or Access())
    app = FastAPI(title="crmetrics", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    for room in ROOMS:
        app.include_router(room.routes(site), dependencies=[Depends(guard(site, room.RIGHTS))])
    app.include_router(assets.routes(site.folder))

    @app.middleware("http")
    async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        # a name that leads here but is not ours is another site's: it must not read what is on this machine
        is_ours = site.access.knows(request.headers.get("host", ""))
        response = await answer(request) if is_ours else Response("Unknown host", 400, media_type="text/plain")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(CrmetricsError)
    def mistaken(request: Request, error: CrmetricsError) -> Response:
        sentence, status = say(error.message, site.format(request)), _status(error)
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooManyTries) else {}
        if request.url.path.endswith(_FILES) or request.headers.get("authorization"):
            told = json.dumps({"error": sentence}, ensure_ascii=False)
            return Response(told, 400 if status == 404 else status, headers, "application/json")
        if isinstance(error, NotSignedIn):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            going_on = f"?{urlencode({'next': asked})}" if request.method == "GET" and asked != "/" else ""
            return RedirectResponse(f"/sign-in{going_on}", 303)
        page = site.page(request, "message.html", WORDS, status, sentence=sentence)
        page.headers.update(headers)
        return page

    return app


def _status(error: CrmetricsError) -> int:
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 400
