"""A sheet of an XLSX, XLS, XLSB or ODS file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.listing import Listing, shown
from crmetrics.collect.raw import column_names
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_ = words("collect")

STEPS: Final = 20
"""How often progress is told."""


def sheet_listing(path: Path, entry: FileEntry, progress: Callable[[float], None]) -> Listing:
    """The rows of the sheet that the mapping names, else of the first one.

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
    _number, cells = first
    columns = column_names(_heads(cells, entry))
    return Listing(f"{path.name} [{sheet.name}]", columns, rows if entry.header else chain([first], rows))


def _heads(first: list[str], entry: FileEntry) -> list[str]:
    """What the columns are called: as the mapping says, else as the first row does."""
    if entry.names:
        return [*entry.names, *[""] * (len(first) - len(entry.names))]
    return first if entry.header else [""] * len(first)


def _rows(sheet: CalamineSheet, progress: Callable[[float], None]) -> Iterator[tuple[int, list[str]]]:
    total = max(sheet.total_height, 1)
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number % (total // STEPS + 1) == 0:
            progress(number / total)
        cells = [shown(cell) for cell in row]
        if any(cells):
            yield number, cells


def sheet_names(path: Path) -> tuple[str, ...]:
    """The sheets that hold rows, in their order; the first one if none does. Errors: BadFile as `sheet_listing`."""
    from python_calamine import CalamineWorkbook

    with _told_of_damage(path):
        workbook = CalamineWorkbook.from_path(path)
        names = [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).total_height > 1]
        return tuple(names or workbook.sheet_names[:1])


def _sheet(path: Path, entry: FileEntry) -> CalamineSheet:
    from python_calamine import CalamineWorkbook

    with _told_of_damage(path):
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


@contextmanager
def _told_of_damage(path: Path) -> Iterator[None]:
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise BadFile(_("'{file}' is locked with a password. Save it without one.", file=path.name)) from error
    except (CalamineError, IndexError) as error:
        raise BadFile(
            _("'{file}' is a damaged or cut off spreadsheet or .zip file. Export or copy it again.", file=path.name)
        ) from error
