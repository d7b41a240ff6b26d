"""What a version tells of its import: quarantine, warnings, what was derived, and the tables of `meta`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.expression import literal

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

EXAMPLES: Final = 1000
"""So many rows of one warning are kept; all are counted."""

MADE_BY: Final = "crmetrics"
"""The source_system of rows that the product made."""

_TOLD: Final = (
    "import_no bigint, source varchar, entry varchar, table_name varchar, file varchar, row bigint, column_name varchar, "
    "value varchar, reason varchar, reason_domain varchar, reason_values varchar"
)
_TABLES: Final = (
    f"quarantine({_TOLD})",
    f"warnings({_TOLD})",
    (
        "warning_counts(source varchar, table_name varchar, column_name varchar, reason varchar, reason_domain varchar, "
        "reason_values varchar, row_count bigint)"
    ),
    "united(source varchar, table_name varchar, row_count bigint)",
    "derived(source varchar, table_name varchar, column_name varchar, rows bigint)",
    (
        "imports(import_no bigint, source varchar, kind varchar, started_at timestamp, files bigint, rows_read bigint, "
        "rows_kept bigint, rows_quarantined bigint, rows_merged bigint, folder varchar)"
    ),
    (
        "files(import_no bigint, source varchar, entry varchar, file varchar, sha256 varchar, raw_path varchar, "
        "columns varchar[], imported_at timestamp, is_live boolean, rejected bigint, rows_read bigint, rows_kept bigint, "
        "rows_quarantined bigint, rows_merged bigint)"
    ),
    "decisions(number bigint, kind varchar, made_at timestamp, made_by varchar)",
    "sources(source varchar, kind varchar, zone varchar, mapping varchar)",
    (
        "profile(table_name varchar, column_name varchar, row_count bigint, expected bigint, filled bigint, "
        "first_at timestamp, latest_at timestamp, future_rows bigint)"
    ),
    "currencies(table_name varchar, currency varchar, row_count bigint)",
    "daily_rates(currency varchar, day_on date, rate decimal(20,10))",
    "latest_rates(currency varchar, rate decimal(20,10))",
)


def make_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of `meta` in a new version."""
    for table in _TABLES:
        connection.execute(f"create table if not exists meta.{table}")


def write_decisions(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Keep which decisions the version is made with: their numbers, never what they are about."""
    lines = [(each.number, each.kind, each.made_at, each.made_by) for each in decisions]
    if lines:
        connection.executemany("insert into meta.decisions values (?, ?, ?, ?)", lines)


def told(message: Message) -> str:
    """SQL of a message's three columns: its English template, its domain, its values as JSON."""
    shown = {name: str(value) for name, value in message.values.items()}
    values = literal(json.dumps(shown, ensure_ascii=False)) if shown else "null"
    return f"{literal(message.text)} as reason, {literal(message.domain)} as reason_domain, {values} as reason_values"


def message_of(text: str, domain: str, values: str | None) -> Message:
    """The message that stands in quarantine or among the warnings, for showing it in the reader's language."""
    return Message(text, domain, json.loads(values) if values else {})


def copy_of_old(
    connection: duckdb.DuckDBPyConnection,
    read: Sequence[tuple[str, str]],
    touched: Sequence[str],
    rechecked: Sequence[Message],
    by_source: Sequence[Message],
) -> None:
    """Take over what the current version tells of rows that are not made again.

    read       (source, entry) of the files that are read again
    touched    tables that are made again
    rechecked  warnings that are looked for again in every table
    by_source  warnings that are looked for as a source's files are read, not in the table that they made
    """
    sources = _texts({source for source, _entry in read})
    entries = _texts(f"{source}\x1f{entry}" for source, entry in read)
    tables = _texts(touched)
    always = f"reason in ({_texts(message.text for message in rechecked)})"
    again = f"concat(source, chr(31), entry) in ({entries})"
    made_again = f"source in ({sources}) and table_name in ({tables})"
    of_tables = f"table_name in ({tables}) and reason not in ({_texts(message.text for message in by_source)})"
    checked_again = f"({of_tables}) or ({made_again}) or {always}"
    for table, left_out in (
        ("quarantine", again),
        ("warnings", checked_again),
        ("warning_counts", checked_again),
        ("derived", f"source = {literal(MADE_BY)} or ({made_again})"),
        ("united", made_again),
        ("sources", f"source in ({sources})"),
        ("profile", f"table_name in ({tables})"),
        ("currencies", f"table_name in ({tables})"),
    ):
        connection.execute(f"insert into meta.{table} by name select * from old.meta.{table} where not ({left_out})")


def _texts(texts: Iterable[str]) -> str:
    return ", ".join([literal(text) for text in texts] or ["null"])


def count_derived(connection: duckdb.DuckDBPyConnection, source: str, table: str, column: str, rows: int) -> None:
    """Note how many values of a column the product derived."""
    if rows:
        connection.execute("insert into meta.derived values (?, ?, ?, ?)", [source, table, column, rows])


def count(connection: duckdb.DuckDBPyConnection, sql: str, values: Sequence[object] = ()) -> int:
    """Run a query that gives one number."""
    found = connection.execute(sql, list(values)).fetchall()
    return int(found[0][0] or 0)
