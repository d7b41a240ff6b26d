"""What separates the cells of a text file and what its columns are called, by the evidence of its first rows."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.originals import BLOCK
from crmetrics.collect.raw import column_names
from crmetrics.collect.records import BLANKS, LINE_ENDS, Cutter, Marks, Record, lines
from crmetrics.collect.titles import LOOKED_AT, titles_above, told_titles
from crmetrics.vocabulary.errors import BadFile, BadMapping
from crmetrics.vocabulary.language import words

_ = words("collect")

FIRST_ROWS: Final = 300
"""How many rows are evidence."""

USUAL: Final = ("\t", ";", ",", "|")
INSIDE_VALUES: Final = frozenset("\"'_-./:()@ \\\r\n")
"""Marks that stand within names, dates and texts, so that they are no sign of a delimiter."""

ENOUGH: Final = 3
"""Rows that must all be too wide before the header is to blame."""

MOST_BYTES: Final = 4
NEVER_DELIMITERS: Final = frozenset('"\r\n\0')

TOLD_TO_EXCEL: Final = re.compile(rb'"?sep=([\t;,|])"?\r?\n')
"""A first line that is no part of the table: it tells Excel the delimiter."""

MOST: Final = 0.9
"""Share of the first rows that must be of one width before a delimiter is believed among others."""

HALF: Final = 0.5
"""Share that is enough where only one delimiter stands in the header at all."""

TELLING_ROWS: Final = 50
"""Rows whose cells are looked at where several delimiters would do."""

TIDY: Final = re.compile(r"(?!\s)[^\t;,|]*(?<!\s)|[+-]?[\d. ]*,\d+")

ALIGNED: Final = re.compile(rb"^ |  ")
"""Blanks that put columns under one another, as no text between two words does."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a text file is cut: `columns` has the names, and the data begin below row `start`; `above` stands above the names.

    `is_even`: every one of the first rows is as wide as the header, and nothing stands above it;
    `is_narrow`: every one is narrower.
    """

    marks: Marks
    columns: tuple[str, ...]
    start: int
    is_even: bool
    is_narrow: bool
    row_bytes: int
    above: tuple[str, ...] = ()


def find_shape(head: bytes, entry: FileEntry, name: str) -> Shape:
    """Find the shape of a file from its first bytes (UTF-8). Errors: BadFile if no delimiter fits."""
    marks = _marks(head, entry, name)
    rows = first_records(head, marks)[1 if TOLD_TO_EXCEL.match(head) else 0 :]
    cutter = Cutter(marks)
    if not rows:
        raise BadFile(
            _("'{file}' is empty: it holds no rows. Export it again, or take it out of the import.", file=name)
        )
    titles = _titles(rows, cutter, entry)
    above, rows = told_titles([cutter.values(row.text) for row in rows[:titles]]), rows[titles:]
    first, data = rows[0], rows[1:] if entry.header else rows
    if entry.names:
        _check_names(data, cutter, entry, name)
        columns = column_names(list(entry.names))
    elif entry.header:
        _check_header(first, data, cutter, entry, name)
        columns = column_names(cutter.values(first.text))
    else:
        columns = column_names([""] * max(row.cells for row in rows))
    # A blank line is a row to the engine where there is one column, and with mixed line ends there are more of them.
    is_even = (
        marks.delimiter != BLANKS
        and len(columns) > 1
        and first.row == 1
        and all(row.fault is None and row.cells == len(columns) for row in data)
    )
    return Shape(
        marks=marks,
        columns=columns,
        start=first.row if entry.header else first.row - 1,
        is_even=is_even,
        is_narrow=bool(data) and all(row.cells < len(columns) for row in data),
        row_bytes=max(sum(len(row.text) for row in rows) // len(rows), 1),
        above=above,
    )


def _titles(rows: list[Record], cutter: Cutter, entry: FileEntry) -> int:
    """How many rows stand above the names, where the rows hold them."""
    if not entry.header or entry.names:
        return 0
    return titles_above([cutter.values(row.text) if row.fault is None else [] for row in rows[:LOOKED_AT]])


def _check_header(header: Record, data: list[Record], cutter: Cutter, entry: FileEntry, name: str) -> None:
    if header.fault is not None:
        raise BadFile(
            _(
                "The header of '{file}', row {row}, cannot be read: its quotation marks do not match. "
                "Correct it, or write header = false into [files.{entry}] of the mapping.",
                file=name,
                row=header.row,
                entry=entry.name,
            )
        )
    if len(data) >= ENOUGH and all(_is_wide(row, header.cells, cutter) for row in data):
        raise BadFile(
            _(
                "The header of '{file}' has {expected} names, but its rows have {found} cells. "
                "Add the missing names, or correct `delimiter` or `header` in [files.{entry}] of the mapping.",
                file=name,
                expected=header.cells,
                found=data[0].cells,
                entry=entry.name,
            )
        )


def _check_names(data: list[Record], cutter: Cutter, entry: FileEntry, name: str) -> None:
    if len(data) >= ENOUGH and all(_is_wide(row, len(entry.names), cutter) for row in data):
        raise BadFile(
            _(
                "The rows of '{file}' have {found} cells, and [files.{entry}] of the mapping has {expected} names. "
                "Name all columns in `names`, or correct `delimiter`.",
                file=name,
                found=data[0].cells,
                expected=len(entry.names),
                entry=entry.name,
            )
        )


def _is_wide(row: Record, width: int, cutter: Cutter) -> bool:
    """Whether a row holds more values than the header has names; blank cells at its end are none."""
    return row.fault is None and row.cells > width and any(cutter.values(row.text)[width:])


def first_records(head: bytes, marks: Marks, most: int = FIRST_ROWS) -> list[Record]:
    """The first records that are not blank; a last one that may be cut off with the sample is left out."""
    rows: list[Record] = []
    for record in Cutter(marks).records(lines([head])):
        if not record.is_blank(2):
            rows.append(record)
        if len(rows) > most:
            return rows[:most]
    return rows[:-1] if len(head) >= BLOCK and len(rows) > 1 else rows


def _marks(head: bytes, entry: FileEntry, name: str) -> Marks:
    if entry.delimiter is not None:
        return _with_escape(head, _declared(entry.delimiter, entry))
    if told := TOLD_TO_EXCEL.match(head):
        return _with_escape(head, told[1].decode())
    usual = [found for found in (_found(head, delimiter, entry) for delimiter in USUAL) if found.width > 1]
    likely = [found for found in usual if found.agreeing >= (MOST if len(usual) > 1 else HALF)]
    if not usual:
        rare = (_found(head, mark, entry) for mark in _rare_marks(head))
        likely = [found for found in rare if found.width > 1 and found.rows > 1 and found.agreeing >= MOST]
        aligned = _found(head, BLANKS, entry)
        if not likely and aligned.width > 1 and aligned.agreeing >= MOST and _is_aligned(head):
            likely = [aligned]
        if not likely:
            # One column, whatever it holds.
            return _with_escape(head, ",")
    if likely:
        return max(likely, key=lambda found: (_tidiness(head, found.marks), found.width)).marks
    raise BadFile(
        _(
            "What separates the columns of '{file}' is not clear: with {candidates} the rows have different widths. "
            'Write it into [files.{entry}] of the mapping, like delimiter = "{example}".',
            file=name,
            candidates=", ".join(_shown(found.marks.delimiter) for found in usual),
            entry=entry.name,
            example=usual[0].marks.delimiter.replace("\t", "\\t"),
        )
    )


def _declared(delimiter: str, entry: FileEntry) -> str:
    # In a literal string of TOML, \\t is two signs.
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if not delimiter or len(delimiter.encode()) > MOST_BYTES or NEVER_DELIMITERS.intersection(delimiter):
        raise BadMapping(
            _(
                "[files.{entry}] delimiter: '{delimiter}' cannot separate columns. "
                "Expected: one sign or two, such as ; or \\t, and no quotation mark or line end.",
                entry=entry.name,
                delimiter=delimiter,
            )
        )
    return BLANKS if delimiter == " " else delimiter


@dataclass(frozen=True, slots=True)
class _Found:
    """What a delimiter makes of the first rows: how wide the file is, and the share of rows that are alike.

    Without a header, rows may differ, and more than one cell in half of them is half a reason.
    """

    marks: Marks
    rows: int
    width: int
    agreeing: float


def _found(head: bytes, delimiter: str, entry: FileEntry) -> _Found:
    marks = _with_escape(head, delimiter)
    rows = first_records(head, marks)
    rows = rows[_titles(rows, Cutter(marks), entry) :]
    if not rows:
        return _Found(marks, 0, 0, 0.0)
    widths = Counter(row.cells for row in rows if row.fault is None and row.cells > 1)
    even = max(widths.values(), default=0) / len(rows)
    if entry.header:
        return _Found(marks, len(rows), rows[0].cells, even)
    return _Found(marks, len(rows), max(row.cells for row in rows), max(even, min(widths.total() / len(rows), HALF)))


def _tidiness(head: bytes, marks: Marks) -> float:
    """Share of cells without blanks around them or another delimiter in them, save the comma of a number."""
    cutter = Cutter(marks)
    rows = [row for row in first_records(head, marks, TELLING_ROWS) if row.fault is None]
    cells = [cell for row in rows for cell in cutter.values(row.text)]
    return sum(TIDY.fullmatch(cell) is not None for cell in cells) / max(len(cells), 1)


def _is_aligned(head: bytes) -> bool:
    """Whether most lines have blanks at their start, or several in a row."""
    rows = first_records(head, Marks(BLANKS))
    return sum(ALIGNED.search(row.text) is not None for row in rows) > len(rows) * HALF


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
