"""The page of an analysis, and its answer as a file."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.asking import hidden
from crmetrics.web.pages import answer_page
from crmetrics.web.site import Site

_ = words("web")

RIGHTS: Final[Rights] = {
    "/a/{key}": SIGNED_IN,
    "/a/{key}.json": "export",
    "/a/{key}.csv": "export",
    "/a/{key}.xlsx": "export",
}

WORDS: Final[dict[str, Message]] = {
    "passport": _("How this is worked out"),
    "filters": _("Filters"),
    "show": _("Show"),
    "table": _("All rows"),
    "rows": _("{n} row", "{n} rows"),
    "pages": _("Pages"),
    "locked_sub": _("This question cannot be answered from the data at hand."),
    "remove": _("Remove the filter"),
    "state": _("State at {day}"),
    "compared": _("compared with {period}"),
    "before": _("before: {value}"),
    "incomplete": _("not ended yet"),
    "nothing": _("No rows."),
}


def routes(site: Site) -> APIRouter:
    """The page and the files; those first, for their addresses end in what they give."""
    router = APIRouter()
    _files(router, site)

    @router.get("/a/{key}")
    def page(request: Request, key: str) -> Response:
        answer = site.ask(request, key)
        given = request.query_params
        number = given.get("page", "1")
        shown = answer_page(
            answer,
            given,
            site.format(request),
            site.catalogue().engine.profile,
            int(number) if number.isdigit() and int(number) else 1,
        )
        names = [field.name for field in shown["fields"]]
        return site.page(request, "analysis.html", WORDS, **shown, carried=hidden(given, *names, "page", "language"))

    return router


def _files(router: APIRouter, site: Site) -> None:
    @router.get("/a/{key}.json")
    def as_json(request: Request, key: str) -> Response:
        from crmetrics.presenting.json import as_json

        return Response(as_json(site.ask(request, key), site.format(request)), media_type="application/json")

    @router.get("/a/{key}.csv")
    def as_csv(request: Request, key: str) -> Response:
        from crmetrics.presenting.csv import csv_parts

        parts = csv_parts(site.ask(request, key), site.format(request), has_bom="bom" in request.query_params)
        return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=_saved_as(key, "csv"))

    @router.get("/a/{key}.xlsx")
    def as_xlsx(request: Request, key: str) -> Response:
        from crmetrics.presenting.xlsx import as_xlsx

        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return Response(
            as_xlsx(site.ask(request, key), site.format(request)), media_type=kind, headers=_saved_as(key, "xlsx")
        )


def _saved_as(key: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{key}.{ending}"'}
