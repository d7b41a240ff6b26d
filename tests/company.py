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
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb

from crmetrics.catalogue import OpenCatalogue
from crmetrics.clean.profile import profile, write_rates
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.export import export_parquet
from crmetrics.warehouse.expression import identifier
from crmetrics.warehouse.schema import TABLES, Table, ddl
from crmetrics.warehouse.spark import SparkEngine
from crmetrics.workspace.settings import Settings

Rows = Sequence[Mapping[str, Any]]


FOR_FEW_ROWS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
"""Spark plans and compiles for millions of rows; without that a question over a hundred of them takes half the time."""


class Both(NamedTuple):
    """A company on two engines."""

    duckdb: OpenCatalogue
    spark: OpenCatalogue


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


@contextmanager
def on_both_engines(
    *,
    reaches: str = "2026-01-01",
    zone: str = "UTC",
    currency: str = "EUR",
    week_start: int = 1,
    options: Mapping[str, str] = MappingProxyType(FOR_FEW_ROWS),
    **tables: Rows,
) -> Iterator[Both]:
    """The same company on DuckDB and on Spark, to be asked the same. `options` are Spark's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "company.duckdb"
        write_company(path, tables, reaches=reaches, zone=zone, currency=currency)
        export_parquet(path, Path(folder) / "parquet")
        settings = Settings(company="Test", currency=currency, zone=zone, week_start=week_start)
        with (
            DuckDbEngine(path) as duckdb_engine,
            SparkEngine(Path(folder) / "parquet", options=options) as spark_engine,
        ):
            yield Both(OpenCatalogue(duckdb_engine, settings), OpenCatalogue(spark_engine, settings))


def write_company(path: Path, tables: Mapping[str, Rows], *, reaches: str, zone: str, currency: str) -> None:
    """Write a version file holding these rows. A key `custom_<name>` makes a column of the company's own."""
    shutil.copyfile(_empty_version(), path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("begin")
        for name, rows in tables.items():
            _fill(connection, TABLES[name], [_defaults(name, currency) | dict(row) for row in rows])
        moment = datetime.fromisoformat(reaches)
        facts = {"number": "1", "published_at": moment, "reaches": moment, "zone": zone, "currency": currency}
        connection.executemany(
            "insert into meta.facts values (?, ?)", [[name, str(fact)] for name, fact in facts.items()]
        )
        profile(connection, list(tables), moment)
        write_rates(connection)
        connection.execute("commit")


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> None:
    for name in {name for row in rows for name in row if name.startswith("custom_")}:
        connection.execute(f"alter table {table.name} add column {identifier(name)} varchar")
    for names, group in groupby(rows, key=tuple):
        columns, alike = ", ".join(identifier(name) for name in names), list(group)
        # column by column, as texts: a hundred times quicker than row by row
        values = [[_text(row[name]) for row in alike] for name in names]
        connection.execute(
            f"insert into {table.name} ({columns}) select {', '.join('unnest(?)' for _ in names)}", values
        )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


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
