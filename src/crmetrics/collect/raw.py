"""A source file at rest: its raw Parquet file, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crmetrics.vocabulary.language import Message

FILE_COLUMN: Final = "_file"
ROW_COLUMN: Final = "_row"
FILLED_COLUMN: Final = "_filled"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be read: where it stands, what stands there, and why it was left out."""

    file: str
    row: int
    column: str | None
    value: str | None
    reason: Message


@dataclass(frozen=True, slots=True)
class RawFile:
    """One source file at rest: `columns` are its own, `rows` those in `path`; `rejected` stand in neither. `above` is what stood
    above the names of its columns."""

    entry: str
    name: str
    sha256: str
    rows: int
    columns: tuple[str, ...]
    path: Path
    rejected: tuple[Rejected, ...] = ()
    above: tuple[str, ...] = ()


def column_names(header: list[str]) -> tuple[str, ...]:
    """Give every column a name of its own: the header's, `column_3` where it is blank, `name_2` where it repeats.

    Case does not tell names apart, and the names `_file`, `_row` and `_filled` are the product's own.
    """
    taken = {FILE_COLUMN, ROW_COLUMN, FILLED_COLUMN}
    wanted = {plain(cell).casefold() for cell in header}
    names = []
    for position, cell in enumerate(header, start=1):
        first = name = plain(cell) or f"column_{position}"
        repeat = 1
        while name.casefold() in taken or (name != plain(cell) and name.casefold() in wanted):
            repeat += 1
            name = f"{first}_{repeat}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def plain(cell: str) -> str:
    """A header cell without blanks around it; a line break inside it is written as one blank."""
    return " ".join(part.strip() for part in cell.strip("\ufeff \t\r\n\xa0").splitlines() if part.strip())
