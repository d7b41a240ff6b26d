"""What a mapping file says: which files there are, and which columns of theirs make which canonical tables."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from crmetrics.clean.layout import NO_LAYOUT, Asked, Layout
from crmetrics.warehouse.expression import Expression, Name
from crmetrics.warehouse.schema import TABLES, Column, Table, Type, custom_column

Kind = Literal["full", "delta"]
NUMBERS: Final = (Type.NUMBER, Type.MONEY, Type.SHARE, Type.RATE, Type.INTEGER)
NUMBERED: Final = ("line_no", "event_no")
"""Key columns that the import numbers within their parent, where a file has no such number."""

_NONE: MappingOf[str, str] = MappingProxyType({})
_NO_FORMATS: MappingOf[str, Formats] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Formats:
    """How values are written.

    decimal    the decimal mark
    dates      strptime forms, or excel, excel-1904, unix, unix-ms; none: ISO
    missing    the texts that mean "not given"
    scales     words behind a number, and which power of ten each is: k is 3, 万 is 4
    signs      money signs that several currencies share, and the currency that each is here
    last_year  years of two digits are of the hundred years up to it; 0: 1969 to 2068
    zone       the zone in which moments are written; blank: that of the source
    """

    decimal: str = "."
    dates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    scales: tuple[tuple[str, int], ...] = ()
    signs: tuple[tuple[str, str], ...] = ()
    last_year: int = 0
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """Columns of another file entry, looked up: this file's column = the other file's column.

    `is_single`: where rows of the other file that say different things have the key, none of them is taken.
    """

    name: str
    on: MappingOf[str, str]
    ignore_case: bool = False
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of file: how it is found, how it is read, and what identifies its rows from one import to the next.

    `may_be_empty`: in a full source, files without any row may remove all rows that were there. `columns` holds how those
    of its columns are written that differ from the others.
    """

    name: str
    match: tuple[str, ...]
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True
    formats: Formats = Formats()
    key: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    may_be_empty: bool = False
    columns: MappingOf[str, Formats] = field(default_factory=lambda: _NO_FORMATS)
    layout: Layout = NO_LAYOUT
    asked: Asked | None = None

    def formats_of(self, column: str) -> Formats:
        """How a column is written."""
        return self.columns.get(column, self.formats)


@dataclass(frozen=True, slots=True)
class Cell:
    """Where the values of one canonical column come from: a column of the file, a constant, or a formula over columns.

    `map` replaces texts by others; "*" stands for any other text ("*" = "*" leaves it as it is), and
    without it others count as not given.
    """

    target: str
    type: Type
    column: Name | None = None
    value: str | None = None
    formula: Expression | None = None
    strip_prefix: str = ""
    strip_suffix: str = ""
    map: MappingOf[str, str] = field(default_factory=lambda: _NONE)
    formats: Formats | None = None

    @property
    def names(self) -> tuple[Name, ...]:
        """The columns of files that it reads."""
        if self.formula is not None:
            return self.formula.names
        return () if self.column is None else (self.column,)


@dataclass(frozen=True)
class Section:
    """One canonical table, or a part of it, made from one file entry.

    `distinct`: many rows of the file make one row of the table, by the table's key; the last value that is given wins.
    `place` is how the mapping file calls it, for errors: "orders", or "orders (2)".
    """

    table: Table
    entry: str
    place: str
    cells: tuple[Cell, ...]
    distinct: bool = False
    where: Expression | None = None

    @cached_property
    def by_target(self) -> MappingOf[str, Cell]:
        """The cells by the canonical column that they fill."""
        return {cell.target: cell for cell in self.cells}

    @property
    def names(self) -> tuple[Name, ...]:
        """All columns of files that it reads, each once."""
        found = [name for cell in self.cells for name in cell.names]
        return tuple(dict.fromkeys([*found, *(self.where.names if self.where else ())]))

    @property
    def custom(self) -> tuple[str, ...]:
        """The company's own columns it keeps, by the names of the database."""
        return tuple(cell.target for cell in self.cells if not self.table.has(cell.target))

    def column(self, target: str) -> Column | None:
        """The declared column of that name; None for a company's own one."""
        return self.table.column(target) if self.table.has(target) else None


@dataclass(frozen=True)
class Mapping:
    """A mapping file, read and checked as far as it can be without the data.

    `company` holds what it proposes for the settings of a new workspace: name, currency, zone, language.
    """

    path: Path
    text: str
    name: str
    kind: Kind
    zone: str | None
    company: MappingOf[str, str]
    entries: MappingOf[str, Entry]
    sections: tuple[Section, ...]

    def sections_from(self, entry: str) -> tuple[Section, ...]:
        """The sections that are made from one file entry."""
        return tuple(section for section in self.sections if section.entry == entry)

    @property
    def tables(self) -> tuple[str, ...]:
        """The canonical tables it fills, parents before children."""
        filled = {section.table.name for section in self.sections}
        return tuple(name for name in TABLES if name in filled)

    def readers_of(self, entry: str) -> tuple[str, ...]:
        """The entries whose sections read `entry`: itself, and those that look columns up in it."""
        return tuple(
            name
            for name, found in self.entries.items()
            if name == entry or any(join.name == entry for join in found.joins)
        )

    def texts_read(self, entry: str) -> tuple[str, ...]:
        """The columns of an entry's files that are read as texts, each once."""
        names = [
            (section.entry, name)
            for section in self.sections
            for cell in section.cells
            if cell.type is Type.TEXT or cell.map or cell.strip_prefix or cell.strip_suffix
            for name in cell.names
        ]
        names += [(section.entry, name) for section in self.sections if section.where for name in section.where.names]
        return tuple(dict.fromkeys(name.column for of, name in names if (name.of or of) == entry))

    def names_read(self, entry: str) -> tuple[str, ...]:
        """The columns of an entry's files that are read by any section, join or key, each once."""
        own = [name.column for section in self.sections_from(entry) for name in section.names if not name.of]
        looked_up = [
            name.column
            for other in self.readers_of(entry)
            for section in self.sections_from(other)
            for name in section.names
            if name.of == entry
        ]
        keys = [*self.entries[entry].key, *(column for join in self.entries[entry].joins for column in join.on)]
        others = [
            column
            for found in self.entries.values()
            for join in found.joins
            if join.name == entry
            for column in join.on.values()
        ]
        return tuple(dict.fromkeys([*own, *looked_up, *keys, *others]))


def target_of_custom(key: str) -> str:
    """The column of the database for `custom.<key>` in a mapping."""
    return custom_column(key)
