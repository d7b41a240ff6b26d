"""An answer as a file: data, a table for a spreadsheet, its chart as a picture; as filtered, sorted and worded on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis import Answer
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.order import Sort, in_order
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.web.admission import Rights
from crmetrics.web.answering import Answering
from crmetrics.web.files import FILES, file_of, mark_of, saved_as, unchanged
from crmetrics.web.noted import noted_drawings, notes_for
from crmetrics.web.site import Site
from crmetrics.workspace.annotations import Annotation

_ = words("web")

_PICTURES: Final[Mapping[str, str]] = {"svg": "image/svg+xml", "png": "image/png"}
RIGHTS: Final[Rights] = {f"/a/{{key}}.{ending}": "export" for ending in (*FILES, *_PICTURES)}


def add(router: APIRouter, site: Site, answering: Answering) -> None:
    """The addresses of the files. Who waits for one holds nobody up; what has not changed is not sent again."""

    async def file(request: Request, key: str, ending: str) -> Response:
        def shown(answer: Answer[Any]) -> Response:
            is_picture = ending in _PICTURES
            notes = notes_for(site, request, answer.declared.area) if is_picture else ()
            mark = _mark(answering, request, key, ending, site.format(request), notes)
            if held := unchanged(request, mark):
                return held
            if is_picture:
                sent = _picture(answer, request, ending, site.format(request), notes)
            else:
                sent = _file(answer, request, ending, site.format(request))
            sent.headers["ETag"] = mark
            return sent

        return await answering.shown(request, key, shown)

    def address(ending: str) -> None:
        @router.get(f"/a/{{key}}.{ending}", name=f"as_{ending}")
        async def sent(request: Request, key: str) -> Response:
            return await file(request, key, ending)

    for ending in (*FILES, *_PICTURES):
        address(ending)


def _file(answer: Answer[Any], request: Request, ending: str, format: Format) -> Response:
    given = request.query_params
    in_its_order = in_order(answer, format, Sort.of(given.get("sort", "")))
    return file_of(in_its_order, format, answer.key, ending, has_bom="bom" in given)


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
    made = as_svg(whole, format.language) if ending == "svg" else as_png(whole, format.language)
    return Response(made, media_type=_PICTURES[ending], headers=saved_as(answer.key, ending))


def _mark(
    answering: Answering, request: Request, key: str, ending: str, format: Format, notes: Sequence[Annotation]
) -> str:
    """The mark of a file's content: all that can change it, the viewer's scope, the data version and his notes among it."""
    parts = [request.query_params.get(name) for name in ("sort", "bom", "chart")]
    return mark_of(answering.question(request, key).asked, ending, format, parts, notes)
