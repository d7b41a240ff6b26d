"""Small companies for tests: tables given as rows, published like any import, asked through the catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.schema import TABLES, Type, ddl
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
        settings = Settings(company="Test", currency=currency, zone=zone, week_start=week_start, fiscal_start=fiscal_start)
        with DuckDbEngine(path) as engine:
            yield OpenCatalogue(engine, settings)


def write_company(path: Path, tables: Mapping[str, Rows], *, reaches: str, zone: str, currency: str) -> None:
    """Write a version file holding these rows."""
    connection = duckdb.connect(str(path))
    for table in TABLES.values():
        connection.execute(ddl(table))
    for name, rows in tables.items():
        for row in rows:
            filled = _defaults(name, currency) | dict(row)
            places = ", ".join("?" for _ in filled)
            connection.execute(f"insert into {name} ({', '.join(filled)}) values ({places})", list(filled.values()))
    write_meta(connection, reaches=reaches, zone=zone, currency=currency)
    connection.close()


def _defaults(name: str, currency: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {"currency": currency} if TABLES[name].has_money else {}
    if name == "orders":
        defaults["is_cancelled"] = False
    if name in ("deals", "stages"):
        defaults["pipeline"] = "main"
    return defaults


def write_meta(connection: duckdb.DuckDBPyConnection, *, reaches: str, zone: str, currency: str) -> None:
    """Write the meta tables that publishing writes."""
    moment = str(datetime.fromisoformat(reaches))
    for statement in (
        "create schema meta",
        "create table meta.facts(name varchar, value varchar)",
        "create table meta.profile(table_name varchar, column_name varchar, row_count bigint, expected bigint, filled bigint,"
        " first_at timestamp, latest_at timestamp, future_rows bigint)",
        "create table meta.currencies(table_name varchar, currency varchar, row_count bigint)",
        "create table meta.derived(table_name varchar, column_name varchar, rows bigint)",
        "create table meta.latest_rates(currency varchar, rate decimal(20,10))",
        # every day on which a rate is valid: at most seven days old
        "create table meta.daily_rates as select upper(currency) as currency, day_on, arg_max(rate_to_company, rated_on) as rate from ("
        " select currency, rate_to_company, rated_on, cast(unnest(range(rated_on, rated_on + interval 8 day, interval 1 day)) as date) as day_on"
        " from exchange_rates) group by all",
    ):
        connection.execute(statement)
    facts = {"number": "1", "published_at": moment, "reaches": moment, "zone": zone, "currency": currency}
    connection.executemany("insert into meta.facts values (?, ?)", list(facts.items()))
    for table in TABLES.values():
        found = connection.execute(f"select count(*) from {table.name}").fetchall()[0][0]
        connection.execute("insert into meta.profile values (?, '', ?, ?, ?, null, null, 0)", [table.name, found, found, found])
        for column in table.columns:
            expected = column.expected or "true"
            is_dated = column.type in (Type.DATE, Type.MOMENT) and not column.is_planned
            dated = f"cast({column.name} as timestamp)" if is_dated else "cast(null as timestamp)"
            connection.execute(
                f"insert into meta.profile select '{table.name}', '{column.name}', count(*), count(*) filter (where {expected}),"
                f" count({column.name}) filter (where {expected}), min({dated}) filter (where {dated} <= $now),"
                f" max({dated}) filter (where {dated} <= $now), count(*) filter (where {dated} > $now) from {table.name}",
                {"now": datetime.fromisoformat(reaches)},
            )
        if table.has_money:
            connection.execute(
                f"insert into meta.currencies select '{table.name}', currency, count(*) from {table.name} where currency is not null group by currency"
            )
