"""From an entry's rows to its tables: rows that cannot be read are set aside first, then every table takes the others.

A row of a file is judged once, for all the tables that it feeds: if one of its values cannot be read, none of them takes
it, so that every row of a file is either kept or stands in quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import duckdb

from crmetrics.clean.contradictions import note_contradictions
from crmetrics.clean.ledger import count, count_derived, told
from crmetrics.clean.mapping import NUMBERED, Section
from crmetrics.clean.raw_rows import FILE_BITS, EntryRows
from crmetrics.clean.repeats import Repeats
from crmetrics.clean.section import BLANK, Fault, SectionSql
from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import ORIGIN, Column, Table

MARKS: Final = ("_is_bad", "_pos")
"""Columns that a table has while it is filled: whether a row could not be read, and its place among the entry's rows."""


@dataclass
class Filling:
    """One entry on its way into its tables.

    `number` makes the names of its temporary tables its own; `failures` counts the rows that are set aside so far.
    """

    connection: duckdb.DuckDBPyConnection
    number: int
    source: str
    rows: EntryRows
    sections: Sequence[SectionSql]
    failures: int = 0

    @property
    def failed(self) -> str:
        """The table of rows that stand in quarantine."""
        return f"failed_{self.number}"

    def run(self) -> None:
        """Judge the rows, then fill the tables; what is set aside stands in `meta.quarantine`."""
        self.connection.execute(
            f"create or replace temp table {self.failed}(_pos bigint, table_name varchar, column_name varchar, "
            "value varchar, reason varchar, reason_domain varchar, reason_values varchar)"
        )
        plain = [section for section in self.sections if not section.section.distinct]
        distinct = [section for section in self.sections if section.section.distinct]
        starts = [self._insert(section) for section in plain]
        while True:
            before = self.failures
            for place, section in enumerate(distinct):
                self._gather(section, place)
            if self.failures == before:
                break
        for section, start in zip(plain, starts, strict=True):
            self._take_back(section, start)
        for place, section in enumerate(distinct):
            self._insert_gathered(section, place)
            typed, merged = f"typed_{self.number}_{place}", f"merged_{self.number}_{place}"
            beside = {one.section.table.name for one in self.sections}
            note_contradictions(self.connection, self.source, section.section, self.rows, typed, merged, beside)
            self.connection.execute(f"drop table {typed}; drop table {merged}")
        self._set_aside()

    def _without(self) -> str:
        return self.failed if self.failures else ""

    def _add_failures(self, rows: str) -> None:
        self.failures += count(self.connection, f"insert into {self.failed} {rows}")

    def _insert(self, section: SectionSql) -> int:
        """Fill the table of a plain section, marking the rows that could not be read; returns its first rowid.

        Judging the rows on their way costs next to nothing; what is wrong with them is then worked out for those alone.
        """
        table, fatal = section.section.table, [check for check in section.section.table.checks if check.is_fatal]
        broken = [f"case when {check.condition} then false else ({check.condition}) is not null end" for check in fatal]
        verdict = " or ".join(filter(None, (section.verdict(), *broken))) or "false"
        typed = section.typed(section.taken(section.given(section.rows())))
        line = numbered_column(section.section)
        rows = typed if line is None else self._numbered(section, typed, line)
        start = self._into(section.section, rows, in_rows=True, verdict=verdict)
        place, bad = "_pos" if len(self.rows.parts) > 1 else "source_row", f"bad_{self.number}"
        marked = f"select {place} as _pos from main.{table.name} where _is_bad and rowid >= {start}"
        if count(self.connection, f"create or replace temp table {bad} as {marked}"):
            faults = [
                *section.faults(),
                *(Fault(c.column, f"not ({c.condition})", shown(c.column), c.says) for c in fatal),
            ]
            alone = section.typed(section.taken(section.given(section.rows(only=bad))))
            self._add_failures(explained(table, faults, completed(section.section, alone)))
        return start

    def _take_back(self, section: SectionSql, start: int) -> None:
        """Take the rows that stand in quarantine out of the table of a plain section, then those that repeat a key."""
        table = section.section.table
        if self.failures:
            place = "_pos" if len(self.rows.parts) > 1 else "source_row"
            self.connection.execute(
                f"delete from main.{table.name} where rowid >= {start} and {place} in (select _pos from {self.failed})"
            )
        if numbered_column(section.section) is None:
            Repeats(self.connection, table, start).set_aside()

    def _gather(self, section: SectionSql, place: int) -> None:
        """Bring together the rows of a distinct section by its key: the last value that is given wins.

        Rows are first reduced to their different texts, so that texts repeated on many rows are read once.
        """
        table, aliases = section.section.table, ", ".join(section.aliases)
        rows = section.rows(self._without())
        if section.section.where is not None:
            rows = section.taken(section.given(rows))
        texts = f"select {aliases}, max(_pos) as _pos, min(_pos) as _first from ({rows}) group by {aliases}"
        keys = [cell for cell in section.section.cells if cell.target in table.key and cell.value is None]
        present = [f"{section.text_of(cell)} is not null" for cell in keys if table.column(cell.target).is_required]
        faults = list(section.faults())
        which = " ".join(f"when {fault.condition} then {number}" for number, fault in enumerate(faults, 1))
        targets = ", ".join(identifier(cell.target) for cell in section.section.cells)
        typed = section.typed(f"select * from ({section.given(texts)}) where {' and '.join(present) or 'true'}")
        self.connection.execute(
            f"create or replace temp table typed_{self.number}_{place} as select {targets}, {aliases}, _pos, _first, "
            f"{f'case {which} else 0 end' if which else '0'} as _fault from ({typed})"
        )
        if faults and count(self.connection, f"select count(*) from typed_{self.number}_{place} where _fault > 0"):
            for number, fault in enumerate(faults, 1):
                self._fail(section, place, f"t._fault = {number}", fault.column, fault.value, fault.reason)
        self._merge(section, place)

    def _merge(self, section: SectionSql, place: int) -> None:
        table = section.section.table
        keys = ", ".join(identifier(key) for key in table.key if key in section.section.by_target)
        values = "".join(
            f", {f'any_value({identifier(cell.target)})' if cell.value is not None else f'arg_max({identifier(cell.target)}, _pos)'} "
            f"as {identifier(cell.target)}"
            for cell in section.section.cells
            if cell.target not in table.key
        )
        merged = f"merged_{self.number}_{place}"
        self.connection.execute(
            f"create or replace temp table {merged} as select {keys}{values}, min(_first) as _pos "
            f"from typed_{self.number}_{place} where _fault = 0 group by {keys}"
        )
        broken = [(column, f"{identifier(column)} is null", BLANK) for column in self._required(section.section)]
        broken += [(check.column, f"not ({check.condition})", check.says) for check in table.checks if check.is_fatal]
        for column, condition, reason in broken:
            whole = completed(section.section, f"select * from {merged}")
            chosen = f"({keys}) in (select {keys} from ({whole}) where {condition})"
            self._fail(section, place, chosen, column, "null", reason)

    @staticmethod
    def _required(section: Section) -> list[str]:
        return [
            column.name
            for column in section.table.columns
            if column.is_required and not column.is_key and column.default is None and column.name in section.by_target
        ]

    def _fail(self, section: SectionSql, place: int, condition: str, column: str, value: str, reason: Message) -> None:
        """Set aside all rows of the file whose texts are those of `typed` rows that meet a condition."""
        typed = f"typed_{self.number}_{place}"
        found = count(self.connection, f"select count(*) from {typed} as t where {condition}")
        if not found:
            return
        same = " and ".join(f"r.{alias} is not distinct from t.{alias}" for alias in section.aliases)
        self._add_failures(
            f"select r._pos, {literal(section.section.table.name)}, {literal(column)}, {value}, {told(reason)} "
            f"from ({section.given(section.rows(self._without()))}) as r "
            f"where exists (select 1 from {typed} as t where ({condition}) and {same})"
        )

    def _numbered(self, section: SectionSql, rows: str, line: str) -> str:
        """Number the rows within their parent, in the order of the file.

        In most files the rows of an order stand together, so that a number is the distance from the first one; only
        the others are sorted. Rows that are in the table already (of another section) go before.
        """
        table = section.section.table
        key = next(name for name in table.key if name != line)
        spans, scattered = f"spans_{self.number}", f"scattered_{self.number}"
        self.connection.execute(
            f"create or replace temp table {spans} as select s.*, coalesce(t.taken, 0) as taken from ("
            f"select {key} as k, min(_pos) as first_pos, max(_pos) - min(_pos) + 1 as span, count(*) as n from ({rows}) "
            f"group by 1) as s left join (select {key} as k, max({line}) as taken from main.{table.name} group by 1) as t using (k)"
        )
        together = f"select r.*, r._pos - s.first_pos + 1 + s.taken as {line} from ({rows}) as r left join {spans} as s on r.{key} = s.k"
        if not count(self.connection, f"select count(*) from {spans} where span <> n"):
            return together
        self.connection.execute(
            f"create or replace temp table {scattered} as select r._pos, s.taken + row_number() over ("
            f"partition by s.k order by r._pos) as number from ({rows}) as r join {spans} as s on r.{key} = s.k where s.span <> s.n"
        )
        return (
            f"select r.* replace (coalesce(c.number, r.{line}) as {line}) from ({together}) as r "
            f"left join {scattered} as c on c._pos = r._pos"
        )

    def _insert_gathered(self, section: SectionSql, place: int) -> None:
        self._into(section.section, f"select * from merged_{self.number}_{place}", in_rows=False)

    def _into(self, section: Section, typed: str, in_rows: bool, verdict: str = "false") -> int:
        """Insert typed rows into their table; returns the rowid of the first one."""
        table = section.table
        columns = [*(column.name for column in table.columns), *section.custom]
        row = f"_pos & {(1 << FILE_BITS) - 1}" if len(self.rows.parts) > 1 else "_pos"
        values = [*map(identifier, columns), literal(self.source), self._file(in_rows), row, self.rows.import_moments()]
        marks = [verdict, "_pos" if in_rows and len(self.rows.parts) > 1 else "null"]
        start = count(self.connection, f"select max(rowid) + 1 from main.{table.name}")
        added = count(
            self.connection,
            f"insert into main.{table.name} ({', '.join(map(identifier, [*columns, *ORIGIN, *MARKS]))}) "
            f"select {', '.join([*values, *marks])} from ({completed(section, typed)})",
        )
        self._count_derived(section, typed, added)
        return start

    def _file(self, in_rows: bool) -> str:
        if len(self.rows.parts) == 1:
            return literal(self.rows.parts[0].name)
        if in_rows:
            return "_file"
        names = ", ".join(literal(part.name) for part in self.rows.parts)
        return f"([{names}])[(_pos >> {FILE_BITS}) + 1]"

    def _count_derived(self, section: Section, typed: str, added: int) -> None:
        mapped = []
        for column in section.table.columns:
            if column.default is None or (section.table.name, column.name) in LATER:
                continue
            if column.name in section.by_target:
                mapped.append(column)
            elif not column.is_key:
                count_derived(self.connection, self.source, section.table.name, column.name, added)
        if mapped and added:
            blanks = ", ".join(f"count(*) - count({identifier(column.name)})" for column in mapped)
            found = self.connection.execute(f"select {blanks} from ({typed})").fetchall()[0]
            for column, rows in zip(mapped, found, strict=True):
                count_derived(self.connection, self.source, section.table.name, column.name, rows)

    def _set_aside(self) -> None:
        """Write the rows that stand in quarantine into the version, each once, with the first thing wrong with it."""
        if not self.failures:
            return
        self.connection.execute(
            f"insert into meta.quarantine select p.import_no, {literal(self.source)}, {literal(self.rows.entry)}, "
            f"f.table_name, p.file, f._pos & {(1 << FILE_BITS) - 1}, f.column_name, f.value, f.reason, f.reason_domain, "
            f"f.reason_values from (select * from {self.failed} qualify row_number() over (partition by _pos order by rowid) = 1) as f "
            f"join {self.rows.files()} on p.number = f._pos >> {FILE_BITS} order by f._pos"
        )


LATER: Mapping[tuple[str, str], str] = MappingProxyType({("deals", "forecast_category"): "after the stages are known"})
"""Defaults that lean on what is derived later."""


def completed(section: Section, typed: str) -> str:
    """All columns of the table over `typed`: what the section does not fill is NULL, or the declared default."""
    table = section.table
    line = numbered_column(section)
    absent = [column for column in table.columns if column.name not in section.by_target and column.name != line]
    nulls = "".join(f", cast(null as {column.type.value}) as {identifier(column.name)}" for column in absent)
    defaults = [column for column in table.columns if column.default and (table.name, column.name) not in LATER]
    inner = f"select *{nulls} from ({typed})"
    if not defaults:
        return inner
    replaced = ", ".join(f"{_default(column, section)} as {identifier(column.name)}" for column in defaults)
    return f"select * replace ({replaced}) from ({inner})"


def _default(column: Column, section: Section) -> str:
    value = f"cast(({column.default}) as {column.type.value})"
    return f"coalesce({identifier(column.name)}, {value})" if column.name in section.by_target else value


def numbered_column(section: Section) -> str | None:
    """The key column that the product numbers where the file has no such number: that of lines and of events."""
    names = [column.name for column in section.table.columns if column.is_key and column.name in NUMBERED]
    return names[0] if names and names[0] not in section.by_target else None


def shown(column: str) -> str:
    """SQL of a typed value as a text."""
    return f"cast({identifier(column)} as varchar)"


def explained(table: Table, faults: Sequence[Fault], rows: str) -> str:
    """SQL of what is told of rows that have a fault: the first one of each."""
    which = " ".join(f"when {fault.condition} then {number}" for number, fault in enumerate(faults, 1))
    value = " ".join(f"when {number} then {fault.value}" for number, fault in enumerate(faults, 1))
    columns, texts, domains = (
        f"([{', '.join(map(literal, texts))}])[_fault]"
        for texts in zip(*((fault.column, fault.reason.text, fault.reason.domain) for fault in faults), strict=True)
    )
    return (
        f"select _pos, {literal(table.name)}, {columns}, case _fault {value} end, {texts}, {domains}, null "
        f"from (select *, case {which} end as _fault from ({rows}))"
    )
