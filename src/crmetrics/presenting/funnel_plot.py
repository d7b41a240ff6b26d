"""A funnel plot: shares over their numbers of cases, and the limits within which luck alone leaves them."""

from __future__ import annotations

import math
from typing import Final

from crmetrics.analysis import FunnelPlot
from crmetrics.presenting.frame import Drawing, Scene, Spec, number, spec_of, text_layer, tooltip, value_axis
from crmetrics.vocabulary.language import words

_ = words("presenting")

LIMITS: Final = (("95", 1.96), ("99.8", 3.09))
FROM: Final = 5
STEPS: Final = 60
MOST_NAMES: Final = 4


def draw_funnel_plot(scene: Scene, chart: FunnelPlot) -> Drawing:
    """The chart of `FunnelPlot`. Who lies outside is coloured and named; of few all are named."""
    data = [mark for mark in (_mark(scene, chart, at) for at in range(len(scene.rows))) if mark is not None]
    middle = next((number(value) for value in scene.answer.rows.values(chart.middle) if value is not None), None)
    most = max([2.0 * FROM, *(float(mark["x"]) for mark in data)]) * 1.08
    lines = _limits(middle, most)
    top = min(1.0, 1.12 * max([0.05, *(float(mark["v"]) for mark in data), *(line["v"] for line in lines)]))
    cases, measure = scene.columns[chart.x], scene.columns[chart.y]
    x = {
        "field": "x",
        "type": "quantitative",
        "axis": value_axis(scene.format, cases.unit, 0.0, most, grid=False, title=scene.heads[cases.name]),
        "scale": {"domain": [0, most], "nice": False},
    }
    y = {
        "field": "v",
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, 0.0, top),
        "scale": {"domain": [0, top], "nice": False},
    }
    told = tooltip(name=scene.heads[chart.name], xt=scene.heads[cases.name], t=scene.heads[measure.name])
    title = scene.say(scene.answer.declared.title)
    reading = [
        scene.say(_("Each dot is a person: the farther to the right, the more cases.")),
        scene.say(_("Lines: the rate of everybody, and the limits within which luck alone leaves 95 % and 99.8 %.")),
    ]
    return Drawing(
        spec=spec_of(300, _layers(x, y, told, lines), data),
        title=title,
        reading=" ".join([*reading, *scene.cut()]),
        label=scene.spoken(title, [(str(mark["name"]), str(mark["t"])) for mark in data]),
        tells=(chart.y, chart.x),
    )


def _mark(scene: Scene, chart: FunnelPlot, at: int) -> Spec | None:
    """One dot; none for who has too few cases."""
    row = scene.rows[at]
    cases, measure, name = (scene.columns[each] for each in (chart.x, chart.y, chart.name))
    x, v = number(row.values[cases.position]), number(row.values[measure.position])
    middle = number(row.values[scene.columns[chart.middle].position])
    outside = row.values[scene.columns[chart.outside].position]
    if x is None or v is None or outside == "few":
        return None
    is_named = len(scene.rows) <= MOST_NAMES or outside != "none"
    called = scene.cells.row_name(name, row)
    return {
        "x": x,
        "at": at,
        "v": min(v, 1.0),
        "name": called,
        "shown": called if is_named else "",
        "xt": scene.cells.text(cases, row),
        "t": scene.cells.text(measure, row),
        "kind": "in" if outside == "none" else "above" if v > (middle or 0.0) else "below",
    }


def _limits(middle: float | None, most: float) -> list[Spec]:
    """The two pairs of limits around the middle, and the middle itself, as points of lines."""
    if middle is None:
        return []
    found: list[Spec] = []
    for step in range(STEPS + 1):
        # closer together where the limits bend most
        cases = FROM + (most - FROM) * (step / STEPS) ** 2
        found.append({"x": cases, "v": middle, "line": "middle", "level": "middle"})
        for level, z in LIMITS:
            spread = z * math.sqrt(middle * (1 - middle) / cases)
            for side, sign in (("low", -1), ("high", 1)):
                value = min(max(middle + sign * spread, 0.0), 1.0)
                found.append({"x": cases, "v": value, "line": f"{side} {level}", "level": level})
    return found


def _layers(x: Spec, y: Spec, told: list[Spec], lines: list[Spec]) -> list[Spec]:
    place: Spec = {"x": x, "y": y}
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["in", "above", "below"], "range": ["@accentEdge", "@good", "@bad"]},
        "legend": None,
    }
    drawn: list[Spec] = []
    for level, mark in (
        ("99.8", {"color": "@ink3", "strokeWidth": 1.2}),
        ("95", {"color": "@ink3", "strokeWidth": 1, "strokeDash": [4, 3]}),
        ("middle", {"color": "@ink2", "strokeWidth": 1.4}),
    ):
        own = [line for line in lines if line["level"] == level]
        detail = {"detail": {"field": "line", "type": "nominal"}}
        drawn.append({"data": {"values": own}, "mark": {"type": "line", **mark}, "encoding": {**place, **detail}})
    dots = {
        "mark": {"type": "point", "filled": True, "size": 90},
        "encoding": {**place, "color": colour, "tooltip": told},
    }
    return [*drawn, dots, text_layer("shown", x, y, dy=-12)]
