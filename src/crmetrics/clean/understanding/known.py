"""One kind of file as it was understood, and what must be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from crmetrics.clean.understanding.recognition import Recognised
from crmetrics.clean.understanding.shapes import Shape
from crmetrics.clean.understanding.structure import PLAIN, Structure
from crmetrics.clean.understanding.suiting import Read

Doubt = Literal["column", "dates", "swapped", "decimal", "scale", "code", "sign", "rate", "currency"]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the user can tell: what is proposed stands in `proposed`, what else it may be in `others`.

    entry, target  the kind of file and its column (of doubt `column`: the canonical one of `table`)
    doubt          column: is it that one; dates: is the day first, or which day is a number; swapped: both orders stand
                   there; decimal: is the point a decimal mark; scale: is the word a billion; code: does a number mean
                   "not given"; sign: which currency is a sign; rate: is it company money for one of the currency;
                   currency: which one is that of amounts that name none
    examples       values to show; of `swapped` the value and row of each order and how many there are, of `code` its
                   rows and the value nearest to it
    """

    entry: str
    doubt: Doubt
    table: str
    target: str
    proposed: str
    others: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    confidence: float = 0.0
    is_turned: bool = False

    @property
    def is_yes_or_no(self) -> bool:
        """Whether yes or no answers it; else a text does."""
        return self.doubt not in ("sign", "currency")


@dataclass(frozen=True)
class Known:
    """One kind of file: how its files are found, its columns, and what it was recognised as."""

    name: str
    match: tuple[str, ...]
    columns: tuple[Read, ...]
    found: Recognised
    sheet: str | None = None
    shape: Shape | None = None
    """The system that it is an export of; it is called as there."""
    encoding: str = ""
    """That of the files which came with it, where its own letters do not tell."""
    rates: Mapping[str, float] = field(default_factory=dict)
    """Of a file of exchange rates, the median rate of each currency or pair."""
    structure: Structure = PLAIN
    above: tuple[str, ...] = ()
    """What stands above the names of its columns, and is passed over."""
    overlaps: bool = False
    """Whether a file of it holds what another one holds as well."""
    key: str = ""
    """The column that tells the rows of a file apart, where one surely does."""
    copy_of: str = ""
    """The file that holds the very same rows, where it is left out as its copy."""

    @property
    def files(self) -> str:
        """Its files, for people."""
        return ", ".join(each.replace("[[]", "[") for each in self.match)

    @property
    def shown(self) -> str:
        """Its file, or its sheet in it, for people."""
        return self.files + (f" [{self.sheet}]" if self.sheet else "")

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return max((column.evidence.rows for column in self.columns), default=0)

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that nothing is read from, those that are blank throughout last."""
        taken = {
            name for found in self.found.tables.values() for match in found for name in (match.column, *match.joined)
        }
        taken.update(self.structure.stages)
        if self.shape is not None:
            taken |= self.shape.columns(self.name)
        left = [column for column in self.columns if column.name not in taken]
        return tuple(column.name for column in sorted(left, key=lambda one: not one.evidence.filled))

    def column(self, name: str) -> Read:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)
