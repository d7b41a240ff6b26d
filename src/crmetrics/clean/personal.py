"""Which rows of raw files are about a person who was erased, and what stays of them.

Of such a row there stay the columns that figures are made of: amounts, moments, products, regions. Blank are the columns
that tell of the person, and every column that no table reads, for anything may stand there. The ids of customers, contact
persons and leads are replaced by a one-way print, so that the rows of one person still belong together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from crmetrics.clean import values
from crmetrics.clean.corrections import Correction, print_sql
from crmetrics.clean.ledger import count
from crmetrics.clean.mapping import Cell, Section
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.raw_rows import EntryRows, open_lookup
from crmetrics.clean.section import SectionSql
from crmetrics.warehouse.expression import identifier, literal

PEOPLE: Final = {"customers": "customer_id", "contacts": "contact_id", "leads": "lead_id"}
"""Tables whose rows are people, with their keys."""

_OTHERS: Final = {("customers", "parent_id"), ("ticket_events", "actor_id")}
"""Columns that may name a customer, in rows that are not about him or her."""

ROWS: Final = ("_file", "_row")


@dataclass(frozen=True, slots=True)
class Prints:
    """The people who were erased, by one-way prints of their ids that only the key of the workspace gives.

    rows  prints of the fingerprints of rows that were theirs by a correction alone -> column -> the print that stands there
    """

    key: str
    known: Mapping[str, frozenset[str]]
    rows: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, table: str, id: str) -> str:
        """The print of one id."""
        return "erased-" + hashlib.sha256(f"{self.key}\x1f{table}\x1f{id}".encode()).hexdigest()[:12]

    def sql(self, table: str, id: str) -> str:
        """SQL of the print of an id, given as SQL."""
        return f"'erased-' || left(sha256({literal(self.key)} || chr(31) || '{table}' || chr(31) || {id}), 12)"

    def among(self, table: str, print: str) -> str:
        """SQL of whether a print is one of those of a table."""
        known = ", ".join(literal(one) for one in sorted(self.known.get(table, ())))
        return f"{print} in ({known})" if known else "false"


def id_cells(section: Section) -> Iterator[tuple[Cell, str, bool]]:
    """The cells that name people: the cell, the table of people, and whether the whole row is about them."""
    name = section.table.name
    for cell in section.cells:
        if cell.value is not None or not section.table.has(cell.target):
            continue
        named = section.table.column(cell.target).references
        if PEOPLE.get(name) == cell.target:
            yield cell, name, True
        elif (name, cell.target) in _OTHERS:
            yield cell, "customers", False
        elif named in PEOPLE:
            yield cell, str(named), True


@dataclass(frozen=True)
class Found:
    """What tells who a person is, found in the raw rows that are about him or her: ids by table, and texts."""

    ids: set[tuple[str, str]]
    texts: set[str]


@dataclass(frozen=True)
class PersonalRows:
    """The raw files of one source, looked through for people.

    mappings   all mappings that ever read them, the newest first
    parts      entry -> its raw files, of all imports
    corrected  raw file -> row -> what is read there by a correction, which may be the id
    """

    connection: duckdb.DuckDBPyConnection
    mappings: Sequence[SourceMapping]
    parts: Mapping[str, Sequence[Path]]
    prints: Prints
    corrected: Mapping[Path, Mapping[int, Correction]] = field(default_factory=lambda: MappingProxyType({}))

    def rows(self, entry: str, path: Path) -> list[dict[str, str | None]]:
        """The rows of a file that are about the people, as they stand."""
        if not self._mark(entry, path):
            return []
        cursor = self.connection.execute(
            f"select r.* from read_parquet({literal(str(path))}) as r semi join about using (_row) order by r._row"
        )
        names = [str(column[0]) for column in cursor.description or ()]
        return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]

    def numbers(self, entry: str, path: Path) -> set[int]:
        """The row numbers of those rows."""
        if not self._mark(entry, path):
            return set()
        return {int(number) for (number,) in self.connection.execute("select _row from about").fetchall()}

    def by_correction(self, entry: str, path: Path) -> dict[str, dict[str, str]]:
        """The rows that are about the people by a corrected id, by their fingerprints: column -> the print of the id."""
        if not self.corrected.get(path) or not self._mark(entry, path):
            return {}
        found: dict[str, dict[str, str]] = {}
        for row, name, print_ in self.connection.execute(
            "select _row, name, id from swaps where id is not null"
        ).fetchall():
            correction = self.corrected[path].get(row)
            if correction is not None and name in correction.values:
                found.setdefault(correction.print, {})[name] = print_
        return found

    def find(self, entry: str, path: Path, found: Found) -> None:
        """Add what a file tells of the people: the ids of their own rows, and the texts that name them."""
        for mapping in self.mappings:
            for section in mapping.sections_from(entry) if entry in mapping.entries else ():
                if section.table.name in PEOPLE:
                    self._find(mapping, section, path, found)

    def forget(self, entry: str, path: Path, pattern: str = "") -> int:
        """Write a file anew without what tells of the people; returns how many of its rows are about them.

        What is read in their rows by corrections is written there where it may stay: nothing may go on telling of them.
        pattern  a regular expression of texts that are taken out wherever they stand; blank: none
        """
        columns = self._columns(path)
        hit = f"regexp_matches(concat_ws(chr(31), {', '.join(map(identifier, columns))}), {literal(pattern)})"
        file = f"read_parquet({literal(str(path))})"
        is_said = bool(pattern) and count(
            self.connection, f"select count(*) from (select 1 from {file} where {hit} limit 1)"
        )
        if not self._mark(entry, path) and not is_said:
            return 0
        kept, naming = self._kept(entry), self._naming(entry)
        for row, name, value in self._corrections(path):
            if name in kept:
                self.connection.execute(
                    "insert into swaps select $row, $name, $value where $row in (select _row from about) "
                    "and not exists (select 1 from swaps where _row = $row and name = $name)",
                    {"row": row, "name": name, "value": value},
                )
        swapped = self._swapped()
        written = ", ".join(self._written(name, kept, naming, swapped, pattern) for name in columns)
        part = path.with_name(path.name + ".forgetting")
        self.connection.execute(
            f"copy (select {written}, {', '.join(f'r.{name}' for name in ROWS)} from {file} as r left join about as a using (_row) "
            f"order by r._row) to {literal(str(part))} (format parquet, compression zstd)"
        )
        part.replace(path)
        return count(self.connection, "select count(*) from about")

    def _written(self, name: str, kept: set[str], naming: set[str], swapped: set[str], pattern: str) -> str:
        """SQL of a column as it stays."""
        column = f"r.{identifier(name)}"
        # Another one may have a name that begins like it: what names people is taken out of their own rows alone.
        is_said = pattern and name not in naming
        plain = f"regexp_replace({column}, {literal(pattern)}, '', 'g')" if is_said else column
        stays = plain if name in kept else f"case when a._row is null then {plain} end"
        if name in swapped:
            one = f"(select s.id from swaps as s where s._row = r._row and s.name = {literal(name)})"
            has = f"exists (select 1 from swaps as s where s._row = r._row and s.name = {literal(name)})"
            stays = f"case when {has} then {one} else {stays} end"
        return f"{stays} as {identifier(name)}"

    def _swapped(self) -> set[str]:
        return {str(name) for (name,) in self.connection.execute("select distinct name from swaps").fetchall()}

    def _kept(self, entry: str) -> set[str]:
        """The columns that stay: those that tables read, but for what tells of people."""
        read: set[str] = set()
        personal: set[str] = set()
        for mapping in self.mappings:
            if entry not in mapping.entries:
                continue
            read |= set(mapping.names_read(entry))
            for section in mapping.sections:
                for cell in section.cells:
                    column = section.column(cell.target)
                    if column is None or column.personal:
                        personal |= {name.column for name in cell.names if (name.of or section.entry) == entry}
        return read - personal

    def _naming(self, entry: str) -> set[str]:
        """The columns that name people."""
        return {
            name.column
            for mapping in self.mappings
            for section in mapping.sections
            for cell in section.cells
            for name in (cell.names if self._names(section, cell) else ())
            if (name.of or section.entry) == entry
        }

    def _mark(self, entry: str, path: Path) -> bool:
        """Note the rows of a file that are about the people (`about`), and the ids in it that are replaced (`swaps`)."""
        self.connection.execute("create or replace temp table about(_row bigint)")
        self.connection.execute("create or replace temp table swaps(_row bigint, name varchar, id varchar)")
        for mapping in self.mappings:
            if entry not in mapping.entries:
                continue
            for section in mapping.sections_from(entry):
                self._mark_section(mapping, section, path)
            for table, column in self._looked_up(mapping, entry):
                text = values.trimmed(identifier(column), mapping.entries[entry].formats_of(column).missing)
                if column in self._columns(path):
                    self._note(
                        f"select _row, {text} as id from read_parquet({literal(str(path))})",
                        table,
                        "id",
                        [column],
                        True,
                    )
        if self.prints.rows:
            self._mark_printed(path)
        self.connection.execute("create or replace temp table about as select distinct _row from about")
        self.connection.execute(
            "create or replace temp table swaps as select distinct on (_row, name) * from swaps order by all"
        )
        return count(self.connection, "select (select count(*) from about) + (select count(*) from swaps)") > 0

    def _mark_printed(self, path: Path) -> None:
        """Note the rows that are known by their fingerprints: in the file itself they stand under no id of the people's."""
        columns = self._columns(path)
        print_ = self.prints.sql("rows", print_sql(columns))
        self.connection.execute(
            f"create or replace temp table printed as select * from (select _row, {print_} as print from "
            f"read_parquet({literal(str(path))})) where {self.prints.among('rows', 'print')}"
        )
        self.connection.execute("insert into about select _row from printed")
        for row, known in self.connection.execute("select _row, print from printed").fetchall():
            for name, id_ in self.prints.rows.get(known, {}).items():
                if name in columns:
                    self.connection.execute("insert into swaps values (?, ?, ?)", [row, name, id_])

    def _corrections(self, path: Path) -> Iterator[tuple[int, str, str | None]]:
        """What is corrected in a file: row, column, what is read there."""
        for row, each in self.corrected.get(path, {}).items():
            yield from ((row, name, value) for name, value in each.values.items())

    def _mark_section(self, mapping: SourceMapping, section: Section, path: Path) -> None:
        cells = list(id_cells(section))
        if not cells:
            return
        typed = self._typed(mapping, section, [cell for cell, _table, _about in cells], path)
        for cell, table, is_about in cells:
            own = [name.column for name in cell.names if not name.of]
            self._note(typed, table, identifier(cell.target), own, is_about)
        # What a table needs and may not be blank: the print stands in its place.
        key = PEOPLE.get(section.table.name)
        for cell in section.cells:
            column = section.column(cell.target)
            if column and column.personal and column.is_required and key in section.by_target:
                own = [name.column for name in cell.names if not name.of]
                self._note(typed, section.table.name, identifier(str(key)), own, True)

    def _note(self, typed: str, table: str, id: str, columns: Sequence[str], is_about: bool) -> None:
        prints = f"select _row, {self.prints.sql(table, f'cast({id} as varchar)')} as print from ({typed})"
        hits = f"select _row, print from ({prints}) where {self.prints.among(table, 'print')}"
        for place, column in enumerate(columns):
            shown = "print" if place == 0 else "null"
            self.connection.execute(f"insert into swaps select _row, {literal(column)}, {shown} from ({hits})")
        if is_about:
            self.connection.execute(f"insert into about select _row from ({hits})")

    def _find(self, mapping: SourceMapping, section: Section, path: Path, found: Found) -> None:
        ids = list(id_cells(section))
        own = next((cell for cell, table, _about in ids if table == section.table.name), None)
        cells = [cell for cell in section.cells if self._names(section, cell) or any(cell is one for one, *_ in ids)]
        typed = self._typed(mapping, section, cells, path)
        matched = [
            self.prints.among(table, f"({self.prints.sql(table, f'cast({identifier(cell.target)} as varchar)')})")
            for cell, table, is_about in ids
            if is_about
        ]
        if own is None or not matched:
            return
        texts = [f"cast({identifier(cell.target)} as varchar)" for cell in cells if self._names(section, cell)]
        texts += [
            f"x{n}"
            for n, name in enumerate(replace(section, cells=tuple(cells), where=None).names)
            if self._reads(section, cells, name)
        ]
        shown = ", ".join([f"cast({identifier(own.target)} as varchar)", *texts])
        for id_, *said in self.connection.execute(
            f"select {shown} from ({typed}) where {' or '.join(matched)}"
        ).fetchall():
            found.ids.add((section.table.name, id_))
            found.texts.update(text for text in said if text)

    def _names(self, section: Section, cell: Cell) -> bool:
        column = section.column(cell.target)
        return cell.value is None and column is not None and column.personal is not None and column.personal == "names"

    def _reads(self, section: Section, cells: Sequence[Cell], name: object) -> bool:
        return any(self._names(section, cell) and name in cell.names for cell in cells)

    def _looked_up(self, mapping: SourceMapping, entry: str) -> set[tuple[str, str]]:
        """Columns by which rows of an entry are looked up for people: (table of people, column)."""
        found = set()
        for section in mapping.sections:
            for cell, table, is_about in id_cells(section):
                for join in mapping.entries[section.entry].joins:
                    if join.name == entry and is_about and cell.column is not None and not cell.column.of:
                        theirs = join.on.get(cell.column.column)
                        found |= {(table, theirs)} if theirs else set()
        return found

    def _typed(self, mapping: SourceMapping, section: Section, cells: Sequence[Cell], path: Path) -> str:
        """SQL of a file's rows with the canonical columns of some cells, and `_row`."""
        reduced = replace(section, cells=tuple(cells), where=None)
        lookups = {}
        for join in mapping.entries[section.entry].joins:
            if any(name.of == join.name for name in reduced.names):
                name = identifier(f"person_lookup_{section.entry}_{join.name}")
                needed = {*join.on.values(), *(one.column for one in reduced.names if one.of == join.name)}
                relation = self._relation("person_joined", self.parts.get(join.name, ()), needed)
                rows = EntryRows(join.name, relation, (), frozenset(needed), {})
                open_lookup(
                    self.connection, name, rows, mapping.entries[join.name], tuple(join.on.values()), join.ignore_case
                )
                lookups[join.name] = name
        on = {mine for join in mapping.entries[section.entry].joins for mine in join.on}
        needed = {*on, *(name.column for name in reduced.names if not name.of)}
        relation = self._as_corrected(path, self._relation("person_rows", [path], needed))
        sql = SectionSql(reduced, mapping.entries, relation, lookups, mapping.zone or "UTC")
        return sql.typed(sql.given(sql.rows()))

    def _relation(self, name: str, paths: Sequence[Path], needed: set[str]) -> str:
        """A view of files with the columns that are needed, blank where a file has none such."""
        there = {column for path in paths for column in self._columns(path)}
        missing = "".join(f", cast(null as varchar) as {identifier(column)}" for column in sorted(needed - there))
        files = ", ".join(literal(str(path)) for path in paths)
        if files:
            scan = f"select *{missing}, _row as _pos from read_parquet([{files}], union_by_name = true)"
        else:
            scan = f"select 0 as _row, '' as _file, 0 as _pos{missing} limit 0"
        self.connection.execute(f"create or replace temp view {name} as {scan}")
        return name

    def _as_corrected(self, path: Path, relation: str) -> str:
        """A view of a file's rows as they are read with the corrections that people made."""
        lines = list(self._corrections(path))
        if not lines:
            return relation
        self.connection.execute("create or replace temp table person_values(_row bigint, name varchar, value varchar)")
        self.connection.execute(
            "insert into person_values select unnest(?::bigint[]), unnest(?::varchar[]), unnest(?::varchar[])",
            [list(column) for column in zip(*lines, strict=True)],
        )
        there = set(self._columns(path))
        replaced = ", ".join(
            f"case when v.names is not null and list_contains(v.names, {literal(name)}) "
            f"then v.texts[list_position(v.names, {literal(name)})] else r.{identifier(name)} end as {identifier(name)}"
            for name in sorted({name for _row, name, _value in lines} & there)
        )
        values = "select _row, list(name order by name) as names, list(value order by name) as texts from person_values group by 1"
        self.connection.execute(
            f"create or replace temp view person_corrected as select r.* {f'replace ({replaced})' if replaced else ''} "
            f"from {relation} as r left join ({values}) as v on v._row = r._row"
        )
        return "person_corrected"

    def _columns(self, path: Path) -> list[str]:
        found = self.connection.execute(f"describe select * from read_parquet({literal(str(path))})").fetchall()
        return [str(line[0]) for line in found if line[0] not in ROWS]
