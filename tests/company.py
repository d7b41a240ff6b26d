"""Small companies for tests: tables given as rows, published like any import, asked through the catalogue."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.expression import identifier
from crmetrics.warehouse.schema import TABLES, Table, Type, ddl
from crmetrics.workspace.settings import Settings

Rows = Sequence[Mapping[str, Any]]


@contextmanager
def company(
    *,
    reaches: str = "2026-01-01",
    zone: str = "UTC",
    currency: str = "EUR",
    week_start: int = 1,
    fiscal_start: int = 1,
    **tables: Rows,
) -> Iterator[OpenCatalogue]:
    """A company with these tables (rows as dictionaries; columns left out are blank, `currency` and `is_cancelled` are filled).

    `reaches` is the UTC moment up to which the data reach. Yields the catalogue to ask.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "company.duckdb"
        write_company(path, tables, reaches=reaches, zone=zone, currency=currency)
        settings = Settings(
            company="Test", currency=currency, zone=zone, week_start=week_start, fiscal_start=fiscal_start
        )
        with DuckDbEngine(path) as engine:
            yield OpenCatalogue(engine, settings)


def write_company(path: Path, tables: Mapping[str, Rows], *, reaches: str, zone: str, currency: str) -> None:
    """Write a version file holding these rows. A key `custom_<name>` makes a column of the company's own."""
    shutil.copyfile(_empty_version(), path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        for name, rows in tables.items():
            _fill(connection, TABLES[name], [_defaults(name, currency) | dict(row) for row in rows])
        _tell(connection, reaches=reaches, zone=zone, currency=currency)
        for name in tables:
            _profile(connection, TABLES[name], datetime.fromisoformat(reaches))
        connection.execute("commit")


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> None:
    for name in {name for row in rows for name in row if name.startswith("custom_")}:
        connection.execute(f"alter table {table.name} add column {identifier(name)} varchar")
    for names, alike in groupby(rows, key=tuple):
        columns, places = ", ".join(identifier(name) for name in names), ", ".join("?" for _ in names)
        connection.executemany(
            f"insert into {table.name} ({columns}) values ({places})", [list(row.values()) for row in alike]
        )


def _defaults(name: str, currency: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {"currency": currency} if TABLES[name].has_money else {}
    if name == "orders":
        defaults["is_cancelled"] = False
    if name in ("deals", "stages"):
        defaults["pipeline"] = "main"
    return defaults


@cache
def _empty_version() -> Path:
    """A version without a row, made once: most of the work is the same for every company."""
    folder = Path(tempfile.mkdtemp(prefix="crmetrics-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with duckdb.connect(str(folder / "empty.duckdb")) as connection:
        connection.execute("begin")
        for table in TABLES.values():
            connection.execute(ddl(table))
        for statement in (
            "create schema meta",
            "create table meta.facts(name varchar, value varchar)",
            (
                "create table meta.profile(table_name varchar, column_name varchar, row_count bigint, expected bigint,"
                " filled bigint, first_at timestamp, latest_at timestamp, future_rows bigint)"
            ),
            "create table meta.currencies(table_name varchar, currency varchar, row_count bigint)",
            "create table meta.derived(table_name varchar, column_name varchar, rows bigint)",
            "create table meta.latest_rates(currency varchar, rate decimal(20,10))",
            "create table meta.daily_rates(currency varchar, day_on date, rate decimal(20,10))",
        ):
            connection.execute(statement)
        blank = [
            (table.name, column) for table in TABLES.values() for column in ("", *(each.name for each in table.columns))
        ]
        connection.executemany("insert into meta.profile values (?, ?, 0, 0, 0, null, null, 0)", blank)
        connection.execute("commit")
    return folder / "empty.duckdb"


def _tell(connection: duckdb.DuckDBPyConnection, *, reaches: str, zone: str, currency: str) -> None:
    """Write the facts and exchange rates that publishing writes."""
    moment = str(datetime.fromisoformat(reaches))
    facts = {"number": "1", "published_at": moment, "reaches": moment, "zone": zone, "currency": currency}
    connection.executemany("insert into meta.facts values (?, ?)", list(facts.items()))
    # every day on which a rate is valid: at most seven days old
    connection.execute(
        "insert into meta.daily_rates select upper(currency), day_on, arg_max(rate_to_company, rated_on) from ("
        " select currency, rate_to_company, rated_on,"
        " cast(unnest(range(rated_on, rated_on + interval 8 day, interval 1 day)) as date) as day_on"
        " from exchange_rates) group by all"
    )
    connection.execute(
        "insert into meta.latest_rates select upper(currency), arg_max(rate_to_company, rated_on) from exchange_rates group by all"
    )


def _profile(connection: duckdb.DuckDBPyConnection, table: Table, now: datetime) -> None:
    """Write the profile of one table as publishing does."""
    told = [f"select '', count(*), count(*), count(*), null, null, 0 from {table.name}"]
    for column in table.columns:
        expected = column.expected or "true"
        is_dated = column.type in (Type.DATE, Type.MOMENT) and not column.is_planned
        dated = f"cast({column.name} as timestamp)" if is_dated else "cast(null as timestamp)"
        told.append(
            f"select '{column.name}', count(*), count(*) filter (where {expected}), count({column.name}) filter (where {expected}),"
            f" min({dated}) filter (where {dated} <= $now), max({dated}) filter (where {dated} <= $now),"
            f" count(*) filter (where {dated} > $now) from {table.name}"
        )
    connection.execute("delete from meta.profile where table_name = ?", [table.name])
    connection.execute(
        f"insert into meta.profile select '{table.name}', * from ({' union all '.join(told)})", {"now": now}
    )
    if table.has_money:
        connection.execute(
            f"insert into meta.currencies select '{table.name}', currency, count(*) from {table.name}"
            " where currency is not null group by currency"
        )
