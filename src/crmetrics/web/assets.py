"""What pages load beside themselves: the style, our own small scripts, and the chart library's own bundle.

Each is named after its content, so that a browser may keep it for ever, and stands there packed.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from hashlib import blake2b
from importlib import metadata, resources
from pathlib import Path
from secrets import token_hex
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.presenting.theme import browser_theme

_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_FOR_NOW: Final = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_NAMED: Final = re.compile(r"([a-z_]+)(?:\.([0-9a-f]{12}))?(\.css|\.js)")
CHARTS, THEME = "charts.js", "theme.js"


@cache
def asset(name: str) -> str:
    """The address of a file: its name with a print of its content. The bundle is known by its library's version."""
    content = _bundle_version().encode() if name == CHARTS else _content(name)
    stem, _dot, ending = name.rpartition(".")
    return f"/static/{stem}.{blake2b(content or b'', digest_size=6).hexdigest()}.{ending}"


@cache
def static_file(name: str) -> bytes | None:
    """A file of ours; None if there is none of that name."""
    found = {each.name: each for each in (resources.files("crmetrics.web") / "static").iterdir()}.get(name)
    return found.read_bytes() if found else None


def chart_library(folder: Path) -> bytes:
    """The JavaScript that draws charts, packed; made once by the chart library from what it ships, kept in the workspace."""
    path = folder / "cache" / f"charts-{_bundle_version()}.js.gz"
    if not path.is_file():
        from vl_convert import javascript_bundle

        path.parent.mkdir(parents=True, exist_ok=True)
        # the first reader may ask while it is made ready: of two that make it, neither may read what the other has half written
        part = path.with_name(f"{path.name}.{token_hex(4)}.part")
        part.write_bytes(_packed(javascript_bundle("window.vegaEmbed = vegaEmbed;").encode()))
        part.replace(path)
    return path.read_bytes()


@cache
def theme_script() -> bytes:
    """Colours and configuration of charts in both modes, for our script."""
    return f"window.CRMETRICS_THEME = {json.dumps(browser_theme(), ensure_ascii=False)};\n".encode()


def make_ready(folder: Path) -> None:
    """Pack all that pages load, and make the chart library if it is not there yet: the first reader need not wait for it."""
    for each in (resources.files("crmetrics.web") / "static").iterdir():
        _packed_content(folder, each.name)
    for name in (THEME, CHARTS):
        _packed_content(folder, name)


def routes(folder: Path) -> APIRouter:
    """The addresses of what pages load."""
    router = APIRouter()

    @router.get("/static/{name}")
    def static(request: Request, name: str) -> Response:
        match = _NAMED.fullmatch(name)
        plain_name = f"{match[1]}{match[3]}" if match else ""
        packed = _packed_content(folder, plain_name) if match else None
        if match is None or packed is None:
            return Response(status_code=404)
        headers = _FOR_EVER if asset(plain_name) == f"/static/{name}" else _FOR_NOW
        kind = _TYPES[match[3]]
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(gzip.decompress(packed), media_type=kind, headers=headers)
        return Response(packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})

    @router.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)

    return router


def _bundle_version() -> str:
    return metadata.version("vl-convert-python")


def _content(name: str) -> bytes | None:
    return theme_script() if name == THEME else static_file(name)


@cache
def _packed_content(folder: Path, name: str) -> bytes | None:
    if name == CHARTS:
        return chart_library(folder)
    content = _content(name)
    return None if content is None else _packed(content)


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)
