"""The raw Parquet file of a source: every column as text, with its file and row number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.files import visible
from crmetrics.collect.raw import FILE_COLUMN, ROW_COLUMN, column_names
from crmetrics.collect.records import LONGEST, Marks
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk

if TYPE_CHECKING:
    import duckdb

_ = words("collect")

# A row number over the whole file keeps the order of its rows, and needs no memory. Every value from outside is bound.
# A row without a single value is counted, and left out.
DELIMITED: Final = """
copy (
    select * exclude (_filled)
    from (
        select *, coalesce(*columns(*)) as _filled, $file as _file, row_number() over () + $before as _row
        from read_csv($source, columns = $columns, header = $header, delim = $delimiter, quote = '"', escape = $escape,
                      compression = $compression, auto_detect = false, strict_mode = true,
                      max_line_size = $longest, buffer_size = $buffer)
    )
    where _filled is not null
) to $target (format parquet, compression zstd, row_group_size $group)
"""

NUMBERED: Final = """
copy (
    select * exclude (_filled, _row), $file as _file, _row::bigint as _row
    from (
        select *, coalesce(*columns(* exclude (_row))) as _filled
        from read_csv($source, columns = $columns, header = false, delim = $delimiter, quote = '"', escape = $escape,
                      new_line = '\\n', auto_detect = false, strict_mode = true,
                      max_line_size = $longest, buffer_size = $buffer)
    )
    where _filled is not null
) to $target (format parquet, compression zstd, row_group_size $group)
"""

# Rows are held in memory a group at a time.
GROUP_ROWS: Final = 122_880
GROUP_CELLS: Final = 4_000_000
GROUP_BYTES: Final = 64 << 20
LEAST_GROUP_ROWS: Final = 2048

TOLD_EVERY: Final = 0.2
"""Seconds between two words on the progress."""


@dataclass(frozen=True, slots=True)
class Delimited:
    """A text file in UTF-8 whose every row is as wide as its columns, of about `row_bytes`.

    `rows_before` the first data row, of which the header is one; None says that each row begins with its number.
    """

    path: Path
    name: str
    marks: Marks
    columns: tuple[str, ...]
    has_header: bool = True
    is_packed: bool = False
    rows_before: int | None = 1
    row_bytes: int = 1


def write_delimited(
    connection: duckdb.DuckDBPyConnection, text: Delimited, target: Path, progress: Callable[[float], None]
) -> int:
    """Write the raw Parquet file of a text file, as a stream in the order of its rows; gives the number of rows.

    Errors: duckdb.InvalidInputException if a row is not of the declared shape; nothing is left behind then.
    """
    import duckdb

    numbered = text.rows_before is None
    names = (ROW_COLUMN, *text.columns) if numbered else text.columns
    values: dict[str, object] = {
        "source": escape(str(text.path)),
        "file": text.name,
        "columns": dict.fromkeys(names, "VARCHAR"),
        "delimiter": text.marks.separator.decode(),
        "escape": text.marks.escape,
        "longest": LONGEST,
        "buffer": 4 * LONGEST,
        "target": str(target),
        "group": _group_rows(len(names), text.row_bytes),
    }
    if not numbered:
        values["before"] = text.rows_before
        values["header"] = text.has_header
        values["compression"] = "gzip" if text.is_packed else "none"
    query = NUMBERED if numbered else DELIMITED
    try:
        return _copied(connection, query, values, progress)
    except duckdb.OutOfMemoryException:
        # The first rows may be short, and later ones long.
        return _copied(connection, query, values | {"group": LEAST_GROUP_ROWS}, progress)


def write_parquet(
    connection: duckdb.DuckDBPyConnection, source: Path, name: str, target: Path
) -> tuple[int, tuple[str, ...]]:
    """Write the raw Parquet file of a Parquet file or folder; gives the number of rows and the columns.

    Errors: BadFile if it is not Parquet.
    """
    import duckdb

    parts = _parts(source, name)
    try:
        with told_of_a_full_disk(target.parent, source.stat().st_size), connection.cursor() as session:
            # Moments with a zone are written in UTC, whatever zone the machine stands in.
            session.execute("set timezone = 'UTC'")
            table = session.read_parquet(parts, hive_partitioning=len(parts) > 1, union_by_name=len(parts) > 1)
            columns = column_names(table.columns)
            raw = _as_texts(table, columns, name)
            raw.to_parquet(str(target), compression="zstd", row_group_size=_group_rows(len(columns)))
            rows = session.execute("select count(*) from read_parquet(?)", [escape(str(target))]).fetchone()
    except (duckdb.OutOfMemoryException, duckdb.InterruptException):
        raise
    except duckdb.Error as error:
        raise BadFile(
            _("'{file}' is not a Parquet file, or it is damaged. Export or copy it again.", file=name)
        ) from error
    return (int(rows[0]) if rows else 0), columns


def _as_texts(table: duckdb.DuckDBPyRelation, columns: tuple[str, ...], name: str) -> duckdb.DuckDBPyRelation:
    import duckdb

    blank = duckdb.ConstantExpression("")
    texts = [
        duckdb.FunctionExpression("nullif", duckdb.ColumnExpression(given).cast(duckdb.sqltypes.VARCHAR), blank).alias(
            column
        )
        for given, column in zip(table.columns, columns, strict=True)
    ]
    return table.select(
        *texts,
        duckdb.ConstantExpression(name).alias(FILE_COLUMN),
        duckdb.SQLExpression("row_number() over () + 1").alias(ROW_COLUMN),
    )


def _group_rows(columns: int, row_bytes: int = 1) -> int:
    return max(min(GROUP_ROWS, GROUP_CELLS // columns, GROUP_BYTES // row_bytes), LEAST_GROUP_ROWS)


def _copied(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    values: Mapping[str, object],
    progress: Callable[[float], None],
) -> int:
    with connection.cursor() as session, ThreadPoolExecutor(1) as engine, _interrupted(session):
        session.execute("set enable_progress_bar = true")
        session.execute("set enable_progress_bar_print = false")
        copying = engine.submit(session.execute, query, values)
        while True:
            try:
                rows = copying.result(TOLD_EVERY).fetchone()
            except TimeoutError:
                progress(min(max(session.query_progress(), 0.0) / 100, 1.0))
            else:
                return int(rows[0]) if rows else 0


@contextmanager
def _interrupted(session: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Stop the engine's work when ours is stopped."""
    try:
        yield
    except BaseException:
        session.interrupt()
        raise


def _parts(source: Path, name: str) -> list[str]:
    if not source.is_dir():
        return [escape(str(source))]
    found = sorted(part for part in source.rglob("*.parquet") if part.is_file() and visible(part, source))
    if not found:
        raise BadFile(_("'{file}' is a folder without a .parquet file in it. Export it again.", file=name))
    return [escape(str(part)) for part in found]
