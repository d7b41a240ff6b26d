"""Rows of one key that contradict each other: the last value is kept, and for how many keys it was chosen is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import duckdb

from crmetrics.clean.ledger import EXAMPLES, count, told
from crmetrics.clean.mapping import Section
from crmetrics.clean.raw_rows import FILE_BITS, EntryRows
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

_ = words("import")

SEVERAL: Final = _("Rows of the same key give different values: the last one is kept.")

HISTORIES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {("deals", "stage"): "deal_stages", ("deals", "pipeline"): "deal_stages"}
)
"""Columns that hold where something stands now, and the table that keeps where it stood before: in a log of events the
last value wins by intention, and no other is lost."""

_SHOWN: Final = 3
"""So many values of a key are shown, the one that is kept last: a key may have been given thousands."""


def note_contradictions(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    section: Section,
    rows: EntryRows,
    typed: str,
    merged: str,
    beside: Collection[str],
) -> None:
    """Count, for each column of a distinct section, the keys that were given more than one value; blanks are no value.

    typed   the table of the section's different rows: its columns, and `_pos` (the last row that says so), `_fault`
    merged  the table of the same rows, one a key; where there are as many, nothing can contradict and nothing is read
    beside  the tables that the same rows fill
    """
    table = section.table
    columns = [
        cell.target
        for cell in section.cells
        if cell.value is None
        and cell.target not in table.key
        and HISTORIES.get((table.name, cell.target)) not in beside
    ]
    if not columns or count(connection, f"select count(*) from {typed} where _fault = 0") == count(
        connection, f"select count(*) from {merged}"
    ):
        return
    keys = ", ".join(identifier(key) for key in table.key if key in section.by_target)
    differs = ", ".join(f"min({identifier(name)}) <> max({identifier(name)}) as d{n}" for n, name in enumerate(columns))
    counts = ", ".join(f"count(*) filter (where d{n})" for n in range(len(columns)))
    found = connection.execute(
        f"select {counts} from (select {differs} from {typed} where _fault = 0 group by {keys})"
    ).fetchall()[0]
    for column, several in zip(columns, found, strict=True):
        if several:
            _list(connection, source, section, rows, f"from {typed} where _fault = 0", keys, column)
            connection.execute(
                f"insert into meta.warning_counts select {literal(source)}, {literal(table.name)}, "
                f"{literal(column)}, {told(SEVERAL)}, {int(several)}"
            )


def _list(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    section: Section,
    rows: EntryRows,
    typed: str,
    keys: str,
    column: str,
) -> None:
    """Note some keys as examples: the row of the value that is kept, and the values as they came."""
    value = identifier(column)
    given = f"select {keys}, cast({value} as varchar) as v, max(_pos) as p {typed} and {value} is not null group by {keys}, {value}"
    values = f"concat_ws(' | ', {keys}) || ': ' || array_to_string(list(v order by p)[-{_SHOWN}:], ' | ')"
    several = f"select max(p) as _pos, {values} as v from ({given}) group by {keys} having count(*) > 1 order by 1 limit {EXAMPLES}"
    connection.execute(
        f"insert into meta.warnings select p.import_no, {literal(source)}, {literal(rows.entry)}, "
        f"{literal(section.table.name)}, p.file, s._pos & {(1 << FILE_BITS) - 1}, {literal(column)}, s.v, {told(SEVERAL)} "
        f"from ({several}) as s join {rows.files()} on p.number = s._pos >> {FILE_BITS} order by s._pos"
    )
