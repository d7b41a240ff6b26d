"""One curve over a share of the customers, its highest point marked."""

from __future__ import annotations

from typing import Final

from crmetrics.analysis import Curve
from crmetrics.presenting.frame import Drawing, Scene, Spec, bounds, number, spec_of, text_layer, tooltip, value_axis
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Unit

_ = words("presenting")

_MOST_POINTS: Final = 200


def draw_curve(scene: Scene, chart: Curve) -> Drawing:
    """The chart of `Curve`: from nothing at the left to all at the right; of a share, a dashed line at 100 %."""
    across, measure = scene.columns[chart.x], scene.columns[chart.y]
    data = _points(scene, chart)
    peak = max(data, key=lambda point: float(point["v"]))
    low, high = bounds([point["v"] for point in data], 0.14)
    x_end = max(float(point["x"]) for point in data)
    x = {
        "field": "x",
        "type": "quantitative",
        "axis": value_axis(scene.format, across.unit, 0.0, x_end, grid=False, title=scene.heads[across.name]),
        "scale": {"domain": [0, x_end], "nice": False},
    }
    up = {
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, *bounds([point["v"] for point in data])),
        "scale": {"domain": [low, high], "nice": False},
    }
    y = {"field": "v", **up}
    told = tooltip(xt=scene.heads[across.name], t=scene.heads[measure.name])
    layers = _layers(x, y, told, peak, is_right=float(peak["x"]) > 0.6 * x_end)
    if measure.unit is Unit.SHARE:
        dashed = {"type": "rule", "strokeDash": [4, 3], "color": "@ink2"}
        layers.insert(1, {"data": {"values": [{}]}, "mark": dashed, "encoding": {"y": {"datum": 1.0, **up}}})
    title = scene.say(scene.answer.declared.title)
    return Drawing(
        spec=spec_of(260, layers, data),
        title=title,
        reading=scene.say(_("The dot marks the highest point.")),
        label=scene.spoken(title, [(str(point["xt"]), str(point["t"])) for point in data]),
        tells=(chart.y,),
    )


def _layers(x: Spec, y: Spec, told: list[Spec], peak: Spec, *, is_right: bool) -> list[Spec]:
    """The pale area, the line, what a pointer finds, the peak with its label on the side that has room."""
    place: Spec = {"x": x, "y": y}
    top: Spec = {"data": {"values": [peak]}}
    dot = {"type": "point", "size": 80, "color": "@accent"}
    return [
        {"mark": {"type": "area", "color": "@accentSoft", "opacity": 0.45}, "encoding": place},
        {"mark": {"type": "line"}, "encoding": place},
        {"mark": {"type": "point", "size": 30, "opacity": 0}, "encoding": {**place, "tooltip": told}},
        {**top, "mark": dot, "encoding": {**place, "tooltip": told}},
        {**top, **text_layer("said", x, y, dy=-13, fontWeight=600, align="right" if is_right else "left")},
    ]


def _points(scene: Scene, chart: Curve) -> list[Spec]:
    """The points of the curve from (0, 0) on, thinned out, the highest kept."""
    across, measure = scene.columns[chart.x], scene.columns[chart.y]
    pairs = zip(scene.answer.rows.values(across.name), scene.answer.rows.values(measure.name), strict=True)
    # where each row is somebody's, a point tells of all up to him, and his row of him alone
    is_cumulated = not any(column.dimension for column in scene.answer.declared.row.columns)
    found = ((number(x), number(y), at if is_cumulated else None) for at, (x, y) in enumerate(pairs))
    known = [(x, y, at) for x, y, at in found if x is not None and y is not None]
    if not known or known[0][0] > 0:
        known.insert(0, (0.0, 0.0, None))
    highest = max(range(len(known)), key=lambda place: known[place][1])
    every = max(1, len(known) // _MOST_POINTS)
    kept = sorted({*range(0, len(known), every), highest, len(known) - 1})
    write = scene.format.value
    return [
        {
            **({} if known[place][2] is None else {"at": known[place][2]}),
            "x": known[place][0],
            "v": known[place][1],
            "xt": write(across.unit, known[place][0]),
            "t": write(measure.unit, known[place][1]),
            "said": scene.say(
                _(
                    "{value} at {place}",
                    value=write(measure.unit, known[place][1]),
                    place=write(across.unit, known[place][0]),
                )
            ),
        }
        for place in kept
    ]
