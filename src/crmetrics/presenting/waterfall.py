"""A waterfall, lying: the earlier total, what each part added or took away, the total of now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Answer, Bars, Column, Waterfall
from crmetrics.presenting.frame import (
    ALL,
    Drawing,
    Scene,
    Spec,
    group_axis,
    label_room,
    lying_scale,
    number,
    spec_of,
    text_layer,
    tooltip,
    value_axis,
)
from crmetrics.presenting.numbers import Format
from crmetrics.vocabulary.language import words

_ = words("presenting")

_ROOM: Final = 0.08
"""So much of the length is left free beside the marks, so that a total does not stand on the edge."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a waterfall: a total (start = end), or a part from where the one before ended. Values in the figure's unit.

    cause  which step it is, where the rows are the steps
    at     the row that tells it: a place in the answer, or ALL; None for the total of before
    of     its column
    """

    name: str
    start: float
    end: float
    text: str
    is_total: bool
    cause: str = ""
    at: int | None = None
    of: str = ""


def waterfall_steps(answer: Answer[Any], format: Format, chart: Waterfall) -> tuple[Step, ...]:
    """The steps of the total's waterfall; none without a comparison, or where the change could not be shared out."""
    return _steps(Scene(answer, format), chart)


def without_parts(answer: Answer[Any], chart: Waterfall) -> Bars | None:
    """The bars of the groups, which a waterfall of their total does not tell; None if it tells all there is."""
    is_told = _values(answer, chart) is not None and (len(answer.rows) < 2 or not chart.parts)
    return None if is_told else Bars(x=chart.x, y=chart.y, before=chart.before)


def draw_waterfall(scene: Scene, chart: Waterfall) -> Drawing | None:
    """The chart of `Waterfall` for the total; None where there are no steps."""
    steps = _steps(scene, chart)
    if not steps:
        return None
    measure = scene.columns[chart.y]
    data = [_mark(place, step, chart) for place, step in enumerate(steps)]
    low, high = _ends(steps)
    across = {
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, low, high),
        "scale": {**lying_scale(low, high, right=label_room([step.text for step in steps])), "zero": False},
    }
    down = {
        "field": "i",
        "type": "ordinal",
        "scale": {"domain": [mark["i"] for mark in data]},
        "axis": group_axis([step.name for step in steps]),
    }
    told = {"name": scene.say(_("Part")), "t": scene.heads[measure.name]}
    reading = [scene.say(_("Ticks: the totals. Bars: what each part added or took away."))]
    if low > 0 or high < 0:
        reading.append(scene.say(_("The axis does not start at 0.")))
    title = scene.say(_("{figure}: what changed it", figure=scene.heads[measure.name]))
    return Drawing(
        spec=spec_of(30 * len(data), _layers(across, down, told, measure), data),
        title=title,
        reading=" ".join(reading),
        label=scene.spoken(title, [(step.name, step.text) for step in steps]),
        tells=(chart.y,),
    )


def _values(answer: Answer[Any], chart: Waterfall) -> tuple[float, list[float], float] | None:
    """Before, the parts and now, of the total or of the only row; None if any of them is unknown."""
    if not chart.parts:
        return _along_the_rows(answer, chart)
    row = answer.total if answer.total is not None else answer.rows[0] if len(answer.rows) == 1 else None
    if row is None:
        return None
    places = {column.name: column.position for column in answer.declared.row.columns}
    found = [number(row.values[places[name]]) for name in (chart.before, *chart.parts, chart.y)]
    known = [value for value in found if value is not None]
    return (known[0], known[1:-1], known[-1]) if len(known) == len(found) else None


def _along_the_rows(answer: Answer[Any], chart: Waterfall) -> tuple[float, list[float], float] | None:
    """The same where the rows are the steps; None if they are those of several groups."""
    values = [number(value) for value in answer.rows.values(chart.y)]
    known = [value for value in values if value is not None]
    causes = answer.rows.values(chart.x)
    if len(known) < 2 or len(known) < len(values) or len(set(causes)) < len(causes):
        return None
    return known[0], known[1:-1], known[-1]


def _names(scene: Scene, chart: Waterfall) -> tuple[str, list[str], str]:
    """What the first total, the parts and the last total are called."""
    answer, format = scene.answer, scene.format
    if not chart.parts:
        first, *parts, last = (scene.cells.label(scene.columns[chart.x], each) for each in answer.rows.values(chart.x))
        return first, parts, last
    first = scene.heads[chart.before] if answer.before_period is None else format.period(answer.before_period)
    last = scene.heads[chart.y] if answer.period is None else format.period(answer.period)
    return first, [scene.heads[name] for name in chart.parts], last


def _steps(scene: Scene, chart: Waterfall) -> tuple[Step, ...]:
    values = _values(scene.answer, chart)
    if values is None:
        return ()
    before, parts, now = values
    format, unit = scene.format, scene.columns[chart.y].unit
    first, names, last = _names(scene, chart)
    decimals = format.decimals(unit, [before, *parts, now])  # written alike, so that a reader can add them up
    causes = [""] * len(parts) if chart.parts else [str(each) for each in scene.answer.rows.values(chart.x)][1:-1]
    told_by = _told_by(scene.answer, chart)
    steps, end = [Step(first, before, before, format.value(unit, before, decimals), True, "", *told_by[0])], before
    for name, part, cause, told in zip(names, parts, causes, told_by[1:-1], strict=True):
        start, end = end, end + part
        text = format.value(unit, part, decimals)
        steps.append(Step(name, start, end, f"+{text}" if part > 0 else text, False, cause, *told))
    return (*steps, Step(last, now, now, format.value(unit, now, decimals), True, "", *told_by[-1]))


def _told_by(answer: Answer[Any], chart: Waterfall) -> list[tuple[int | None, str]]:
    """The row and the column of each step; the total of before is told by no row of now."""
    if not chart.parts:
        return [(place, chart.y) for place in range(len(answer.rows))]
    row = 0 if answer.total is None else ALL
    return [(None, ""), *((row, part) for part in chart.parts), (row, chart.y)]


def _ends(steps: tuple[Step, ...]) -> tuple[float, float]:
    """The ends of the axis: what moved fills it, 0 is on it only if it lies near."""
    ends = [end for step in steps for end in (step.start, step.end)]
    low, high = min(ends), max(ends)
    room = _ROOM * ((high - low) or abs(high) or 1.0)
    return (0.0 if 0 <= low < 3 * room else low - room), (0.0 if -3 * room < high <= 0 else high + room)


def _mark(place: int, step: Step, chart: Waterfall) -> Spec:
    kind = "total" if step.is_total else "more" if step.end >= step.start else "less"
    kind = "good" if step.cause in chart.good else "neither" if step.cause in chart.neither else kind
    return {
        "i": place,
        "name": step.name,
        "v": step.start,
        "v2": step.end,
        "end": max(step.start, step.end),
        "next": place + 1,
        "k": kind,
        "t": step.text,
        **({} if step.at is None else {"at": step.at}),
        **({"of": step.of} if step.of != chart.y else {}),
    }


def _layers(across: Spec, down: Spec, told: dict[str, str], measure: Column) -> list[Spec]:
    more, less = {"higher": ("@good", "@bad"), "lower": ("@bad", "@good")}.get(measure.better or "", ("@accent",) * 2)
    at, until = {"field": "v", **across}, {"field": "v2", **across}
    told_by = [("more", more), ("good", "@good"), ("neither", "@prev")]
    colour = {"condition": [{"test": f"datum.k == '{kind}'", "value": value} for kind, value in told_by], "value": less}
    return [
        {
            "transform": [{"filter": "datum.k != 'total' || datum.i == 0"}],
            "mark": {"type": "rule", "color": "@prev", "strokeDash": [2, 2]},
            "encoding": {"x": until, "y": down, "y2": {"field": "next"}},
        },
        {
            "transform": [{"filter": "datum.k != 'total'"}],
            "mark": {"type": "bar", "height": 14, "cornerRadius": 1},
            "encoding": {"x": at, "x2": {"field": "v2"}, "y": down, "color": colour, "tooltip": tooltip(**told)},
        },
        {
            "transform": [{"filter": "datum.k == 'total'"}],
            "mark": {"type": "tick", "orient": "vertical", "size": 24, "thickness": 3, "opacity": 1, "color": "@ink"},
            "encoding": {"x": at, "y": down, "tooltip": tooltip(**told)},
        },
        text_layer("t", {"field": "end", **across}, down, test="datum.k != 'total'", align="left", dx=7),
        text_layer(
            "t", {"field": "end", **across}, down, test="datum.k == 'total'", align="left", dx=7, fontWeight=600
        ),
    ]
