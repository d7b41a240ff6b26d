"""Bars: one a group, lying; with an interval as a line and a dot on a pale bar, with the earlier value as a pale bar."""

from __future__ import annotations

from typing import Any

from crmetrics.analysis import Bars, Column, Row
from crmetrics.presenting.frame import (
    Drawing,
    Scene,
    Spec,
    bounds,
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
from crmetrics.vocabulary.unit import Unit

_ = words("presenting")


def draw_bars(scene: Scene, chart: Bars) -> Drawing:
    """The chart of `Bars` over groups."""
    group, measure = scene.columns[chart.x], scene.columns[chart.y]
    data = [_mark(scene, chart, place) for place in range(len(scene.rows))]
    has_before = any(mark["b"] is not None for mark in data)
    has_goal = any(mark["goal"] is not None for mark in data)
    lengths = [mark[name] for mark in data for name in ("v", "b", "high", "low", "goal")]
    low, high = bounds(lengths)
    room = label_room([mark["t"] for mark in data])
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, low, high),
        "scale": lying_scale(low, high, left=room if low < 0 else 0, right=room),
    }
    down = {
        "field": "i",
        "type": "ordinal",
        "scale": {"domain": [mark["i"] for mark in data]},
        "axis": group_axis([mark["name"] for mark in data]),
    }
    told = {"name": scene.heads[group.name], "t": scene.heads[measure.name]}
    told |= {"range": scene.say(_("Interval"))} if chart.band else {}
    told |= {"bt": scene.compared_with()} if has_before else {}
    layers = _before(across, down, is_ring=bool(chart.band)) if has_before else []
    layers += _interval(across, down, told) if chart.band else [_plain(across, down, told, measure, low)]
    if has_goal:
        told |= {"gt": scene.heads[chart.goal]}
        layers += _goal(across, down, told)
    layers += _labels(across, down)
    title = scene.title(measure, group)
    return Drawing(
        spec=spec_of(30 * len(data), layers, data),
        title=title,
        reading=" ".join(_reading(scene, chart, data, has_before, has_goal)),
        label=scene.spoken(title, [(mark["name"], mark["t"]) for mark in data]),
        tells=(chart.y, chart.x),
    )


def _mark(scene: Scene, chart: Bars, place: int) -> Spec:
    """One bar. A share of too few cases has no length, only words (R4)."""
    row, measure = scene.rows[place], scene.columns[chart.y]
    is_few = scene.cells.is_of_few(measure, row)
    value = None if is_few else number(row.values[measure.position])
    low, high = (None, None) if is_few else _ends(scene, chart, row)
    before = None if is_few else scene.before(row, place, chart.before)
    unit = measure.unit
    goal = number(row.values[scene.columns[chart.goal].position]) if chart.goal else None
    ends = [each for each in (value, before, high, goal, 0.0) if each is not None]
    text = scene.cells.text(measure, row) if is_few or unit is not Unit.MONEY else scene.format.short(unit, value)
    if (
        goal is not None and value is not None
    ):  # the label stands behind the stroke, which would seem to be what it tells
        text = f"{text} ({_brief(scene, scene.columns[chart.goal].unit, goal)})"
    return {
        "i": place,
        "at": place,
        "name": scene.cells.row_name(scene.columns[chart.x], row),
        "v": value,
        "low": low,
        "high": high,
        "b": before,
        "goal": goal,
        "end": min([each for each in (value, before, low, 0.0) if each is not None]) if (value or 0) < 0 else max(ends),
        "t": text,
        "range": ""
        if low is None or high is None
        else f"{scene.format.value(unit, low)} – {scene.format.value(unit, high)}",
        "bt": scene.format.value(unit, before),
        "gt": scene.format.value(unit, goal),
    }


def _brief(scene: Scene, unit: Unit, value: float) -> str:
    return scene.format.short(unit, value) if unit is Unit.MONEY else scene.format.value(unit, value)


def _ends(scene: Scene, chart: Bars, row: Row) -> tuple[float | None, float | None]:
    if not chart.band:
        return None, None
    low, high = (number(row.values[scene.columns[name].position]) for name in chart.band)
    return low, high


def _plain(across: Spec, down: Spec, told: dict[str, str], measure: Column, low: float) -> Spec:
    """Full bars; gains and losses are told apart by colour where the figure has a good direction."""
    colour: Spec = {"value": "@accent"}
    if low < 0 and measure.better == "higher":
        colour = {"condition": {"test": "datum.v < 0", "value": "@bad"}, "value": "@good"}
    return {
        "mark": {"type": "bar", "height": 14, "cornerRadiusEnd": 2},
        "encoding": {"x": {"field": "v", **across}, "y": down, "color": colour, "tooltip": tooltip(**told)},
    }


def _before(across: Spec, down: Spec, is_ring: bool) -> list[Spec]:
    """The earlier value: a wide pale bar behind, or a ring beside the dot of an interval."""
    mark: Spec = {"type": "bar", "height": 22, "color": "@accentSoft"}
    if is_ring:
        mark = {"type": "point", "shape": "circle", "filled": False, "strokeWidth": 1.6, "color": "@prev", "size": 70}
    return [{"mark": mark, "encoding": {"x": {"field": "b", **across}, "y": down}}]


def _goal(across: Spec, down: Spec, told: dict[str, str]) -> list[Spec]:
    """What was planned: an upright stroke across the bar."""
    stroke = {"type": "tick", "size": 24, "thickness": 2.5, "color": "@ink"}
    at = {"x": {"field": "goal", **across}, "y": down, "tooltip": tooltip(**told)}
    return [{"mark": stroke, "encoding": at, "transform": [{"filter": "isValid(datum.goal)"}]}]


def _interval(across: Spec, down: Spec, told: dict[str, str]) -> list[Spec]:
    """A pale bar, the interval as a line with ends, the value as a dot."""
    place = {"y": down, "tooltip": tooltip(**told)}
    pale = {"type": "bar", "height": 16, "color": "@accentSoft", "cornerRadiusEnd": 2}
    end = {"type": "tick", "size": 9, "thickness": 1.5, "color": "@accent"}
    return [
        {"mark": pale, "encoding": {"x": {"field": "v", **across}, **place}},
        {
            "mark": {"type": "rule", "strokeWidth": 1.5, "color": "@accent"},
            "encoding": {"x": {"field": "low", **across}, "x2": {"field": "high"}, **place},
        },
        {"mark": end, "encoding": {"x": {"field": "low", **across}, **place}},
        {"mark": end, "encoding": {"x": {"field": "high", **across}, **place}},
        {
            "mark": {"type": "point", "size": 60, "color": "@accent"},
            "encoding": {"x": {"field": "v", **across}, **place},
        },
    ]


def _labels(across: Spec, down: Spec) -> list[Spec]:
    at = {"field": "end", **across}
    return [
        text_layer("t", at, down, test="datum.end >= 0 && isValid(datum.v)", align="left", dx=7),
        text_layer("t", at, down, test="datum.end < 0", align="right", dx=-7),
        text_layer("t", at, down, "@ink3", test="!isValid(datum.v)", align="left", dx=7),
    ]


def _reading(scene: Scene, chart: Bars, data: list[Spec], has_before: bool, has_goal: bool) -> list[str]:
    told: list[Any] = []
    if chart.band:
        told.append(scene.interval(chart.band, _("Dot: the figure. Line: its 95 % interval.")))
    if has_before:
        ring, pale = (
            _("Ring: {period}.", period=scene.compared_with()),
            _("Pale: {period}.", period=scene.compared_with()),
        )
        told.append(scene.say(ring if chart.band else pale))
    if has_goal:
        told.append(scene.say(_("Stroke, and in brackets: {what}.", what=scene.heads[chart.goal])))
    if any(mark["v"] is None for mark in data) and scene.columns[chart.y].of:
        told.append(scene.say(_("Fewer than 5 cases are told in words only.")))
    return [*told, *scene.cut()]
