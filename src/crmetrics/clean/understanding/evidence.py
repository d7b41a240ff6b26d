"""What stands in a column of a raw file: how its values are written, how many differ, and some of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.warehouse.expression import identifier, literal

if TYPE_CHECKING:
    import duckdb

ALL_ROWS: Final = 500_000
"""Rows of which every value is looked at; of more, as many as that are, evenly through the file."""

MOST_SHAPES: Final = 200
MOST_VALUES: Final = 60
KEYS: Final = 20_000
"""Different values that are held for comparison with another file's ids."""

# Digits become 9, letters a; a run of either is one sign where its length says nothing.
SHAPE: Final = r"regexp_replace(regexp_replace({value}, '\d', '9', 'g'), '\p{L}+', 'a', 'g')"

EVIDENCE: Final = """
with cells as (select trim({column}) as cell from rows where trim({column}) <> ''),
counted as (select cell, count(*) as times from cells group by cell),
shapes as (
    select {shape} as shape, sum(times)::bigint as times, min(cell) as example, count(*) as different
    from counted where length(cell) <= 100 group by 1 order by times desc, shape limit {shapes}
),
common as (select cell, times from counted where length(cell) <= 200 order by times desc, cell limit {values})
select (select count(*) from cells), (select count(*) from counted), (select max(length(cell)) from counted),
       (select list([shape, times::varchar, example] order by times desc, shape) from shapes),
       (select list([cell, times::varchar] order by times desc, cell) from common),
       (select max(try_cast(replace(cell, ',', '.') as double)) from counted)
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which values are written: 99/99/9999 of `rows` values, such as `example`."""

    pattern: str
    rows: int
    example: str


@dataclass(frozen=True)
class Evidence:
    """One column: how many rows were looked at and are filled, how many values differ, and how they are written."""

    name: str
    rows: int
    filled: int
    distinct: int
    longest: int
    shapes: tuple[Shape, ...]
    values: tuple[tuple[str, int], ...]
    keys: frozenset[str] = frozenset()
    greatest: float | None = None
    """The greatest of its values that are numbers as they stand."""

    @property
    def is_unique(self) -> bool:
        """Whether hardly a value repeats."""
        return self.filled > 0 and self.distinct >= 0.98 * self.filled

    @cached_property
    def words(self) -> frozenset[str]:
        """The common values in lower case."""
        return frozenset(value.casefold() for value, _times in self.values)

    def share(self, pattern: re.Pattern[str], of_values: bool = False) -> float:
        """Share of the values written so: by their shapes, or by the common values themselves."""
        counted = self.values if of_values else tuple((shape.pattern, shape.rows) for shape in self.shapes)
        whole = sum(times for _text, times in counted)
        return sum(times for text, times in counted if pattern.fullmatch(text)) / whole if whole else 0.0


def evidence_of(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], columns: Sequence[str]) -> list[Evidence]:
    """Look through the raw files of one kind, a column at a time."""
    files = f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], union_by_name = true)"
    found = connection.execute(f"select count(*) from {files}").fetchall()
    rows = int(found[0][0])
    step = max(1, -(-rows // ALL_ROWS))
    connection.execute(
        f"create or replace temp table rows as select * from {files} where _row % {step} = 0 or {step} = 1"
    )
    looked_at = int(connection.execute("select count(*) from rows").fetchall()[0][0])
    return [_column(connection, name, looked_at) for name in columns]


def _column(connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> Evidence:
    column = identifier(name)
    sql = EVIDENCE.format(column=column, shape=SHAPE.replace("{value}", "cell"), shapes=MOST_SHAPES, values=MOST_VALUES)
    filled, distinct, longest, shapes, values, greatest = connection.execute(sql).fetchall()[0]
    keys: frozenset[str] = frozenset()
    if distinct > 1 and (longest or 0) <= 60:
        same = f"select distinct trim({column}) from rows where trim({column}) <> '' order by 1 limit {KEYS}"
        keys = frozenset(str(value) for (value,) in connection.execute(same).fetchall())
    return Evidence(
        name,
        rows,
        filled,
        distinct,
        longest or 0,
        tuple(Shape(pattern, int(times), example) for pattern, times, example in shapes or ()),
        tuple((cell, int(times)) for cell, times in values or ()),
        keys,
        greatest,
    )
