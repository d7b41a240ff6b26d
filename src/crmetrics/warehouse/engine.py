"""Engines: where a question is worked out. DuckDB is here; Spark is in `spark.py` and speaks the same SQL."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import duckdb
from sqlglot import exp

from crmetrics.vocabulary.errors import NoWorkspace
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.ending import inside
from crmetrics.warehouse.profile import ColumnProfile, Profile
from crmetrics.warehouse.rows import Array, Rows

_ = words("crmetrics")

RECORD = ("quarantine", "warning_counts", "files", "imports", "changes", "entered", "merged", "apart", "facts")
"""What the import keeps beside the tables, for telling how the data came about."""
META = ("daily_rates", "latest_rates", "added_up_orders", *RECORD)
_NUMBERS = count(1)
_TOLD = "told_by_python"
TEXTS_KEPT = 2048
_WRITTEN: dict[int, tuple[exp.Query, str]] = {}


class Learned(NamedTuple):
    """What was worked out in Python: the name of its rows, what was learned from them, the statements that were run."""

    rows: str
    told: Any
    statements: tuple[str, ...]


class Session(Protocol):
    """One question's place on an engine: views of its own, seen by nobody else."""

    def source(self, table: str) -> str:
        """The qualified name of a table at rest."""

    def holds(self, table: str) -> bool:
        """Whether the version has that table: an older one lacks what was not yet recorded then."""

    def create_view(self, name: str, query: exp.Query) -> None:
        """Make (or replace) a view of this session."""

    def run(self, query: exp.Query, values: Mapping[str, object]) -> Rows:
        """Run a query with its bound values."""

    def keep(self, query: exp.Query, values: Mapping[str, object]) -> str:
        """Work a query out once, keep its rows for later sessions of the engine, and give their qualified name."""

    def store(self, columns: Mapping[str, Array], types: Mapping[str, str]) -> str:
        """Keep rows that were worked out in Python for later sessions of the engine, and give their qualified name.

        Shapes: columns (n,) each, by name; types are those of DuckDB, by the same names.
        """

    def written(self, query: exp.Query) -> str:
        """The query as this engine is told it, for the passport."""

    def close(self) -> None:
        """Drop the session's views."""


class Engine(Protocol):
    """A published version, opened for questions."""

    name: str
    profile: Profile
    kept: dict[Hashable, str]
    """What was worked out once for the company as a whole (R23): what it is -> the name of its rows."""
    learned: dict[Hashable, Learned]
    """The same for what Python worked out: beside the rows what was learned, and the SQL that was asked for it."""

    def session(self) -> Session:
        """A new session."""

    def close(self) -> None:
        """Let go of the version."""


class DuckDbEngine:
    """One version file, attached read-only to one in-memory instance that may touch nothing else."""

    name = "duckdb"

    def __init__(
        self, path: Path, *, memory_limit: str | None = None, threads: int | None = None, spill: Path | None = None
    ) -> None:
        if not path.is_file():
            raise NoWorkspace(_("There is no data yet at '{path}'. Run crmetrics import first.", path=str(path)))
        config: dict[str, Any] = {"threads": threads} if threads else {}
        if memory_limit:
            config["memory_limit"] = memory_limit
        if spill is not None:
            config["temp_directory"] = str(spill)
        self._root = duckdb.connect(":memory:", config=config)
        self._lock = threading.Lock()
        self._root.execute("set TimeZone = 'UTC'")
        self._root.execute(f"attach {exp.Literal.string(str(path)).sql()} as version (read_only)")
        self._root.execute("set enable_external_access = false")
        self._root.execute("set lock_configuration = true")
        self.profile = read_profile(self._root)
        self.kept: dict[Hashable, str] = {}
        self.learned: dict[Hashable, Learned] = {}

    def session(self) -> DuckDbSession:
        """A connection of its own: its temporary views are seen by it alone."""
        with self._lock:
            return DuckDbSession(self._root.cursor())

    def close(self) -> None:
        """Close the instance; sessions still running keep it until their end."""
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class DuckDbSession:
    """One question's connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def source(self, table: str) -> str:
        """The qualified name of a table at rest."""
        return f"version.{'meta' if table in META else 'main'}.{table}"

    def holds(self, table: str) -> bool:
        """Whether the version has that table."""
        found = "select 1 from duckdb_tables() where database_name = 'version' and table_name = ?"
        with inside(self._connection):
            return bool(self._connection.execute(found, [table]).fetchall())

    def create_view(self, name: str, query: exp.Query) -> None:
        """Make (or replace) a temporary view; half a millisecond."""
        with inside(self._connection):
            self._connection.execute(f"create or replace temp view {name} as {self.written(query)}")

    def run(self, query: exp.Query, values: Mapping[str, object]) -> Rows:
        """Run a query; decimals come back as floats."""
        with inside(self._connection):
            result = (
                self._connection.execute(self.written(query), dict(values))
                if values
                else self._connection.execute(self.written(query))
            )
            days = frozenset(name for name, kind, *_rest in result.description or () if str(kind) == "DATE")
            return Rows(result.fetchnumpy(), days)

    def keep(self, query: exp.Query, values: Mapping[str, object]) -> str:
        """Keep a query's rows in the instance's memory (or its spill folder)."""
        name = f"memory.main.kept_{next(_NUMBERS)}"
        with inside(self._connection):
            self._connection.execute(f"create table {name} as {self.written(query)}", dict(values) or None)
        return name

    def store(self, columns: Mapping[str, Array], types: Mapping[str, str]) -> str:
        """Keep rows that were worked out in Python in the instance's memory."""
        name = f"memory.main.kept_{next(_NUMBERS)}"
        with inside(self._connection):
            self._connection.execute(f"create table {name} as {stored(self._connection, columns, types)}")
            self._connection.unregister(_TOLD)
        return name

    def written(self, query: exp.Query) -> str:
        """DuckDB's own dialect is the house dialect. Trees are shared and told again and again, so their texts are kept."""
        known = _WRITTEN.get(id(query))
        if known is None or known[0] is not query:
            if len(_WRITTEN) >= TEXTS_KEPT:
                _WRITTEN.clear()
            known = _WRITTEN[id(query)] = (query, query.sql(dialect="duckdb"))
        return known[1]

    def close(self) -> None:
        """Close the connection and with it its views."""
        self._connection.close()


def stored(connection: duckdb.DuckDBPyConnection, columns: Mapping[str, Array], types: Mapping[str, str]) -> str:
    """The query that reads arrays (n,) as rows of these types; the connection knows them until `unregister`."""
    # masked stays blank; NaN too, for DuckDB reads NaN of NumPy as null; by name, for a dictionary has an order of its own
    # and days as moments, for it knows no days of NumPy's
    told = {name: columns[name] for name in types}
    told = {name: each.astype("M8[us]") if each.dtype.kind == "M" else each for name, each in told.items()}
    connection.register(_TOLD, told)
    named = [(exp.to_identifier(name, quoted=True).sql("duckdb"), kind) for name, kind in types.items()]
    return f"select {', '.join(f'cast({name} as {kind}) as {name}' for name, kind in named)} from {_TOLD}"


def read_profile(connection: duckdb.DuckDBPyConnection, catalog: str = "version") -> Profile:
    """The profile of an attached version."""
    facts = dict(connection.execute(f"select name, value from {catalog}.meta.facts").fetchall())
    columns = {
        (table, column): ColumnProfile(*rest)
        for table, column, *rest in connection.execute(
            f"select table_name, column_name, row_count, expected, filled, first_at, latest_at, future_rows from {catalog}.meta.profile"
        ).fetchall()
    }
    currencies: dict[str, set[str]] = {}
    for table, currency in connection.execute(f"select table_name, currency from {catalog}.meta.currencies").fetchall():
        currencies.setdefault(table, set()).add(currency)
    internal = 0
    if columns.get(("customers", "is_internal"), ColumnProfile()).filled:
        internal = connection.execute(f"select count(*) from {catalog}.main.customers where is_internal").fetchall()[0][
            0
        ]
    return Profile(
        number=int(facts["number"]),
        published_at=datetime.fromisoformat(facts["published_at"]),
        reaches=datetime.fromisoformat(facts["reaches"]),
        zone=facts["zone"],
        currency=facts["currency"],
        columns=columns,
        currencies={table: frozenset(found) for table, found in currencies.items()},
        custom=_custom_columns(connection, catalog),
        derived={
            (table, column): rows
            for table, column, rows in connection.execute(
                f"select table_name, column_name, rows from {catalog}.meta.derived"
            ).fetchall()
        },
        impossible=_impossible(connection, catalog),
        internal_customers=internal,
        is_added_up=facts.get("added_up") == "orders",
        calendar=facts.get("calendar", ""),
        holidays_from=facts.get("holidays_from", ""),
    )


def _impossible(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[tuple[str, str], int]:
    """How many values of a column cannot be true; an older version does not tell."""
    there = "select 1 from information_schema.tables where table_catalog = ? and table_schema = 'meta' and table_name = 'impossible'"
    if not connection.execute(there, [catalog]).fetchall():
        return {}
    found = connection.execute(f"select table_name, column_name, rows from {catalog}.meta.impossible").fetchall()
    return {(table, column): rows for table, column, rows in found}


def _custom_columns(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, tuple[str, ...]]:
    """The company's own columns of each table, in their order."""
    found: dict[str, tuple[str, ...]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        f"where table_catalog = '{catalog}' and table_schema = 'main' and starts_with(column_name, 'custom_') order by ordinal_position"
    ).fetchall():
        found[table] = (*found.get(table, ()), column.removeprefix("custom_"))
    return found
