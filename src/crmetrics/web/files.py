"""What is sent that is no page: JSON for programs, and answers as files to be saved; what has not changed is not sent again."""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from crmetrics.analysis import Answer
from crmetrics.presenting.numbers import Format

if TYPE_CHECKING:
    from crmetrics.web.site import Site

FILES: Final = ("xlsx", "csv", "json")
"""How rows are offered to be saved, in this order."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def json_of(told: Any, status: int = 200) -> Response:
    """Plain values as JSON; ValueError for a number that JSON has not."""
    return Response(_written(told), status, media_type="application/json")


def marked_json(request: Request, site: Site, told: Any) -> Response:
    """The same with a mark of what it says, to whom and in which language: who holds that already is told so."""
    text = _written(told)
    mark = mark_of(text, site.person(request), site.speaks(request))
    return unchanged(request, mark) or Response(text, media_type="application/json", headers={"ETag": mark})


def mark_of(*made_of: object) -> str:
    """The mark (ETag) of what is made of these values, and of this version of the product, alone."""
    told = repr((_version(), *made_of))
    return f'"{blake2b(told.encode(), digest_size=16).hexdigest()}"'


def unchanged(request: Request, mark: str) -> Response | None:
    """What is sent to who holds what bears this mark, several marks among them; None to anybody else.

    A proxy that packs an answer on its way makes its mark a weak one, W/"...": it is the same answer all the same.
    """
    is_held = mark in request.headers.get("if-none-match", "")
    return Response(status_code=304, headers={"ETag": mark}) if is_held else None


def file_of(answer: Answer[Any], format: Format, name: str, ending: str, *, has_bom: bool = False) -> Response:
    """The rows of an answer as json, csv (with a mark for old spreadsheets if `has_bom`) or xlsx, to be saved under a name."""
    if ending == "json":
        from crmetrics.presenting.json import as_json

        return Response(as_json(answer, format), media_type="application/json")
    if ending == "csv":
        from crmetrics.presenting.csv import csv_parts

        parts = csv_parts(answer, format, has_bom=has_bom)
        return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=saved_as(name, ending))
    from crmetrics.presenting.xlsx import as_xlsx

    return Response(as_xlsx(answer, format), media_type=XLSX, headers=saved_as(name, ending))


def saved_as(name: str, ending: str) -> dict[str, str]:
    """The header under which a browser saves what is sent."""
    return {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}


def _written(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False)


@cache
def _version() -> str:
    return metadata.version("crmetrics")
