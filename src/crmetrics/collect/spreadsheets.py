"""A sheet of an XLSX, XLS, XLSB or ODS file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from crmetrics.collect.files import FileEntry
from crmetrics.collect.listing import Listing
from crmetrics.collect.raw import column_names
from crmetrics.collect.sheets_apart import rows_of_sheet, sheets_of_workbook
from crmetrics.collect.titles import LOOKED_AT, titles_above, told_titles
from crmetrics.collect.zipped import damaged
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")


def sheet_listing(path: Path, entry: FileEntry, progress: Callable[[float], None]) -> Listing:
    """The rows of the sheet that the mapping names, else of the first one.

    The header is the first row that is not blank, below what stands above the table; blank rows are left out.
    Errors: BadFile if the file is damaged or locked, or the sheet is not there, holds nothing, or is too large.
    """
    answers = rows_of_sheet(path, entry.sheet)
    names = next(answers)
    if not names:
        raise damaged(path)
    if entry.sheet is not None and entry.sheet not in names:
        raise BadFile(
            _(
                "'{file}' has no sheet '{sheet}'. It has: {sheets}. Correct `sheet` in [files.{entry}].",
                file=path.name,
                sheet=entry.sheet,
                sheets=", ".join(f"'{name}'" for name in names),
                entry=entry.name,
            )
        )
    sheet, height = next(answers)
    rows = _rows(answers, max(height, 1), progress)
    begun = list(islice(rows, LOOKED_AT))
    titles = titles_above([cells for _number, cells in begun]) if entry.header and not entry.names else 0
    above, rows = told_titles([cells for _number, cells in begun[:titles]]), chain(begun[titles:], rows)
    first = next(rows, None)
    if first is None:
        raise BadFile(
            _(
                "The sheet '{sheet}' of '{file}' is empty. Name another one in [files.{entry}]: sheet = ...",
                sheet=sheet,
                file=path.name,
                entry=entry.name,
            )
        )
    number, cells = first
    columns = column_names(_heads(cells, entry))
    if len(columns) > len(cells):  # more names than the sheet has columns
        blank = [""] * (len(columns) - len(cells))
        first, rows = (number, [*cells, *blank]), ((number, [*row, *blank]) for number, row in rows)
    return Listing(f"{entry.name_of(path)} [{sheet}]", columns, rows if entry.header else chain([first], rows), above)


def _heads(first: list[str], entry: FileEntry) -> list[str]:
    """What the columns are called: as the mapping says, else as the first row does."""
    if entry.names:
        return [*entry.names, *[""] * (len(first) - len(entry.names))]
    return first if entry.header else [""] * len(first)


def _rows(answers: Iterator[Any], height: int, progress: Callable[[float], None]) -> Iterator[tuple[int, list[str]]]:
    for some in answers:
        yield from some
        if some:
            progress(min(some[-1][0] / height, 1.0))


def sheet_names(path: Path) -> tuple[str, ...]:
    """The sheets that hold rows, in their order; the first one if none does. Errors: BadFile as `sheet_listing`."""
    sheets = sheets_of_workbook(path)
    names = [name for name, height in sheets if height > 0]  # counted from the row below the first
    return tuple(names or [name for name, _height in sheets[:1]])
