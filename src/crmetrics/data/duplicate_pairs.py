"""Pairs of records that may be one, worked out once for a published version: what `data.duplicates` and `data.merge_effect` read."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, Final

import duckdb
import numpy as np

from crmetrics.clean.duplicates.found import Found
from crmetrics.clean.duplicates.groups import Group, Limits, groups_of
from crmetrics.clean.duplicates.inputs import COMPARED, custom_columns
from crmetrics.warehouse.engine import stored
from crmetrics.warehouse.expression import identifier
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Array
from crmetrics.warehouse.warehouse import Warehouse

MEMORY: Final = "2500MB"
"""So much comparing may use beside the engine; what does not fit goes to disk."""


def groups_in(warehouse: Warehouse, table: str, limits: Limits) -> tuple[Found, list[Group]]:
    """What comparing the records of a table found, and the groups under these limits, of all the company.

    What people decided to be apart is not proposed again.
    """
    found: Found = warehouse.work_out(_WORKED_OUT[table])
    return found, groups_of(found.pairs, found.telling, apart_in(warehouse, table), limits)


def apart_in(warehouse: Warehouse, table: str) -> list[tuple[str, str]]:
    """The pairs that were decided to be apart when the version was made."""
    rows = warehouse.recorded("select table_name, left_id, right_id from {apart} order by all", "apart")
    if rows is None:
        return []
    told = zip(rows.values("table_name"), rows.values("left_id"), rows.values("right_id"), strict=True)
    return [(left, right) for of, left, right in told if of == table]


def seen_by(warehouse: Warehouse, table: str) -> frozenset[str] | None:
    """The records in pairs that the viewer sees; None: all of them."""
    if warehouse.scope.is_whole:
        return None
    worked = _WORKED_OUT[table]
    return frozenset(
        warehouse.query(f"select {worked.key} as id from {worked.name} order by {worked.key}").values("id")
    )


def _work(table: str) -> Any:
    def work(company: Warehouse, _values: Mapping[str, object]) -> tuple[Mapping[str, Array], Found]:
        found = _found(company, table)
        ids = np.empty(len(found.telling), dtype=object)
        ids[:] = sorted(found.telling)
        return {_WORKED_OUT[table].key: ids}, found

    return work


def _found(company: Warehouse, table: str) -> Found:
    """Compare the records of the company's table in a place of its own."""
    from crmetrics.clean.duplicates.finding import find_duplicates  # heavy: splink and phonenumbers

    if not company.profile.rows(table):
        return Found(table, 0, (), {}, 0, False)
    columns = _columns(company, table)
    rows = company.query(f"select {', '.join(map(identifier, columns))} from {table} order by {columns[0]}")
    with (
        tempfile.TemporaryDirectory() as spill,
        closing(duckdb.connect(":memory:", config={"memory_limit": MEMORY, "temp_directory": spill})) as connection,
    ):
        types = {
            name: "BOOLEAN" if name == "is_internal" else "DATE" if name == "born_on" else "VARCHAR" for name in columns
        }
        connection.execute(f"create table compared as {stored(connection, rows.columns, types)}")
        del rows
        return find_duplicates(connection, table, "compared")


def _columns(company: Warehouse, table: str) -> Sequence[str]:
    own = company.profile.custom.get(table, ())
    return [*COMPARED[table], *custom_columns(own)]


_WORKED_OUT: Final[Mapping[str, WorkedOut[Found]]] = {
    table: WorkedOut(f"duplicate_{table}", key=key, table=table, columns={key: "VARCHAR"}, work=_work(table))
    for table, key in (("customers", "customer_id"), ("contacts", "contact_id"))
}
