"""Bars of parts: one a group, its steps end to end from the first to the last."""

from __future__ import annotations

from typing import Any

from crmetrics.analysis import Bars, Row
from crmetrics.presenting.frame import (
    MOST_GROUPS,
    Drawing,
    Scene,
    Spec,
    bounds,
    chosen,
    group_axis,
    label_room,
    lying_scale,
    number,
    spec_of,
    text_layer,
    tooltip,
    value_axis,
)
from crmetrics.presenting.grid import in_order
from crmetrics.vocabulary.language import words

_ = words("presenting")


def draw_stacked(scene: Scene, chart: Bars) -> Drawing:
    """The chart of `Bars` with `parts`; the stronger the colour of a part, the later its step."""
    group, measure, part = (scene.columns[name] for name in (chart.x, chart.y, chart.parts))
    bars = _bars(scene, chart)
    names = list(bars)[:MOST_GROUPS]
    steps = _steps(scene, chart)
    data = [mark for place, name in enumerate(names) for mark in _stacked(scene, chart, place, name, bars[name], steps)]
    totals = [_total(scene, chart, place, name, bars[name]) for place, name in enumerate(names)]
    low, high = bounds([total["end"] for total in totals])
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, low, high),
        "scale": lying_scale(low, high, right=label_room([total["t"] for total in totals])),
    }
    down = {"field": "i", "type": "ordinal", "axis": group_axis(names)}
    told = tooltip(name=scene.heads[group.name], step=scene.heads[part.name], t=scene.heads[measure.name])
    stack: Spec = {
        "data": {"values": data},
        "mark": {"type": "bar", "height": 18, "stroke": "@accentEdge", "strokeWidth": 0.7},
        "encoding": {
            "x": {"field": "v", **across},
            "x2": {"field": "v2"},
            "y": down,
            "color": _by_step([scene.cells.written(part, step) for step in steps]),
            "tooltip": told,
        },
    }
    labels = {"data": {"values": totals}, **text_layer("t", {"field": "end", **across}, down, align="left", dx=7)}
    title = scene.title(measure, group)
    return Drawing(
        spec=spec_of(30 * len(names), [stack, labels]),
        title=title,
        reading=" ".join(_reading(scene, scene.heads[part.name], len(names), len(bars))),
        label=scene.spoken(title, [(total["name"], total["t"]) for total in totals]),
        tells=(chart.y,),
    )


def _bars(scene: Scene, chart: Bars) -> dict[str, list[tuple[int, Row]]]:
    """The rows of each bar with their places, by its name; where the answer is grouped as well, the group stands before it."""
    group, part = scene.columns[chart.x], scene.columns[chart.parts]
    outer = [
        column
        for column in scene.answer.columns
        if column.name not in (group.name, part.name) and scene.cells.dimension(column)
    ]
    found: dict[str, list[tuple[int, Row]]] = {}
    for at, row in enumerate(scene.answer.rows):
        name = " \u00b7 ".join(scene.name(column, row) for column in (*outer, group))
        found.setdefault(name, []).append((at, row))
    return found


def _steps(scene: Scene, chart: Bars) -> list[Any]:
    """The steps in their order: that of their places, where the answer holds them, else as they come."""
    part = scene.columns[chart.parts]
    place = next((column for column in scene.answer.declared.row.columns if column.name == f"{part.name}_no"), None)
    if place is None:
        return in_order(part, scene.answer.rows.values(part.name))
    rows = sorted(scene.answer.rows, key=lambda row: number(row.values[place.position]) or 0.0)
    return list(dict.fromkeys(row.values[part.position] for row in rows))


def _stacked(
    scene: Scene, chart: Bars, place: int, name: str, rows: list[tuple[int, Row]], steps: list[Any]
) -> list[Spec]:
    measure, part = scene.columns[chart.y], scene.columns[chart.parts]
    parts, end = [], 0.0
    for at, row in sorted(rows, key=lambda each: steps.index(each[1].values[part.position])):
        start, end = end, end + (number(row.values[measure.position]) or 0.0)
        parts.append(
            {
                "i": place,
                "at": at,
                "name": name,
                "k": steps.index(row.values[part.position]),
                "step": scene.name(part, row),
                "v": start,
                "v2": end,
                "t": scene.cells.text(measure, row),
            }
        )
    return parts


def _total(scene: Scene, chart: Bars, place: int, name: str, rows: list[tuple[int, Row]]) -> Spec:
    measure = scene.columns[chart.y]
    whole = sum(number(row.values[measure.position]) or 0.0 for _at, row in rows)
    return {"i": place, "name": name, "end": whole, "t": scene.format.short(measure.unit, whole)}


def _by_step(names: list[str]) -> Spec:
    """Colours from weak to strong in the order of the steps."""
    return {
        "field": "k",
        "type": "ordinal",
        "scale": {"domain": list(range(len(names)))},
        "legend": {"title": None, "labelExpr": chosen(names), "columns": 3 if len(names) > 3 else 0},
    }


def _reading(scene: Scene, part: str, shown: int, count: int) -> list[str]:
    told = [scene.say(_("Parts of a bar: {part}, the later the stronger the colour.", part=part))]
    if shown < count:
        told.append(scene.say(_("The first {shown} of {count}; the table has them all.", shown=shown, count=count)))
    return told
