"""PostgreSQL, read in one transaction: all tables as they stood at the same moment."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from crmetrics.collect.servers.address import Address
from crmetrics.collect.servers.session import (
    FETCHED,
    Fault,
    Reading,
    ServerColumn,
    ServerTable,
    driver,
    told,
)

DENIED: Final = ("28P01", "28000")
NO_DATABASE: Final = "3D000"

MONEY: Final = 790
ORDERED: Final[Mapping[int, str]] = {
    20: "bigint", 21: "bigint", 23: "bigint", 26: "bigint", 700: "real", 701: "double precision", 1700: "numeric",
    1082: "date", 1114: "timestamp", 1184: "timestamptz",
}  # fmt: skip

# A part of a table that is kept in parts is in the whole already.
TABLES: Final = """
select n.nspname, c.relname, c.relkind in ('v', 'm')
from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f', 'v', 'm') and not c.relispartition and n.nspname <> 'information_schema'
  and n.nspname not like 'pg\\_%' and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
order by 1, 2
"""

SETTINGS: Final = (
    "begin transaction isolation level repeatable read, read only",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO, YMD'",
    "set local intervalstyle = 'iso_8601'",
    "set local extra_float_digits = 1",
    "set local bytea_output = 'hex'",
)


class PostgreSql:
    """A session of PostgreSQL."""

    def __init__(self, address: Address, password: str) -> None:
        native = driver("pg8000.native")
        self._told = partial(told, address, password, (native.InterfaceError, native.DatabaseError), _fault)
        contexts = {"prefer": None, "require": ssl.create_default_context(), "disable": False}
        with self._told():
            self._connection: Any = native.Connection(
                address.user or "postgres", host=address.host, port=address.port, database=address.database,
                password=password, ssl_context=contexts[address.tls], application_name="crmetrics",
            )  # fmt: skip
            for setting in SETTINGS:
                self._connection.run(setting)

    def tables(self) -> list[ServerTable]:
        with self._told():
            found = self._connection.run(TABLES)
        return [
            ServerTable(schema, name, name if schema == "public" else f"{schema}.{name}", is_view)
            for schema, name, is_view in found
        ]

    def relation(self, table: ServerTable) -> str:
        return f"{_quoted(table.schema)}.{_quoted(table.name)}"

    def columns(self, relation: str) -> list[ServerColumn]:
        with self._told():
            self._connection.run(f"select * from {relation} limit 0")
            return [_column(one["name"], one["type_oid"]) for one in self._connection.columns]

    def rows(self, reading: Reading) -> Iterator[Sequence[Sequence[str | None]]]:
        sql = f"select {reading.texts} from {reading.relation}"
        with self._told():
            if reading.cursor is not None and reading.seen is not None:
                # bound by way of a setting, for a query that is not ours may hold any sign
                self._connection.run("select set_config('crmetrics.seen', :seen, true)", seen=reading.seen)
                seen = f"cast(current_setting('crmetrics.seen') as {reading.cursor.ordered_as})"
                sql += f" where {reading.cursor.quoted} >= {seen} or {reading.cursor.quoted} is null"
            if reading.most is not None:
                sql += f" limit {reading.most}"
            self._connection.run(f"declare crmetrics_rows no scroll cursor for {sql}")
            while found := self._connection.run(f"fetch {FETCHED} from crmetrics_rows"):
                yield found
            self._connection.run("close crmetrics_rows")

    def close(self) -> None:
        self._connection.close()


def _fault(error: Exception) -> tuple[Fault, str]:
    answer = error.args[0] if error.args else ""
    code, problem = (answer.get("C", ""), answer.get("M", "")) if isinstance(answer, dict) else ("", str(answer))
    if code in DENIED:
        return "user", problem
    if code == NO_DATABASE:
        return "database", problem
    return "encryption" if not code and "SSL" in problem else "other", problem


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(name: str, type_oid: int) -> ServerColumn:
    quoted = _quoted(name)
    # money is written with the signs of the server's country otherwise
    plain = f"cast({quoted} as numeric)" if type_oid == MONEY else quoted
    return ServerColumn(name, quoted, f"cast({plain} as text)", ORDERED.get(type_oid, ""))
