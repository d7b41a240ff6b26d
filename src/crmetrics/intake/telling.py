"""Reads the report of an import out of the version that it published."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import duckdb

from crmetrics.clean.ledger import message_of
from crmetrics.clean.mapping import Mapping
from crmetrics.intake.report import FileReport, ImportReport, Told
from crmetrics.warehouse.versions import Version


def report_of(
    version: Version | None,
    mapping: Mapping,
    import_no: int,
    is_changed: bool,
    known: Sequence[str],
    unread: Sequence[str],
    seconds: float,
) -> ImportReport:
    """The report of an import, as its version tells it."""
    if version is None:
        return ImportReport(
            import_no, mapping.name, None, False, (), tuple(known), {}, (), (), {}, seconds, tuple(unread)
        )
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        files = connection.execute(
            "select entry, file, rows_read, rows_kept, rows_quarantined, rows_merged from meta.files "
            "where source = ? and import_no = ? order by raw_path",
            [mapping.name, import_no],
        ).fetchall()
        tables = connection.execute("select table_name, row_count from meta.profile where column_name = ''").fetchall()
        quarantined = connection.execute(
            "select table_name, column_name, reason, reason_domain, min(reason_values), count(*) from meta.quarantine "
            "where source = ? group by 1, 2, 3, 4 order by 6 desc, 1, 2",
            [mapping.name],
        ).fetchall()
        warnings = connection.execute(
            "select table_name, column_name, reason, reason_domain, reason_values, sum(row_count)::bigint "
            "from meta.warning_counts group by 1, 2, 3, 4, 5 order by 6 desc, 1, 2, 5"
        ).fetchall()
        derived = connection.execute(
            "select table_name, column_name, sum(rows)::bigint from meta.derived group by 1, 2"
        ).fetchall()
    return ImportReport(
        import_no,
        mapping.name,
        version,
        is_changed,
        tuple(FileReport(*line) for line in files) if is_changed else (),
        tuple(known),
        dict(tables),
        tuple(_told(line) for line in quarantined),
        tuple(_told(line) for line in warnings),
        {(table, column): rows for table, column, rows in derived},
        seconds,
        tuple(unread),
    )


def _told(line: Sequence[object]) -> Told:
    table, column, text, domain, values, rows = line
    return Told(
        str(table or ""),
        str(column or ""),
        message_of(str(text), str(domain), values if isinstance(values, str) else None),
        int(str(rows)),
    )
