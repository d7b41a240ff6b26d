"""A table of the demo company as its own system exports it: columns of cells, each knowing its text and its mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Ints
from crmetrics.collect.demo.place import Habits


@dataclass
class Binder:
    """What a query over a sheet needs beside its text: the drawn columns, and the words as bound values."""

    habits: Habits
    columns: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    values: dict[str, str | Sequence[str]] = field(default_factory=dict)

    def column(self, values: NDArray[np.generic]) -> str:
        name = f"c{len(self.columns)}"
        self.columns[name] = values
        return name

    def given(self, values: Ints) -> str:
        """A column of whole numbers, blank where not given."""
        return f"nullif({self.column(values)}, {BLANK})"

    def value(self, value: str | Sequence[str]) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}"


class Cell:
    """The cells of one column."""

    def sql(self, bind: Binder) -> str:
        """The expression that writes the column as text."""
        raise TypeError(type(self).__name__)

    def mapped(self, header: str) -> str:
        """How the mapping file reads the column back."""
        return quoted(header)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _table(pairs: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{quoted(theirs)} = {quoted(ours)}" for theirs, ours in pairs.items()) + " }"


@dataclass(frozen=True)
class Count(Cell):
    """Whole numbers."""

    values: Ints

    def sql(self, bind: Binder) -> str:
        return f"cast({bind.given(self.values)} as varchar)"


@dataclass(frozen=True)
class Number(Cell):
    """Numbers of records: a prefix and digits with leading zeros."""

    prefix: str
    values: Ints
    digits: int = 7

    def sql(self, bind: Binder) -> str:
        return f"'{self.prefix}' || lpad(cast({bind.given(self.values)} as varchar), {self.digits}, '0')"


@dataclass(frozen=True)
class Amount(Cell):
    """Money from cents (or rates from ten-thousandths).

    `is_grouped` writes thousands apart, as systems show it; `is_plain` as a machine writes it, whatever the country.
    """

    cents: Ints
    is_grouped: bool = False
    is_plain: bool = False
    places: int = 2

    def sql(self, bind: Binder) -> str:
        cents = bind.given(self.cents)
        decimal = "." if self.is_plain else bind.habits.decimal
        if not self.is_grouped:
            text = f"cast(cast({cents} / {10**self.places} as decimal(18, {self.places})) as varchar)"
            return text if decimal == "." else f"replace({text}, '.', '{decimal}')"
        text = f"format('{{:,.{self.places}f}}', {cents} / {10**self.places})"
        return f"translate({text}, ',.', '{bind.habits.thousands}{decimal}')"


@dataclass(frozen=True)
class Percent(Cell):
    """Shares written as whole percents, which the mapping divides by a hundred."""

    percents: Ints

    def sql(self, bind: Binder) -> str:
        return f"cast({bind.given(self.percents)} as varchar)"

    def mapped(self, header: str) -> str:
        name = '"' + header + '"'
        return "{ formula = " + quoted(f"{name} / 100") + " }"


@dataclass(frozen=True)
class Day(Cell):
    """Dates from epoch days, in the company's form or in another."""

    days: Ints
    form: str = ""

    def sql(self, bind: Binder) -> str:
        return _written(self.days, DAY, self.form or bind.habits.day, bind)


@dataclass(frozen=True)
class Moment(Cell):
    """Moments of the company's wall clock from seconds."""

    seconds: Ints

    def sql(self, bind: Binder) -> str:
        return _written(self.seconds, 1, bind.habits.moment, bind)


def _written(values: Ints, seconds: int, form: str, bind: Binder) -> str:
    is_given = values != BLANK
    times = np.where(is_given, values, 0) * seconds
    stamps = times.astype("datetime64[s]")
    stamps[~is_given] = np.datetime64("NaT")
    return f"strftime({bind.column(stamps)}, '{form}')"


@dataclass(frozen=True)
class Pick(Cell):
    """Words of a list by their place in it; a place outside the list is blank."""

    words: Sequence[str]
    places: Ints

    def sql(self, bind: Binder) -> str:
        words = list(self.words)
        place = bind.column(np.where((self.places >= 0) & (self.places < len(words)), self.places + 1, 0))
        return f"({bind.value(words)})[{place}]"


@dataclass(frozen=True)
class Choice(Cell):
    """A canonical word, written as the company's own word for it; the mapping turns it back.

    `words` is canonical -> local. `reads` may name another canonical form of some ("won" is read as true).
    """

    words: Mapping[str, str]
    places: Ints
    reads: Mapping[str, str] | None = None

    def sql(self, bind: Binder) -> str:
        return Pick(list(self.words.values()), self.places).sql(bind)

    def mapped(self, header: str) -> str:
        reads = self.reads or {ours: ours for ours in self.words}
        pairs = {theirs: reads[ours] for ours, theirs in self.words.items() if ours in reads}
        return f"{{ column = {quoted(header)}, map = {_table(pairs)} }}"


@dataclass(frozen=True)
class Yes(Cell):
    """Yes or no in the company's words; a number other than 0 and 1 is blank."""

    flags: Flags | Ints
    habits: Habits

    def sql(self, bind: Binder) -> str:
        return Pick([self.habits.no, self.habits.yes], self.flags.astype(np.int64)).sql(bind)

    def mapped(self, header: str) -> str:
        pairs = {self.habits.yes: "true", self.habits.no: "false"}
        return f"{{ column = {quoted(header)}, map = {_table(pairs)} }}"


@dataclass(frozen=True)
class Fixed(Cell):
    """One value for the whole table: not in the file, only in the mapping."""

    value: str

    def mapped(self, header: str) -> str:
        return f"{{ value = {quoted(self.value)} }}"


@dataclass(frozen=True)
class Glued(Cell):
    """Several cells as one text; blank if one of them is."""

    parts: Sequence[Cell | str]

    def sql(self, bind: Binder) -> str:
        return "(" + " || ".join(bind.value(p) if isinstance(p, str) else p.sql(bind) for p in self.parts) + ")"


@dataclass(frozen=True)
class EitherOr(Cell):
    """Cells of one kind where the flag is set, of the other where not."""

    flags: Flags
    one: Cell
    other: Cell

    def sql(self, bind: Binder) -> str:
        return f"case when {bind.column(self.flags)} then {self.one.sql(bind)} else {self.other.sql(bind)} end"


@dataclass(frozen=True)
class FirstGiven(Cell):
    """The first of several cells that is not blank."""

    cells: Sequence[Cell]

    def sql(self, bind: Binder) -> str:
        return f"coalesce({', '.join(cell.sql(bind) for cell in self.cells)})"


@dataclass(frozen=True)
class Said(Cell):
    """A cell whose blanks the system writes out as a word ("n/a")."""

    cell: Cell

    def sql(self, bind: Binder) -> str:
        return f"coalesce({self.cell.sql(bind)}, {bind.value(bind.habits.missing)})"


def texts(words: Sequence[str]) -> Pick:
    """A column whose words are given one by one."""
    return Pick(words, np.arange(len(words), dtype=np.int64))


@dataclass(frozen=True)
class Overwritten:
    """A cell that holds something else than was drawn: a fault, or a name that tries to be more than a name."""

    column: str
    row: int
    text: str


@dataclass(frozen=True)
class Sheet:
    """One export file: canonical columns in the order of the file, and the columns that identify a row."""

    table: str
    key: tuple[str, ...]
    rows: int
    cells: Mapping[str, Cell]
    part: int = 0
    overwritten: Sequence[Overwritten] = ()

    @property
    def file(self) -> str:
        return f"{self.table}_{self.part:02d}.csv" if self.part else f"{self.table}.csv"

    @property
    def match(self) -> str:
        return f"{self.table}_*.csv" if self.part else self.file
