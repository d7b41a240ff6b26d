"""What is looked up in another file by a name that several of its rows have: nobody is guessed, and it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from crmetrics.clean import values
from crmetrics.clean.ledger import EXAMPLES, count, told
from crmetrics.clean.mapping import Entry, Join, Mapping
from crmetrics.clean.raw_rows import FILE_BITS, EntryRows
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

_ = words("understanding")

SHARED: Final = _("Several rows have this name, with different keys: what calls them by it belongs to none of them.")


def leave_shared_out(
    connection: duckdb.DuckDBPyConnection, mapping: Mapping, join: Join, lookup: str, rows: EntryRows
) -> int:
    """Take out of a lookup the keys whose rows say different things, and warn of them; returns how many there were.

    lookup  the table that `open_lookup` made of `rows`, with its keys as k0, k1, ...
    """
    other = mapping.entries[join.name]
    wanted = _wanted(mapping, join.name)
    if not wanted:
        return 0
    keys = _keys(other, join)
    names = [f"k{number}" for number in range(len(keys))]
    written = ", ".join(f"{key} as {name}" for key, name in zip(keys, names, strict=True))
    listed = ", ".join(names)
    said = ", ".join(f"coalesce({identifier(column)}, '')" for column in wanted)
    shared = f"shared_{rows.relation}"
    connection.execute(
        f"create or replace temp table {shared} as select {listed}, min(_pos) as _pos from (select *, {written} from {rows.relation}) "
        f"where {' and '.join(f'{name} is not null' for name in names)} group by {listed} having count(distinct ({said})) > 1"
    )
    found = count(connection, f"select count(*) from {shared}")
    if found:
        same = " and ".join(f"{lookup}.{name} = s.{name}" for name in names)
        connection.execute(f"delete from {lookup} using {shared} as s where {same}")
        _warn(connection, mapping, rows, join, shared, names, found)
    connection.execute(f"drop table {shared}")
    return found


def _wanted(mapping: Mapping, entry: str) -> tuple[str, ...]:
    """The columns that others look up in an entry."""
    names = (name for section in mapping.sections for name in section.names if name.of == entry)
    return tuple(dict.fromkeys(name.column for name in names))


def _keys(entry: Entry, join: Join) -> list[str]:
    keys = [values.trimmed(identifier(column), entry.formats_of(column).missing) for column in join.on.values()]
    return [values.folded(key) for key in keys] if join.ignore_case else keys


def _warn(
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    rows: EntryRows,
    join: Join,
    shared: str,
    names: Sequence[str],
    found: int,
) -> None:
    table = next((section.table.name for section in mapping.sections if section.entry == join.name), join.name)
    column = literal(" + ".join(join.on.values()))
    shown = f"concat_ws(' | ', {', '.join(names)})"
    connection.execute(
        f"insert into meta.warnings select p.import_no, {literal(mapping.name)}, {literal(join.name)}, {literal(table)}, p.file, "
        f"s._pos & {(1 << FILE_BITS) - 1}, {column}, {shown}, {told(SHARED)} from (from {shared} order by _pos limit {EXAMPLES}) as s "
        f"join {rows.files()} on p.number = s._pos >> {FILE_BITS}"
    )
    connection.execute(
        f"insert into meta.warning_counts select {literal(mapping.name)}, {literal(table)}, {column}, {told(SHARED)}, {found}"
    )
