"""How often values of each size occur: bins of equal width, all that is far above the rest in the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Answer, Column, Histogram
from crmetrics.presenting.frame import Drawing, Scene, Spec, bounds, number, spec_of, ticks, tooltip, value_axis
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Unit

_ = words("presenting")

MOST_BINS: Final = 16
REACHES: Final = 0.97
"""The bins reach over so large a share of the values; the rest stand in the last."""


@dataclass(frozen=True)
class Bin:
    """Values from `low` to below `high`; the last one holds all above, too."""

    low: float
    high: float
    count: int
    is_last: bool


def bins_of(answer: Answer[Any], chart: Histogram) -> list[Bin]:
    """The bins of a column's known values, none for fewer than two different ones."""
    known = sorted(each for each in map(number, answer.rows.values(chart.x)) if each is not None)
    if not known or known[0] == known[-1]:
        return []
    top = known[min(int(REACHES * len(known)), len(known) - 1)]
    edges = ticks(min(0.0, known[0]), top if top > known[0] else known[-1], MOST_BINS)
    step = edges[1] - edges[0] if len(edges) > 1 else top - known[0]
    low = edges[0] - step if known[0] < edges[0] else edges[0]
    count = max(int((top - low) // step) + 1, 1)
    counts = [0] * count
    for value in known:
        counts[min(int((value - low) // step), count - 1)] += 1
    return [Bin(low + place * step, low + (place + 1) * step, n, place == count - 1) for place, n in enumerate(counts)]


def bin_name(each: Bin, unit: Unit, format: Format) -> str:
    """What a bin is called."""
    start = format.value(unit, each.low)
    return (
        say(_("{start} and more", start=start), format)
        if each.is_last
        else f"{start} – {format.value(unit, each.high)}"
    )


def draw_histogram(scene: Scene, chart: Histogram) -> tuple[Drawing, ...]:
    """The chart of `Histogram`: a column a bin, as high as it has rows."""
    bins, measure = bins_of(scene.answer, chart), scene.columns[chart.x]
    if not bins:
        return ()
    data: list[Spec] = [
        {
            "x": each.low,
            "x2": each.high,
            "v": each.count,
            "name": bin_name(each, measure.unit, scene.format),
            "t": scene.format.count(each.count),
        }
        for each in bins
    ]
    told = tooltip(name=scene.heads[measure.name], t=scene.say(_("Count")))
    across, up = _axes(scene, measure, bins)
    bar = {
        "mark": {"type": "rect", "color": "@accent", "stroke": "@bg", "strokeWidth": 1},
        "encoding": {"x": across, "x2": {"field": "x2"}, "y": up, "y2": {"datum": 0}, "tooltip": told},
    }
    title = scene.say(_("Count by {across}", across=scene.heads[measure.name]))
    return (
        Drawing(
            spec=spec_of(220, [bar], data),
            title=title,
            reading="",
            label=scene.spoken(title, [(str(each["name"]), str(each["t"])) for each in data]),
        ),
    )


def _axes(scene: Scene, measure: Column, bins: list[Bin]) -> tuple[Spec, Spec]:
    counts, ends = [each.count for each in bins], (bins[0].low, bins[-1].high)
    across = {
        "field": "x",
        "type": "quantitative",
        "axis": value_axis(scene.format, measure.unit, *ends, grid=False, title=scene.heads[measure.name]),
        "scale": {"domain": list(ends), "nice": False},
    }
    up = {
        "field": "v",
        "type": "quantitative",
        "axis": value_axis(scene.format, Unit.COUNT, *bounds(counts)),
        "scale": {"domain": list(bounds(counts, 0.08)), "nice": False},
    }
    return across, up
