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
ROW: Final = "_row"
KEYS: Final = 20_000
"""Different values that are held for comparison with another file's ids."""

# Digits become 9, letters a; a run of either is one sign where its length says nothing.
SHAPE: Final = r"regexp_replace(regexp_replace({value}, '\d', '9', 'g'), '\p{L}+', 'a', 'g')"

# The first, second and third of three numbers, where one is too great for a month: (part, where it stands, how great).
PARTS: Final = r"^(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})"
OVER: Final = "part{n} between 13 and 31"

EVIDENCE: Final = """
with cells as (select trim({column}) as cell, _row from rows where trim({column}) <> ''),
counted as (select cell, count(*) as times, min(_row) as row from cells group by cell),
parted as (
    select *, try_cast(replace(cell, ',', '.') as double) as number,
           try_cast(regexp_extract(cell, '{parts}', 1) as int) as part1,
           try_cast(regexp_extract(cell, '{parts}', 2) as int) as part2,
           try_cast(regexp_extract(cell, '{parts}', 3) as int) as part3
    from counted
),
shapes as (
    select {shape} as shape, sum(times)::bigint as times, min(cell) as example, min(row) as row, {over}
    from parted where length(cell) <= 100 group by 1 order by times desc, shape limit {shapes}
),
numbers as (select number, sum(times) as times from parted where isfinite(number) group by 1),
common as (select cell, times from counted where length(cell) <= 200 order by times desc, cell limit {values})
select (select count(*) from cells), (select count(*) from counted), (select max(length(cell)) from counted),
       (select list([shape, times::varchar, example, row::varchar, {overs}] order by times desc, shape) from shapes),
       (select list([cell, times::varchar] order by times desc, cell) from common),
       (select list([number, times] order by number) from (from numbers order by number limit 2)),
       (select list([number, times] order by number desc) from (from numbers order by number desc limit 2))
"""


@dataclass(frozen=True, slots=True)
class Over:
    """Values of a shape of which a part is too great for a month: how many rows, one of them, and its row in the file."""

    rows: int
    example: str
    row: int


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which values are written: 99/99/9999 of `rows` values, such as `example` in `row` of the file.

    `over` tells, of each of the first three numbers, in which values it is too great for a month; None: in none.
    """

    pattern: str
    rows: int
    example: str
    row: int = 0
    over: tuple[Over | None, Over | None, Over | None] = (None, None, None)


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
    least: tuple[tuple[float, int], ...] = ()
    most: tuple[tuple[float, int], ...] = ()
    """The two least and the two greatest of its values that are numbers as they stand, with how many rows hold each."""

    @property
    def is_unique(self) -> bool:
        """Whether hardly a value repeats."""
        return self.filled > 0 and self.distinct >= 0.98 * self.filled

    @property
    def greatest(self) -> float | None:
        """The greatest of its values that are numbers as they stand."""
        return self.most[0][0] if self.most else None

    @cached_property
    def words(self) -> frozenset[str]:
        """The common values in lower case."""
        return frozenset(value.casefold() for value, _times in self.values)

    @property
    def different(self) -> frozenset[str]:
        """Its different values, as many as are held, also where it is only one."""
        return self.keys or frozenset(value for value, _times in self.values)

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
    # a table of ten thousand columns makes every question to it slow
    named = ", ".join(identifier(name) for name in (*columns, ROW))
    connection.execute(
        f"create or replace temp table rows as select {named} from {files} where _row % {step} = 0 or {step} = 1"
    )
    looked_at = int(connection.execute("select count(*) from rows").fetchall()[0][0])
    return [_column(connection, name, looked_at) for name in columns]


def middle_rates(connection: duckdb.DuckDBPyConnection, currency: str, rate: str, decimal: str) -> dict[str, float]:
    """The median of the rates of each currency (or pair), of the file that was looked through last."""
    written = identifier(rate) if decimal == "." else f"replace({identifier(rate)}, ',', '.')"
    found = connection.execute(
        f"select trim({identifier(currency)}) as c, median(try_cast({written} as double)) as m from rows "
        "group by 1 having c <> '' and m > 0 order by 1"
    ).fetchall()
    return {str(code): float(middle) for code, middle in found}


def _column(connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> Evidence:
    column = identifier(name)
    over, overs = [], []
    for part in (1, 2, 3):
        too_great = f"filter (where {OVER.format(n=part)})"
        over.append(
            f"sum(times) {too_great} as over{part}, arg_min(cell, row) {too_great} as cell{part}, min(row) {too_great} as row{part}"
        )
        overs.append(f"over{part}::varchar, cell{part}, row{part}::varchar")
    sql = EVIDENCE.format(
        column=column, shape=SHAPE.replace("{value}", "cell"), shapes=MOST_SHAPES, values=MOST_VALUES,
        parts=PARTS, over=", ".join(over), overs=", ".join(overs),
    )  # fmt: skip
    filled, distinct, longest, shapes, values, least, most = connection.execute(sql).fetchall()[0]
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
        tuple(_shape(*each) for each in shapes or ()),
        tuple((cell, int(times)) for cell, times in values or ()),
        keys,
        tuple((number, int(times)) for number, times in least or ()),
        tuple((number, int(times)) for number, times in most or ()),
    )


def _shape(pattern: str, times: str, example: str, row: str, *over: str | None) -> Shape:
    first, second, third = (_over(*over[place : place + 3]) for place in (0, 3, 6))
    return Shape(pattern, int(times), example, int(row), (first, second, third))


def _over(rows: str | None, example: str | None, row: str | None) -> Over | None:
    return Over(int(rows), example or "", int(row or 0)) if rows else None
