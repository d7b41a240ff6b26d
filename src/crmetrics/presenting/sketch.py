"""The chart of an answer drawn with block letters, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from crmetrics.analysis import (
    Answer,
    Bars,
    Chart,
    Column,
    Curve,
    Funnel,
    FunnelPlot,
    HeatMap,
    Histogram,
    Lines,
    Spread,
    Treemap,
    Waterfall,
)
from crmetrics.presenting.grid import in_order
from crmetrics.presenting.histogram import bin_name, bins_of
from crmetrics.presenting.letters import cut, harmless, padded, width
from crmetrics.presenting.locales import NOTHING
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells
from crmetrics.presenting.waterfall import Step, waterfall_steps, without_parts

MOST_BARS: Final = 20
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_LEVELS: Final = " ▁▂▃▄▅▆▇█"


def sketch(answer: Answer[Any], format: Format, wide: int) -> list[str]:
    """The lines of a small chart in at most `wide` columns; none where the table says it better."""
    chart = answer.chart
    if chart is None or not len(answer.rows) or wide < 30:
        return []
    if isinstance(chart, Waterfall):
        fall, bars = _waterfall(waterfall_steps(answer, format, chart), wide), without_parts(answer, chart)
        lines = _sketched(answer, format, bars, wide) if bars else []
        return [*fall, *([""] if fall and lines else []), *lines]
    return _sketched(answer, format, chart, wide)


def _sketched(answer: Answer[Any], format: Format, chart: Chart, wide: int) -> list[str]:
    if len(answer.rows) < 2:
        return []
    cells = Cells(answer, format)
    columns = cells.all_columns
    if isinstance(chart, HeatMap):
        return _grid(answer, cells, columns, chart, wide)
    if isinstance(chart, Histogram):
        bins, unit = bins_of(answer, chart), columns[chart.x].unit
        names = [bin_name(each, unit, format) for each in bins]
        return _bars(names, [each.count for each in bins], [format.count(each.count) for each in bins], wide)
    if isinstance(chart, Curve):
        return _curve(answer, cells, columns, chart, wide)
    named = _measure(chart)
    if named is None:
        return []
    group, measure = columns[named[0]], columns[named[1]]
    if isinstance(chart, Treemap):
        return _bars(*_summed(answer, cells, group, measure), wide)
    rows = list(answer.rows)[:MOST_BARS]
    labels = [cells.row_name(group, row) for row in rows]
    # a share of too few cases is told in words and gets no bar
    values = [None if cells.is_of_few(measure, row) else row.values[measure.position] for row in rows]
    return _bars(labels, values, [cells.text(measure, row) for row in rows], wide)


def _measure(chart: Chart) -> tuple[str, str] | None:
    """The columns of group and length of a chart that can be told by one bar a row."""
    match chart:
        case Lines(x=group, y=measure, series="") | Bars(x=group, y=measure):
            return group, measure
        case Funnel(x=group, moved=measure):
            return group, measure
        case Spread(x=group, median=measure):
            return group, measure
        case FunnelPlot(name=group, y=measure):
            return group, measure
        case Treemap(group=group, size=measure):
            return group, measure
    return None


def _summed(
    answer: Answer[Any], cells: Cells, group: Column, measure: Column
) -> tuple[list[str], list[Any], list[str]]:
    sums = summed(answer.rows.values(group.name), answer.rows.values(measure.name))
    largest = sorted(sums.items(), key=lambda each: -each[1])[:MOST_BARS]
    shown = [cells.format.short(measure.unit, value) for _group, value in largest]
    return [cells.label(group, value) for value, _sum in largest], [value for _group, value in largest], shown


def summed(groups: Sequence[Any], values: Sequence[Any]) -> dict[Any, float]:
    """The sum of the values of each group, in the order of their first row."""
    sums: dict[Any, float] = {}
    for group, value in zip(groups, values, strict=True):
        sums[group] = sums.get(group, 0.0) + float(value or 0)
    return sums


def _bars(labels: list[str], values: list[Any], shown: list[str], wide: int) -> list[str]:
    labels = [harmless(label) for label in labels]
    most = max((abs(value) for value in values if value is not None), default=0)
    if not most:
        return []
    left = min(max(map(width, labels)), max(8, wide // 3))
    right = max(map(width, shown))
    room = min(wide - left - right - 3, 60)
    if room < 5:
        return []
    lines = []
    for label, value, text in zip(labels, values, shown, strict=True):
        length = 0 if value is None else round(abs(value) / most * room * 8)
        bar = "█" * (length // 8) + _EIGHTHS[length % 8].strip()
        lines.append(f"{padded(cut(label, left), left)} {bar} {text}".rstrip())
    return lines


def _waterfall(steps: Sequence[Step], wide: int) -> list[str]:
    """Totals as marks, what was won or lost in between as bars from where the step before ended."""
    if not steps:
        return []
    labels, shown = [harmless(step.name) for step in steps], [harmless(step.text) for step in steps]
    left = min(max(map(width, labels)), max(8, wide // 3))
    room = min(wide - left - max(map(width, shown)) - 3, 60)
    ends = [end for step in steps for end in (step.start, step.end)]
    low, high = min(ends), max(ends)
    if room < 5 or low == high:
        return []
    lines = []
    for label, step, text in zip(labels, steps, shown, strict=True):
        start, end = (round((each - low) / (high - low) * (room - 1)) for each in (step.start, step.end))
        mark = "┃" if step.is_total else "█" if step.end > step.start else "▒" if step.end < step.start else "│"
        bar = " " * min(start, end) + mark * max(1, abs(end - start))
        lines.append(f"{padded(cut(label, left), left)} {bar} {text}".rstrip())
    return lines


def _grid(answer: Answer[Any], cells: Cells, columns: dict[str, Column], chart: HeatMap, wide: int) -> list[str]:
    across, down, value = columns[chart.x], columns[chart.y], columns[chart.value]
    found = {(row.values[down.position], row.values[across.position]): row for row in answer.rows}
    heads = in_order(across, answer.rows.values(across.name))
    sides = in_order(down, answer.rows.values(down.name))[-MOST_BARS:]
    labels = {side: harmless(cells.written(down, side)) for side in sides}
    left = max(map(width, labels.values()))
    shown = {
        place: NOTHING if cells.is_of_few(value, row) else cells.format.value(value.unit, row.values[value.position], 0)
        for place, row in found.items()
    }
    cell = max(max(map(width, shown.values())), 3)
    heads = heads[: max(1, (wide - left) // (cell + 1))]
    lines = [" " * left + "".join(" " + padded(cells.written(across, head), cell, right=True) for head in heads)]
    for side in sides:
        texts = (padded(shown.get((side, head), ""), cell, right=True) for head in heads)
        lines.append(f"{padded(labels[side], left)} {' '.join(texts)}".rstrip())
    return lines


def _curve(answer: Answer[Any], cells: Cells, columns: dict[str, Column], chart: Curve, wide: int) -> list[str]:
    values = [value for value in answer.rows.values(chart.y) if value is not None]
    if len(values) < 2:
        return []
    measure = columns[chart.y]
    low, high = min(0, min(values)), max(values)
    shown = [harmless(cells.format.short(measure.unit, value)) for value in (high, low)]
    left, room, height = max(map(width, shown)), min(wide - max(map(width, shown)) - 1, 60), 6
    points = [values[round(place * (len(values) - 1) / (room - 1))] for place in range(room)]
    steps = [round((value - low) / (high - low or 1) * height * 8) for value in points]
    lines = []
    for level in range(height - 1, -1, -1):
        label = shown[0] if level == height - 1 else shown[1] if level == 0 else ""
        marks = "".join(_LEVELS[min(8, max(0, step - level * 8))] for step in steps)
        lines.append(f"{padded(label, left, right=True)} {marks}".rstrip())
    return lines
