"""Notes on dates on a chart over time: a thin line at the day, a number that stands beside no other, and the notes in words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from crmetrics.presenting.frame import Drawing, Spec, tooltip
from crmetrics.presenting.letters import cut
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words
from crmetrics.workspace.annotations import Annotation

_ = words("annotations")

MOST: Final = 24
"""So many notes stand on one chart, the latest; more would hide what they explain."""
LINE: Final = 13
"""Pixels from one line of numbers to the next."""
_LINES: Final = 3
_NARROW: Final = 240
"""Pixels that the steps have on a telephone: numbers that do not collide there do so nowhere."""
_SIGN: Final = 7
_GAP: Final = 5
_SAID: Final = 200


@dataclass(frozen=True, slots=True)
class Noted:
    """One note as a chart has it, under a number. `start` and `end` count steps of the axis; `end` None: it is on one day."""

    number: int
    days: str
    text: str
    start: float
    end: float | None = None

    @property
    def said(self) -> str:
        """The note in words: 12 Mar 2026: Price rise."""
        return f"{self.days}: {self.text}"


@dataclass(frozen=True, slots=True)
class Flag:
    """Notes that stand so close that they share a place, from `start` to `end`; mostly one. `line` counts from the top."""

    start: float
    end: float
    text: str
    line: int
    said: str


def noted_on(axis: TimeAxis | None, notes: Sequence[Annotation], format: Format) -> tuple[Noted, ...]:
    """The notes inside a chart's time, the latest `MOST`, numbered from the earliest."""
    if axis is None:
        return ()
    inside = [note for note in notes if note.first < axis.end and note.last >= axis.firsts[0]]
    found = sorted(inside, key=lambda note: (note.first, note.last, note.number))[-MOST:]
    return tuple(_noted(number, note, axis, format) for number, note in enumerate(found, start=1))


def _noted(number: int, note: Annotation, axis: TimeAxis, format: Format) -> Noted:
    days = format.span(note.first, note.last)
    first, last = max(note.first, axis.firsts[0]), min(note.last, axis.end - timedelta(days=1))
    if note.first == note.last:
        return Noted(number, days, note.text, _place(axis, first, 0.5))
    return Noted(number, days, note.text, _place(axis, first, 0.0), _place(axis, last, 1.0))


def _place(axis: TimeAxis, day: date, part: float) -> float:
    """Where a day stands, in steps from the beginning of the axis; `part` of the day has passed."""
    step = bisect_right(axis.firsts, day) - 1
    begins = axis.firsts[step]
    ends = axis.firsts[step + 1] if step + 1 < len(axis.firsts) else axis.end
    return step + ((day - begins).days + part) / (ends - begins).days


def flags_of(noted: Sequence[Noted], steps: int) -> tuple[Flag, ...]:
    """The numbers of notes in up to three lines; those that would still collide are one: 4–6.

    Each stands lower than what it would touch, so that no line runs through a number below it.
    """
    groups: list[tuple[list[Noted], int]] = []
    free_from = [0.0] * _LINES
    for note in noted:
        left = note.start / steps * _NARROW
        line = max((line + 1 for line in range(_LINES) if free_from[line] > left), default=0)
        if line == _LINES:
            group, line = groups[-1]
            group.append(note)
            left = group[0].start / steps * _NARROW
            free_from[line] = left + _wide(group)
        else:
            groups.append(([note], line))
            free_from[line] = left + _wide([note])
    return tuple(
        Flag(group[0].start, group[-1].start, _numbers(group), line, cut("; ".join(each.said for each in group), _SAID))
        for group, line in groups
    )


def _numbers(group: Sequence[Noted]) -> str:
    first, last = group[0].number, group[-1].number
    return str(first) if first == last else f"{first}\u2013{last}"


def _wide(group: Sequence[Noted]) -> int:
    return _SIGN * len(_numbers(group)) + _GAP


def lines_of(flags: Sequence[Flag]) -> int:
    """How many lines of numbers there are."""
    return max((flag.line for flag in flags), default=-1) + 1


def annotated(drawing: Drawing, notes: Sequence[Annotation], format: Format) -> Drawing:
    """The chart with the notes that lie inside its time; the chart as it is where there are none. The one given stays as it was."""
    noted = noted_on(drawing.time, notes, format)
    if drawing.time is None or not noted:
        return drawing
    flags = flags_of(noted, len(drawing.time.firsts))
    room = 0 if drawing.time.is_cells else LINE * lines_of(flags) + 3
    layers = [_lowered(layer, room) for layer in drawing.spec["layer"]]
    layers = [*_bands(noted, flags, drawing.time, room), *layers, *_marks(flags, drawing.time, format)]
    spec = {**drawing.spec, "height": drawing.spec["height"] + room, "layer": layers}
    return replace(drawing, spec=spec, notes=noted)


def _lowered(layer: Spec, room: int) -> Spec:
    """A layer whose scale of values leaves room at the top, so that no number lies on a value."""
    encoding = dict(layer.get("encoding", {}))
    for name in ("y", "y2"):
        scale = encoding.get(name, {}).get("scale")
        if scale is not None:
            encoding[name] = {**encoding[name], "scale": {**scale, "range": [{"expr": "height"}, room]}}
    return {**layer, "encoding": encoding}


def _bands(noted: Sequence[Noted], flags: Sequence[Flag], axis: TimeAxis, room: int) -> list[Spec]:
    """What lasted for days, and where many notes share a place, pale behind everything else."""
    spans = [(each.start, each.end) for each in noted if each.end is not None]
    spans += [(flag.start, flag.end) for flag in flags if flag.end > flag.start]
    if not spans:
        return []
    data = [_at(axis, start) | _at(axis, end, "2") for start, end in spans]
    ends = {"x": {"expr": _across(axis)}, "x2": {"expr": f"max({_across(axis, '2')}, {_across(axis)} + 1.5)"}}
    mark = {"type": "rect", "color": "@ink3", "opacity": 0.13, **ends, "y": room, "y2": "height"}
    return [{"data": {"values": data}, "mark": mark}]


def _marks(flags: Sequence[Flag], axis: TimeAxis, format: Format) -> list[Spec]:
    """The thin lines and their numbers, each of which says its notes to the pointer and the keys."""
    last = lines_of(flags) - 1
    lines = [
        last - flag.line if axis.is_cells else flag.line for flag in flags
    ]  # below cells they stand the other way round
    data = [
        {**_at(axis, flag.start), "top": LINE * line, "n": flag.text, "said": flag.said}
        for flag, line in zip(flags, lines, strict=True)
    ]
    told = tooltip(said=say(_("Note"), format))
    top: dict[str, Any] = {"expr": "datum.top"}
    first: Any = top
    if axis.is_cells:  # what the steps are called stands above cells, so the numbers stand below them
        first, top = 0, {"expr": "height + 3 + datum.top"}
    ends = {"x": {"expr": _across(axis)}, "x2": {"expr": f"{_across(axis)} + 1"}}
    rule = {"type": "rect", "color": "@ink2", "opacity": 0.8, **ends, "y": first, "y2": "height"}
    if axis.is_cells:
        rule["y2"] = {"expr": f"height + 3 + datum.top + {LINE}"}
    text = {
        "type": "text",
        "color": "@ink",
        "fontSize": 10.5,
        "fontWeight": 600,
        "align": "left",
        "baseline": "top",
        "x": {"expr": f"{_across(axis)} + 3"},
        "y": top,
    }
    return [
        {"data": {"values": data}, "mark": rule, "encoding": {"tooltip": told}},
        {"data": {"values": data}, "mark": text, "encoding": {"text": {"field": "n"}, "tooltip": told}},
    ]


def _at(axis: TimeAxis, place: float, name: str = "") -> dict[str, Any]:
    """A place of the axis as data: the step, and how much of it has passed."""
    step = min(int(place), len(axis.firsts) - 1)
    return {f"i{name}": step, f"f{name}": round(place - step, 4)}


def _across(axis: TimeAxis, name: str = "") -> str:
    """The expression of a place from left to right: in its column, or about the point of its step on a line."""
    step, part = f"datum.i{name}", f"datum.f{name}"
    if axis.is_cells:
        return f"scale('x', {step} + {part})"
    if axis.is_columns:
        return f"scale('x', {step}) + bandwidth('x') * {part}"
    return f"scale('x', clamp({step} + {part} - 0.5, 0, {max(len(axis.firsts) - 1, 1)}))"
