"""How the workbook of rows to correct is laid out, and what is read of it when it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from crmetrics.clean.mapping import Formats
from crmetrics.collect.kinds import Kind, kind_of
from crmetrics.collect.sheets_apart import sheets_of_workbook
from crmetrics.intake.quarantine import Place
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("quality")

PLACES: Final = "crmetrics"
"""The hidden sheet that says which sheet is of which source and entry, and what its columns are called."""
MARK: Final = "crmetrics-quarantine"
FIXED: Final = 5
"""So many columns stand before those of the file: place, file, row, column, what is wrong."""
LONGEST: Final = 32_767
_FIRST_SERIAL: Final = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet as it came back: where it stands there, which row it is of, and its cells by column."""

    sheet: str
    number: int
    source: str
    entry: str
    key: str
    cells: dict[str, Any]


def key_of(place: Place) -> str:
    """The text by which a row is known again, also where the sheet was sorted."""
    return f"{place.import_no}:{place.row}:{kept(place.file)}"


def kept(text: str) -> str:
    """A text as a cell can hold it: control characters it cannot, nor more than 32,767 letters, and line ends are one letter."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in plain if sign >= " " or sign in "\n\t")[:LONGEST]


def sheet_rows(path: Path) -> Iterator[SheetRow]:
    """The rows of a workbook that came back.

    Errors: BadFile if it is no workbook, was not made by crmetrics, or lacks a sheet or a column that it had.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    if kind_of(path) is Kind.SPREADSHEET:
        sheets_of_workbook(path)  # in a process of its own: one that unpacks to too much must not take this one down
    try:
        book = CalamineWorkbook.from_path(str(path))
        places = book.get_sheet_by_name(PLACES).to_python(skip_empty_area=False) if PLACES in book.sheet_names else []
        if not places or str(places[0][0]) != MARK or any(len(line) < 3 for line in places[1:]):
            raise BadFile(
                _(
                    "'{file}' is not a workbook of rows in quarantine. Write one with: crmetrics quarantine --to FILE.xlsx",
                    file=path.name,
                )
            )
        for line in places[1:]:
            name, source, entry, *columns = (str(cell) for cell in line)
            if name in book.sheet_names:  # a sheet that was thrown away corrects nothing
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                yield from _rows(path, name, source, entry, [each for each in columns if each], rows)
    except (CalamineError, OSError) as error:
        raise BadFile(_("'{file}' cannot be read: {problem}.", file=path.name, problem=str(error))) from None


def _rows(
    path: Path, sheet: str, source: str, entry: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Iterator[SheetRow]:
    heads = [str(head) for head in rows[0]] if rows else []
    where: dict[str, int] = {}
    for column in columns:
        if kept(column) not in heads[FIXED:]:
            raise BadFile(
                _(
                    "The sheet '{sheet}' of '{file}' has no column '{column}' any more. Write the workbook again.",
                    sheet=sheet,
                    file=path.name,
                    column=column,
                )
            )
        where[column] = heads.index(kept(column), FIXED)
    for number, cells in enumerate(rows[1:], start=2):
        if cells and str(cells[0]).strip():
            found = {column: cells[place] if place < len(cells) else "" for column, place in where.items()}
            yield SheetRow(sheet, number, source, entry, str(cells[0]), found)


def as_text(cell: Any, formats: Formats) -> str | None:
    """A cell as it would stand in the file: numbers with its decimal mark, days in its first form; None for blank."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        text = str(int(cell)) if float(cell).is_integer() else repr(float(cell))
        return text.replace(".", formats.decimal)
    if isinstance(cell, datetime | date):
        return _dated(cell, formats)
    if isinstance(cell, time | timedelta):
        return str(cell)
    return str(cell)


def _dated(day: datetime | date, formats: Formats) -> str:
    form = next(iter(formats.dates), "")
    if form.startswith("excel"):
        at = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
        serial = (at - datetime(_FIRST_SERIAL.year, _FIRST_SERIAL.month, _FIRST_SERIAL.day)) / timedelta(days=1)
        return str(int(serial)) if serial.is_integer() else repr(serial)
    if "%" in form:
        return day.strftime(form)
    is_day = not isinstance(day, datetime) or day.time() == time()
    return f"{day:%Y-%m-%d}" if is_day else f"{day:%Y-%m-%d %H:%M:%S}"
