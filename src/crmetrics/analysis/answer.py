"""What an analysis finds (`Result`) and what people get (`Answer`): the table with all that is needed to trust it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

import numpy as np

from crmetrics.analysis.called import called, closed_list
from crmetrics.analysis.chart import Chart, FirstOf
from crmetrics.analysis.row import Column, Row
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.warehouse.rows import Array, Rows, plain
from crmetrics.warehouse.schema import COUNTRIES

if TYPE_CHECKING:
    from crmetrics.analysis.declaration import Analysis

R = TypeVar("R", bound=Row)
Tone = Literal["good", "bad", "warn", "info"]
Trust = Literal["high", "medium", "low"]


class Table(Generic[R]):
    """Rows of one kind, held column by column: a million of them stay quick. Iterating gives Row objects."""

    def __init__(self, row: type[R], columns: Mapping[str, Sequence[Any] | Callable[[], Sequence[Any]]]) -> None:
        self.row = row
        self._columns = {each.name: columns[each.name] for each in row.columns}

    @classmethod
    def of(cls, row: type[R], rows: Rows, **worked_out: Array | Sequence[Any]) -> Self:
        """A table of `row` from the rows of a query and columns worked out from them, each by its name. Shapes: (n,) each."""
        columns: dict[str, Sequence[Any] | Callable[[], Sequence[Any]]] = {}
        for each in row.columns:
            given = worked_out.get(each.name)
            if given is None:
                columns[each.name] = partial(rows.values, each.name)
            else:
                columns[each.name] = partial(plain, given) if isinstance(given, np.ndarray) else given
        return cls(row, columns)

    def values(self, name: str) -> Sequence[Any]:
        """One column's values, None where unknown. Those of a query become Python's own when they are first read."""
        column = self._columns[name]
        if callable(column):
            column = self._columns[name] = column()
        return column

    def sorted_by(self, name: str) -> Table[R]:
        """The same rows in ascending order of a column, those where it is unknown last."""
        values = self.values(name)
        order = sorted(range(len(values)), key=lambda position: (values[position] is None, values[position] or ""))
        return self.taken(order)

    def taken(self, order: Sequence[int]) -> Table[R]:
        """The rows at these places, in this order."""
        return Table(self.row, {each: [self.values(each)[position] for position in order] for each in self._columns})

    def __len__(self) -> int:
        return len(self.values(next(iter(self._columns)))) if self._columns else 0

    def __getitem__(self, position: int) -> R:
        return self.row(tuple(self.values(each)[position] for each in self._columns))

    def __iter__(self) -> Iterator[R]:
        for values in zip(*(self.values(each) for each in self._columns), strict=True):
            yield self.row(values)


@dataclass(frozen=True)
class Note:
    """Something the reader must know to read the figures right. `kind` "few" marks too little data (R4)."""

    message: Message
    kind: Literal["few", "info", "warn"] = "info"


@dataclass(frozen=True)
class LeftOut:
    """Rows that a figure does not count, and why. `amount` in company currency where it is known."""

    reason: Message
    rows: int
    amount: float | None = None


@dataclass(frozen=True)
class Finding:
    """A sentence worth money: what stands out, how much is at stake (company currency), and where to look."""

    message: Message
    money: float | None = None
    tone: Tone = "info"
    link: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Locked:
    """Why a question cannot be answered yet: the table or table.column that would unlock it."""

    missing: str
    message: Message


@dataclass(frozen=True)
class Result(Generic[R]):
    """What an analysis finds.

    used       rows (of the table its declaration names) that the figures count
    left_out   rows in scope that they do not count, by reason; used + left out = rows in scope
    n          on how many cases the main figure stands, for the trust mark; default `used`
    """

    rows: Table[R]
    total: R | None = None
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()
    used: int = 0
    left_out: tuple[LeftOut, ...] = ()
    n: int | None = None
    locked: Locked | None = None

    @classmethod
    def of(
        cls, row: type[R], rows: Rows, *, worked_out: Mapping[str, Array | Sequence[Any]] | None = None, **more: Any
    ) -> Self:
        """From a query's rows, of which the one marked `is_total` (if any) is the total."""
        if "is_total" not in rows.columns:
            return cls(Table.of(row, rows, **(worked_out or {})), **more)
        is_total = rows.flags("is_total")
        split = [
            Table.of(
                row,
                rows.where(which),
                **{
                    name: np.asarray(values, dtype=None if isinstance(values, np.ndarray) else object)[which]
                    for name, values in (worked_out or {}).items()
                },
            )
            for which in (~is_total, is_total)
        ]
        return cls(split[0], split[1][0] if len(split[1]) else None, **more)


@dataclass(frozen=True)
class Passport:
    """How a figure came about (`data.passport`)."""

    key: str
    definition_version: int
    formula: Message
    reads: Message
    mind: Message
    source: Message
    choices: Mapping[str, Any]
    filters: Mapping[str, Sequence[str | None]]
    zone: str
    driving_date: str | None
    rate_date: str | None
    rows_used: int
    rows_left_out: tuple[LeftOut, ...]
    derived: Mapping[str, int]
    filled: Mapping[str, float]
    data_version: int
    data_published_at: datetime
    data_age_days: float
    as_of: datetime
    statements: tuple[str, ...]
    engine: str
    trust: Trust
    trust_reason: Message


@dataclass(frozen=True)
class Answer(Generic[R]):
    """A question answered: what was asked, the table with its total, the same for the period before, and how to read it."""

    declared: Analysis
    choices: Mapping[str, Any]
    period: Period | None
    is_incomplete: bool
    today: date
    currency: str
    result: Result[R]
    before: Result[R] | None
    before_period: Period | None
    passport: Passport | None
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The analysis' key."""
        return self.declared.key

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see under these choices."""
        return tuple(each for each in self.declared.row.columns if each.is_shown(self.choices))

    @property
    def chart(self) -> Chart | None:
        """The declared chart (of several the first), None where it draws a column that holds nothing under these choices."""
        declared = self.declared.chart
        charts = declared.charts if isinstance(declared, FirstOf) else (declared,)
        held = {each.name for each in self.declared.row.columns if each.is_hidden or each.is_shown(self.choices)}
        return next((chart for chart in charts if chart is not None and set(chart.columns()) <= held), None)

    @property
    def rows(self) -> Table[R]:
        """The table's rows."""
        return self.result.rows

    @property
    def total(self) -> R | None:
        """The total, worked out anew and never added up (R5)."""
        return self.result.total

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the reader must know."""
        return tuple(replace(each, message=self._told(each.message)) for each in self.result.notes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands out, the most money first."""
        told = (replace(each, message=self._told(each.message)) for each in self.result.findings)
        return tuple(sorted(told, key=lambda each: -abs(each.money or 0.0)))

    @property
    def locked(self) -> Locked | None:
        """Why there is no answer, or None."""
        return self.result.locked

    def _told(self, message: Message) -> Message:
        """A sentence in which the groups of the rows are called as people call them, not by their IDs and codes."""
        if not self._grouped or not message.values:
            return message
        told = {
            name: self._told(value) if isinstance(value, Message) else self._called(value)
            for name, value in message.values.items()
        }
        return replace(message, values=told)

    def _called(self, value: object) -> object:
        """A value of a sentence: what its group is called, if it is one of the rows' groups."""
        if value is not None and not isinstance(value, str):
            return value
        for name, dimension, codes in self._grouped:
            names = self.names.get(name, {})
            if value is None or value in names or value in codes or value in closed_list(dimension):
                return called(dimension, value, names)
        return value

    @cached_property
    def _grouped(self) -> tuple[tuple[str, str, frozenset[str]], ...]:
        """The columns that hold groups: their name, what the groups are values of, and the codes of countries among them."""
        found = []
        for each in self.rows.row.columns:
            dimension = str(self.choices.get(each.dimension, each.dimension) or "") if each.dimension else ""
            if dimension and dimension not in GRAINS:
                codes = self.rows.values(each.name) if dimension in COUNTRIES else ()
                found.append((each.name, dimension, frozenset(code for code in codes if code is not None)))
        return tuple(found)
