"""What stands in quarantine and what is odd in the current version, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb

from crmetrics.clean.ledger import message_of
from crmetrics.intake.report import Told
from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.versions import Version


@dataclass(frozen=True, slots=True)
class OddRow:
    """One row as it stood in its file, and what is wrong with it."""

    file: str
    row: int | None
    column: str
    value: str | None
    reason: Message


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The state of a version's data: rows a table, what was set aside and why, what was kept though it is odd."""

    version: Version
    tables: Mapping[str, int]
    quarantined: tuple[tuple[Told, tuple[OddRow, ...]], ...]
    warnings: tuple[tuple[Told, tuple[OddRow, ...]], ...]


def check_of(version: Version, examples: int = 3) -> CheckReport:
    """The check of a version, with so many examples for each reason."""
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        tables = dict(
            connection.execute(
                "select table_name, row_count from meta.profile where column_name = '' order by rowid"
            ).fetchall()
        )
        quarantined = _reasons(connection, "meta.quarantine", "count(*)", "meta.quarantine", examples)
        warnings = _reasons(connection, "meta.warning_counts", "sum(row_count)", "meta.warnings", examples)
    return CheckReport(version, tables, quarantined, warnings)


def _reasons(
    connection: duckdb.DuckDBPyConnection, counted: str, count: str, listed: str, examples: int
) -> tuple[tuple[Told, tuple[OddRow, ...]], ...]:
    found = connection.execute(
        f"select table_name, column_name, reason, reason_domain, min(reason_values), cast({count} as bigint) as n from {counted} "
        "group by 1, 2, 3, 4 order by n desc, 1, 2, 3"
    ).fetchall()
    return tuple((_told(line), _examples(connection, listed, line, examples)) for line in found)


def _told(line: Sequence[object]) -> Told:
    table, column, text, domain, values, rows = line
    return Told(str(table or ""), str(column or ""), _message(text, domain, values), int(str(rows)))


def _message(text: object, domain: object, values: object) -> Message:
    return message_of(str(text), str(domain), values if isinstance(values, str) else None)


def _examples(
    connection: duckdb.DuckDBPyConnection, listed: str, line: Sequence[object], examples: int
) -> tuple[OddRow, ...]:
    table, column, reason = line[:3]
    rows = connection.execute(
        f"select file, row, column_name, value, reason, reason_domain, reason_values from {listed} "
        "where table_name is not distinct from $table and column_name is not distinct from $column and reason = $reason "
        "order by file, row limit $examples",
        {"table": table, "column": column, "reason": reason, "examples": examples},
    ).fetchall()
    return tuple(
        OddRow(str(file), row, str(name or ""), value, _message(*said)) for file, row, name, value, *said in rows
    )
