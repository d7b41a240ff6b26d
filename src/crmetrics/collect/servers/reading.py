"""A table of a database, or the rows of a query, written down as a raw file: every value as text, exact, NULL apart from ''."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from shutil import move
from typing import TYPE_CHECKING, Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.originals import fingerprint
from crmetrics.collect.raw import FILE_COLUMN, ROW_COLUMN, RawFile, column_names
from crmetrics.collect.servers.address import Address, System, password_for
from crmetrics.collect.servers.mysql import MySql
from crmetrics.collect.servers.postgresql import PostgreSql
from crmetrics.collect.servers.session import Reading, ServerColumn, ServerTable, Session, check_reachable
from crmetrics.collect.servers.sqlserver import SqlServer
from crmetrics.vocabulary.errors import BadDatabase
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

if TYPE_CHECKING:
    import duckdb

_ = words("servers")

SYSTEMS: Final[Mapping[System, Callable[[Address, str], Session]]] = {
    System.POSTGRESQL: PostgreSql,
    System.MYSQL: MySql,
    System.SQL_SERVER: SqlServer,
}
SHOWN: Final = 20
LONG_ENOUGH: Final = 0.5
"""What is told of the progress of a table whose length nobody knows: it comes ever nearer to the whole."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a database for one entry of a mapping: a table or a query, as a whole or from a value on.

    `seen`  the greatest value of the column `cursor` that is here already: rows of that value come again, none is missed
    `most`  rows that are enough
    """

    entry: str
    table: str = ""
    query: str = ""
    cursor: str = ""
    seen: str | None = None
    most: int | None = None


@contextmanager
def opened(address: Address) -> Iterator[Session]:
    """A database, open for reading alone. Errors: BadDatabase if it does not answer, refuses, or is not there."""
    check_reachable(address)
    session = SYSTEMS[address.system](address, password_for(address))
    try:
        yield session
    finally:
        session.close()


def tables_to_understand(session: Session) -> list[ServerTable]:
    """The tables of a database; its views where it has no tables that the user may read."""
    found = session.tables()
    return [table for table in found if not table.is_view] or found


def pull(
    connection: duckdb.DuckDBPyConnection,
    session: Session,
    address: Address,
    wanted: Wanted,
    target: Path,
    progress: Callable[[str, float], None] = lambda name, share: None,
) -> RawFile:
    """Write what is wanted into the raw Parquet file `target`, as `read_raw` does of a file; rows count from 1.

    Errors: BadDatabase if there is no such table or column, or the column cannot tell what is newer.
    """
    name = f"{address.database}: {wanted.table or wanted.entry}"
    if wanted.query:
        relation = f"({wanted.query.strip().rstrip(';')}\n) as crmetrics_query"
    else:
        relation = session.relation(_table(session, address, wanted))
    columns = session.columns(relation)
    reading = Reading(relation, tuple(columns), _cursor(wanted, columns), wanted.seen, wanted.most)
    names = column_names([column.name for column in columns])
    try:
        rows = _write(connection, session, reading, names, name, target, progress)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return RawFile(wanted.entry, name, fingerprint(target), rows, names, target)


def adopted(connection: duckdb.DuckDBPyConnection, entry: FileEntry, path: Path, target: Path) -> RawFile:
    """Take what `pull` wrote into the raw files of an import."""
    move(path, target)
    found = connection.execute(
        f"select count(*), any_value({FILE_COLUMN}) from read_parquet({literal(str(target))})"
    ).fetchall()
    described = connection.execute(f"describe from read_parquet({literal(str(target))})").fetchall()
    columns = tuple(str(one[0]) for one in described[:-2])
    return RawFile(entry.name, str(found[0][1] or entry.name), fingerprint(target), int(found[0][0]), columns, target)


def _write(
    connection: duckdb.DuckDBPyConnection,
    session: Session,
    reading: Reading,
    names: Sequence[str],
    name: str,
    target: Path,
    progress: Callable[[str, float], None],
) -> int:
    import numpy as np

    with connection.cursor() as rows_here:
        # a column that begins with a thousand NULLs is one of texts all the same
        rows_here.execute("set pandas_analyze_sample = 0")
        declared = ", ".join(f"c{place} varchar" for place in range(len(names)))
        rows_here.execute(f"create or replace temp table pulled ({declared})")
        total = 0
        progress(name, 0.0)
        for some in session.rows(reading):
            cells = zip(*some, strict=True)
            batch = {f"c{place}": np.array(column, dtype=object) for place, column in enumerate(cells)}
            rows_here.register("batch", batch)
            rows_here.execute("insert into pulled select * from batch")
            rows_here.unregister("batch")
            total += len(some)
            progress(name, LONG_ENOUGH * total / (total + 1_000_000))
        named = "".join(f"c{place} as {identifier(one)}, " for place, one in enumerate(names))
        rows_here.execute(
            f"copy (select {named}{literal(name)} as {FILE_COLUMN}, rowid + 1 as {ROW_COLUMN} from pulled) "
            f"to {literal(str(target))} (format parquet, compression zstd)"
        )
        rows_here.execute("drop table pulled")
    progress(name, 1.0)
    return total


def _table(session: Session, address: Address, wanted: Wanted) -> ServerTable:
    """The table of that name: with its schema, or without where only one has it."""
    tables = session.tables()
    named = [table for table in tables if wanted.table in (table.shown, f"{table.schema}.{table.name}")]
    found = named or [table for table in tables if table.name == wanted.table]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadDatabase(
            _(
                "{address} has several tables '{table}': {names}. Name one with its schema in [files.{entry}].",
                address=str(address),
                table=wanted.table,
                names=_listed([f"{table.schema}.{table.name}" for table in found]),
                entry=wanted.entry,
            )
        )
    names = [table.shown for table in tables]
    raise BadDatabase(
        _(
            "{address} has no table '{table}' that the user may read. There are: {names}. "
            "Correct `table` in [files.{entry}].",
            address=str(address),
            table=wanted.table,
            names=_listed(get_close_matches(wanted.table, names, n=3) or names) or "-",
            entry=wanted.entry,
        )
    )


def _cursor(wanted: Wanted, columns: Sequence[ServerColumn]) -> ServerColumn | None:
    if not wanted.cursor:
        return None
    found = next((column for column in columns if column.name == wanted.cursor), None)
    if found is None:
        raise BadDatabase(
            _(
                "[files.{entry}] cursor: there is no column '{column}'. There are: {names}.",
                entry=wanted.entry,
                column=wanted.cursor,
                names=_listed([column.name for column in columns]),
            )
        )
    if not found.ordered_as:
        raise BadDatabase(
            _(
                "[files.{entry}] cursor: '{column}' cannot tell which rows are new. Expected: a column of numbers, days or "
                "moments that grows, such as updated_at.",
                entry=wanted.entry,
                column=wanted.cursor,
            )
        )
    return found


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
