"""What was found out of the structure of a kind of file: a table of a database, a file without heads, a column a stage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from crmetrics.clean.understanding.headers import folded, meanings_of
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL, Form
from crmetrics.clean.understanding.recognition import Recognised
from crmetrics.clean.understanding.suiting import Read
from crmetrics.clean.understanding.toml import value

LEAST_DATA: Final = 0.3
"""The share of the cells of a first row that must look like data, and none like a head, for it to be one of data."""

TELLING: Final = (*NUMERIC, *TEMPORAL, Form.EMAIL, Form.PHONE)
"""Forms that no head has."""

LEAST_STAGES: Final = 2
"""Columns that hold the days of stages before they are taken for a history: the day of winning alone is that of closing."""

LEAVING: Final = re.compile(r"\b(?:exit\w*|left|leav\w*|until|days|time in|çık\w*|ayrıl\w*|вих\w*|виб\w*)\b|离开|退出")
_NO_STAGES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Structure:
    """How the rows of a kind of file are found.

    table     of a database, it is this one
    names     of a file without heads, its columns are called so
    has_heads the first row holds the names
    stages    columns that hold the day on which a deal came to a stage, and the stage of each
    """

    table: str = ""
    names: tuple[str, ...] = ()
    has_heads: bool = True
    stages: Mapping[str, str] = field(default_factory=lambda: _NO_STAGES)

    def lines(self, match: Sequence[str]) -> Iterator[str]:
        """What a mapping says of it."""
        if self.table:
            yield f"table = {value(self.table)}"
            return
        yield f"match = {value(tuple(match))}"
        if not self.has_heads:
            yield "header = false"
            named = ", ".join(value(name) for name in self.names)
            yield f"names = [{named}]    # ? the file has no row of names: call its columns what they are"


PLAIN: Final = Structure()


def looks_headless(heads: Sequence[str], columns: Sequence[Read]) -> bool:
    """Whether the first row of a file holds data: its cells are written as those below them, and none says what it is.

    `columns` are read from the rows below it.
    """
    if any(_says(head) for head in heads):
        return False
    alike = [_is_alike(head, column) for head, column in zip(heads, columns, strict=True) if head.strip()]
    return bool(alike) and sum(alike) >= max(LEAST_DATA * len(alike), 1)


def _says(head: str) -> bool:
    meant = meanings_of(head)
    return bool(meant.words) and not any(sign.isdigit() or sign == "@" for sign in head)


def _is_alike(head: str, column: Read) -> bool:
    """Whether a head is one more value of its column: of a form that no head has, or one of its common values."""
    digits = "".join("9" if sign.isdigit() else "a" if sign.isalpha() else sign for sign in head)
    if column.reading.form in TELLING:
        return any(sign.isdigit() for sign in head) and any(
            _run(shape.pattern) == _run(digits) for shape in column.evidence.shapes
        )
    return head.strip().casefold() in column.evidence.words and any(sign.isdigit() for sign in head)


def _run(pattern: str) -> str:
    """A pattern in which a run of digits or letters is one sign."""
    short = ""
    for sign in pattern:
        if not (short.endswith(sign) and sign in "9a"):
            short += sign
    return short


def stages_of(columns: Sequence[Read], stage: str) -> Mapping[str, str]:
    """The columns that hold the day on which a deal came to a stage: days, named by a value of the column of stages.

    `stage` is the name of that column. Blank where hardly a stage has a column.
    """
    found: dict[str, str] = {}
    values = next((column.evidence.values for column in columns if column.name == stage), ())
    for column in columns:
        if column.reading.form not in TEMPORAL or LEAVING.search(folded(column.name)):
            continue
        named = [cell for cell, _times in values if len(cell) > 1 and _holds(column.name, cell)]
        told = max(named, key=len, default="")
        if told and told not in found.values():
            found[column.name] = told
    return found if len(found) >= LEAST_STAGES else _NO_STAGES


def without_stages(found: Recognised, stages: Mapping[str, str]) -> Recognised:
    """What a file is, its columns of stages taken for nothing else but the day of closing."""
    deals = tuple(match for match in found.tables["deals"] if match.column not in stages or match.target == "closed_at")
    return replace(found, tables={**found.tables, "deals": deals})


def _holds(head: str, stage: str) -> bool:
    """Whether a head names a stage as a word of its own; scripts without gaps have none."""
    wanted = re.escape(folded(stage).strip())
    return re.search(rf"(?<![a-zа-яіїєґ]){wanted}(?![a-zа-яіїєґ])", folded(head)) is not None
