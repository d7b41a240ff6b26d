"""An answer's table as people read it: headers, rows, total, every cell a text in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from crmetrics.analysis import Answer, Column, Row, Waterfall
from crmetrics.analysis.called import blank_words, called, closed_list
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.presenting.comparison import Comparison
from crmetrics.presenting.countries import country_names
from crmetrics.presenting.locales import NOTHING
from crmetrics.presenting.numbers import NUMERIC, Format
from crmetrics.presenting.words import say, text_of
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import GRAINS
from crmetrics.vocabulary.unit import Figure, Unit
from crmetrics.warehouse.schema import CHOICE_LABELS, COUNTRIES, DIMENSIONS

_ = words("presenting")


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head: its label, and what the label does not say."""

    name: str
    label: str
    meaning: str
    unit: Unit
    is_number: bool


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table ready to be printed: rows from `start` of `count`; `note` says which of the total are no sums.

    places  of each row its place in the answer
    """

    headers: tuple[Header, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None
    note: str
    start: int
    count: int
    places: tuple[int, ...] = ()


NAME: Final = "name"
"""The column that says what something is called whose ID another column holds."""


class Cells:
    """Writes the cells of one answer. Made once for a table, for a column's decimals are those of its longest value."""

    def __init__(self, answer: Answer[Any], format: Format) -> None:
        self.answer, self.format = answer, format
        self.columns = answer.columns
        self.names = names_of(answer, format)
        self.all_columns = {column.name: column for column in answer.declared.row.columns}
        self._unique: dict[str, bool] = {}

    def text(self, column: Column, row: Row) -> str:
        """One cell. A share of fewer than five cases is written "3 of 4", and its interval not at all (R4)."""
        value = row.values[column.position]
        if self.is_of_few(column, row):
            return self._counted(column, row)
        if value is None and column.unit is Unit.CHANGE and self._is_new(row):
            return say(_("new"), self.format)
        return self.written(column, value)

    def is_of_few(self, column: Column, row: Row) -> bool:
        """Whether a share, or an end of its interval, stands on so few cases that it is not shown as one (R4)."""
        base = self._base_of.get(column.name)
        cases = None if base is None else row.values[base.position]
        return cases is not None and bool(0 < cases < SHOWN_FROM)

    def written(self, column: Column, value: Any) -> str:
        """A value of a column, whatever row it stands in."""
        if isinstance(value, Figure):
            return self.format.value(value.unit, value.value)
        if isinstance(value, Message):
            return say(value, self.format)
        if column.unit is Unit.TEXT:
            return self.label(column, value)
        return self.format.value(column.unit, value, self._decimals[column.name])

    def label(self, column: Column, value: Any) -> str:
        """The display name of a group: a fixed word, an ID's name, a grain of time, or what blank is called."""
        dimension = self.dimension(column)
        if value is None:
            if column.dimension is None:
                return NOTHING
            return say(_("All") if not dimension else blank_words(dimension), self.format)
        text = str(value)
        if text in self._words.get(column.name, {}):
            return say(self._words[column.name][text], self.format)
        if text in self.names.get(column.name, {}):
            return self.names[column.name][text]
        if text in closed_list(dimension):
            return say(CHOICE_LABELS[text], self.format)
        if dimension == "week" and len(text) == 10:
            first = date.fromisoformat(text)
            return self.format.span(first, first + timedelta(days=6))
        return self.format.grain(text) if dimension in GRAINS else text

    def dimension(self, column: Column) -> str | None:
        """What a column's values are: the dimension itself, or the one its choice names (`by`); "" for no grouping."""
        return dimension_of(self.answer, column)

    def is_of_time(self, column: Column) -> bool:
        """Whether a column's values are days, weeks, months, quarters or years, whose texts stand in the order of time."""
        return self.dimension(column) in GRAINS

    def row_name(self, group: Column, row: Row) -> str:
        """What a row is called in a chart: its group; where that names several rows, with what tells them apart before it.

        A row of something with a name of its own beside its ID is called by that, with the ID where the name is another's, too.
        """
        own = self.all_columns.get(NAME)
        if own is not None and group.dimension is None and group.unit is Unit.TEXT and row.values[own.position]:
            name = str(row.values[own.position])
            return name if self._is_unique(own) or group == own else f"{name} \u00b7 {row.values[group.position]}"
        others = () if self._is_unique(group) else self._varying
        names = [self.written(each, row.values[each.position]) for each in (*others, group) if each != group]
        return " \u00b7 ".join([*names, self.written(group, row.values[group.position])])

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        """The columns of a table for people: one that groups by nothing is left out if another names the rows, or none is needed."""
        idle = [column for column in self.columns if self.dimension(column) == ""]
        has_names = any(column.dimension and column not in idle for column in self.columns)
        is_said = not has_names and any(
            value is not None for each in idle for value in self.answer.rows.values(each.name)
        )
        is_one = len(self.answer.rows) < 2
        return (
            self.columns
            if is_said or (is_one and not has_names)
            else tuple(column for column in self.columns if column not in idle)
        )

    def _is_unique(self, group: Column) -> bool:
        if group.name not in self._unique:
            values = self.answer.rows.values(group.name)
            self._unique[group.name] = len(values) == len(set(values))
        return self._unique[group.name]

    @cached_property
    def _varying(self) -> tuple[Column, ...]:
        """The naming columns that do not hold one value alone."""
        naming = [
            column for column in self.all_columns.values() if column.dimension is not None and column.unit is Unit.TEXT
        ]
        return tuple(column for column in naming if len(set(self.answer.rows.values(column.name))) > 1)

    def total(self) -> tuple[str, ...] | None:
        """The cells of the total; None without one, or if the only row says the same."""
        row = self.answer.total
        if row is None or self.repeats_the_row:
            return None
        cells = []
        for column in self.shown:
            is_blank = row.values[column.position] is None and column.unit is Unit.TEXT
            cells.append("" if is_blank else self.text(column, row))
        if cells and not cells[0]:
            cells[0] = say(_("All"), self.format)
        return tuple(cells)

    @cached_property
    def repeats_the_row(self) -> bool:
        """Whether the total says what the only row says, or the last of steps that lead to it: as people read it, for sums
        may differ in their last digit."""
        total, chart = self.answer.total, self.answer.chart
        is_of_steps = isinstance(chart, Waterfall) and not chart.parts and len(self.answer.rows) > 0
        if total is None or (len(self.answer.rows) != 1 and not is_of_steps):
            return False
        row = self.answer.rows[len(self.answer.rows) - 1]
        told = [column for column in self.shown if not is_of_steps or column.unit in NUMERIC]
        pairs = ((column, row.values[column.position], total.values[column.position]) for column in told)
        return all(
            now == all_of_it or self.written(column, now) == self.written(column, all_of_it)
            for column, now, all_of_it in pairs
        )

    def not_summed(self) -> tuple[str, ...]:
        """The labels of the columns whose total is not the sum of the rows, in the reader's language."""
        row = self.answer.total
        if row is None or len(self.answer.rows) < 2 or self.repeats_the_row:
            return ()
        return tuple(
            say(column.label, self.format)
            for column in self.shown
            if isinstance(row.values[column.position], int | float) and not self._is_sum(column, row)
        )

    def _is_sum(self, column: Column, total: Row) -> bool:
        if column.unit not in NUMERIC:
            return True
        added = sum(value for value in self.answer.rows.values(column.name) if isinstance(value, int | float))
        shown = float(total.values[column.position])
        return bool(abs(added - shown) <= 1e-6 * max(1.0, abs(shown)))

    def _counted(self, column: Column, row: Row) -> str:
        """A share of few cases in words; nothing for the ends of its interval."""
        if column.of is None:
            return NOTHING
        part, whole = (row.values[self.all_columns[name].position] for name in column.of)
        return NOTHING if part is None else say(_("{part} of {whole}", part=part, whole=whole), self.format)

    def _is_new(self, row: Row) -> bool:
        """Whether a change has no value because there was nothing before (R6)."""
        chart = self.answer.chart or self.answer.declared.chart
        names = self.all_columns
        before, now = names.get(getattr(chart, "before", "")), names.get(getattr(chart, "y", ""))
        if before is None or now is None:
            return False
        was, is_now = row.values[before.position], row.values[now.position]
        return bool(was == 0 and is_now not in (None, 0))

    @cached_property
    def _decimals(self) -> dict[str, int | None]:
        total, found = self.answer.total, {}
        for column in self.all_columns.values():
            values = [*self.answer.rows.values(column.name), *([total.values[column.position]] if total else ())]
            found[column.name] = self.format.decimals(column.unit, values) if column.unit in NUMERIC else None
        return found

    @cached_property
    def _words(self) -> dict[str, Mapping[str, Message]]:
        return {column.name: dict(column.words) for column in self.all_columns.values() if column.words}

    @cached_property
    def _base_of(self) -> dict[str, Column]:
        """Share column -> the column of its n; the ends of its interval, as the chart names them, have the same one."""
        names = self.all_columns
        found = {column.name: names[column.of[1]] for column in names.values() if column.of is not None}
        chart = self.answer.chart or self.answer.declared.chart
        main = getattr(chart, "y", "") or getattr(chart, "value", "")
        band = getattr(chart, "band", ()) or ("low", "high")
        if main in found:
            found |= {name: found[main] for name in band if name in names}
        return found


def value_name(dimension: str, value: str | None, names: Mapping[str, str], format: Format) -> str:
    """What a value of a dimension is called: what blank is called, a word of the schema, a country, the name of an ID."""
    return text_of(called(dimension, value, names), format)


def dimension_of(answer: Answer[Any], column: Column) -> str | None:
    """What a column's values are: the dimension itself, or the one its choice names (`by`); "" for no grouping."""
    return None if column.dimension is None else str(answer.choices.get(column.dimension, column.dimension) or "")


def names_of(answer: Answer[Any], format: Format) -> Mapping[str, Mapping[str, str]]:
    """Column -> value -> its name: those that the data give, and of countries those that the reader's language has."""
    found = dict(answer.names)
    for column in answer.declared.row.columns:
        if dimension_of(answer, column) in COUNTRIES:
            tables = (answer.result, *([answer.before] if answer.before else ()))
            codes = {str(value) for each in tables for value in each.rows.values(column.name) if value is not None}
            found |= {column.name: names} if (names := country_names(codes, format.language)) else {}
    return found


def headers(answer: Answer[Any], format: Format) -> tuple[Header, ...]:
    """The heads of an answer's columns. What the rows are grouped by is called by its name, not "Group"."""
    cells, found = Cells(answer, format), []
    for column in answer.declared.row.columns:
        dimension = cells.dimension(column)
        label = column.label
        if column.dimension in answer.choices and dimension:
            label = DIMENSIONS[dimension].label if dimension in DIMENSIONS else GRAIN_WORDS.get(dimension, label)
        meaning = say(column.meaning, format) if column.meaning else ""
        is_number = column.unit in NUMERIC or _holds_figures(answer, column)
        found.append(Header(column.name, say(label, format), meaning, column.unit, is_number))
    return tuple(found)


def _holds_figures(answer: Answer[Any], column: Column) -> bool:
    """Whether a column of no unit holds figures of several, which stand at the right like all numbers."""
    if column.unit is not Unit.TEXT or column.dimension is not None:
        return False
    known = (value for value in answer.rows.values(column.name) if value is not None)
    first = next(known, None)
    return isinstance(first, Figure) and first.unit in NUMERIC


def show(
    answer: Answer[Any],
    format: Format,
    *,
    start: int = 0,
    count: int | None = None,
    order: Sequence[int] | None = None,
) -> ShownTable:
    """The table of an answer: all rows, or `count` of them from `start`, in their own order or another; the total is that of all.

    Of a compared answer the main figure's earlier value and its change stand at the end.
    """
    cells, rows = Cells(answer, format), answer.rows
    stop = len(rows) if count is None else min(len(rows), start + count)
    earlier = _Earlier.of(answer, cells)
    places = tuple(range(start, stop) if order is None else order[start:stop])
    body = []
    for place in places:
        row = rows[place]
        written = tuple(cells.text(column, row) for column in cells.shown)
        body.append(written + earlier.cells(row, place) if earlier else written)
    total = cells.total()
    if earlier and total is not None and answer.total is not None:
        total += earlier.of_values(answer.total, earlier.comparison.total)
    heads = {header.name: header for header in headers(answer, format)}
    not_summed = cells.not_summed()
    note = _("Worked out anew for the total, not added up: {columns}.", columns=format.listed(not_summed))
    return ShownTable(
        tuple(heads[column.name] for column in cells.shown) + (earlier.headers if earlier else ()),
        tuple(body),
        total,
        say(note, format) if not_summed else "",
        start,
        len(rows),
        places,
    )


@dataclass(frozen=True)
class _Earlier:
    """The two columns of a comparison: the earlier value and the change."""

    comparison: Comparison
    writer: Cells

    @classmethod
    def of(cls, answer: Answer[Any], writer: Cells) -> _Earlier | None:
        comparison = Comparison.of(answer)
        return cls(comparison, writer) if comparison else None

    @property
    def headers(self) -> tuple[Header, ...]:
        """The heads of the two columns."""
        format, measure = self.writer.format, self.comparison.measure
        before = say(_("{figure}, before", figure=measure.label), format)
        return (
            Header("before", before, "", measure.unit, True),
            Header("change", say(_("Change"), format), "", self.comparison.unit, True),
        )

    def cells(self, row: Row, place: int) -> tuple[str, ...]:
        """The two cells of a row."""
        return self.of_values(row, self.comparison.before(row, place))

    def of_values(self, row: Row, before: Any) -> tuple[str, ...]:
        """The two cells beside the row's main figure."""
        format, now = self.writer.format, row.values[self.comparison.measure.position]
        change = self.comparison.change(now, before)
        shown = format.value(self.comparison.unit, change)
        is_new = change is None and before == 0 and isinstance(now, int | float) and now != 0
        return self.writer.written(self.comparison.measure, before), say(_("new"), format) if is_new else shown


GRAIN_WORDS: Final = {
    "day": _("Day"),
    "week": _("Week"),
    "month": _("Month"),
    "quarter": _("Quarter"),
    "year": _("Year"),
}
