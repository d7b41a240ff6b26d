"""A chart as a picture: SVG or PNG, drawn without a browser, with the typefaces of all four languages."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

from crmetrics.presenting.annotations import Noted
from crmetrics.presenting.font_runs import split_runs
from crmetrics.presenting.frame import Drawing
from crmetrics.presenting.letters import wrapped
from crmetrics.presenting.theme import ROLES, Mode, config, filled, picture_fonts

WIDTH: Final = 640
_VEGA_LITE: Final = "6.4"
_LETTERS: Final = 96
"""So many letters of a note have room in a line of a picture."""
_BELOW: Final = "height + 44 + 15 * datum.k"


def as_svg(drawing: Drawing, language: str, *, mode: Mode = "light", width: int = WIDTH) -> str:
    """The chart as SVG. Raises MissingFace for a typeface that is not installed."""
    import vl_convert

    spec = sized(filled(deepcopy(drawing.spec), mode), width)
    drawn = vl_convert.vegalite_to_svg(
        spec,
        vl_version=_VEGA_LITE,
        config={**config(mode, picture_fonts(language)), "background": ROLES[mode]["bg"]},
        allowed_base_urls=[],
    )
    return split_runs(str(drawn))


def as_png(drawing: Drawing, language: str, *, mode: Mode = "light", width: int = WIDTH, scale: float = 2.0) -> bytes:
    """The chart as PNG, `scale` pixels a point. Raises MissingFace for a typeface that is not installed."""
    import vl_convert

    return bytes(vl_convert.svg_to_png(as_svg(drawing, language, mode=mode, width=width), scale=scale))


def sized(spec: dict[str, Any], width: int) -> dict[str, Any]:
    """The specification with a width of its own in place of its container's, labels and legends included."""
    return {**spec, "width": width}


def titled(drawing: Drawing, below: str) -> Drawing:
    """The chart with its title and a line below it inside the picture: outside its page it must say what it is.

    The notes on dates that stand on it are told at the foot.
    """
    title = {"text": drawing.title, "subtitle": below, "offset": 12}
    layers = [*drawing.spec["layer"], _foot(drawing.notes)] if drawing.notes else drawing.spec.get("layer")
    spec = {**drawing.spec, "title": title} | ({"layer": layers} if layers else {})
    return replace(drawing, spec=spec)


def _foot(notes: Sequence[Noted]) -> dict[str, Any]:
    """The notes as lines below the axis and its labels of two lines."""
    told = [line for note in notes for line in wrapped(f"{note.number} \u00b7 {note.said}", _LETTERS)]
    lines = [{"k": place, "told": line} for place, line in enumerate(told)]
    mark = {"type": "text", "align": "left", "baseline": "top", "color": "@ink2", "x": 0, "y": {"expr": _BELOW}}
    return {"data": {"values": lines}, "mark": mark, "encoding": {"text": {"field": "told"}}}
