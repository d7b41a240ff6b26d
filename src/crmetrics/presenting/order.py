"""The rows of an answer in another order: by any column, the largest or the smallest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from crmetrics.analysis import Answer, Column
from crmetrics.presenting.comparison import Comparison
from crmetrics.presenting.countries import countries
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells
from crmetrics.presenting.words import alphabetical, say
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Figure, Unit
from crmetrics.warehouse.schema import COUNTRIES

_ = words("presenting")

BEFORE, CHANGE = "before", "change"


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to sort by; `is_down` the largest first."""

    column: str
    is_down: bool = False

    @classmethod
    def of(cls, text: str) -> Sort | None:
        """As an address says it: "rate", or "-rate" for the largest first; None for nothing."""
        return cls(text.removeprefix("-"), text.startswith("-")) if text.strip("-") else None

    def __str__(self) -> str:
        return f"{'-' if self.is_down else ''}{self.column}"

    def turned(self) -> Sort:
        """The other way round."""
        return Sort(self.column, not self.is_down)


def order_of(answer: Answer[Any], format: Format, sort: Sort) -> Sequence[int]:
    """The places of the rows in that order. Equal ones stay as they stood, unknown ones are last both ways.

    UnknownName for a column that people do not see.
    """
    values = _values(answer, format, sort.column)
    known = [place for place, value in enumerate(values) if value is not None]
    unknown = [place for place, value in enumerate(values) if value is None]
    return [*sorted(known, key=lambda place: values[place], reverse=sort.is_down), *unknown]


def in_order(answer: Answer[Any], format: Format, sort: Sort | None) -> Answer[Any]:
    """The answer with its rows in that order, for files; as it is without one."""
    if sort is None or not len(answer.rows):
        return answer
    return replace(answer, result=replace(answer.result, rows=answer.rows.taken(order_of(answer, format, sort))))


def looked_up(column: Column, format: Format) -> Sequence[str]:
    """The values of a column that is a closed list, in the order of the words that are read for them; none of any other column."""
    if column.dimension in COUNTRIES:
        return _countries(format.language)
    words_of = dict(column.words)
    return sorted(words_of, key=lambda value: alphabetical(say(words_of[value], format), format.language))


@cache
def _countries(language: str) -> Sequence[str]:
    names = countries(language)
    return sorted(names, key=lambda code: alphabetical(names[code], language))


def _values(answer: Answer[Any], format: Format, name: str) -> Sequence[Any]:
    """What each row is sorted by; None where it is not known."""
    cells, comparison = Cells(answer, format), Comparison.of(answer)
    column = next((each for each in cells.shown if each.name == name), None)
    if column is not None:
        key = _key_of(cells, column, format)
        return [None if value is None else key(value) for value in answer.rows.values(name)]
    if comparison is None or name not in (BEFORE, CHANGE):
        names = ", ".join(each.name for each in cells.shown)
        raise UnknownName(_("'{name}' is not a column to sort by. There are: {names}.", name=name, names=names))
    before = [comparison.before(row, place) for place, row in enumerate(answer.rows)]
    if name == BEFORE:
        return before
    now = answer.rows.values(comparison.measure.name)
    return [comparison.change(each, was) for each, was in zip(now, before, strict=True)]


def _key_of(cells: Cells, column: Column, format: Format) -> Callable[[Any], Any]:
    if column.unit is Unit.TEXT:
        return lambda value: _of_text(cells, column, value, format)
    return lambda value: value


def _of_text(cells: Cells, column: Column, value: Any, format: Format) -> tuple[int, Any]:
    """Figures by their size and before texts; texts as the reader's alphabet has them, grains of time as time has them."""
    if isinstance(value, Figure):
        size = value.value
        if isinstance(size, int | float):
            return (0, float(size))
        return (
            (1, size.isoformat())
            if isinstance(size, date | datetime)
            else (2, alphabetical(str(size), format.language))
        )
    if cells.is_of_time(column):
        return (1, str(value))
    return (2, alphabetical(cells.written(column, value), format.language))
