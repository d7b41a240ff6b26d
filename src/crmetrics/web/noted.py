"""The notes on dates as pages have them: whose they are, on which charts they stand, and what an address or a form says of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import Request

from crmetrics.analysis import Answer
from crmetrics.analysis.choices import day_of
from crmetrics.analysis.own_kpis import AREA as OWN
from crmetrics.catalogue import AREAS
from crmetrics.presenting.annotations import LINE, Noted, annotated, flags_of, lines_of, noted_on
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.frame import Drawing
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.site import Site
from crmetrics.workspace.annotations import Annotation, Annotations

_ = words("annotations")

_PEAK: Final = 17  # pixels above the bars that the value at their top takes
KNOWN: Final = (*AREAS, OWN)
"""The areas that a note may be kept to."""

WORDS: Final[dict[str, Message]] = {
    "notes": _("Notes on dates"),
    "add_note": _("Add a note on a date"),
    "note_text": _("What happened"),
    "note_first": _("Day"),
    "note_last": _("Last day, if it lasted"),
    "note_shared": _("Share with everybody"),
    "note_area": _("Only on charts of: {area}"),
    "save_note": _("Save the note"),
    "all_notes": _("All notes on dates"),
}
"""What the template of a chart's notes says."""


@dataclass(frozen=True, slots=True)
class TypedNote:
    """A note as somebody has typed it."""

    text: str
    first: str
    last: str
    areas: tuple[str, ...]
    is_shared: bool

    def note(self, owner: int, name: str, number: int = 0) -> Annotation:
        """The note; BadValue for what is no day. Without a last day it is on one day."""
        first = day_of(self.first)
        last: date = day_of(self.last) if self.last.strip() else first
        return Annotation(owner, self.text, first, last, self.areas, self.is_shared, name, number)


def annotations_of(site: Site, request: Request) -> Annotations:
    """The notes as who asks has them."""
    person = site.person(request)
    return Annotations(
        site.state, person.number, KNOWN, may_share=person.may("share"), tends=person.may("share") and person.may("people")
    )  # fmt: skip


def notes_for(site: Site, request: Request, area: str) -> tuple[Annotation, ...]:
    """The notes that stand on the charts of an area, for who asks."""
    return annotations_of(site, request).on_charts(area)


def noted_drawings(answer: Answer[Any], notes: Sequence[Annotation], format: Format) -> tuple[Drawing, ...]:
    """The charts of an answer with its notes. Put on afterwards: no kept answer is worked out again for a note."""
    return tuple(annotated(drawing, notes, format) for drawing in drawings(answer, format))


@dataclass(frozen=True, slots=True)
class NotedCourse:
    """The notes on a course that is drawn as bars over the whole width.

    flags  share of the width in percent, the number, y of its line and of its text above the bars, in pixels; what it says
    bands  from where to where something lasted, in percent: the left end and the width
    lines  how many lines of numbers there are
    """

    notes: tuple[Noted, ...]
    flags: tuple[tuple[float, str, int, int, str], ...]
    bands: tuple[tuple[float, float], ...]
    lines: int


def noted_course(axis: TimeAxis, notes: Sequence[Annotation], format: Format) -> NotedCourse | None:
    """The notes inside the time of a course; None where there are none."""
    noted = noted_on(axis, notes, format)
    if not noted:
        return None
    steps = len(axis.firsts)
    flags = flags_of(noted, steps)
    top = -(LINE * lines_of(flags) + _PEAK)

    def across(place: float) -> float:
        return round(place / steps * 100, 2)

    spans = [(each.start, each.end) for each in noted if each.end is not None]
    spans += [(flag.start, flag.end) for flag in flags if flag.end > flag.start]
    return NotedCourse(
        noted,
        tuple(
            (across(flag.start), flag.text, top + LINE * flag.line, top + LINE * flag.line + 10, flag.said)
            for flag in flags
        ),
        tuple((across(start), max(0.4, across(end) - across(start))) for start, end in spans),
        lines_of(flags),
    )


def keep_note(site: Site, request: Request, typed: TypedNote, number: int = 0) -> Annotation:
    """Keep what was typed, and write down that it was done; of a note of one's own not what it says, for others read that."""
    person = site.person(request)
    kept = annotations_of(site, request).keep(typed.note(person.number, person.name, number))
    site.note(request, "note", f"note {kept.number}: {_spelled(kept)}")
    return kept


def remove_note(site: Site, request: Request, number: int) -> Annotation:
    """Remove a note, and write that down."""
    gone = annotations_of(site, request).remove(number)
    site.note(request, "note", f"note {gone.number} removed: {_spelled(gone)}")
    return gone


def _spelled(note: Annotation) -> str:
    return f"{note.first}..{note.last} {note.text}" if note.is_shared else "own"
