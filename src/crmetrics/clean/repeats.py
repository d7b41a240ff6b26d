"""Rows that repeat the key of another row: the first one is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import duckdb

from crmetrics.clean.ledger import count, told
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import ORIGIN, TABLES, Table

_ = words("import")

IN_FILE_ORDER: Final = "t.imported_at, t.source_file, t.source_row, t.rowid"
"""Rows as they stand in the files; joins may have brought them into the table in another order."""

REPEATS: Final = _("It repeats the key of row {row} of {file}, with other values: the first row is kept.")

OF_ANOTHER: Final = _("It is a part of a row of '{parent}' that another source had given before.")


@dataclass(frozen=True, slots=True)
class Repeats:
    """Looks for repeated keys in the rows of a table from `start` on (a rowid: rows stand in the order they came)."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    start: int = 0

    def set_aside(self, order: str = IN_FILE_ORDER) -> dict[str, int]:
        """Keep the first row of every key. Exact copies of it count as merged, others go to quarantine.

        Returns how many rows each source lost to another one.
        """
        if not self._find(order):
            return {}
        columns = [column.name for column in self.table.columns if not column.is_key]
        same = (
            " and ".join(f"a.{identifier(name)} is not distinct from b.{identifier(name)}" for name in columns)
            or "true"
        )
        name = self.table.name
        self.connection.execute(
            f"create or replace temp table repeats as select r.id, {same} as is_copy, a.source_system, a.source_file, "
            f"a.source_row, a.imported_at, b.source_file as first_file, b.source_row as first_row, "
            f"a.source_system <> b.source_system as is_other, "
            f"{self._key_text('a')} as key_text from repeated as r "
            f"join main.{name} as a on a.rowid = r.id join main.{name} as b on b.rowid = r.first_id where r.id <> r.first_id"
        )
        of_file = (
            "from repeats as r join known_files as f on f.source = r.source_system and f.file = r.source_file "
            f"and f.imported_at = r.imported_at and list_contains(f.tables, '{name}')"
        )
        self.connection.execute(
            f"insert into meta.quarantine select f.import_no, f.source, f.entry, '{name}', r.source_file, r.source_row, "
            f"{literal(self.table.key[-1])}, r.key_text, {literal(REPEATS.text)}, {literal(REPEATS.domain)}, "
            "cast(json_object('row', cast(r.first_row as varchar), 'file', r.first_file) as varchar) "
            f"{of_file} where not r.is_copy order by r.id"
        )
        self.connection.execute(
            f"insert into merged_rows select f.import_no, f.source, f.entry, f.file, count(*) {of_file} "
            "where r.is_copy group by all"
        )
        lost = self.connection.execute(
            "select source_system, count(*) from repeats where is_other group by 1 order by 1"
        ).fetchall()
        self.connection.execute(f"delete from main.{name} where rowid in (select id from repeats)")
        return {str(source): rows for source, rows in lost}

    def unite(self, order: str) -> dict[str, int]:
        """Make one row of every key: of each column the first value that is given, in an order of `t`, the rows.

        Returns how many rows each source lost to another one.
        """
        if not self._find(order):
            return {}
        name = self.table.name
        columns = [column.name for column in self.table.columns if not column.is_key]
        columns += [
            one for one in self._columns() if one not in {c.name for c in self.table.columns} and one not in ORIGIN
        ]
        keys = ", ".join(identifier(key) for key in self.table.key)
        first = ", ".join(
            [f"arg_min({self._given(one)}, r.place) as {identifier(one)}" for one in columns]
            + [f"any_value(t.{one}) filter (where r.id = r.first_id) as {one}" for one in ORIGIN]
        )
        lost = self.connection.execute(
            f"select t.source_system, count(*) from main.{name} as t join repeated as r on t.rowid = r.id "
            f"join main.{name} as f on f.rowid = r.first_id where t.source_system <> f.source_system group by 1 order by 1"
        ).fetchall()
        listed = f"{keys}, {', '.join(identifier(one) for one in [*columns, *ORIGIN])}"
        self.connection.execute(
            f"create or replace temp table united as select {keys}, {first} from main.{name} as t "
            f"join repeated as r on t.rowid = r.id group by {keys}"
        )
        self.connection.execute(f"delete from main.{name} where rowid in (select id from repeated)")
        self.connection.execute(f"insert into main.{name} ({listed}) select {listed} from united")
        if "name" in columns and self.table.column("name").default is not None:
            self.connection.execute(f"update main.{name} set name = {self.table.key[0]} where name is null")
        return {str(source): rows for source, rows in lost}

    def _columns(self) -> list[str]:
        return [
            column
            for (column,) in self.connection.execute(
                "select column_name from duckdb_columns() where database_name = current_database() "
                f"and schema_name = 'main' and table_name = '{self.table.name}' order by column_index"
            ).fetchall()
        ]

    def _given(self, column: str) -> str:
        """SQL of a value, blank where it is a name that was made of the id: another row may give the real one."""
        if column == "name" and self.table.column("name").default is not None:
            return f"nullif(t.name, t.{self.table.key[0]})"
        return f"t.{identifier(column)}"

    def _key_text(self, alias: str) -> str:
        return f"concat_ws(' | ', {', '.join(f'{alias}.{identifier(key)}' for key in self.table.key)})"

    def _find(self, order: str) -> int:
        """Note the rows whose key stands more than once, each with the first of them; the usual case finds none."""
        keys = ", ".join(identifier(key) for key in self.table.key)
        rows = f"main.{self.table.name}" + (f" where rowid >= {self.start}" if self.start else "")
        self.connection.execute(
            f"create or replace temp table repeated_keys as select {keys} from {rows} group by {keys} having count(*) > 1"
        )
        if not count(self.connection, "select count(*) from repeated_keys"):
            return 0
        same = " and ".join(f"t.{identifier(key)} is not distinct from k.{identifier(key)}" for key in self.table.key)
        self.connection.execute(
            "create or replace temp table repeated as select t.rowid as id, first_value(t.rowid) over w as first_id, "
            f"row_number() over w as place from main.{self.table.name} as t where t.rowid >= {self.start} "
            f"and exists (select 1 from repeated_keys as k where {same}) window w as (partition by "
            f"{', '.join(f't.{identifier(key)}' for key in self.table.key)} order by {order})"
        )
        return count(self.connection, "select count(*) from repeated")


def set_parts_aside(connection: duckdb.DuckDBPyConnection, parent: str, tables: Collection[str]) -> None:
    """Set the parts of a document aside (the lines of an order) with the document that another source had given before.

    `repeats` holds the documents that were set aside just now.
    """
    for child in (TABLES[name] for name in TABLES if name in tables):
        for column in (column for column in child.columns if column.is_key and column.references == parent):
            theirs = (
                f"from main.{child.name} as c where exists (select 1 from repeats as r where r.is_other "
                f"and r.source_system = c.source_system and r.key_text = c.{column.name})"
            )
            connection.execute(
                f"insert into meta.quarantine select f.import_no, f.source, f.entry, '{child.name}', p.source_file, p.source_row, "
                f"'{column.name}', p.{column.name}, {told(OF_ANOTHER(parent=parent))} from (select c.* {theirs}) as p "
                "join known_files as f on f.source = p.source_system and f.file = p.source_file "
                f"and f.imported_at = p.imported_at and list_contains(f.tables, '{child.name}') order by p.source_file, p.source_row"
            )
            connection.execute(f"delete {theirs}")
