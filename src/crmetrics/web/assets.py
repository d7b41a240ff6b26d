"""What pages load beside themselves: the style, our own small script, and the chart library's own bundle."""

from __future__ import annotations

import json
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from crmetrics.presenting.theme import browser_theme


@cache
def static_file(name: str) -> bytes:
    """A file of ours."""
    return (resources.files("crmetrics.web") / "static" / name).read_bytes()


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
