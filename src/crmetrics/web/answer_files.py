"""An answer as a file: data, a table for a spreadsheet, its chart as a picture; as filtered, sorted and worded on the page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import blake2b
from importlib import metadata
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from crmetrics.analysis import Answer
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.order import Sort, in_order
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.web.admission import Rights
from crmetrics.web.answering import Answering
from crmetrics.web.noted import noted_drawings, notes_for
from crmetrics.web.site import Site
from crmetrics.workspace.annotations import Annotation

_ = words("web")

RIGHTS: Final[Rights] = {
    "/a/{key}.json": "export",
    "/a/{key}.csv": "export",
    "/a/{key}.xlsx": "export",
    "/a/{key}.svg": "export",
    "/a/{key}.png": "export",
}
_PICTURES: Final = ("svg", "png")
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add(router: APIRouter, site: Site, answering: Answering) -> None:
    """The addresses of the files. Who waits for one holds nobody up; what has not changed is not sent again."""

    async def file(request: Request, key: str, ending: str) -> Response:
        def shown(answer: Answer[Any]) -> Response:
            is_picture = ending in _PICTURES
            notes = notes_for(site, request, answer.declared.area) if is_picture else ()
            mark = _mark(answering, request, key, ending, site.format(request), notes)
            if request.headers.get("if-none-match") == mark:
                return Response(status_code=304, headers={"ETag": mark})
            if is_picture:
                sent = _picture(answer, request, ending, site.format(request), notes)
            else:
                sent = _file(answer, request, ending, site.format(request))
            sent.headers["ETag"] = mark
            return sent

        return await answering.shown(request, key, shown)

    @router.get("/a/{key}.json")
    async def as_json(request: Request, key: str) -> Response:
        return await file(request, key, "json")

    @router.get("/a/{key}.csv")
    async def as_csv(request: Request, key: str) -> Response:
        return await file(request, key, "csv")

    @router.get("/a/{key}.xlsx")
    async def as_xlsx(request: Request, key: str) -> Response:
        return await file(request, key, "xlsx")

    @router.get("/a/{key}.svg")
    async def as_svg(request: Request, key: str) -> Response:
        return await file(request, key, "svg")

    @router.get("/a/{key}.png")
    async def as_png(request: Request, key: str) -> Response:
        return await file(request, key, "png")


def _file(answer: Answer[Any], request: Request, ending: str, format: Format) -> Response:
    given = request.query_params
    sorted_ = in_order(answer, format, Sort.of(given.get("sort", "")))
    if ending == "json":
        from crmetrics.presenting.json import as_json

        return Response(as_json(sorted_, format), media_type="application/json")
    if ending == "csv":
        from crmetrics.presenting.csv import csv_parts

        parts = csv_parts(sorted_, format, has_bom="bom" in given)
        return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=_saved_as(answer.key, ending))
    from crmetrics.presenting.xlsx import as_xlsx

    return Response(as_xlsx(sorted_, format), media_type=SHEET, headers=_saved_as(answer.key, ending))


def _picture(
    answer: Answer[Any], request: Request, ending: str, format: Format, notes: Sequence[Annotation]
) -> Response:
    from crmetrics.presenting.picture import as_png, as_svg, titled

    chart, drawn = request.query_params.get("chart", "1"), noted_drawings(answer, notes, format)
    if not chart.isdecimal() or not 0 < int(chart) <= len(drawn):
        told = _("{key} has no chart '{number}' here; it has {n}.", key=answer.key, number=chart, n=len(drawn))
        raise UnknownName(told)
    span = format.period(answer.period) if answer.period else say(_("State at {day}", day=answer.today), format)
    whole = titled(drawn[int(chart) - 1], f"{span} · {answer.key}")
    if ending == "svg":
        return Response(
            as_svg(whole, format.language), media_type="image/svg+xml", headers=_saved_as(answer.key, "svg")
        )
    return Response(as_png(whole, format.language), media_type="image/png", headers=_saved_as(answer.key, "png"))


def _mark(
    answering: Answering, request: Request, key: str, ending: str, format: Format, notes: Sequence[Annotation]
) -> str:
    """The mark of a file's content: all that can change it, the viewer's scope, the data version and his notes among it."""
    given = request.query_params
    told = (
        answering.question(request, key).asked,
        ending,
        format,
        _version(),
        [given.get(name) for name in ("sort", "bom", "chart")],
        notes,
    )
    return f'"{blake2b(repr(told).encode(), digest_size=16).hexdigest()}"'


@cache
def _version() -> str:
    return metadata.version("crmetrics")


def _saved_as(key: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{key}.{ending}"'}
