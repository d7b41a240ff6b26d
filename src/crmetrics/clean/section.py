"""One section of a mapping as SQL: the rows of a file become typed rows of a canonical table.

A section is written as a tower of sub-queries, each adding what the next one needs under an alias (what none needs is
never worked out):

    rows      the file's rows with the columns of joined files, as they stand: r0, r1, ...
    given     the same trimmed, as x0, x1, ...; what is left of them after strip and map, as g0, g1, ...;
              the numbers that formulas need, as n0, n1, ...
    typed     the canonical columns, under their own names
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from crmetrics.clean import numbers, values
from crmetrics.clean.mapping import NUMBERS, Cell, Entry, Formats, Section
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import Kind, Name, Typed, identifier, literal
from crmetrics.warehouse.schema import Column, Type

_ = words("import")

ROW: Final = ("_pos", "_file", "_row")
"""What every row carries: its place among all rows of its entry (file and row as one number), its file, its row there."""

BLANK: Final = _("It is blank, and the table needs it.")
OTHER_MARKS: Final = _(
    "It is no number with the declared decimal mark, but would be one with the other mark: it is not guessed."
)
NOT_A_CHOICE: Final = _("It is none of the words that the column knows.")
NOT_COMPUTED: Final = _("The formula cannot be worked out: a part of it is not a number, or the result is too large.")
UNREADABLE: Final[Mapping[Type, Message]] = MappingProxyType(
    {
        **dict.fromkeys(NUMBERS, _("It is not a number.")),
        Type.INTEGER: _("It is not a whole number."),
        Type.DATE: _("It is not a date in the declared form."),
        Type.MOMENT: _("It is not a date in the declared form."),
        Type.FLAG: _("It is neither yes nor no."),
        Type.TIME: _("It is not a time of day."),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which a row can be unreadable: the condition, and what is told of it. `value` is SQL of the text."""

    column: str
    condition: str
    value: str
    reason: Message


@dataclass(frozen=True)
class SectionSql:
    """Writes the SQL of one section.

    relation  the view of its entry's rows
    lookups   entry -> its view of rows, for joined columns: one row a key, keys as k0, k1, ...
    zone      the zone of the file's times
    tidy      (entry, column) of the columns in which no text needs trimming
    """

    section: Section
    entries: Mapping[str, Entry]
    relation: str
    lookups: Mapping[str, str]
    zone: str
    tidy: Collection[tuple[str, str]] = frozenset()

    @property
    def entry(self) -> Entry:
        """The file entry it reads."""
        return self.entries[self.section.entry]

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The columns of files it reads, in the order of their aliases."""
        return self.section.names

    @property
    def aliases(self) -> tuple[str, ...]:
        """The aliases of the columns as they stand in the file."""
        return tuple(f"r{number}" for number in range(len(self.names)))

    def rows(self, without: str = "", only: str = "") -> str:
        """The file's rows; `without` and `only` name tables of `_pos` to leave out or to keep to."""
        columns = [f"r.{name}" for name in ROW]
        for alias, name in zip(self.aliases, self.names, strict=True):
            of = f"j_{self._join_number(name.of)}" if name.of else "r"
            columns.append(f"{of}.{identifier(name.column)} as {alias}")
        joined = sorted({name.of for name in self.names if name.of})
        joins = "".join(self._joined(of) for of in joined)
        conditions = [f"r._pos not in (select _pos from {without})"] if without else []
        conditions += [f"r._pos in (select _pos from {only})"] if only else []
        condition = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select {', '.join(columns)} from {self.relation} as r{joins}{condition}"

    def given(self, rows: str) -> str:
        """The texts trimmed, stripped and mapped, and the numbers that formulas need, over rows with r aliases."""
        texts = [f"{self._trimmed(name)} as {self._x(name)}" for name in self.names]
        columns = [f"{sql} as g{number}" for number, sql in self._givens()]
        columns += [
            f"{numbers.operand(*self._raw_and_text(name), self._formats(name))} as {self._as_number(name)}"
            for name in self._numbers
        ]
        inner = f"select *, {', '.join(texts)} from ({rows})" if texts else rows
        return f"select *, {', '.join(columns)} from ({inner})" if columns else inner

    def taken(self, given: str) -> str:
        """The rows of `given` that the section takes."""
        if self.section.where is None:
            return given
        return f"select * from ({given}) where {self.section.where.condition(self._raw, self._as_number)}"

    def typed(self, given: str) -> str:
        """The canonical columns that the section fills, typed, beside the aliases of `given`."""
        columns = [f"{self._typed(cell)} as {identifier(cell.target)}" for cell in self.section.cells]
        return f"select *, {', '.join(columns)} from ({given})"

    def faults(self) -> Iterator[Fault]:
        """The ways in which a row of `typed` can be unreadable, in the order of the mapping."""
        for cell in self._read_cells:
            column, target = self.section.column(cell.target), identifier(cell.target)
            unread, shown = f"{target} is null and {self._unread(cell)}", self._shown(cell)
            if cell.type in NUMBERS and not self._is_computed(cell):
                marks = numbers.other_marks(self._pair(cell)[1], self._cell_formats(cell).decimal)
                yield Fault(cell.target, f"{unread} and {marks}", shown, OTHER_MARKS)
            if values.can_fail(cell.type, column):
                yield Fault(cell.target, unread, shown, self._reason(cell))
            if self._must(column):
                yield Fault(cell.target, f"{target} is null", shown, BLANK)

    def verdict(self) -> str:
        """One cheap condition that is true for exactly the rows of `typed` that have a fault; blank if none can have."""
        parts = []
        for cell in self._read_cells:
            column, target = self.section.column(cell.target), identifier(cell.target)
            if self._must(column):
                parts.append(f"{target} is null")
            elif values.can_fail(cell.type, column):
                parts.append(f"case when {target} is null then {self._unread(cell)} else false end")
        return " or ".join(parts)

    @property
    def _read_cells(self) -> Iterator[Cell]:
        return (cell for cell in self.section.cells if cell.value is None)

    def _must(self, column: Column | None) -> bool:
        # In a distinct section a row without the key simply tells of no such thing, and what else the table needs is
        # judged when all rows of the key have been brought together.
        return column is not None and column.is_required and column.default is None and not self.section.distinct

    def _unread(self, cell: Cell) -> str:
        """Whether a cell was given something, so that a blank result means that it could not be read."""
        if not self._is_computed(cell):
            raw, text = self._pair(cell)
            return f"({raw} is not null and {text} is not null)"
        numbers = [name for name in cell.names if name in self._numbers]
        unread = [f"({self._x(name)} is not null and {self._as_number(name)} is null)" for name in numbers]
        return f"({' or '.join([*unread, f'{self._formula(cell).sql} is not null'])})"

    def _shown(self, cell: Cell) -> str:
        """What stands in the file, for people to see."""
        texts = [self._r(name) for name in cell.names]
        return texts[0] if len(texts) == 1 else f"concat_ws(' | ', {', '.join(texts)})" if texts else "null"

    def _reason(self, cell: Cell) -> Message:
        if self._is_computed(cell):
            return NOT_COMPUTED
        return UNREADABLE.get(cell.type, NOT_A_CHOICE)

    def _givens(self) -> Iterator[tuple[int, str]]:
        for number, cell in enumerate(self.section.cells):
            if cell.formula is not None and not self._is_computed(cell):
                text = f"nullif(trim(cast({self._formula(cell).sql} as varchar)), '')"
                yield number, _mapped(text, cell)
            elif cell.column is not None and not self._is_plain(cell):
                missing = cell.formats.missing if cell.formats else ()
                yield number, _mapped(_stripped(values.without(self._x(cell.column), missing), cell), cell)

    def text_of(self, cell: Cell) -> str:
        """The alias of the text of a cell, trimmed, stripped and mapped."""
        if cell.column is not None and self._is_plain(cell):
            return self._x(cell.column)
        return f"g{self.section.cells.index(cell)}"

    def _pair(self, cell: Cell) -> tuple[str, str]:
        """What a cell is read from: its text as it stands, and trimmed."""
        if cell.column is not None and self._is_plain(cell):
            return self._raw_and_text(cell.column)
        return self.text_of(cell), self.text_of(cell)

    def _raw_and_text(self, name: Name) -> tuple[str, str]:
        if values.may_look_given(self._formats(name).missing):
            return self._x(name), self._x(name)
        return self._r(name), self._trimmed(name)

    def _trimmed(self, name: Name) -> str:
        tidy = (name.of or self.section.entry, name.column) in self.tidy
        return (values.tidy if tidy else values.trimmed)(self._r(name), self._formats(name).missing)

    def _is_computed(self, cell: Cell) -> bool:
        """Whether a formula gives the value itself, not a text that is then read."""
        return cell.formula is not None and not cell.map and self._formula(cell).kind in (Kind.NUMBER, Kind.FLAG)

    def _typed(self, cell: Cell) -> str:
        if cell.value is not None:
            text = cell.value.upper() if cell.target == "currency" else cell.value
            return f"cast({literal(text)} as {cell.type.value})"
        if self._is_computed(cell):
            computed = self._formula(cell).sql
            if cell.type in (Type.MONEY, Type.NUMBER):
                # Halves to the even digit: rounding them all up would add up to cents over many lines.
                computed = f"round_even({computed}, 4)"
            return f"try_cast({computed} as {cell.type.value})"
        column = self.section.column(cell.target)
        if not values.can_fail(cell.type, column):
            return values.typed(
                self.text_of(cell), self.text_of(cell), cell.type, column, self._cell_formats(cell), self.zone
            )
        return values.typed(*self._pair(cell), cell.type, column, self._cell_formats(cell), self.zone)

    def _formula(self, cell: Cell) -> Typed:
        if cell.formula is None:
            return Typed("null", Kind.NOTHING)
        return cell.formula.sql(self._raw, self._as_number)

    @cached_property
    def _numbers(self) -> tuple[Name, ...]:
        """The columns that formulas and the condition read as numbers."""
        found: dict[Name, None] = {}

        def note(name: Name) -> str:
            found[name] = None
            return "0"

        expressions = [cell.formula for cell in self.section.cells] + [self.section.where]
        for expression in expressions:
            if expression is not None:
                expression.sql(self._raw, note)
        return tuple(found)

    def _r(self, name: Name) -> str:
        return f"r{self.names.index(name)}"

    def _x(self, name: Name) -> str:
        return f"x{self.names.index(name)}"

    def _raw(self, name: Name) -> Typed:
        return Typed(self._x(name), Kind.RAW)

    def _as_number(self, name: Name) -> str:
        return f"n{self.names.index(name)}"

    def _formats(self, name: Name) -> Formats:
        return (self.entries[name.of] if name.of else self.entry).formats_of(name.column)

    def _cell_formats(self, cell: Cell) -> Formats:
        if cell.formats is not None:
            return cell.formats
        return self._formats(cell.names[0]) if cell.names else self.entry.formats

    def _is_plain(self, cell: Cell) -> bool:
        """Whether the trimmed column is the cell's text as it stands."""
        changed = cell.strip_prefix or cell.strip_suffix or cell.map or (cell.formats and cell.formats.missing)
        return cell.column is not None and not changed

    def _join_number(self, of: str) -> int:
        return [join.name for join in self.entry.joins].index(of)

    def _joined(self, of: str) -> str:
        number = self._join_number(of)
        join = self.entry.joins[number]
        pairs = []
        for place, mine in enumerate(join.on):
            key = values.trimmed(f"r.{identifier(mine)}", self.entry.formats_of(mine).missing)
            pairs.append(f"{values.folded(key) if join.ignore_case else key} = j_{number}.k{place}")
        return f" left join {self.lookups[of]} as j_{number} on {' and '.join(pairs)}"


def _stripped(text: str, cell: Cell) -> str:
    for strip, test, cut in (
        (cell.strip_prefix, "starts_with", "substr({text}, {next})"),
        (cell.strip_suffix, "ends_with", "left({text}, -{length})"),
    ):
        if strip:
            rest = cut.format(text=text, next=len(strip) + 1, length=len(strip))
            text = f"case when {test}({text}, {literal(strip)}) then {rest} else {text} end"
    return f"nullif({text}, '')" if cell.strip_prefix or cell.strip_suffix else text


def _mapped(text: str, cell: Cell) -> str:
    if not cell.map:
        return text
    known = {old: new for old, new in cell.map.items() if old != "*"}
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in known.items())
    other = cell.map.get("*")
    rest = "null" if other is None else text if other == "*" else literal(other)
    # A word is known in capitals as well, as it stands in the next file; but not where capitals make another word of it.
    alike: dict[str, set[str]] = {}
    for old, new in known.items():
        alike.setdefault(values.as_folded(old), set()).add(new)
    again = " ".join(f"when {literal(old)} then {literal(*new)}" for old, new in alike.items() if len(new) == 1)
    if again:
        rest = f"case {values.folded(text)} {again} else {rest} end"
    # Blank stays blank: "any other" is another text, not none.
    chosen = f"case {text} {cases} else {rest} end" if cases else rest
    return f"case when {text} is null then null else {chosen} end"
