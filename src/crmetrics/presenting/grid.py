"""Grids of cells coloured by value: cohorts whose open cells are hatched, and counts by two scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from crmetrics.analysis import Column, HeatMap, Row
from crmetrics.presenting.frame import Drawing, Scene, Spec, chosen, number, shortened, spec_of, tooltip
from crmetrics.presenting.letters import width
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS
from crmetrics.vocabulary.unit import Unit

_ = words("presenting")

_WITH_TEXT: Final = 20
"""Up to so many columns a cell is wide enough for its number."""
_LETTERS_ACROSS: Final = 90
"""So many letters stand side by side over the cells of a page."""
_MOST_ACROSS: Final = 60
_MOST_DOWN: Final = 40
_GAP: Final = 0.03
_FIRST: Final = _("{label}: the first {shown} of {count}; the table has them all.")
_LAST: Final = _("{label}: the last {shown} of {count}; the table has them all.")
_BLACK_OR_WHITE: Final = {
    "condition": {"test": "luminance(scale('color', datum.v)) > 0.179", "value": "#000000"},
    "value": "#ffffff",
}
"""The text colour that has the greater contrast with the cell's."""


def draw_heat_map(scene: Scene, chart: HeatMap) -> Drawing:
    """Cells in the order of the rows; a cell whose time has not passed is hatched and has no colour."""
    across, down, value = (scene.columns[name] for name in (chart.x, chart.y, chart.value))
    all_heads = in_order(across, scene.answer.rows.values(across.name))
    all_sides = in_order(down, scene.answer.rows.values(down.name))
    heads, sides = all_heads[:_MOST_ACROSS], all_sides[-_MOST_DOWN:]
    x_of, y_of = {head: place for place, head in enumerate(heads)}, {side: place for place, side in enumerate(sides)}
    cells = []
    for at, row in enumerate(scene.answer.rows):
        x, y = x_of.get(row.values[across.position]), y_of.get(row.values[down.position])
        if x is None or y is None:
            continue
        names = {"xn": scene.cells.written(across, heads[x]), "yn": scene.cells.written(down, sides[y])}
        cells.append(cell_at(x, y) | {"at": at} | _told(scene, chart, row) | names)
    grain = scene.cells.dimension(across)
    told = tooltip(yn=scene.heads[down.name], xn=scene.heads[across.name], t=scene.heads[value.name])
    tops = [scene.cells.written(across, head) for head in heads]
    x_axis = {**(slanting(tops) or side_axis(tops)), "title": scene.heads[across.name], "orient": "top"}
    y_axis = side_axis([scene.cells.written(down, side) for side in sides])
    title = scene.title(value, down)
    is_hatched = any(cell["open"] for cell in cells)
    reading = [scene.say(_("Hatched: not complete yet, or too few cases."))] if is_hatched else []
    for column, shown, there in ((down, sides, all_sides), (across, heads, all_heads)):
        if len(shown) < len(there):
            left_out = _LAST if column is down else _FIRST
            reading.append(scene.say(left_out(label=scene.heads[column.name], shown=len(shown), count=len(there))))
    return Drawing(
        spec=grid_spec(cells, x_axis, y_axis, told, has_text=len(heads) <= _WITH_TEXT, step=26),
        title=title,
        reading=" ".join(reading),
        label=scene.spoken(title, [(f"{cell['yn']}, {cell['xn']}", cell["t"]) for cell in cells]),
        tells=(chart.value,),
        steps=len(heads),
        time=TimeAxis.of(heads, grain, is_columns=True, is_cells=True) if grain in GRAINS else None,
    )


def _told(scene: Scene, chart: HeatMap, row: Row) -> Spec:
    """What a cell tells; an open one has no colour."""
    value = scene.columns[chart.value]
    is_few = scene.cells.is_of_few(value, row)
    is_open = bool(chart.complete) and row.values[scene.columns[chart.complete].position] is False
    found = None if is_few else number(row.values[value.position])
    return {
        "v": found,
        "open": is_open or is_few or found is None,
        "t": scene.cells.text(value, row),
        "s": "" if is_few else scene.format.value(value.unit, found, 0 if value.unit is Unit.SHARE else None),
    }


def slanting(names: Sequence[Any]) -> Spec:
    """Long names over narrow cells stand on a slant, all of them; short ones lie, as many as have room."""
    if len(names) > _WITH_TEXT or sum(width(str(name)) + 2 for name in names) <= _LETTERS_ACROSS:
        return {}
    slant = {"labelAngle": -35, "labelAlign": "left", "labelBaseline": "bottom", "labelOverlap": False}
    return side_axis([shortened(str(name), 18) for name in names]) | slant


def in_order(column: Column, values: Sequence[Any]) -> list[Any]:
    """The different values of a column: in the order in which it declares its words, else as they come."""
    places = {word: place for place, (word, _shown) in enumerate(column.words)}
    return sorted(dict.fromkeys(values), key=lambda value: places.get(value, len(places)))


def draw_score_grid(scene: Scene, across_name: str, down_name: str) -> Drawing:
    """How many rows have each pair of scores, the best at the top and at the right."""
    across, down = scene.columns[across_name], scene.columns[down_name]
    pairs = Counter(zip(scene.answer.rows.values(across.name), scene.answer.rows.values(down.name), strict=True))
    known = {pair: count for pair, count in pairs.items() if None not in pair}
    heads, sides = sorted({pair[0] for pair in known}), sorted({pair[1] for pair in known}, reverse=True)
    cells = []
    for y, side in enumerate(sides):
        for x, head in enumerate(heads):
            count = known.get((head, side), 0)
            told = scene.format.count(count)
            names = {"xn": scene.cells.written(across, head), "yn": scene.cells.written(down, side)}
            cells.append(cell_at(x, y) | {"v": count, "open": False, "t": told, "s": told} | names)
    x_axis = {
        **side_axis([scene.cells.written(across, head) for head in heads]),
        "title": f"{scene.heads[across.name]} →",
    }
    y_axis = {**side_axis([scene.cells.written(down, side) for side in sides]), "title": f"{scene.heads[down.name]} →"}
    told_all = tooltip(yn=scene.heads[down.name], xn=scene.heads[across.name], t=scene.say(_("Count")))
    title = scene.say(_("Count by {across} and {down}", across=scene.heads[across.name], down=scene.heads[down.name]))
    return Drawing(
        spec=grid_spec(cells, x_axis, y_axis, told_all, has_text=True, step=44),
        title=title,
        reading="",
        label=scene.spoken(title, [(f"{cell['yn']}, {cell['xn']}", cell["t"]) for cell in cells]),
    )


def cell_at(x: int, y: int) -> Spec:
    """A cell's edges, in steps of the grid, with a gap around it."""
    return {"x": x + _GAP, "x2": x + 1 - _GAP, "y": y + _GAP, "y2": y + 1 - _GAP, "cx": x + 0.5, "cy": y + 0.5}


def side_axis(names: list[Any]) -> Spec:
    """Names at the middle of each step of the grid."""
    places = [place + 0.5 for place in range(len(names))]
    return {
        "title": None,
        "values": places,
        "labelExpr": chosen(names, "datum.value - 0.5"),
        "labelOverlap": True,
        "grid": False,
    }


def grid_spec(cells: list[Spec], x_axis: Spec, y_axis: Spec, told: list[Spec], *, has_text: bool, step: int) -> Spec:
    """The layers of a grid: coloured cells, hatched ones, numbers."""
    wide, high = (
        max((cell["cx"] for cell in cells), default=0.5) + 0.5,
        max((cell["cy"] for cell in cells), default=0.5) + 0.5,
    )
    x_scale, y_scale = {"domain": [0, wide], "nice": False}, {"domain": [high, 0], "nice": False}
    x = {"field": "x", "type": "quantitative", "axis": x_axis, "scale": x_scale}
    y = {"field": "y", "type": "quantitative", "axis": y_axis, "scale": y_scale}
    box = {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "y2"}}
    centre = {"x": {**x, "field": "cx"}, "y": {**y, "field": "cy"}, "text": {"field": "s"}, "tooltip": told}
    layers: list[Spec] = [
        {
            "transform": [{"filter": "!datum.open"}],
            "mark": {"type": "rect", "cornerRadius": 2},
            "encoding": {**box, "color": _colour(cells), "tooltip": told},
        },
        {
            "data": {"values": [line for cell in cells if cell["open"] for line in _hatching(cell)]},
            "mark": {"type": "rule", "color": "@line", "strokeWidth": 1},
            "encoding": box,
        },
        # above its lines, and a colour that is none: so that a pointer finds all of the cell
        {
            "transform": [{"filter": "datum.open"}],
            "mark": {"type": "rect", "cornerRadius": 2, "fill": "transparent", "stroke": "@line", "strokeWidth": 1},
            "encoding": {**box, "tooltip": told},
        },
    ]
    if has_text:
        # on a small screen the cells are too narrow for their numbers, which the table has
        text = {"type": "text", "fontSize": 11, "opacity": {"expr": f"width / {wide} >= 22 ? 1 : 0"}}
        layers.append(
            {"transform": [{"filter": "!datum.open"}], "mark": text, "encoding": {**centre, "color": _BLACK_OR_WHITE}}
        )
        layers.append({"transform": [{"filter": "datum.open"}], "mark": {**text, "color": "@ink3"}, "encoding": centre})
    return spec_of(round(high) * step, layers, cells)


def _colour(cells: list[Spec]) -> Spec:
    values = [cell["v"] for cell in cells if cell["v"] is not None and not cell["open"]]
    scale = {"domain": [min([0, *values]), max([*values, 0]) or 1], "clamp": True}
    return {"field": "v", "type": "quantitative", "legend": None, "scale": scale}


def _hatching(cell: Spec) -> list[Spec]:
    """Slanting lines through a cell, in its own steps, so that they keep to it at any width."""
    left, top, wide, high = cell["x"], cell["y"], cell["x2"] - cell["x"], cell["y2"] - cell["y"]
    lines = []
    for part in (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75):
        start, end = max(0.0, part - 1), min(1.0, part)
        lines.append(
            {
                "x": left + start * wide,
                "y": top + (part - start) * high,
                "x2": left + end * wide,
                "y2": top + (part - end) * high,
            }
        )
    return lines
