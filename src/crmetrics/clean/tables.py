"""A version's tables: those that an import touches are made again from the raw rows, the others are copied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import duckdb

from crmetrics.clean import accounts, changes, ledger, usual_forms
from crmetrics.clean.checks import check_deals, check_rows
from crmetrics.clean.contradictions import SEVERAL
from crmetrics.clean.corrections import corrected, corrections_of
from crmetrics.clean.derived import UNKNOWN_STAGE, Derivation
from crmetrics.clean.entering import note_entered
from crmetrics.clean.filling import MARKS, Filling
from crmetrics.clean.free_days import Calendar, settle_calendar
from crmetrics.clean.histories import Histories, note_removed
from crmetrics.clean.ledger import MADE_BY
from crmetrics.clean.lookups import leave_shared_out
from crmetrics.clean.mapping_file import nearest
from crmetrics.clean.merging import merge_duplicates
from crmetrics.clean.parents import ORPHAN, can_be_made, check_parents, make_parents, references
from crmetrics.clean.profile import add_up_orders, profile, reaches, write_rates
from crmetrics.clean.raw_rows import EntryRows, open_lookup, open_rows, tidy_columns
from crmetrics.clean.repeats import Repeats, set_parts_aside
from crmetrics.clean.section import SectionSql
from crmetrics.clean.source_rows import SourceRows
from crmetrics.clean.touched import Touched
from crmetrics.vocabulary.errors import BadMapping
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import ORIGIN, TABLES, ddl

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("import")


@dataclass(frozen=True)
class Building:
    """A new version being filled over `connection`; the current version, if there is one, is attached as `old`.

    sources   all sources of the workspace, the one that is imported first
    zone      the company's time zone
    currency  the company's currency; blank: the one that its orders and deals are in
    calendar  whose free days count; blank: not set, so that of its own holidays, else of the country proposed
    relative  gives the path of a raw file, or of an import's folder, as it is kept in the version
    decisions      what people decided, in the order of their numbers: the version is made as if it had always been so
    is_from_raw    every table is made again, and `old` only tells of its imports; import_no is 0, for nothing is imported
    """

    connection: duckdb.DuckDBPyConnection
    sources: Sequence[SourceRows]
    import_no: int
    now: datetime
    zone: str
    currency: str
    has_old: bool
    progress: Callable[[str, float], None]
    relative: Callable[[Path], str]
    calendar: str = ""
    country: str = ""
    decisions: Sequence[Decision] = ()
    is_from_raw: bool = False
    rows: dict[tuple[str, str], EntryRows] = field(default_factory=dict)

    def run(self) -> None:
        """Fill the version."""
        ledger.make_tables(self.connection)
        accounts.open_accounts(
            self.connection, [(source.mapping, source.all_parts) for source in self.sources], self.relative
        )
        old = self._tables_of_old()
        merged = {str(each.about["table"]) for each in self.decided("merge")}
        touched = Touched(self.connection, self.sources, set(old), self.copies, merged).find()
        if self.copies:
            ledger.copy_of_old(
                self.connection, sorted(touched.entries), sorted(touched.tables), [ORPHAN, UNKNOWN_STAGE], [SEVERAL]
            )
            accounts.copy_merged(self.connection, touched.entries)
        usual_forms.make_table(self.connection, self.copies, touched.tables, touched.read)
        changes.make_table(self.connection, self.has_old, touched.entries, [one.name for one in self.sources])
        tables: set[str] = set()
        for name in TABLES:
            if name in touched.tables and any(name in source.mapping.tables for source in self.sources):
                self._make(name, old.get(name, ()), touched)
                tables.add(name)
            elif name in old and name not in touched.tables:
                self._copy(name, tables)
        self._forget_derived(tables)
        for source in self.sources:
            self._fill(source, [entry for of, entry in sorted(touched.entries) if of == source.name])
        for name in sorted(touched.tables & tables):
            for mark in MARKS:
                self.connection.execute(f"alter table main.{name} drop column {mark}")
        self._unite(touched.tables & tables)
        made_of = {(one.name, each.table.name): each.entry for one in self.sources for each in one.mapping.sections}
        usual_forms.UsualForms(self.connection, self.country, made_of).run(touched.tables & tables)
        # Whole rows of all sources stand here, each once: the place to make duplicates one, before anything is derived.
        merge_duplicates(self.connection, tables, self.decided("merge"), self.decided("apart"))
        self._finish(tables, touched)

    @property
    def copies(self) -> bool:
        """Whether tables that nothing touches are taken over from the current version."""
        return self.has_old and not self.is_from_raw

    def decided(self, kind: str, **about: object) -> tuple[Decision, ...]:
        """The decisions of one kind, of those that are about these things alone: decided("correct", source="shop")."""
        return tuple(
            each
            for each in self.decisions
            if each.kind == kind and all(each.about.get(name) == value for name, value in about.items())
        )

    def _tables_of_old(self) -> Mapping[str, tuple[str, ...]]:
        """The tables of the current version with their columns."""
        if not self.copies:
            return MappingProxyType({})
        found: dict[str, list[str]] = {}
        for table, column in self.connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'old' and schema_name = 'main' "
            "order by table_name, column_index"
        ).fetchall():
            found.setdefault(table, []).append(column)
        return {table: tuple(columns) for table, columns in found.items()}

    def _copy(self, name: str, tables: set[str]) -> None:
        """Copy a table that nothing touches, without what the product made: that is made again."""
        if ledger.count(
            self.connection,
            f"select count(*) from (select 1 from old.main.{name} where source_system <> '{MADE_BY}' limit 1)",
        ):
            made = f"where source_system <> '{MADE_BY}'" if name in ("stages", "holidays") else ""
            self.connection.execute(f"create table main.{name} as select * from old.main.{name} {made}")
            tables.add(name)

    def _make(self, name: str, old_columns: Sequence[str], touched: Touched) -> None:
        """Make a table that is touched, with the rows of the sources that are not read again."""
        table = TABLES[name]
        own = {column.name for column in table.columns} | set(ORIGIN)
        custom = [column for column in old_columns if column not in own]
        for source in self.sources:
            for section in source.mapping.sections:
                custom += [column for column in section.custom if section.table.name == name and column not in custom]
        self.connection.execute(ddl(table, [column.removeprefix("custom_") for column in custom]))
        self.connection.execute(
            f"alter table main.{name} add column _is_bad boolean; alter table main.{name} add column _pos bigint"
        )
        again = touched.read | {self.sources[0].name, MADE_BY}
        if old_columns:
            kept = ", ".join(identifier(column) for column in old_columns)
            self.connection.execute(
                f"insert into main.{name} ({kept}) select {kept} from old.main.{name} "
                f"where source_system not in ({', '.join(map(literal, sorted(again)))})"
            )

    def _forget_derived(self, tables: set[str]) -> None:
        """Blank the first traces of customers in copied rows of sources that never tell of them: an older trace may come."""
        if not self.copies or "customers" not in tables:
            return
        silent = [source.name for source in self.sources if not source.tells("customers", "created_at")]
        for source in silent:
            self.connection.execute("update main.customers set created_at = null where source_system = ?", [source])
            self.connection.execute(
                "delete from meta.derived where source = ? and table_name = 'customers' and column_name = 'created_at'",
                [source],
            )

    def _fill(self, source: SourceRows, entries: Sequence[str]) -> None:
        mapping = source.mapping
        needed = [*entries, *(join.name for entry in entries for join in mapping.entries[entry].joins)]
        for entry in mapping.entries:
            if entry in needed and source.parts[entry]:
                key = (source.name, entry)
                self.rows[key] = open_rows(
                    self.connection,
                    len(self.rows),
                    mapping.entries[entry],
                    mapping.kind,
                    source.parts[entry],
                    self._corrected(source, entry),
                )
                self._check_columns(source, entry)
                accounts.note_superseded(self.connection, source.name, self.rows[key])
                self._set_rejects_aside(source, entry)
        tidy = {
            (entry, column)
            for of, entry in self.rows
            if of == source.name
            for column in tidy_columns(self.connection, self.rows[of, entry], mapping.texts_read(entry))
        }
        for number, entry in enumerate(entries):
            if (source.name, entry) in self.rows:
                self.progress(entry, number / len(entries))
                lookups = self._lookups(source, entry)
                relation = self.rows[source.name, entry].relation
                sections = [
                    SectionSql(section, mapping.entries, relation, lookups, source.zone, tidy)
                    for section in mapping.sections_from(entry)
                ]
                rows = self.rows[source.name, entry]
                filling = Filling(self.connection, number, source.name, rows, sections)
                filling.run()
                aside = filling.failed if filling.failures else ""
                changes.note_changes(self.connection, source.name, rows, sections, aside)

    def _corrected(self, source: SourceRows, entry: str) -> Callable[[str, str], str]:
        """What makes of an entry's rows those that people corrected."""
        parts, standing = source.parts[entry], corrections_of(self.decisions, source.name, entry)
        return lambda view, scan: corrected(self.connection, source.name, entry, view, scan, parts, standing)

    def _set_rejects_aside(self, source: SourceRows, entry: str) -> None:
        """Rows that could not even be read as rows, kept beside the raw files of their import."""
        for folder, import_no in sorted(
            {(part.path.parent, part.import_no) for part in source.parts[entry] if part.rejected}
        ):
            self.connection.execute(
                f"insert into meta.quarantine select {import_no}, {literal(source.name)}, entry, null, file, row, column_name, "
                f"value, reason, reason_domain, reason_values from read_parquet({literal(str(folder / 'rejects.parquet'))}) "
                f"where entry = {literal(entry)}"
            )

    def _lookups(self, source: SourceRows, entry: str) -> dict[str, str]:
        lookups = {}
        for join in source.mapping.entries[entry].joins:
            name = identifier(f"lookup_{entry}_{join.name}")
            rows, other = self.rows[source.name, join.name], source.mapping.entries[join.name]
            open_lookup(self.connection, name, rows, other, tuple(join.on.values()), join.ignore_case)
            if join.is_single:
                leave_shared_out(self.connection, source.mapping, join, name, rows)
            lookups[join.name] = name
        return lookups

    def _check_columns(self, source: SourceRows, entry: str) -> None:
        rows = self.rows[source.name, entry]
        for column in source.mapping.names_read(entry):
            if column not in rows.columns:
                raise BadMapping(
                    _(
                        "{mapping}, [files.{entry}]: '{column}' is not a column of {file}. {near}",
                        mapping=source.mapping.path.name,
                        entry=entry,
                        column=column,
                        file=rows.parts[-1].name,
                        near=nearest(column, sorted(rows.columns)),
                    )
                )

    def _unite(self, names: Collection[str]) -> None:
        """Bring rows of one key together that came by several sections or sources, those of the oldest source first.

        Of people and things every source may tell a part, so what one leaves blank another one fills; the same number of
        a document in two sources is two documents, of which one is set aside.
        """
        oldest = sorted(
            self.sources, key=lambda source: (min((path.name for path in source.imports), default=""), source.name)
        )
        order = f"list_position([{', '.join(literal(source.name) for source in oldest)}], t.source_system), t.rowid"
        for name in (name for name in TABLES if name in names):
            ways = [
                (source.name, one)
                for source in self.sources
                for one in source.mapping.sections
                if one.table.name == name
            ]
            if len(ways) > 1:
                is_one_source = len({source for source, _section in ways}) == 1
                adds_up = can_be_made(TABLES[name]) or (
                    is_one_source and any(section.distinct for _name, section in ways)
                )
                repeats = Repeats(self.connection, TABLES[name])
                lost = repeats.unite(order) if adds_up else repeats.set_aside(order)
                if lost and not adds_up:
                    set_parts_aside(self.connection, name, names)
                for source, rows in lost.items():
                    self.connection.execute("insert into meta.united values (?, ?, ?)", [source, name, rows])

    def _finish(self, tables: set[str], touched: Touched) -> None:
        """Derive, check, and tell of everything."""
        now = self.now.isoformat(sep=" ")
        derivation = Derivation(self.connection, tables, self.zone, now)
        derivation.run([source.name for source in self.sources if not source.tells("deal_stages", "left_at")])
        self._add_histories(tables, touched)
        derivation.add_stages()
        made = make_parents(self.connection, tables, now)
        if "customers" in tables:
            derivation.customers_created_at()
        checked = sorted(name for name in tables if name in touched.tables or name in made or not self.copies)
        sure = {(child.name, column.name) for child, column, parent in references(sorted(tables)) if parent in made}
        check_parents(self.connection, sorted(tables), tables, touched.sure() | sure)
        check_rows(self.connection, checked, self.now)
        if "deals" in touched.tables:
            check_deals(self.connection, tables)
        profile(self.connection, sorted(tables), self.now)
        if "exchange_rates" in tables:
            write_rates(self.connection)
        if {"orders", "order_lines"} <= tables:
            add_up_orders(self.connection)
        note_entered(self.connection, [source.mapping for source in self.sources], tables, self.copies)
        accounts.close_accounts(self.connection, self.import_no, self.has_old, self.now)
        accounts.note_folders(
            self.connection, [self.relative(folder) for one in self.sources for folder in one.imports]
        )
        if self.copies:
            accounts.refuse_emptied(self.connection, self.sources[0].mapping, self.import_no)
        calendar = settle_calendar(self.connection, tables, self.calendar, self.country, self.now)
        if "holidays" in tables:
            profile(self.connection, ["holidays"], self.now)
        self._write_facts(calendar)

    def _add_histories(self, tables: set[str], touched: Touched) -> None:
        """Watch the deals of a source that tells of no history, and put what was seen so far into the tables."""
        watched = [
            source
            for source in self.sources
            if "deals" in touched.tables
            and source.tells("deals")
            and (source is self.sources[0] or source.name in touched.read)
        ]
        for source in watched:
            stages, changes = not source.tells("deal_stages"), not source.tells("deal_changes")
            if not self.has_old or not (stages or changes):
                continue
            profile(self.connection, sorted(tables), self.now)
            reached = reaches(self.connection, self.zone, self.now)
            at_work = source is self.sources[0] and not self.is_from_raw
            seen_at = max(part.imported_at for part in source.all_parts)
            history = Histories(self.connection, source.name, source.imports, at_work, reached, self.now, seen_at)
            history.watch(stages, changes)
            history.fill(tables, stages, changes)
        if self.copies:
            mine = [
                name
                for name in sorted(touched.tables & tables)
                if self.sources[0].tells(name) and name in touched.old_tables
            ]
            note_removed(self.connection, self.sources[0].name, self.sources[0].imports[-1], mine)

    def _write_facts(self, calendar: Calendar) -> None:
        for source in self.sources:
            mapping = source.mapping
            self.connection.execute("delete from meta.sources where source = ?", [mapping.name])
            self.connection.execute(
                "insert into meta.sources values (?, ?, ?, ?)", [mapping.name, mapping.kind, source.zone, mapping.text]
            )
        ledger.write_decisions(self.connection, self.decisions)
        facts = {
            "reaches": str(reaches(self.connection, self.zone, self.now)),
            "zone": self.zone,
            "currency": self.currency or self._single_currency(),
            "calendar": calendar.name,
            "holidays_from": calendar.told_by,
            "import_no": str(self.import_no),
        }
        self.connection.executemany("insert into meta.facts values (?, ?)", list(facts.items()))

    def _single_currency(self) -> str:
        """The currency that most money rows are in, orders before deals; blank if there is no money."""
        found = self.connection.execute(
            "select currency from meta.currencies where regexp_full_match(currency, '[A-Z]{3}') "
            "order by case table_name when 'orders' then 0 when 'deals' then 1 else 2 end, row_count desc, currency limit 1"
        ).fetchall()
        return str(found[0][0]) if found else ""
