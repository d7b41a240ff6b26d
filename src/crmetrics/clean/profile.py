"""What a version tells of its tables without being asked: how they are filled, in which currencies, how far they reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import duckdb

from crmetrics.vocabulary.period import local_day, midnight
from crmetrics.warehouse.expression import identifier
from crmetrics.warehouse.schema import ORIGIN, TABLES, Column, Table, Type
from crmetrics.warehouse.schema.rules import impossible
from crmetrics.warehouse.views import LINES_ADDED_UP

VALID_DAYS: Final = 7
"""So old a rate of exchange may be (R7)."""

_IN_TIME: Final = (Type.DATE, Type.MOMENT)


def profile(connection: duckdb.DuckDBPyConnection, names: Sequence[str], now: datetime) -> None:
    """Write `meta.profile` and `meta.currencies` for some tables: one pass over each."""
    own: dict[str, list[str]] = {}
    for name, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = 'main' and starts_with(column_name, 'custom_') order by table_name, column_index"
    ).fetchall():
        own.setdefault(name, []).append(column)
    told = "', '".join(names)
    connection.execute(f"delete from meta.profile where table_name in ('{told}')")
    connection.execute(f"delete from meta.currencies where table_name in ('{told}')")
    connection.execute(
        "create table if not exists meta.impossible(table_name varchar, column_name varchar, rows bigint)"
    )
    connection.execute(f"delete from meta.impossible where table_name in ('{told}')")
    lines = [line for name in names for line in _profile(connection, TABLES[name], own.get(name, []), now)]
    places = ", ".join(["(?, ?, ?, ?, ?, ?, ?, ?)"] * len(lines))
    if lines:
        connection.execute(f"insert into meta.profile values {places}", [value for line in lines for value in line])
    money = [
        f"select '{name}', currency, count(*) as n from main.{name} where currency is not null group by currency"
        for name in names
        if TABLES[name].has("currency")
    ]
    if money:
        connection.execute(f"insert into meta.currencies {' union all '.join(money)} order by 1, 2")


def _profile(
    connection: duckdb.DuckDBPyConnection, table: Table, custom: Sequence[str], now: datetime
) -> list[tuple[object, ...]]:
    parts = ["count(*)"]
    for column in table.columns:
        parts += _measures(column)
    parts += [f"count({identifier(name)})" for name in custom]
    parts += [f"count(*) filter (where {condition})" for condition in impossible(table.name).values()]
    values = {"now": now} if "$now" in "".join(parts) else {}
    found = list(connection.execute(f"select {', '.join(parts)} from main.{table.name}", values).fetchall()[0])
    rows = found.pop(0)
    lines: list[tuple[object, ...]] = [(table.name, "", rows, rows, rows, None, None, 0)]
    for column in table.columns:
        expected, filled = found.pop(0), found.pop(0)
        first, latest, future = (
            (found.pop(0), found.pop(0), found.pop(0)) if column.type in _IN_TIME else (None, None, 0)
        )
        lines.append((table.name, column.name, rows, expected, filled, first, latest, future))
    lines += [
        (table.name, name, rows, rows, filled, None, None, 0) for name, filled in zip(custom, found, strict=False)
    ]
    for wrong, several in zip(impossible(table.name), found[len(custom) :], strict=True):
        if several:
            connection.execute("insert into meta.impossible values (?, ?, ?)", [table.name, wrong, several])
    return lines


def _measures(column: Column) -> list[str]:
    """SQL of: rows in which it should be filled, those in which it is; for a day or moment first, latest and how many
    lie in the future, where they should not."""
    name = identifier(column.name)
    if column.expected is None:
        measures = ["count(*)", f"count({name})"]
    elif column.expected == "false":
        measures = ["0", f"count({name})"]
    else:
        measures = [f"count(*) filter (where {column.expected})", f"count({name}) filter (where {column.expected})"]
    if column.type in _IN_TIME:
        future = "0" if column.is_planned else f"count(*) filter (where {name} > $now)"
        known = "" if column.is_planned else f" filter (where {name} <= $now)"
        measures += [f"cast(min({name}) as timestamp)", f"cast(max({name}){known} as timestamp)", future]
    return measures


def reaches(connection: duckdb.DuckDBPyConnection, zone: str, now: datetime) -> datetime:
    """The UTC instant up to which the data reach: the local midnight after the last thing that happened.

    Things that happen are the rows of tables that are the company's own, and what is settled in them; planned days and
    moments of the future do not count. A company without any such moment is told of today.
    """
    latest: datetime | None = None
    columns = {
        (table.name, name)
        for table in TABLES.values()
        if not table.is_shared
        for name in (*((table.appears,) if table.appears else ()), *table.settles)
        if not table.column(name).is_planned
    }
    found = connection.execute(
        "select table_name, column_name, latest_at from meta.profile where latest_at is not null"
    )
    for name, column, moment in found.fetchall():
        if (name, column) in columns:
            is_day = TABLES[name].column(column).type is Type.DATE
            at = midnight(moment.date(), zone) if is_day else moment
            latest = at if latest is None else max(latest, at)
    return midnight(local_day(latest or now, zone) + timedelta(days=1), zone)


def add_up_orders(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `meta.added_up_orders`: the orders with what their lines add up to, which every question about purchases asks.

    They stand in the order of the orders, so that a period is found as quickly as there.
    """
    connection.execute(
        f"create table meta.added_up_orders as select o.* exclude ({', '.join(ORIGIN)}), s.lines_net, s.lines_sold "
        f"from main.orders as o join (select order_id, {LINES_ADDED_UP} from main.order_lines group by order_id) as s "
        "on s.order_id = o.order_id"
    )
    connection.execute("insert into meta.facts values ('added_up', 'orders')")


def write_rates(connection: duckdb.DuckDBPyConnection) -> None:
    """Write `meta.daily_rates` (every day on which a rate is valid: the latest one, at most 7 days old) and
    `meta.latest_rates`."""
    connection.execute("delete from meta.daily_rates")
    connection.execute("delete from meta.latest_rates")
    connection.execute(
        "insert into meta.daily_rates select currency, cast(day as date), rate_to_company from ("
        "select currency, rate_to_company, unnest(generate_series(cast(rated_on as timestamp), cast(least("
        f"rated_on + {VALID_DAYS}, coalesce(next_on - 1, rated_on + {VALID_DAYS})) as timestamp), interval 1 day)) as day "
        "from (select *, lead(rated_on) over (partition by currency order by rated_on) as next_on "
        "from main.exchange_rates)) order by 1, 2"
    )
    connection.execute(
        "insert into meta.latest_rates select currency, arg_max(rate_to_company, rated_on) from main.exchange_rates "
        "group by currency order by currency"
    )
