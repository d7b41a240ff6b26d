"""What is sent that is no page: JSON for programs, and answers as files to be saved."""

from __future__ import annotations

import json
from typing import Any, Final

from fastapi.responses import Response, StreamingResponse

from crmetrics.analysis import Answer
from crmetrics.presenting.numbers import Format

FILES: Final = ("xlsx", "csv", "json")
"""How rows are offered to be saved, in this order."""
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def json_of(told: Any, status: int = 200) -> Response:
    """Plain values as JSON; ValueError for a number that JSON has not."""
    text = json.dumps(told, ensure_ascii=False, allow_nan=False)
    return Response(text, status, media_type="application/json")


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
