"""The companies that are measured: demo companies of a given size, made and imported once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.catalogue import current_version
from crmetrics.collect.demo import write_demo
from crmetrics.intake.imports import import_sources

FOLDER = Path(".benchmarks")
GROWN_FROM: Final = 1_000_000
"""The order lines of the demo company whose pipeline is grown: it has 50,000 deals with four stage visits each."""
GROWN: Final = ("leads", "deals", "deal_stages", "deal_changes", "quotes", "activities")
OWN_IDS: Final = ("lead_id", "deal_id", "quote_id", "activity_id")


def company_of(lines: int) -> Path:
    """The workspace of the demo company with so many order lines; its exports stand beside its versions."""
    workspace = FOLDER / f"demo-{lines}"
    if not (workspace / "versions" / "current").is_file():
        shutil.rmtree(workspace, ignore_errors=True)
        mapping = write_demo(workspace / "exports", lines=lines)
        import_sources(workspace, [workspace / "exports"], mapping)
    return workspace


def pipeline_of(deals: int) -> Path:
    """The workspace of a company with at least so many deals, and five times as many stage visits and activities.

    It is a demo company whose deals, with all that belongs to them, are there many times: in each copy of a deal everything
    happens up to a tenth sooner after its creation, and the amount is another one, as a hash of its new id says.
    """
    workspace = FOLDER / f"deals-{deals}"
    if not (workspace / "versions" / "current").is_file():
        shutil.rmtree(workspace, ignore_errors=True)
        small = company_of(GROWN_FROM)
        (workspace / "versions").mkdir(parents=True)
        shutil.copy(small / "crmetrics.toml", workspace)
        version = current_version(small).path
        target = workspace / "versions" / version.name
        shutil.copy(version.with_suffix(".json"), target.with_suffix(".json"))
        with duckdb.connect(config={"enable_progress_bar": False}) as connection:
            connection.execute(f"attach '{version}' as small (read_only)")
            connection.execute(f"attach '{target}' as grown")
            _grow(connection, deals)
        (workspace / "versions" / "current").write_text(version.name, encoding="utf-8")
    return workspace


def _grow(connection: duckdb.DuckDBPyConnection, deals: int) -> None:
    counted = "select least(count(*), (select count(*) from small.activities)) from small.deal_stages"
    copies = -(-5 * deals // connection.execute(counted).fetchall()[0][0])
    connection.execute("create schema grown.meta")
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'small' order by all"
    ).fetchall():
        rows = _copies(connection, table, copies) if table in GROWN else f"from small.{schema}.{table}"
        connection.execute(f"create table grown.{schema}.{table} as {rows}")
    names = ", ".join(f"'{name}'" for name in GROWN)
    connection.execute(
        f"update grown.meta.profile set row_count = row_count * {copies}, expected = expected * {copies}, "
        f"filled = filled * {copies}, future_rows = future_rows * {copies} where table_name in ({names})"
    )


def _copies(connection: duckdb.DuckDBPyConnection, table: str, copies: int) -> str:
    """The rows of a table many times, each with ids of its own, in the order of the originals."""
    shown = []
    is_of_deal = table not in ("leads", "deals")
    created = "d.created_at" if is_of_deal else "t.created_at" if table == "deals" else "null"
    for name, kind, *_rest in connection.execute(f"describe small.main.{table}").fetchall():
        if name in OWN_IDS:
            value = f"t.{name} || '-' || c.copy"
        elif kind == "TIMESTAMP" and name not in ("imported_at", "created_at" if table == "deals" else "imported_at"):
            pace = f"(1 - hash(t.deal_id, c.copy) % 1000 / 10000) * date_diff('second', {created}, t.{name})"
            value = (
                f"coalesce({created} + to_seconds(floor({pace})::bigint), t.{name})"
                if created != "null"
                else f"t.{name}"
            )
        elif name == "amount":
            value = "(t.amount * (9e-1 + hash(t.deal_id, c.copy, 'amount') % 2000 / 10000))::decimal(18, 4)"
        else:
            value = f"t.{name}"
        shown.append(f"{value} as {name}")
    of_deal = "left join small.main.deals as d on d.deal_id = t.deal_id" if is_of_deal else ""
    return (
        f"select {', '.join(shown)} from small.main.{table} as t {of_deal} "
        f"cross join range({copies}) as c(copy) order by t.rowid, c.copy"
    )
