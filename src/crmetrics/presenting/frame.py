"""What all kinds of charts are built from: a scene to read from, axes whose labels speak as the table does, small layers."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from crmetrics.analysis import Answer, Column, Row
from crmetrics.presenting.comparison import Comparison
from crmetrics.presenting.letters import cut, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells, headers
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit

if TYPE_CHECKING:
    from crmetrics.presenting.annotations import Noted
    from crmetrics.presenting.time_axis import TimeAxis

_ = words("presenting")

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
MOST_GROUPS: Final = 40
"""So many groups are drawn; the table has the others."""
MOST_TICKS: Final = 5

ALL: Final = -1
"""The place of the total among the rows of an answer."""

Spec = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """A chart: its Vega-Lite specification, what it shows, how to read it, and what it says to who cannot see it.

    steps  how many steps lie side by side, where they do: many need room
    time   the time that it spans from left to right, if it does
    notes  the notes on dates that stand on it, by number
    tells  the column of the figure that its marks tell, then that of what they are of: which of its row opens with a mark.
           A mark knows its row by `at`, a place in the answer or ALL, and by `of` the column where it tells another one
    leads  whether marks of it open something, which they do in a page alone
    """

    spec: Spec
    title: str
    reading: str
    label: str
    steps: int = 0
    time: TimeAxis | None = None
    notes: tuple[Noted, ...] = ()
    tells: tuple[str, ...] = ()
    leads: bool = False


class Scene:
    """One answer as charts read it."""

    def __init__(self, answer: Answer[Any], format: Format) -> None:
        self.answer, self.format = answer, format
        self.cells = Cells(answer, format)
        self.columns: dict[str, Column] = self.cells.all_columns
        self.heads = {header.name: header.label for header in headers(answer, format)}
        self.comparison = Comparison.of(answer)

    @cached_property
    def rows(self) -> list[Row]:
        """The rows that are drawn."""
        return [self.answer.rows[place] for place in range(min(len(self.answer.rows), MOST_GROUPS))]

    def say(self, message: Message) -> str:
        """A message in the reader's language."""
        return say(message, self.format)

    def name(self, column: Column, row: Row) -> str:
        """What a row's group is called."""
        return self.cells.written(column, row.values[column.position])

    def before(self, row: Row, place: int, own: str = "") -> float | None:
        """The earlier value of a row: from the answer's own column of it, or from the compared answer."""
        if own:
            return number(row.values[self.columns[own].position])
        return number(self.comparison.before(row, place)) if self.comparison else None

    def title(self, measure: Column, group: Column) -> str:
        """What a chart of a figure by groups is called; without groups the figure alone."""
        if self.cells.dimension(group) == "":
            return self.heads[measure.name]
        return self.say(_("{figure} by {group}", figure=self.heads[measure.name], group=self.in_sentence(group)))

    def in_sentence(self, group: Column) -> str:
        """What a column is called in the middle of an English or a Turkish title; the others keep their words as they are."""
        label = self.heads[group.name]
        if self.format.language not in ("en", "tr") or not label[1:2].islower():
            return label
        dotted = {"İ": "i", "I": "ı"} if self.format.language == "tr" else {}
        return dotted.get(label[0], label[0].lower()) + label[1:]

    def cut(self) -> list[str]:
        """The sentence about groups that are not drawn."""
        count = len(self.answer.rows)
        if count <= MOST_GROUPS:
            return []
        return [self.say(_("The first {shown} of {count}; the table has them all.", shown=MOST_GROUPS, count=count))]

    def interval(self, band: Sequence[str], of_intervals: Message) -> str:
        """What a band is: `of_intervals` for the ends of an interval, else by the names of its two columns."""
        if list(band) == ["low", "high"]:
            return self.say(of_intervals)
        low, high = (self.heads[name] for name in band)
        return self.say(_("Lines: from “{low}” to “{high}”.", low=low, high=high))

    def compared_with(self) -> str:
        """What the earlier values belong to, for "Pale: ..."."""
        period = self.answer.before_period
        return self.format.period(period) if period is not None else self.say(_("the period before"))

    def spoken(self, title: str, named: Sequence[tuple[str, str]]) -> str:
        """The chart in words: the finding, or its first marks."""
        if self.answer.findings:
            return f"{title}. {self.say(self.answer.findings[0].message)}"
        told = "; ".join(f"{name}: {value}" for name, value in named[:6])
        more = self.say(_("All values stand in the table.")) if len(named) > 6 else ""
        return " ".join(part for part in (f"{title}.", f"{told}." if told else "", more) if part)


def number(value: Any) -> float | None:
    """A value as a finite number, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def chosen(texts: Sequence[Any], index: str = "datum.value") -> str:
    """An expression that picks a text by its place; names are data there and cannot become code."""
    return f"{json.dumps(list(texts))}[{index}]"


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Round values between two ends, at most so many, 0 among them if it lies between."""
    if not high > low:
        high = low + 1
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    for step in (1, 2, 2.5, 5, 10):
        first, last = math.ceil(low / (step * size) - 1e-9), math.floor(high / (step * size) + 1e-9)
        if last - first + 1 <= most:
            return [round(each * step * size, 12) for each in range(first, last + 1)]
    return [low, high]


def value_axis(format: Format, unit: Unit, low: float, high: float, **more: Any) -> Spec:
    """An axis of values: few ticks, each written as the table would, grid lines."""
    marks = ticks(low, high)
    if unit is Unit.COUNT:
        marks = [mark for mark in marks if mark == int(mark)]
    decimals = format.decimals(unit, marks) if unit is not Unit.SHARE else 0 if _are_whole_percents(marks) else 1
    if unit in (Unit.MONEY, Unit.MONEY_PER_DAY, Unit.COUNT, Unit.QUANTITY):
        labels = [format.short(unit, mark) for mark in marks]
    else:
        labels = [format.value(unit, mark, decimals) for mark in marks]
    values = json.dumps(marks)
    return {
        "title": None,
        "values": marks,
        "labelExpr": chosen(labels, f"indexof({values},datum.value)"),
        "labelFlush": False,
        "grid": True,
        **more,
    }


def _are_whole_percents(marks: Sequence[float]) -> bool:
    return all(abs(mark * 100 - round(mark * 100)) < 1e-9 for mark in marks)


def group_axis(names: Sequence[Any], **more: Any) -> Spec:
    """An axis of groups: their names by place, so that two of one name stay two."""
    shown = [shortened(str(name)) for name in names]
    return {"title": None, "labelExpr": chosen(shown), "labelColor": "@ink", "labelFontSize": 12, **more}


def shortened(name: str, most: int = 30) -> str:
    """A name in at most so many columns: what tells names apart often stands at their end, so the middle goes."""
    if width(name) <= most:
        return name
    before, between, last = name.rpartition(" \u00b7 ")
    if before and width(last) <= most - 10:  # the part that tells most stays whole
        return f"{cut(before, most - width(between + last))}{between}{last}"
    end = name[-(most // 3) :].lstrip()
    end = end if width(end) < most // 2 else end[len(end) // 2 :]
    return f"{cut(name, most - width(end))}{end}"


def bounds(values: Sequence[float | None], room: float = 0.0) -> tuple[float, float]:
    """The ends of a value scale: with 0, and with room above the highest mark, as a share of the length."""
    known = [value for value in values if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    if low == high:
        return 0.0, 1.0
    return low, high + (room * (high - low) if high > 0 else 0)


def label_room(texts: Sequence[str]) -> int:
    """How many pixels the longest of some labels takes beside its mark."""
    return 12 + round(6.6 * max((width(text) for text in texts), default=0))


def lying_scale(low: float, high: float, *, left: int = 0, right: int = 0) -> Spec:
    """A scale from left to right that leaves pixels free for labels, whatever the chart's width is."""
    return {"domain": [low, high], "nice": False, "range": [left, {"expr": f"max(width - {right}, {left} + 40)"}]}


def spec_of(height: int, layers: Sequence[Spec], data: Sequence[Spec] | None = None) -> Spec:
    """A specification as wide as its container; `height` in pixels."""
    return {
        "$schema": SCHEMA,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **({"data": {"values": list(data)}} if data is not None else {}),
        "layer": list(layers),
    }


def text_layer(field: str, across: Spec, down: Spec, colour: str = "@ink", test: str = "", **mark: Any) -> Spec:
    """Labels at marks."""
    layer: Spec = {
        "mark": {"type": "text", "color": colour, **mark},
        "encoding": {"x": across, "y": down, "text": {"field": field}},
    }
    if test:
        layer["transform"] = [{"filter": test}]
    return layer


def tooltip(**titles: str) -> list[Spec]:
    """What a pointer sees at a mark: texts that the table has too."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]
