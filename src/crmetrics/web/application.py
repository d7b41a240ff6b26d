"""The application: which rooms there are, the headers of every answer, and what a mistake looks like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
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
    api_segments,
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
from crmetrics.web.headers import with_headers
from crmetrics.web.mistakes import tell_mistakes
from crmetrics.web.site import Site

ROOMS: Final = (
    api,
    api_notes,
    api_records,
    api_segments,
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
    async def answered(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        # a name that leads here but is not ours is another site's: it must not read what is on this machine
        is_ours = site.access.knows(request.headers.get("host", ""))
        return with_headers(
            await answer(request) if is_ours else Response("Unknown host", 400, media_type="text/plain")
        )

    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    tell_mistakes(app, site)
    return app
