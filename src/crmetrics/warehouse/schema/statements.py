"""The declared tables as SQL statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from crmetrics.warehouse.schema.table import Table, Type

ORIGIN: Final[Mapping[str, Type]] = MappingProxyType(
    {
        "source_system": Type.TEXT,
        "source_file": Type.TEXT,
        "source_row": Type.INTEGER,
        "imported_at": Type.MOMENT,
    }
)
"""Where a row came from: columns that every table of a version carries after its own."""


def custom_column(name: str) -> str:
    """Give the name of a company's own column in its table: region_code -> custom_region_code."""
    return f"custom_{name}"


def ddl(table: Table, custom: Sequence[str] = ()) -> str:
    """Write the CREATE TABLE of a version's table: its columns, where a row came from, then the company's own (text).

    There is no primary key on purpose: the import checks that keys are unique, and an index would cost memory and time
    in every version. Every name is quoted, so that a custom column may be called anything.
    """
    columns = {column.name: column.type for column in table.columns}
    columns |= ORIGIN
    columns |= {custom_column(name): Type.TEXT for name in custom}
    body = ",\n".join(f"    {_quoted(name)} {kind.value}" for name, kind in columns.items())
    return f"create table {_quoted(table.name)} (\n{body}\n)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
