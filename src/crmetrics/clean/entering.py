"""Whether things come into the data in time: within two days of their date."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import duckdb

from crmetrics.clean.mapping import Mapping
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES, Type
from crmetrics.warehouse.schema.rules import ENTERED_WITHIN_DAYS

TABLE: Final = "entered(table_name varchar, checked bigint, passed bigint)"


def note_entered(
    connection: duckdb.DuckDBPyConnection, mappings: Iterable[Mapping], tables: Collection[str], has_old: bool
) -> None:
    """Write `meta.entered`: of each table the rows dated since their source was first imported, and those that came in time.

    Only a source that adds rows and never replaces them tells when a row first came; of what was there before its first import
    nothing can be said.
    """
    connection.execute(f"create table if not exists meta.{TABLE}")
    first = "select source, min(imported_at) as began_at from known_files group by source"
    if has_old:
        earlier = "select source, min(imported_at) as began_at from old.meta.files group by source"
        first = f"select source, min(began_at) as began_at from ({first} union all {earlier}) group by source"
    connection.execute(f"create or replace temp table first_imports as {first}")
    adding: dict[str, set[str]] = {}
    for mapping in mappings:
        for section in mapping.sections:
            if mapping.kind == "delta" and not mapping.entries[section.entry].key and not section.distinct:
                adding.setdefault(section.table.name, set()).add(mapping.name)
    for name in sorted(set(adding) & set(tables)):
        table = TABLES[name]
        if table.appears is None or table.column(table.appears).is_planned:
            continue
        dated = f"t.{identifier(table.appears)}"
        days = ENTERED_WITHIN_DAYS + (
            1 if table.column(table.appears).type is Type.DATE else 0
        )  # a day is over at its end
        sources = ", ".join(literal(source) for source in sorted(adding[name]))
        connection.execute(
            f"insert into meta.entered select '{name}', count(*), "
            f"count(*) filter (where t.imported_at <= {dated} + interval {days} day) from main.{name} as t "
            f"join first_imports as f on f.source = t.source_system where t.source_system in ({sources}) and {dated} >= f.began_at"
        )
