"""A sheet of an XLSX file, written down as text: one road for all tables."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.raw import column_names
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

    Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta

_ = words("collect")

PRECISION: Final = ".15g"
"""Digits that a spreadsheet keeps: 0.1 + 0.2 is 0.3 there."""

STEPS: Final = 20
"""How often progress is told."""


def write_sheet(
    path: Path, entry: FileEntry, target: Path, progress: Callable[[float], None]
) -> tuple[str, tuple[str, ...]]:
    """Write the rows of a sheet as CSV, each with its number in the sheet before it; gives the sheet and its columns.

    The header is the first row that is not blank; blank rows are left out.
    Errors: BadFile if the file is damaged or locked, or the sheet is not there or holds nothing.
    """
    sheet = _sheet(path, entry)
    rows = _rows(sheet, progress)
    first = next(rows, None)
    if first is None:
        raise BadFile(
            _(
                "The sheet '{sheet}' of '{file}' is empty. Name another one in [files.{entry}]: sheet = ...",
                sheet=sheet.name,
                file=path.name,
                entry=entry.name,
            )
        )
    number, cells = first
    with target.open("w", encoding="utf-8", newline="", buffering=1 << 20) as file:
        # Python before 3.13 leaves a lone CR bare otherwise.
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        if not entry.header:
            writer.writerow([str(number), *cells])
        writer.writerows([str(number), *cells] for number, cells in rows)
    return sheet.name, column_names(cells if entry.header else [""] * len(cells))


def shown(cell: Cell) -> str:
    """A cell as text: numbers without exponent and superfluous digits, days and moments in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(format(cell, PRECISION)), "f")
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(cell) if isinstance(cell, int) else cell.isoformat()


def _rows(sheet: CalamineSheet, progress: Callable[[float], None]) -> Iterator[tuple[int, list[str]]]:
    total = max(sheet.total_height, 1)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number % (total // STEPS + 1) == 0:
            progress(number / total)
        cells = [shown(cell) for cell in row]
        if any(cells):
            yield number, cells


def _sheet(path: Path, entry: FileEntry) -> CalamineSheet:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        wanted = entry.sheet if entry.sheet is not None else names[0]
        if wanted not in names:
            raise BadFile(
                _(
                    "'{file}' has no sheet '{sheet}'. It has: {sheets}. Correct `sheet` in [files.{entry}].",
                    file=path.name,
                    sheet=wanted,
                    sheets=", ".join(f"'{name}'" for name in names),
                    entry=entry.name,
                )
            )
        return workbook.get_sheet_by_name(wanted)
    except PasswordError as error:
        raise BadFile(_("'{file}' is locked with a password. Save it without one.", file=path.name)) from error
    except (CalamineError, IndexError) as error:
        raise BadFile(
            _("'{file}' is a damaged or cut off spreadsheet or .zip file. Export or copy it again.", file=path.name)
        ) from error
