"""The account of every file: each row that was read was kept, set aside, or said what another row already says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from crmetrics.clean.ledger import count, message_of
from crmetrics.clean.mapping import Mapping
from crmetrics.clean.raw_rows import EntryRows, RawPart
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import literal

_ = words("import")


def open_accounts(
    connection: duckdb.DuckDBPyConnection,
    sources: Iterable[tuple[Mapping, Sequence[RawPart]]],
    relative: Callable[[Path], str],
) -> None:
    """Note the live files (`known_files`, each with the tables it feeds) and make room for what is merged."""
    connection.execute(
        "create or replace temp table known_files(import_no bigint, source varchar, kind varchar, entry varchar, "
        "file varchar, raw_path varchar, sha256 varchar, columns varchar[], imported_at timestamp, rows bigint, "
        "rejected bigint, tables varchar[])"
    )
    connection.execute(
        "create or replace temp table merged_rows(import_no bigint, source varchar, entry varchar, file varchar, rows bigint)"
    )
    lines = [
        (
            part.import_no, mapping.name, mapping.kind, part.entry, part.name, relative(part.path), part.sha256,
            list(part.columns), part.imported_at, part.rows, part.rejected,
            sorted({section.table.name for section in mapping.sections_from(part.entry)}),
        )
        for mapping, parts in sources
        for part in parts
    ]  # fmt: skip
    places = ", ".join([f"({', '.join('?' * 12)})"] * len(lines))
    connection.execute(f"insert into known_files values {places}", [value for line in lines for value in line])


def note_superseded(connection: duckdb.DuckDBPyConnection, source: str, rows: EntryRows) -> None:
    """Note the rows of each file that another file supersedes."""
    lines = [
        (rows.parts[number].import_no, source, rows.entry, rows.parts[number].name, merged)
        for number, merged in rows.superseded.items()
    ]
    if lines:
        connection.executemany("insert into merged_rows values (?, ?, ?, ?, ?)", lines)


def copy_merged(connection: duckdb.DuckDBPyConnection, read: Collection[tuple[str, str]]) -> None:
    """Take over how many rows were merged in files of kinds that are not read again; `read` are those (source, entry) that are."""
    again = ", ".join([literal(f"{source}\x1f{entry}") for source, entry in sorted(read)] or ["null"])
    connection.execute(
        "insert into merged_rows select import_no, source, entry, file, rows_merged from old.meta.files "
        f"where is_live and rows_merged > 0 and concat(source, chr(31), entry) not in ({again})"
    )


def close_accounts(connection: duckdb.DuckDBPyConnection, import_no: int, has_old: bool, started_at: datetime) -> None:
    """Write `meta.files` and `meta.imports`: the live files as they stand now, earlier ones as they were told then."""
    connection.execute(
        "insert into meta.files select f.import_no, f.source, f.entry, f.file, f.sha256, f.raw_path, f.columns, "
        "f.imported_at, true, f.rejected, f.rows + f.rejected, "
        "f.rows + f.rejected - coalesce(q.rows, 0) - coalesce(m.rows, 0), coalesce(q.rows, 0), coalesce(m.rows, 0) "
        "from known_files as f "
        "left join (select import_no, source, entry, file, count(distinct row) as rows from meta.quarantine group by all) "
        "as q using (import_no, source, entry, file) "
        "left join (select import_no, source, entry, file, sum(rows) as rows from merged_rows group by all) "
        "as m using (import_no, source, entry, file) order by f.import_no, f.rowid"
    )
    if has_old:
        connection.execute(
            "insert into meta.files by name select * replace (false as is_live) from old.meta.files as o "
            "where not exists (select 1 from known_files as f where f.raw_path = o.raw_path)"
        )
        connection.execute(
            f"insert into meta.imports by name select * from old.meta.imports where import_no <> {import_no}"
        )
    moment = f"timestamp '{started_at.isoformat(sep=' ')}'"
    connection.execute(
        "insert into meta.imports select import_no, source, any_value(kind), "
        f"{moment}, count(*), sum(rows_read), sum(rows_kept), sum(rows_quarantined), sum(rows_merged), null "
        "from meta.files join (select distinct source, kind from known_files) using (source) "
        f"where import_no = {import_no} group by all"
    )


def note_folders(connection: duckdb.DuckDBPyConnection, folders: Iterable[str]) -> None:
    """Note which imports count, each with the folder (below that of the raw files) where the history that it saw stands."""
    connection.execute("update meta.imports set folder = null")
    for folder in folders:
        connection.execute(
            "update meta.imports set folder = ? where import_no = ?", [folder, int(folder.rpartition("/")[2])]
        )


def refuse_emptied(connection: duckdb.DuckDBPyConnection, mapping: Mapping, import_no: int) -> None:
    """Refuse new files of a full source that would leave none of the rows that their entry gave so far.

    An export that failed looks like this. Raises BadFile with the files, how many rows there were, and the way out.
    """
    if mapping.kind != "full":
        return
    emptied = connection.execute(
        "select entry, string_agg(file, ', ' order by rowid) from meta.files where source = $source and is_live "
        "group by entry having sum(rows_kept + rows_merged) = 0 and max(import_no) = $number order by entry",
        {"source": mapping.name, "number": import_no},
    ).fetchall()
    for entry, files in emptied:
        held = count(
            connection,
            "select sum(rows_kept + rows_merged) from old.meta.files where source = ? and entry = ? and is_live",
            [mapping.name, entry],
        )
        if held and not mapping.entries[entry].may_be_empty:
            raise BadFile(
                _(
                    "{problem} [files.{entry}] gave {rows} rows until now, and they stay. If they are to be removed, write "
                    'may_be_empty = true below [files.{entry}] in {mapping}; if files only add rows, kind = "delta" '
                    "below [source].",
                    problem=_why_empty(connection, mapping.name, entry, files),
                    entry=entry,
                    rows=held,
                    mapping=mapping.path.name,
                )
            )


def _why_empty(connection: duckdb.DuckDBPyConnection, source: str, entry: str, files: str) -> Message:
    """What is wrong with files that give no row: the first row in quarantine, if there are rows at all."""
    found = connection.execute(
        "select file, row, column_name, value, reason, reason_domain, reason_values from meta.quarantine "
        "where source = ? and entry = ? order by rowid limit 1",
        [source, entry],
    ).fetchall()
    if not found:
        return _("{file} holds no rows.", file=files)
    file, row, column, value, *reason = found[0]
    return _(
        "No row of {files} can be read. The first is row {row} of {file}, {column} '{value}': {reason}",
        files=files, file=file, row=row, column=column or "", value=value or "", reason=message_of(*reason),
    )  # fmt: skip
