"""A table of a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.listing import Listing, shown
from crmetrics.collect.raw import column_names
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier

_ = words("collect")

LOGS: Final = ("-wal", "-journal")
"""What the files are called in which SQLite keeps changes that are not in the database yet."""

FETCHED: Final = 10_000
"""Rows that are held at a time."""


def database_listing(path: Path, entry: FileEntry, progress: Callable[[float], None]) -> Listing:
    """The rows of the table or view that `sheet` in the mapping names, or of the only one; its rows count from 1.

    Errors: BadFile if the file is damaged or locked by a password, or the table is not there or not the only one.
    """
    try:
        with closing(_opened(path)) as database:
            tables = _tables(database)
            table = _chosen(path, entry, tables)
            columns = [row[0] for row in database.execute(f"select * from {identifier(table)} limit 0").description]
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error
    return Listing(f"{entry.name_of(path)} [{table}]", column_names(columns), _rows(path, table, progress))


def table_names(path: Path) -> tuple[str, ...]:
    """The tables and views of a SQLite file. Errors: BadFile as `database_listing`."""
    try:
        with closing(_opened(path)) as database:
            return tuple(_tables(database))
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error


def _tables(database: sqlite3.Connection) -> list[str]:
    named = "select name from sqlite_schema where type in ('table', 'view') order by name"
    return [name for (name,) in database.execute(named) if not name.startswith("sqlite_")]


def _rows(path: Path, table: str, progress: Callable[[float], None]) -> Iterator[tuple[int, list[str]]]:
    try:
        with closing(_opened(path)) as database:
            total = max(database.execute(f"select count(*) from {identifier(table)}").fetchone()[0], 1)
            found = database.execute(f"select * from {identifier(table)}")
            number = 0
            while some := found.fetchmany(FETCHED):
                for row in some:
                    number += 1
                    yield number, [shown(cell) for cell in row]
                progress(min(number / total, 1.0))
    except sqlite3.DatabaseError as error:
        raise _damaged(path) from error


def _opened(path: Path) -> sqlite3.Connection:
    """The database, to be read alone. Errors: BadFile while rows of it stand in a log beside it, for they would be passed over."""
    for log in (path.with_name(path.name + ending) for ending in LOGS):
        if log.is_file() and log.stat().st_size:
            raise BadFile(
                _(
                    "'{file}' is at work in another program: what was changed last stands in '{log}' yet. Close the program, then "
                    "import again.",
                    file=path.name,
                    log=log.name,
                )
            )
    # immutable: not even the file of locks is written beside somebody else's database
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    # a text that is not UTF-8 keeps what can be read of it
    database.text_factory = lambda text: text.decode("utf-8", "replace")
    return database


def _chosen(path: Path, entry: FileEntry, tables: list[str]) -> str:
    if not tables:
        raise BadFile(
            _("'{file}' is a database without a table. Export it again, or take it out of the import.", file=path.name)
        )
    named = ", ".join(f"'{name}'" for name in tables)
    if entry.sheet is None and len(tables) > 1:
        raise BadFile(
            _(
                "'{file}' has several tables: {tables}. Name one in [files.{entry}]: sheet = ...",
                file=path.name,
                tables=named,
                entry=entry.name,
            )
        )
    wanted = tables[0] if entry.sheet is None else entry.sheet
    if wanted not in tables:
        raise BadFile(
            _(
                "'{file}' has no table '{table}'. It has: {tables}. Correct `sheet` in [files.{entry}].",
                file=path.name,
                table=wanted,
                tables=named,
                entry=entry.name,
            )
        )
    return wanted


def _damaged(path: Path) -> BadFile:
    return BadFile(
        _("'{file}' is a damaged or encrypted database. Export or copy it again, without a password.", file=path.name)
    )
