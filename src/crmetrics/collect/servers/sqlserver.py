"""Microsoft's SQL Server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
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

DENIED: Final = (18456, 18452)
NO_DATABASE: Final = (4060, 911)

WHOLE: Final = ("tinyint", "smallint", "int", "bigint")
EXACT: Final = ("decimal", "numeric", "money", "smallmoney")
FLOATING: Final = ("float", "real")
MOMENTS: Final = ("date", "datetime", "datetime2", "smalldatetime", "datetimeoffset")
BYTES: Final = ("binary", "varbinary", "image", "timestamp", "rowversion")
SPOKEN: Final = ("hierarchyid", "geography", "geometry")
"""Types that tell their text themselves."""

TABLES: Final = """
select s.name, o.name, case when o.type = 'V' then 1 else 0 end
from sys.objects as o join sys.schemas as s on s.schema_id = o.schema_id
where o.type in ('U', 'V') and o.is_ms_shipped = 0 and has_perms_by_name(
    quotename(s.name) + '.' + quotename(o.name), 'OBJECT', 'SELECT') = 1
order by 1, 2
"""


class SqlServer:
    """A session of SQL Server."""

    def __init__(self, address: Address, password: str) -> None:
        module = driver("pytds")
        # what another program answers at that port is no number, or too short
        errors = (module.Error, OSError, EOFError, ValueError)
        self._told = partial(told, address, password, errors, _fault)
        trusted = ssl.get_default_verify_paths().cafile if address.tls == "require" else None
        with self._told():
            self._connection: Any = module.connect(
                dsn=address.host, port=address.port, user=address.user or "sa", password=password,
                database=address.database, appname="crmetrics", readonly=True, autocommit=True, cafile=trusted,
            )  # fmt: skip

    def tables(self) -> list[ServerTable]:
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(TABLES)
            return [
                ServerTable(schema, name, name if schema == "dbo" else f"{schema}.{name}", bool(is_view))
                for schema, name, is_view in cursor.fetchall()
            ]

    def relation(self, table: ServerTable) -> str:
        return f"{_quoted(table.schema)}.{_quoted(table.name)}"

    def columns(self, relation: str) -> list[ServerColumn]:
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute("exec sp_describe_first_result_set %s", (f"select * from {relation}",))
            names = [told[0] for told in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return [_column(str(row["name"]), str(row["system_type_name"]).split("(")[0]) for row in rows]

    def rows(self, reading: Reading) -> Iterator[Sequence[Sequence[str | None]]]:
        top = "" if reading.most is None else f"top ({reading.most}) "
        sql, seen = reading.bound(f"select {top}{reading.texts} from {reading.relation}")
        with self._told(), closing(self._connection.cursor()) as cursor:
            cursor.execute(sql) if seen is None else cursor.execute(sql, (seen,))
            while found := cursor.fetchmany(FETCHED):
                yield found

    def close(self) -> None:
        self._connection.close()


def _fault(error: Exception) -> tuple[Fault, str]:
    code = getattr(error, "number", 0) or getattr(error, "msg_no", 0)
    fault: Fault = "user" if code in DENIED else "database" if code in NO_DATABASE else "other"
    return fault, str(error)


def _quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _column(name: str, kind: str) -> ServerColumn:
    quoted = _quoted(name)
    if kind in MOMENTS:
        # ISO with all digits: 2026-11-22 12:00:00.0000000 +03:00
        return ServerColumn(name, quoted, f"convert(nvarchar(40), {quoted}, 121)", kind)
    if kind in FLOATING:
        return ServerColumn(name, quoted, f"convert(nvarchar(40), {quoted}, 3)", "float")
    if kind in ("money", "smallmoney"):
        return ServerColumn(name, quoted, f"convert(nvarchar(40), {quoted}, 2)", "money")
    if kind in BYTES:
        return ServerColumn(name, quoted, f"convert(nvarchar(max), convert(varbinary(max), {quoted}), 2)")
    if kind in ("text", "ntext"):
        return ServerColumn(name, quoted, f"convert(nvarchar(max), {quoted})")
    ordered = "bigint" if kind in WHOLE else "decimal(38, 10)" if kind in EXACT else ""
    text = f"{quoted}.ToString()" if kind in SPOKEN else quoted
    return ServerColumn(name, quoted, f"convert(nvarchar(max), {text})", ordered)
