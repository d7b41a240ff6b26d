"""Blocks as large as a sum, the largest first, and a grid of two scores beside them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from crmetrics.analysis import Treemap
from crmetrics.presenting.frame import Drawing, Scene, Spec, chosen, spec_of, tooltip
from crmetrics.presenting.grid import draw_score_grid
from crmetrics.presenting.sketch import summed
from crmetrics.vocabulary.language import words

_ = words("presenting")

_HEIGHT: Final = 300
_ACROSS, _DOWN = 100.0, 52.0
"""The blocks are laid out on a plane of these sides, stretched to the chart's."""
_GAP: Final = 0.18
_MOST_BLOCKS: Final = 24

FAMILIES: Final = {
    "growing": ("new", "promising", "potential_loyalists"),
    "core": ("champions", "loyal"),
    "slipping": ("need_attention", "about_to_sleep", "at_risk", "cannot_lose"),
    "gone": ("hibernating", "lost", "prospects"),
}
"""Families of customer segments: a pale tint each, and the same on all pages."""


def draw_treemap(scene: Scene, chart: Treemap) -> tuple[Drawing, ...]:
    """The chart of `Treemap`, and the grid of scores where the answer has them."""
    blocks = _blocks(scene, chart)
    if not blocks:
        return ()
    group, size = scene.columns[chart.group], scene.columns[chart.size]
    told = tooltip(
        name=scene.heads[group.name],
        full=scene.heads[size.name],
        share=scene.say(_("Share")),
        count=scene.say(_("Count")),
    )
    title = scene.title(size, group)
    x_scale, y_scale = {"domain": [0, _ACROSS], "nice": False}, {"domain": [_DOWN, 0], "nice": False}
    x: Spec = {"field": "x", "type": "quantitative", "axis": None, "scale": x_scale}
    y: Spec = {"field": "y", "type": "quantitative", "axis": None, "scale": y_scale}
    box = {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}}
    layers = [
        {
            "mark": {"type": "rect", "cornerRadius": 3},
            "encoding": {**box, "color": _colour(scene, blocks), "tooltip": told},
        }
    ]
    layers += [_line(x, y, field, place, told) for place, field in enumerate(("name", "a", "c"))]
    drawing = Drawing(
        spec=spec_of(_HEIGHT, layers, blocks),
        title=title,
        reading=scene.say(_("Area: {figure}.", figure=scene.heads[size.name])),
        label=scene.spoken(title, [(block["name"], f"{block['full']}, {block['share']}") for block in blocks]),
        tells=(chart.group,),
    )
    if not chart.grid:
        return (drawing,)
    return drawing, draw_score_grid(scene, *chart.grid)


def _colour(scene: Scene, blocks: list[Spec]) -> Spec:
    """A tint for each family of segments, with a legend where there are several."""
    families = [family for family in FAMILIES if any(block["fam"] == family for block in blocks)]
    names = {"growing": _("Growing"), "core": _("Core"), "slipping": _("Slipping"), "gone": _("Gone")}
    labels = chosen([scene.say(names[family]) for family in families], f"indexof({json.dumps(families)},datum.value)")
    return {
        "field": "fam",
        "type": "nominal",
        "scale": {"domain": families, "range": [f"@{family}" for family in families]},
        "legend": {"title": None, "labelExpr": labels} if len(families) > 1 else None,
    }


def _line(x: Spec, y: Spec, field: str, place: int, told: list[Spec]) -> Spec:
    """One line of text in each block that is high and wide enough for it, cut where the block ends."""
    wide = f"(datum.x2 - datum.x) / {_ACROSS} * width"
    high = (16 + 15 * (place + 1)) / _HEIGHT * _DOWN
    mark: Spec = {
        "type": "text",
        "clip": True,  # else a text that would stand beyond the edge makes the whole chart narrower
        "align": "left",
        "baseline": "top",
        "dx": 8,
        "dy": 8 + 15 * place,
        "limit": {"expr": f"{wide} - 14"},
        "opacity": {"expr": f"{wide} < 46 ? 0 : 1"},
        "color": "@ink" if place < 2 else "@ink2",
        "fontWeight": 600 if place == 0 else 400,
    }
    return {
        "transform": [{"filter": f"datum.y2 - datum.y > {high:.2f}"}],
        "mark": mark,
        "encoding": {"x": x, "y": y, "text": {"field": field}, "tooltip": told},
    }


def _blocks(scene: Scene, chart: Treemap) -> list[Spec]:
    """The blocks with their places; only sums above nothing have an area."""
    group, size = scene.columns[chart.group], scene.columns[chart.size]
    groups = scene.answer.rows.values(group.name)
    sums = summed(groups, scene.answer.rows.values(size.name))
    counts, total = Counter(groups), sum(value for value in sums.values() if value > 0)
    largest = sorted(((value, key) for key, value in sums.items() if value > 0), key=lambda each: -each[0])
    shown: list[tuple[float, Any]] = [*largest[:_MOST_BLOCKS]]
    first = {key: at for at, key in reversed(list(enumerate(groups)))}
    write, places = scene.format, squarified([value for value, _key in shown])
    found = []
    for (value, key), (left, top, right, bottom) in zip(shown, places, strict=True):
        share = write.percent(value / total)
        found.append(
            {
                "x": left + _GAP,
                "x2": right - _GAP,
                "y": top + _GAP,
                "y2": bottom - _GAP,
                "at": first[key],
                "name": scene.cells.label(group, key),
                "a": f"{write.short(size.unit, value)}",
                "c": share,
                "full": write.value(size.unit, value),
                "share": share,
                "count": write.count(counts[key]),
                "fam": next((family for family, keys in FAMILIES.items() if key in keys), "core"),
            }
        )
    return found


def squarified(sizes: list[float]) -> list[tuple[float, float, float, float]]:
    """Rectangles (left, top, right, bottom) of these areas, nearly square; sizes fall, and fill the plane in their sum.

    Source: Bruls, Huizing and van Wijk (2000), Squarified treemaps.
    """
    area = _ACROSS * _DOWN / (sum(sizes) or 1.0)
    waiting = [size * area for size in sizes]
    left, top, wide, high = 0.0, 0.0, _ACROSS, _DOWN
    found: list[tuple[float, float, float, float]] = []
    while waiting:
        side = min(wide, high)
        row = [waiting[0]]
        while len(row) < len(waiting) and _worst([*row, waiting[len(row)]], side) <= _worst(row, side):
            row.append(waiting[len(row)])
        waiting = waiting[len(row) :]
        thick = sum(row) / side
        along = top if wide >= high else left
        for part in row:
            length = part / thick
            if wide >= high:
                found.append((left, along, left + thick, along + length))
            else:
                found.append((along, top, along + length, top + thick))
            along += length
        if wide >= high:
            left, wide = left + thick, wide - thick
        else:
            top, high = top + thick, high - thick
    return found


def _worst(row: list[float], side: float) -> float:
    """The worst ratio of sides in a row of rectangles along a side."""
    thick = sum(row) / side
    return max(max(thick / (part / thick), (part / thick) / thick) for part in row)
