"""The door of the room: which files there are, and one of them read into raw Parquet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from crmetrics.collect.files import FileEntry, find_files, is_parquet_folder
from crmetrics.collect.originals import fingerprint, head_of
from crmetrics.collect.parquet import write_parquet
from crmetrics.collect.raw import RawFile, Rejected
from crmetrics.collect.texts import read_text

if TYPE_CHECKING:
    import duckdb

__all__ = ["FileEntry", "RawFile", "Rejected", "find_files", "fingerprint", "read_raw"]

PARQUET_MARK = b"PAR1"


def read_raw(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    path: Path,
    target: Path,
    progress: Callable[[str, float], None] = lambda name, share: None,
) -> RawFile:
    """Read one source file into the raw Parquet file `target`: every column as text, plus `_file` and `_row`.

    Shapes: `_row` counts rows as a spreadsheet shows them: the header is row 1, blank rows count, a quoted line break
    does not. `progress` is told the file's name and the share done, 0 to 1.
    Errors: BadFile if the file cannot be read, BadMapping if `encoding` is none, NoSpace. Rows that cannot be read
    are in `RawFile.rejected`.
    """
    name = path.name
    progress(name, 0.0)
    if is_parquet_folder(path) or head_of(path).startswith(PARQUET_MARK):
        sha256 = fingerprint(path)
        rows, columns = write_parquet(connection, path, name, target)
        raw = RawFile(entry.name, name, sha256, rows, columns, target)
    else:
        raw = read_text(connection, entry, path, target, lambda share: progress(name, share))
    progress(name, 1.0)
    return raw
