"""What separates the cells of a text file and what its columns are called, by the evidence of its first rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.originals import BLOCK
from crmetrics.collect.raw import column_names
from crmetrics.collect.records import BLANKS, LINE_ENDS, Cutter, Marks, Record, lines
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

FIRST_ROWS: Final = 300
"""How many rows are evidence."""

USUAL: Final = ("\t", ";", ",", "|")
INSIDE_VALUES: Final = frozenset("\"'_-./:()@ \\\r\n")
"""Marks that stand within names, dates and texts, so that they are no sign of a delimiter."""

MOST: Final = 0.9
"""Share of the first rows that must be as wide as the header before a delimiter is believed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a text file is cut: `columns` has the names, `start` the row of the header (0 without one).

    `is_even`: every one of the first rows is as wide as the header, and nothing stands above it;
    `is_narrow`: every one is narrower.
    """

    marks: Marks
    columns: tuple[str, ...]
    start: int
    is_even: bool
    is_narrow: bool


def find_shape(head: bytes, entry: FileEntry, name: str) -> Shape:
    """Find the shape of a file from its first bytes (UTF-8). Errors: BadFile if no delimiter fits."""
    marks = _marks(head, entry, name)
    rows = first_records(head, marks)
    cutter = Cutter(marks)
    if not rows:
        raise BadFile(
            _("'{file}' is empty: it holds no rows. Export it again, or take it out of the import.", file=name)
        )
    first = rows[0]
    data = rows[1:] if entry.header else rows
    if entry.header:
        columns = column_names(cutter.values(first.text))
    else:
        columns = column_names([""] * max(row.cells for row in rows))
    is_even = (
        marks.delimiter != BLANKS
        and first.row == 1
        and first.fault is None
        and all(row.fault is None and row.cells == len(columns) for row in data)
    )
    is_narrow = bool(data) and all(row.cells < len(columns) for row in data)
    return Shape(marks, columns, first.row if entry.header else 0, is_even, is_narrow)


def first_records(head: bytes, marks: Marks, most: int = FIRST_ROWS) -> list[Record]:
    """The first records that are not blank; a last one that may be cut off with the sample is left out."""
    rows: list[Record] = []
    for record in Cutter(marks).records(lines([head])):
        if record.cells or record.fault:
            rows.append(record)
        if len(rows) > most:
            return rows[:most]
    return rows[:-1] if len(head) >= BLOCK and len(rows) > 1 else rows


def _marks(head: bytes, entry: FileEntry, name: str) -> Marks:
    if entry.delimiter is not None:
        delimiter = BLANKS if entry.delimiter.isspace() and "\t" not in entry.delimiter else entry.delimiter
        return _with_escape(head, delimiter)
    usual = [_with_escape(head, delimiter) for delimiter in USUAL]
    if found := _best(head, usual):
        return found
    rare = [_with_escape(head, mark) for mark in _rare_marks(head)]
    if found := _best(head, [*rare, Marks(BLANKS)]):
        return found
    candidates = [marks for marks in usual if _widths(head, marks).total() and max(_widths(head, marks)) > 1]
    if not candidates:
        return usual[USUAL.index(",")]
    raise BadFile(
        _(
            "What separates the columns of '{file}' is not clear: {candidates} would give rows of different widths. "
            'Write it into [files.{entry}] of the mapping, like delimiter = "{example}".',
            file=name,
            candidates=", ".join(_shown(marks.delimiter) for marks in candidates),
            entry=entry.name,
            example=candidates[0].delimiter.replace("\t", "\\t"),
        )
    )


def _best(head: bytes, candidates: Sequence[Marks]) -> Marks | None:
    """The candidate under which most rows are as wide as the first; the widest of equals."""
    scored = []
    for position, marks in enumerate(candidates):
        widths = _widths(head, marks)
        rows = first_records(head, marks)
        if not rows or rows[0].cells < 2:
            continue
        agreeing = widths[rows[0].cells] / len(rows)
        if agreeing >= MOST:
            scored.append((rows[0].cells, -position, marks))
    return max(scored, key=lambda item: item[:2])[2] if scored else None


def _widths(head: bytes, marks: Marks) -> Counter[int]:
    return Counter(row.cells for row in first_records(head, marks) if row.fault is None)


def _with_escape(head: bytes, delimiter: str) -> Marks:
    """A backslash protects quotation marks only where doubling them leaves faults and the backslash leaves fewer."""
    doubled = Marks(delimiter)
    if b'\\"' not in head:
        return doubled
    slashed = Marks(delimiter, "\\")
    return slashed if _faults(head, slashed) < _faults(head, doubled) else doubled


def _faults(head: bytes, marks: Marks) -> int:
    return sum(row.fault is not None for row in first_records(head, marks))


def _rare_marks(head: bytes) -> list[str]:
    """Other marks that stand in the first line, the most frequent first."""
    line = next(iter(lines([head.lstrip(LINE_ENDS)])), b"").decode("utf-8", "replace")
    marks = Counter(mark for mark in line if not mark.isalnum() and mark not in INSIDE_VALUES)
    return [mark for mark, _times in marks.most_common() if mark not in USUAL and mark != "\ufffd"]


def _shown(delimiter: str) -> str:
    return "'\\t'" if delimiter == "\t" else f"'{delimiter}'"
