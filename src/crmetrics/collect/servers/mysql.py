"""MySQL and MariaDB, read in one transaction: all tables as they stood at the same moment, where their engine can do that."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
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

DENIED: Final = (1045, 1698, 1251)
NO_DATABASE: Final = (1044, 1049)
NO_TLS: Final = (2026, 3159)

TIMESTAMP: Final = 7
BIT: Final = 16
GEOMETRY: Final = 255
STRINGS: Final = (249, 250, 251, 252, 253, 254)
BINARY: Final = 63
"""The character set of bytes that are no text."""

NUMBER: Final = "decimal(65, 30)"
ORDERED: Final[Mapping[int, str]] = {
    **dict.fromkeys((0, 1, 2, 3, 8, 9, 13, 246), NUMBER), 4: "double", 5: "double",
    TIMESTAMP: "datetime(6)", 12: "datetime(6)", 10: "date",
}  # fmt: skip

IN_UTC: Final = "+00:00"

TABLES: Final = """
select table_schema, table_name, table_type = 'VIEW' from information_schema.tables
where table_schema = database() and table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') order by 2
"""


class MySql:
    """A session of MySQL or MariaDB."""

    def __init__(self, address: Address, password: str) -> None:
        module = driver("pymysql")
        self._streaming = driver("pymysql.cursors").SSCursor
        self._told = partial(told, address, password, (module.MySQLError,), _fault)
        ways: dict[str, dict[str, Any]] = {
            "prefer": {}, "require": {"ssl": ssl.create_default_context()}, "disable": {"ssl_disabled": True},
        }  # fmt: skip
        with self._told():
            self._connection: Any = module.connect(
                host=address.host, port=address.port, user=address.user or "root", password=password,
                database=address.database, charset="utf8mb4", connect_timeout=10, **ways[address.tls],
            )  # fmt: skip
            with closing(self._connection.cursor()) as cursor:
                cursor.execute("set session transaction isolation level repeatable read")
                # moments of the type timestamp are told in UTC
                cursor.execute("set time_zone = '+00:00'")
                cursor.execute("start transaction with consistent snapshot, read only")

    def tables(self) -> list[ServerTable]:
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(TABLES)
            return [ServerTable(schema, name, name, bool(is_view)) for schema, name, is_view in cursor.fetchall()]

    def relation(self, table: ServerTable) -> str:
        return f"{_quoted(table.schema)}.{_quoted(table.name)}"

    def columns(self, relation: str) -> list[ServerColumn]:
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(f"select * from {relation} limit 0")
            fields = cursor._result.fields  # the description lacks what tells bytes from texts
            return [_column(field.name, field.type_code, field.charsetnr == BINARY) for field in fields]

    def rows(self, reading: Reading) -> Iterator[Sequence[Sequence[str | None]]]:
        sql, seen = reading.bound(f"select {reading.texts} from {reading.relation}")
        if reading.most is not None:
            sql += f" limit {reading.most}"
        with self._told(), closing(self._connection.cursor(self._streaming)) as cursor:
            cursor.execute(sql, None if seen is None else (seen.removesuffix(IN_UTC),))
            while found := cursor.fetchmany(FETCHED):
                yield found

    def close(self) -> None:
        self._connection.close()


def _fault(error: Exception) -> tuple[Fault, str]:
    code = error.args[0] if error.args else 0
    problem = str(error.args[1]) if len(error.args) > 1 else str(error)
    if code in DENIED:
        return "user", problem
    if code in NO_DATABASE:
        return "database", problem
    return "encryption" if code in NO_TLS or "SSL" in problem else "other", problem


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _column(name: str, code: int, is_binary: bool) -> ServerColumn:
    quoted = _quoted(name)
    text = f"cast({quoted} as char)"
    if code == TIMESTAMP:
        text = f"concat({text}, '{IN_UTC}')"
    elif code == BIT:
        text = f"cast({quoted} + 0 as char)"
    elif code == GEOMETRY:
        text = f"st_astext({quoted})"
    elif code in STRINGS and is_binary:
        text = f"hex({quoted})"
    return ServerColumn(name, quoted, text, ORDERED.get(code, ""))
