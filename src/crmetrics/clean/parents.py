"""Tables that others point to: made of the ids that they name where a company has no such table, else held against it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import duckdb

from crmetrics.clean.ledger import EXAMPLES, MADE_BY, count, count_derived, told
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES, Column, Table, ddl

_ = words("import")

ORPHAN: Final = _("It names a row of '{parent}' that is not there.")
ORPHAN_PART: Final = _("It is a part of a row of '{parent}' that is not there.")


def can_be_made(table: Table) -> bool:
    """Whether an id alone makes a row: the key is one column, and all else that is required has a default."""
    others = [column for column in table.columns if not column.is_key and column.is_required and column.default is None]
    return len(table.key) == 1 and not others


def references(tables: Collection[str]) -> list[tuple[Table, Column, str]]:
    """The columns of some tables that name a row of another one, with that one's name."""
    return [
        (TABLES[name], column, column.references)
        for name in tables
        for column in TABLES[name].columns
        if column.references is not None
    ]


def make_parents(connection: duckdb.DuckDBPyConnection, tables: set[str], now: str) -> list[str]:
    """Make each missing table that `tables` point to of the ids they name; returns the names of those made."""
    made = []
    for parent in TABLES.values():
        children = [(child, column) for child, column, name in references(sorted(tables)) if name == parent.name]
        if parent.name in tables or not children or not can_be_made(parent):
            continue
        ids = " union all ".join(
            f"select {identifier(column.name)} as id from main.{child.name} where {identifier(column.name)} is not null"
            for child, column in children
        )
        key = parent.key[0]
        defaults = [column for column in parent.columns if column.default is not None]
        nulls = ", ".join(
            f"cast(null as {column.type.value}) as {identifier(column.name)}"
            for column in parent.columns
            if not column.is_key
        )
        filled = ", ".join(
            f"cast(({column.default}) as {column.type.value}) as {identifier(column.name)}" for column in defaults
        )
        rows = f"select id as {key}, {nulls} from (select distinct id from ({ids}))"
        replaced = f" replace ({filled})" if filled else ""
        if not count(connection, f"select count(*) from ({ids})"):
            continue
        connection.execute(ddl(parent))
        connection.execute(
            f"insert into main.{parent.name} select *{replaced}, '{MADE_BY}', null, null, timestamp '{now}' from ({rows}) order by 1"
        )
        rows_made = count(connection, f"select count(*) from main.{parent.name}")
        for column in [parent.column(key), *defaults]:
            count_derived(connection, MADE_BY, parent.name, column.name, rows_made)
        tables.add(parent.name)
        made.append(parent.name)
    return made


def check_parents(
    connection: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    tables: Collection[str],
    sure: Collection[tuple[str, str]],
) -> None:
    """Hold every reference against the table it points to.

    An orphan is kept with its id and listed as a warning; where the parent is part of the key, it goes to quarantine.
    `sure` names the references (table, column) that cannot fail, for both sides come from the same rows.
    """
    for child, column, parent in references(names):
        if parent not in tables or (child.name, column.name) in sure:
            continue
        key, name = TABLES[parent].key[0], identifier(column.name)
        rows = count(
            connection,
            f"create or replace temp table orphans as select c.rowid as id from main.{child.name} as c "
            f"where c.{name} is not null and not exists (select 1 from main.{parent} as p where p.{key} = c.{name})",
        )
        if not rows:
            continue
        reason = told((ORPHAN_PART if column.is_key else ORPHAN)(parent=parent))
        into, limit = ("quarantine", "") if column.is_key else ("warnings", f" limit {EXAMPLES}")
        connection.execute(
            f"insert into meta.{into} select f.import_no, c.source_system, f.entry, '{child.name}', c.source_file, c.source_row, "
            f"{literal(column.name)}, c.{name}, {reason} from main.{child.name} as c "
            "left join known_files as f on f.source = c.source_system and f.file = c.source_file and f.imported_at = c.imported_at "
            f"and list_contains(f.tables, '{child.name}') where c.rowid in (select id from orphans order by id{limit})"
        )
        if column.is_key:
            connection.execute(f"delete from main.{child.name} where rowid in (select id from orphans)")
        else:
            connection.execute(
                f"insert into meta.warning_counts select null, '{child.name}', {literal(column.name)}, {reason}, {rows}"
            )
