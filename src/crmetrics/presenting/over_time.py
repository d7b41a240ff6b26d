"""Values over time or another ordered step: columns while they are few, else a line; several lines in their own colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Column, Lines, Row
from crmetrics.presenting.frame import (
    Drawing,
    Scene,
    Spec,
    bounds,
    chosen,
    label_room,
    lying_scale,
    number,
    spec_of,
    text_layer,
    tooltip,
    value_axis,
)
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.steps import axis_labels, label_places, without_gaps
from crmetrics.presenting.theme import CATEGORICAL
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS
from crmetrics.vocabulary.unit import Unit

_ = words("presenting")

MOST_COLUMNS: Final = 24
MOST_SERIES: Final = len(CATEGORICAL["light"])
_HEIGHT: Final = 220


def draw_over_time(scene: Scene, chart: Lines, own_before: str = "") -> Drawing:
    """The chart of `Lines`, and of `Bars` whose groups are grains of time."""
    steps = _Steps.of(scene, scene.columns[chart.x])
    data = _marks(scene, chart, steps, own_before)
    names = steps.names
    measure = scene.columns[chart.y]
    values = [mark[name] for mark in data for name in ("v", "b", "high", "low")]
    low, high = bounds(values, 0.12)
    axis = value_axis(scene.format, measure.unit, *bounds(values))
    up = {"type": "quantitative", "axis": axis, "scale": {"domain": [low, high], "nice": False}}
    title = scene.title(measure, scene.columns[chart.x])
    told = {"name": scene.heads[chart.x], **({"sn": scene.heads[chart.series]} if chart.series else {})}
    told |= {"t": scene.heads[chart.y]} | ({"range": scene.say(_("Interval"))} if chart.band else {})
    if any(mark["b"] is not None for mark in data):
        told |= {"bt": scene.compared_with()}
    is_line = bool(chart.series) or len(names) > MOST_COLUMNS
    if is_line:
        layers, legend = _lines(scene, chart, data, steps, up, told), _series_names(data)
    else:
        layers, legend = _columns(scene.format, chart, data, steps, up, told), []
    return Drawing(
        spec=spec_of(_HEIGHT, layers, data),
        title=title,
        reading=" ".join(_reading(scene, chart, data, legend)),
        label=scene.spoken(title, [(mark["name"], mark["t"]) for mark in data]),
        tells=(chart.y,),
        steps=len(names),
        time=TimeAxis.of(steps.values, steps.grain, is_columns=not is_line) if steps.grain else None,
    )


@dataclass(frozen=True)
class _Steps:
    """The steps of the axis: their raw values and names; `grain` if they are times."""

    values: list[Any]
    names: list[str]
    grain: str = ""

    @classmethod
    def of(cls, scene: Scene, column: Column) -> _Steps:
        found = list(dict.fromkeys(scene.answer.rows.values(column.name)))
        grain = scene.cells.dimension(column)
        if grain in GRAINS:
            found = [*without_gaps([text for text in found if text is not None], grain)]
            return cls(found, [scene.cells.label(column, text) for text in found], grain)
        return cls(found, [scene.cells.written(column, value) for value in found])

    @property
    def is_measured(self) -> bool:
        """Whether the steps are numbers, so that the way from one to the next may differ."""
        return len(self.values) > 1 and all(number(value) is not None for value in self.values)

    def shown(self, format: Format) -> dict[int, Any]:
        """The steps that carry a label on a line's axis, where years and quarters begin."""
        places = label_places(self.values, self.grain)
        if not self.grain:
            return {place: self.names[place] for place in places}
        return dict(zip(places, axis_labels([self.values[place] for place in places], self.grain, format), strict=True))

    def all(self, format: Format) -> dict[int, Any]:
        """All steps with their labels, for columns."""
        labels = axis_labels(self.values, self.grain, format) if self.grain else self.names
        return dict(enumerate(labels))

    def axis(self, labels: dict[int, Any], **more: Any) -> Spec:
        """The axis of the steps, every label that fits."""
        places = list(labels)
        return {
            "title": None,
            "values": places,
            "labelExpr": chosen(list(labels.values()), f"indexof({places},datum.value)"),
            "labelAngle": 0,
            "labelOverlap": True,
            "labelSeparation": 4,
            **more,
        }


def _marks(scene: Scene, chart: Lines, steps: _Steps, own_before: str) -> list[Spec]:
    """One mark a step and series; steps without a row are gaps."""
    x, measure = scene.columns[chart.x], scene.columns[chart.y]
    places = {value: place for place, value in enumerate(steps.values)}
    series = _series(scene, chart)
    seen: set[tuple[int, int]] = set()
    marks = []
    for number_, row in enumerate(scene.answer.rows):
        place = places.get(row.values[x.position])
        which = series.get(row.values[scene.columns[chart.series].position]) if chart.series else 0
        if place is None or which is None:
            continue
        seen.add((place, which))
        before = scene.before(row, number_, own_before)
        marks.append(
            _mark(scene, chart, row, before)
            | {"i": place, "at": number_, "x": steps.values[place], "s": which, "name": steps.names[place]}
        )
    for which in range(max(len(series), 1)):
        empty = {
            "v": None,
            "low": None,
            "high": None,
            "b": None,
            "t": scene.format.value(measure.unit, None),
            "sn": "",
            "range": "",
            "bt": "",
        }
        marks += [
            empty | {"i": place, "s": which, "name": steps.names[place], "x": steps.values[place]}
            for place in range(len(steps.values))
            if (place, which) not in seen
        ]
    return sorted(marks, key=lambda mark: (mark["s"], mark["i"]))


def _mark(scene: Scene, chart: Lines, row: Row, before: float | None) -> Spec:
    measure = scene.columns[chart.y]
    is_few = scene.cells.is_of_few(measure, row)
    value = None if is_few else number(row.values[measure.position])
    low, high = _ends(scene, chart.band, row) if not is_few else (None, None)
    write = scene.format.value
    return {
        "v": value,
        "low": low,
        "high": high,
        "b": before,
        "t": scene.cells.text(measure, row),
        "short": scene.format.short(measure.unit, value)
        if measure.unit is Unit.MONEY
        else scene.cells.text(measure, row),
        "sn": scene.name(scene.columns[chart.series], row) if chart.series else "",
        "range": "" if low is None or high is None else f"{write(measure.unit, low)} – {write(measure.unit, high)}",
        "bt": write(measure.unit, before),
    }


def _ends(scene: Scene, band: Sequence[str], row: Row) -> tuple[float | None, float | None]:
    if not band:
        return None, None
    low, high = (number(row.values[scene.columns[name].position]) for name in band)
    return low, high


def _series(scene: Scene, chart: Lines) -> dict[Any, int]:
    """The series that are drawn, in the order of the rows."""
    if not chart.series:
        return {}
    found = list(dict.fromkeys(scene.answer.rows.values(chart.series)))[:MOST_SERIES]
    return {value: place for place, value in enumerate(found)}


def _series_names(data: list[Spec]) -> list[str]:
    names = {mark["s"]: mark["sn"] for mark in reversed(data) if mark["sn"]}
    return [names[which] for which in sorted(names)]


def _columns(
    format: Format, chart: Lines, data: list[Spec], steps: _Steps, up: Spec, told: dict[str, str]
) -> list[Spec]:
    """Columns, the last in full colour: it is now. Earlier values stand pale behind them."""
    last = len(steps.values) - 1
    across = {
        "field": "i",
        "type": "ordinal",
        "axis": steps.axis(steps.all(format)),
        "scale": {"domain": list(range(last + 1)), "paddingInner": 0.3},
    }
    is_last = {"test": f"datum.i == {last}", "value": "@accent"}
    layers: list[Spec] = []
    if any(mark["b"] is not None for mark in data):
        wide = {"type": "tick", "thickness": 2, "color": "@prev", "bandSize": 18}
        layers.append({"mark": wide, "encoding": {"x": across, "y": {"field": "b", **up}}})
    bars = {
        "mark": {"type": "bar", "strokeWidth": 1, "cornerRadiusEnd": 2},
        "encoding": {
            "x": across,
            "y": {"field": "v", **up},
            "color": {"condition": is_last, "value": "@accentSoft"},
            "stroke": {"condition": is_last, "value": "@accentEdge"},
            "tooltip": tooltip(**told),
        },
    }
    layers.insert(0, bars)
    if chart.band:
        rule = {"type": "rule", "strokeWidth": 1.5, "color": "@ink2"}
        ends = {"y": {"field": "low", **up}, "y2": {"field": "high"}}
        layers.append({"mark": rule, "encoding": {"x": across, **ends, "tooltip": tooltip(**told)}})
    top = {"field": "high" if chart.band else "v", **up}
    layers.append(text_layer("short", across, top, test=f"isValid(datum.v) && ({_labelled(data)})", dy=-7))
    return layers


def _labelled(data: list[Spec]) -> str:
    """Which columns carry their value: the last, and the highest if it does not stand beside it."""
    known = [mark for mark in data if mark["v"] is not None]
    if not known:
        return "false"
    last, highest = known[-1]["i"], max(known, key=lambda mark: mark["v"])["i"]
    places = {last} if last - highest in (1, 2) else {last, highest}
    return " || ".join(f"datum.i == {place}" for place in sorted(places))


def _lines(scene: Scene, chart: Lines, data: list[Spec], steps: _Steps, up: Spec, told: dict[str, str]) -> list[Spec]:
    """Lines with their interval as a band, the last point marked and labelled."""
    last = max(len(steps.values) - 1, 1)
    names = _series_names(data)
    axis = steps.axis(steps.shown(scene.format), grid=False)
    room = label_room([mark.get("short", "") for mark in data])
    across = {"field": "i", "type": "quantitative", "axis": axis, "scale": lying_scale(0, last, right=room)}
    if steps.is_measured:
        across = _measured(scene, chart, steps, room)
    colour = _colour(names) if names else {"value": "@accent"}
    layers: list[Spec] = []
    if chart.band:
        area = {"type": "area", "opacity": 0.18, "orient": "vertical"}
        ends = {"y": {"field": "low", **up}, "y2": {"field": "high"}}
        layers.append({"mark": area, "encoding": {"x": across, **ends, "color": colour}})
    if any(mark["b"] is not None for mark in data):
        grey = {"type": "line", "color": "@prev", "strokeWidth": 1.5, "strokeDash": [4, 3]}
        layers.append(
            {
                "mark": grey,
                "encoding": {"x": across, "y": {"field": "b", **up}, "detail": {"field": "s"}},
            }
        )
    line = {"x": across, "y": {"field": "v", **up}, "color": colour}
    layers.append({"mark": {"type": "line"}, "encoding": line})
    dot = {"x": across, "y": {"field": "v", **up}, "color": colour, "tooltip": tooltip(**told)}
    layers.append({"mark": {"type": "point", "size": 22, "opacity": 0}, "encoding": dot})
    ends_at = {
        which: max((mark["i"] for mark in data if mark["s"] == which and mark["v"] is not None), default=-1)
        for which in range(max(len(names), 1))
    }
    test = " || ".join(f"(datum.s == {which} && datum.i == {place})" for which, place in ends_at.items())
    layers.append({"transform": [{"filter": test}], "mark": {"type": "point", "size": 55}, "encoding": {**dot}})
    layers.append(text_layer("short", across, {"field": "v", **up}, test=test, align="left", dx=8))
    return layers


def _measured(scene: Scene, chart: Lines, steps: _Steps, room: int) -> Spec:
    """An axis of steps that are numbers themselves: each stands where its number is, not one after the other."""
    unit, first, last = scene.columns[chart.x].unit, min(0.0, *steps.values), max(steps.values)
    axis = value_axis(scene.format, unit, first, last, grid=False, title=scene.heads[chart.x])
    scale = lying_scale(first, max(last, first + 1), right=room)
    return {"field": "x", "type": "quantitative", "axis": axis, "scale": scale}


def _colour(names: list[str]) -> Spec:
    """Colours by series; the legend names them, for the ends of lines may lie on each other."""
    return {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": list(range(len(names)))},
        "legend": {"title": None, "labelExpr": chosen(names), "symbolOpacity": 1} if len(names) > 1 else None,
    }


def _reading(scene: Scene, chart: Lines, data: list[Spec], names: list[str]) -> list[str]:
    told = []
    if chart.band:
        told.append(scene.interval(chart.band, _("Band and lines: 95 % interval.")))
    if any(mark["b"] is not None for mark in data):
        told.append(scene.say(_("Grey: {period}.", period=scene.compared_with())))
    if scene.answer.is_incomplete:
        told.append(scene.say(_("The last step has not ended.")))
    if chart.series:
        count = len(set(scene.answer.rows.values(chart.series)))
        if count > len(names):
            told.append(
                scene.say(_("The first {shown} of {count}; the table has them all.", shown=len(names), count=count))
            )
    return told
