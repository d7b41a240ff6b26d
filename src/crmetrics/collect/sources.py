"""The door of the room: which files there are, and one of them read into raw Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.databases import database_listing, table_names
from crmetrics.collect.documents import Documents
from crmetrics.collect.files import FileEntry, find_files
from crmetrics.collect.kinds import Kind, kind_of
from crmetrics.collect.originals import fingerprint
from crmetrics.collect.parquet import write_parquet
from crmetrics.collect.raw import RawFile, Rejected
from crmetrics.collect.servers.reading import adopted
from crmetrics.collect.spreadsheets import sheet_listing, sheet_names
from crmetrics.collect.texts import read_listing, read_text
from crmetrics.vocabulary.errors import BadFile, BadMapping, NoSpace
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    import duckdb

__all__ = ["FileEntry", "RawFile", "Rejected", "find_files", "fingerprint", "read_raw", "sheets_of"]

_ = words("collect")

STEP: Final = 0.005
"""Share of a file between two words on the progress."""


def read_raw(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    path: Path,
    target: Path,
    progress: Callable[[str, float], None] = lambda name, share: None,
) -> RawFile:
    """Read one source file into the raw Parquet file `target`: every column as text, plus `_file` and `_row`.

    Shapes: `_row` counts rows as a spreadsheet shows them: the header is row 1, blank rows count, a quoted line break
    does not. `progress` is told the file's name and the share done, 0 to 1; it falls back once where odd rows are met.
    A text file needs less than 1 GB of memory, however big it is.
    Errors: BadFile if the file cannot be read, BadMapping if `encoding` or `delimiter` is none, NoSpace if memory does
    not suffice. Rows that cannot be read are in `RawFile.rejected`. On an error nothing is left of the target.
    """
    if entry.is_pulled:
        return adopted(connection, entry, path, target)
    told = _in_steps(path.name, progress)
    told(0.0)
    with _all_or_nothing(path, target):
        kind = kind_of(path)
        _check_layout(entry, kind, path.name)
        raw = _read(connection, entry, path, target, told, kind)
        told(1.0)
    return raw


def _read(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    path: Path,
    target: Path,
    told: Callable[[float], None],
    kind: Kind,
) -> RawFile:
    if kind is Kind.TEXT:
        return read_text(connection, entry, path, target, told)
    if kind is Kind.SPREADSHEET:
        return read_listing(connection, entry, path, target, told, partial(sheet_listing, path, entry))
    if kind is Kind.DATABASE:
        return read_listing(connection, entry, path, target, told, partial(database_listing, path, entry))
    if kind is Kind.DOCUMENTS:
        documents = Documents(path, entry)
        raw = read_listing(connection, entry, path, target, told, documents.listing)
        return replace(raw, rejected=tuple(documents.rejected))
    rows, columns = write_parquet(connection, path, entry.name_of(path), target)
    return RawFile(entry.name, entry.name_of(path), fingerprint(path), rows, columns, target)


def _in_steps(name: str, progress: Callable[[str, float], None]) -> Callable[[float], None]:
    """The progress of one file, told no more often than is worth a word."""
    last = -1.0

    def told(share: float) -> None:
        nonlocal last
        if abs(share - last) >= STEP or share == 1.0:
            last = share
            progress(name, share)

    return told


def _check_layout(entry: FileEntry, kind: Kind, name: str) -> None:
    """Errors: BadMapping if a layout is declared for a file that tells its own."""
    is_fit = kind is Kind.TEXT or (kind is Kind.SPREADSHEET and not entry.spans)
    if (entry.names or entry.spans) and not is_fit:
        raise BadMapping(
            _(
                "'{file}' tells the names and places of its columns itself. Take `names`, `widths` and `positions` out of "
                "[files.{entry}].",
                file=name,
                entry=entry.name,
            )
        )


def sheets_of(path: Path) -> tuple[str | None, ...]:
    """The sheets of a workbook that hold rows, or the tables of a database; None for what is one table by itself.

    Errors: BadFile as `read_raw`.
    """
    kind = kind_of(path)
    if kind is Kind.SPREADSHEET:
        return sheet_names(path)
    return table_names(path) if kind is Kind.DATABASE else (None,)


@contextmanager
def _all_or_nothing(path: Path, target: Path) -> Iterator[None]:
    """Remove a target that is not whole, and say in plain words what could not be opened or held."""
    import duckdb

    try:
        yield
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, duckdb.OutOfMemoryException):
            raise NoSpace(
                _(
                    "'{file}' needs more memory than the workspace allows. Raise memory_limit in crmetrics.toml.",
                    file=path.name,
                )
            ) from error
        if isinstance(error, PermissionError | FileNotFoundError) and error.filename == str(path):
            raise BadFile(
                _("'{file}' cannot be opened. Check that it is there, and that you may read it.", file=path)
            ) from error
        raise
