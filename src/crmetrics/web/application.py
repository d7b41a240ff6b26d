"""The application: which rooms there are, the headers of every answer, and what a mistake looks like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.middleware.gzip import GZipMiddleware

from crmetrics.web import (
    all_page,
    analysis_page,
    answers_page,
    api,
    api_notes,
    api_records,
    assets,
    audit_page,
    boards_page,
    customer_page,
    deal_page,
    duplicates_page,
    history_page,
    home_page,
    import_page,
    me_page,
    notes_page,
    own_kpis_page,
    people_page,
    quarantine_page,
    rows_page,
    search_page,
    segments_page,
    sign_in_page,
    targets_page,
)
from crmetrics.web.admission import Access, guard
from crmetrics.web.mistakes import tell_mistakes
from crmetrics.web.site import Site

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
OF_WHOM: Final = "Cookie, Authorization"
"""What an answer hangs on beside its address: a cache that keeps it all the same must not hand it to another."""

ROOMS: Final = (
    api,
    api_notes,
    api_records,
    home_page,
    all_page,
    answers_page,
    analysis_page,
    rows_page,
    boards_page,
    segments_page,
    targets_page,
    notes_page,
    import_page,
    quarantine_page,
    duplicates_page,
    history_page,
    search_page,
    customer_page,
    deal_page,
    sign_in_page,
    me_page,
    own_kpis_page,
    people_page,
    audit_page,
)
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
        if "no-store" in response.headers["Cache-Control"]:
            response.headers.add_vary_header(OF_WHOM)
        # how long a packed page is must not tell what it holds (its form token) to who listens and can make it repeat a text
        response.headers["X-Length"] = token_hex(randbelow(64) + 1)
        return response

    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    tell_mistakes(app, site)
    return app
