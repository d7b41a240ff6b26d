"""An answer's rows as CSV: raw values for other programs, names beside IDs, no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final, TextIO

from crmetrics.analysis import Answer, Column
from crmetrics.presenting.json import plain
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells, headers
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words

_ = words("presenting")

BOM: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's own code page."""
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_AT_ONCE: Final = 1000


def csv_parts(
    answer: Answer[Any], format: Format, *, is_labelled: bool = False, has_bom: bool = False
) -> Iterator[str]:
    """The CSV in parts of many lines, so that a million rows are never one text.

    is_labelled  heads are the labels in the reader's language; else the column names, which never change
    has_bom      for Excel
    """
    cells = Cells(answer, format)
    named = [column.name in cells.names for column in answer.declared.row.columns]
    if has_bom:
        yield BOM
    yield _written([_heads(cells, format, is_labelled)])
    lines: list[list[Any]] = []
    for row in answer.rows:
        lines.append(list(_line(cells, row.values, named, format)))
        if len(lines) == _AT_ONCE:
            yield _written(lines)
            lines = []
    yield _written(lines)


def write_csv(answer: Answer[Any], format: Format, file: TextIO) -> None:
    """Write the CSV to a text file (opened with newline="") or a stream."""
    for part in csv_parts(answer, format):
        file.write(part)


def harmless_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that starts like one gets an apostrophe."""
    return "'" + text if text.startswith(_STARTS_FORMULA) else text


def _heads(cells: Cells, format: Format, is_labelled: bool) -> list[str]:
    found = []
    for header in headers(cells.answer, format):
        found.append(header.label if is_labelled else header.name)
        if header.name in cells.names:
            label = say(_("{label} (name)", label=header.label), format)
            found.append(label if is_labelled else f"{header.name}_name")
    return [harmless_cell(head) for head in found]


def _line(cells: Cells, values: Iterable[Any], named: Iterable[bool], format: Format) -> Iterator[Any]:
    for column, value, is_named in zip(cells.all_columns.values(), values, named, strict=True):
        yield _raw(value, format)
        if is_named:
            yield harmless_cell(_name(cells, column, value))


def _raw(value: Any, format: Format) -> Any:
    raw = plain(value, format)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return harmless_cell(raw) if isinstance(raw, str) else raw


def _name(cells: Cells, column: Column, value: Any) -> str:
    return "" if value is None else cells.label(column, value)


def _written(lines: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
