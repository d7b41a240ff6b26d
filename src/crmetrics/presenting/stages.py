"""Stages of a sale: what went on, waits or was lost at each, and how long it takes."""

from __future__ import annotations

from crmetrics.analysis import Funnel, Spread
from crmetrics.presenting.frame import (
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
from crmetrics.vocabulary.language import words

_ = words("presenting")

_PARTS = ("moved", "waiting", "lost")


def draw_funnel(scene: Scene, chart: Funnel) -> Drawing:
    """Stacked bars a stage, in the order of the rows."""
    group = scene.columns[chart.x]
    columns = [scene.columns[getattr(chart, part)] for part in _PARTS]
    unit = columns[0].unit
    data: list[Spec] = []
    totals: list[Spec] = []
    for place, row in enumerate(scene.rows):
        end = 0.0
        name = scene.cells.row_name(group, row)
        for part, column in enumerate(columns):
            start, value = end, number(row.values[column.position]) or 0.0
            end += value
            mark = {"i": place, "name": name, "k": part, "kind": scene.heads[column.name], "v": start, "v2": end}
            data.append(mark | {"t": scene.format.value(unit, value)})
        totals.append({"i": place, "name": name, "end": end, "t": scene.format.short(unit, end)})
    ends = [total["end"] for total in totals]
    low, high = bounds(ends)
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, unit, low, high),
        "scale": lying_scale(low, high, right=label_room([total["t"] for total in totals])),
    }
    down = {"field": "i", "type": "ordinal", "axis": group_axis([total["name"] for total in totals])}
    kinds = {"domain": list(range(len(columns)))}
    legend = {"title": None, "labelExpr": chosen([scene.heads[column.name] for column in columns])}
    bars = {
        "data": {"values": data},
        "mark": {"type": "bar", "height": 20, "strokeWidth": 1},
        "encoding": {
            "x": {"field": "v", **across},
            "x2": {"field": "v2"},
            "y": down,
            "color": {
                "field": "k",
                "type": "nominal",
                "scale": {**kinds, "range": ["@accent", "@accentSoft", "@badSoft"]},
                "legend": legend,
            },
            "stroke": {
                "field": "k",
                "type": "nominal",
                "scale": {**kinds, "range": ["@accent", "@accentEdge", "@badEdge"]},
                "legend": legend,
            },
            "tooltip": tooltip(name=scene.heads[group.name], kind=scene.say(_("Outcome")), t=scene.say(_("Value"))),
        },
    }
    labels = text_layer("t", {"field": "end", **across}, down, align="left", dx=7)
    title = scene.say(scene.answer.declared.title)
    return Drawing(
        spec=spec_of(36 * len(totals), [bars, {"data": {"values": totals}, **labels}]),
        title=title,
        reading=" ".join([scene.say(_("Each bar is what reached the stage.")), *scene.cut()]),
        label=scene.spoken(title, [(total["name"], total["t"]) for total in totals]),
    )


def draw_spread(scene: Scene, chart: Spread) -> Drawing:
    """A dot at the median, a line to the 75th percentile, a ring where it was before."""
    group, median, p75 = (scene.columns[name] for name in (chart.x, chart.median, chart.p75))
    data: list[Spec] = []
    for place, row in enumerate(scene.rows):
        middle, far = number(row.values[median.position]), number(row.values[p75.position])
        before = (
            number(row.values[scene.columns[chart.reference].position]) if chart.reference else scene.before(row, place)
        )
        data.append(
            {
                "i": place,
                "name": scene.cells.row_name(group, row),
                "m": middle,
                "p": far,
                "b": before,
                "end": max((each for each in (middle, far, before) if each is not None), default=0.0),
                "t": scene.cells.text(median, row),
                "pt": scene.cells.text(p75, row),
                "bt": scene.format.value(median.unit, before),
            }
        )
    values = [mark[name] for mark in data for name in ("m", "p", "b")]
    low, high = bounds(values)
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, median.unit, low, high),
        "scale": lying_scale(low, high, right=label_room([mark["pt"] for mark in data])),
    }
    down = {"field": "i", "type": "ordinal", "axis": group_axis([mark["name"] for mark in data])}
    has_before = any(mark["b"] is not None for mark in data)
    told = {"name": scene.heads[group.name], "t": scene.heads[median.name], "pt": scene.heads[p75.name]}
    told |= {"bt": scene.say(_("Before"))} if has_before else {}
    title = scene.title(median, group)
    reading = [
        scene.say(_("Dot: {median}. Line: to {far}.", median=scene.heads[median.name], far=scene.heads[p75.name]))
    ]
    reading += [scene.say(_("Ring: {period}.", period=scene.compared_with()))] if has_before else []
    return Drawing(
        spec=spec_of(40 * len(data), _spread_layers(across, down, told, has_before), data),
        title=title,
        reading=" ".join([*reading, *scene.cut()]),
        label=scene.spoken(title, [(mark["name"], mark["t"]) for mark in data]),
    )


def _spread_layers(across: Spec, down: Spec, told: dict[str, str], has_before: bool) -> list[Spec]:
    middle, far = {"field": "m", **across}, {"field": "p", **across}
    ring = {"type": "point", "shape": "circle", "filled": False, "strokeWidth": 1.6, "color": "@prev", "size": 70}
    line = {"type": "rule", "strokeWidth": 2, "color": "@accentEdge"}
    end = {"type": "tick", "size": 12, "thickness": 2, "color": "@accentEdge"}
    dot = {"type": "point", "size": 95, "color": "@accent"}
    return [
        {"mark": line, "encoding": {"x": middle, "x2": {"field": "p"}, "y": down}},
        {"mark": end, "encoding": {"x": far, "y": down}},
        *([{"mark": ring, "encoding": {"x": {"field": "b", **across}, "y": down}}] if has_before else []),
        {"mark": dot, "encoding": {"x": middle, "y": down, "tooltip": tooltip(**told)}},
        text_layer("t", middle, down, test="isValid(datum.m)", dy=-13, fontWeight=600),
        text_layer("pt", far, down, "@ink2", test="isValid(datum.p)", align="left", dx=6),
        text_layer("t", {"datum": 0, **across}, down, "@ink3", test="!isValid(datum.m)", align="left", dx=4),
    ]
