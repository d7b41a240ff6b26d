"""The charts of an answer, each by the kind that its analysis declares."""

from __future__ import annotations

from typing import Any

from crmetrics.analysis import (
    Answer,
    Bars,
    Chart,
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
from crmetrics.presenting.bars import draw_bars
from crmetrics.presenting.curve import draw_curve
from crmetrics.presenting.frame import Drawing, Scene
from crmetrics.presenting.funnel_plot import draw_funnel_plot
from crmetrics.presenting.grid import draw_heat_map
from crmetrics.presenting.histogram import draw_histogram
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.over_time import draw_over_time
from crmetrics.presenting.stacked import draw_stacked
from crmetrics.presenting.stages import draw_funnel, draw_spread
from crmetrics.presenting.treemap import draw_treemap
from crmetrics.presenting.waterfall import draw_waterfall, without_parts
from crmetrics.vocabulary.period import GRAINS

__all__ = ["Drawing", "drawings"]


def drawings(answer: Answer[Any], format: Format) -> tuple[Drawing, ...]:
    """The charts of an answer, none where a table or tiles say it all.

    The specifications hold theme roles such as "@accent" (`theme.filled` puts colours in their place) and take the width
    of their container; texts are in the reader's language.
    """
    chart = answer.chart
    if chart is None or not len(answer.rows) or answer.locked is not None:
        return ()
    return _drawn(Scene(answer, format), chart)


def _drawn(scene: Scene, chart: Chart) -> tuple[Drawing, ...]:
    match chart:
        case Bars(parts=parts) if parts:
            return (draw_stacked(scene, chart),)
        case Bars() if scene.cells.dimension(scene.columns[chart.x]) in GRAINS:
            return (draw_over_time(scene, Lines(chart.x, chart.y, band=chart.band), own_before=chart.before),)
        case Bars():
            return (draw_bars(scene, chart),)
        case Lines(x=group, series="") if _is_of_names(scene, group):
            return (draw_bars(scene, Bars(chart.x, chart.y, chart.band)),)
        case Lines():
            return (draw_over_time(scene, chart),)
        case Funnel():
            return (draw_funnel(scene, chart),)
        case FunnelPlot():
            return (draw_funnel_plot(scene, chart),)
        case Spread():
            return (draw_spread(scene, chart),)
        case HeatMap():
            return (draw_heat_map(scene, chart),)
        case Curve():
            return (draw_curve(scene, chart),)
        case Histogram():
            return draw_histogram(scene, chart)
        case Treemap():
            return draw_treemap(scene, chart)
        case Waterfall():
            fall = draw_waterfall(scene, chart)
            bars = without_parts(scene.answer, chart)
            return (*([fall] if fall else []), *(_drawn(scene, bars) if bars else ()))
    return ()


def _is_of_names(scene: Scene, group: str) -> bool:
    """Whether the rows of a question over time were grouped by something else, such as owners."""
    column = scene.columns[group]
    return column.dimension == "by" and scene.cells.dimension(column) not in GRAINS
