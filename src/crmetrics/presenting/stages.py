"""Stages of a sale: what went on, waits or was lost at each, and how long it takes."""

from __future__ import annotations

from crmetrics.analysis import Column, Funnel, Spread
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
    group, columns = scene.columns[chart.x], [scene.columns[getattr(chart, part)] for part in _PARTS]
    data, totals = _stacked(scene, group, columns)
    low, high = bounds([total["end"] for total in totals])
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, columns[0].unit, low, high),
        "scale": lying_scale(low, high, right=label_room([total["t"] for total in totals])),
    }
    down = {"field": "i", "type": "ordinal", "axis": group_axis([total["name"] for total in totals])}
    kinds = [scene.heads[column.name] for column in columns]
    kinds += list(dict.fromkeys(part["kind"] for part in data if part["k"] == len(columns)))
    told = tooltip(name=scene.heads[group.name], kind=scene.say(_("Outcome")), t=scene.say(_("Value")))
    bars = {
        "data": {"values": data},
        "mark": {"type": "bar", "height": 20, "strokeWidth": 1},
        "encoding": {
            "x": {"field": "v", **across},
            "x2": {"field": "v2"},
            "y": down,
            "color": _outcome(kinds, ["@accent", "@accentSoft", "@badSoft", "@good"]),
            "stroke": _outcome(kinds, ["@accent", "@accentEdge", "@badEdge", "@good"]),
            "tooltip": told,
        },
    }
    labels = text_layer("t", {"field": "end", **across}, down, align="left", dx=7)
    title = scene.say(scene.answer.declared.title)
    return Drawing(
        spec=spec_of(36 * len(totals), [bars, {"data": {"values": totals}, **labels}]),
        title=title,
        reading=" ".join([scene.say(_("Each bar is what reached the stage.")), *scene.cut()]),
        label=scene.spoken(title, [(total["name"], total["t"]) for total in totals]),
        tells=(chart.moved,),
    )


def _stacked(scene: Scene, group: Column, columns: list[Column]) -> tuple[list[Spec], list[Spec]]:
    """The parts of each bar end to end, and the bars' ends with their labels."""
    unit, parts, totals, came = columns[0].unit, [], [], 0.0
    for place, row in enumerate(scene.rows):
        end, name = 0.0, scene.cells.row_name(group, row)
        moved = number(row.values[columns[0].position])
        kinds = [
            (kind, scene.heads[column.name], number(row.values[column.position]), place, column.name)
            for kind, column in enumerate(columns)
        ]
        if moved is None and place:  # the end of the road: what went on from the stage before has arrived
            kinds = [(len(columns), name, came, place - 1, columns[0].name)]
        for kind, called, value, at, of in kinds:
            start, end = end, end + (value or 0.0)
            part: Spec = {"i": place, "name": name, "k": kind, "kind": called, "v": start, "v2": end}
            parts.append(part | {"t": scene.format.value(unit, value or 0.0), "at": at, "of": of})
        totals.append({"i": place, "name": name, "end": end, "t": scene.format.short(unit, end)})
        came = moved or 0.0
    return parts, totals


def _outcome(kinds: list[str], colours: list[str]) -> Spec:
    return {
        "field": "k",
        "type": "nominal",
        "scale": {"domain": list(range(len(kinds))), "range": colours[: len(kinds)]},
        "legend": {"title": None, "labelExpr": chosen(kinds)},
    }


def draw_spread(scene: Scene, chart: Spread) -> Drawing:
    """A dot at the median, a line to the 75th percentile, a ring where it was before."""
    group, median, p75 = (scene.columns[name] for name in (chart.x, chart.median, chart.p75))
    data = [_spread_mark(scene, chart, place) for place in range(len(scene.rows))]
    low, high = bounds([mark[name] for mark in data for name in ("m", "p", "b")])
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, median.unit, low, high),
        "scale": lying_scale(low, high, right=label_room([mark["pt"] for mark in data])),
    }
    down = {"field": "i", "type": "ordinal", "axis": group_axis([mark["name"] for mark in data])}
    has_before = any(mark["b"] is not None for mark in data)
    heads = scene.heads
    told = {"name": heads[group.name], "t": heads[median.name], "pt": heads[p75.name]}
    told |= {"bt": scene.say(_("Before"))} if has_before else {}
    title = scene.title(median, group)
    reading = [scene.say(_("Dot: “{median}”.", median=heads[median.name]))]
    if any(mark["p"] is not None for mark in data):
        reading.append(scene.say(_("End of the line: “{far}”.", far=heads[p75.name])))
    reading += [scene.say(_("Ring: {period}.", period=scene.compared_with()))] if has_before else []
    return Drawing(
        spec=spec_of(40 * len(data), _spread_layers(across, down, told, has_before), data),
        title=title,
        reading=" ".join([*reading, *scene.cut()]),
        label=scene.spoken(title, [(mark["name"], mark["t"]) for mark in data]),
        tells=(chart.median, chart.x),
    )


def _spread_mark(scene: Scene, chart: Spread, place: int) -> Spec:
    row = scene.rows[place]
    group, median, p75 = (scene.columns[name] for name in (chart.x, chart.median, chart.p75))
    before = scene.before(row, place, chart.reference)
    return {
        "i": place,
        "at": place,
        "name": scene.cells.row_name(group, row),
        "m": number(row.values[median.position]),
        "p": number(row.values[p75.position]),
        "b": before,
        "t": scene.cells.text(median, row),
        "pt": scene.cells.text(p75, row),
        "bt": scene.format.value(median.unit, before),
    }


def _spread_layers(across: Spec, down: Spec, told: dict[str, str], has_before: bool) -> list[Spec]:
    middle, far = {"field": "m", **across}, {"field": "p", **across}
    place = {"y": down, "tooltip": tooltip(**told)}
    ring = {"type": "point", "shape": "circle", "filled": False, "strokeWidth": 1.6, "color": "@prev", "size": 70}
    line = {"type": "rule", "strokeWidth": 2, "color": "@accentEdge"}
    end = {"type": "tick", "size": 12, "thickness": 2, "color": "@accentEdge"}
    dot = {"type": "point", "size": 95, "color": "@accent"}
    return [
        {"mark": line, "encoding": {"x": middle, "x2": {"field": "p"}, **place}},
        {"mark": end, "encoding": {"x": far, **place}},
        *([{"mark": ring, "encoding": {"x": {"field": "b", **across}, "y": down}}] if has_before else []),
        {"mark": dot, "encoding": {"x": middle, **place}},
        text_layer("t", middle, down, test="isValid(datum.m)", dy=-13, fontWeight=600),
        text_layer("pt", far, down, "@ink2", test="isValid(datum.p)", align="left", dx=6),
        text_layer("t", {"datum": 0, **across}, down, "@ink3", test="!isValid(datum.m)", align="left", dx=4),
    ]
