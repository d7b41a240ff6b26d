"""What pages load beside themselves: the style, our own small script, and the chart library's own bundle."""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from crmetrics.presenting.theme import browser_theme

_KEPT: Final = {"Cache-Control": "private, max-age=86400"}
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}


@cache
def static_file(name: str) -> bytes | None:
    """A file of ours; None if there is none of that name."""
    found = {each.name: each for each in (resources.files("crmetrics.web") / "static").iterdir()}.get(name)
    return found.read_bytes() if found else None


def chart_library(folder: Path) -> bytes:
    """The JavaScript that draws charts, made once by the chart library from what it ships and kept in the workspace."""
    path = folder / "cache" / f"charts-{metadata.version('vl-convert-python')}.js"
    if not path.is_file():
        from vl_convert import javascript_bundle

        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(javascript_bundle("window.vegaEmbed = vegaEmbed;"), encoding="utf-8")
        part.replace(path)
    return path.read_bytes()


@cache
def theme_script() -> bytes:
    """Colours and configuration of charts in both modes, for our script."""
    return f"window.CRMETRICS_THEME = {json.dumps(browser_theme(), ensure_ascii=False)};\n".encode()


def routes(folder: Path) -> APIRouter:
    """The addresses of what pages load."""
    router = APIRouter()

    @router.get("/static/charts.js")
    def charts() -> Response:
        return Response(chart_library(folder), media_type="text/javascript", headers=_KEPT)

    @router.get("/static/theme.js")
    def theme() -> Response:
        return Response(theme_script(), media_type="text/javascript", headers=_KEPT)

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        content, kind = static_file(name), _TYPES.get(Path(name).suffix)
        if content is None or kind is None:
            return Response(status_code=404)
        return Response(content, media_type=kind, headers=_KEPT)

    @router.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)

    return router
