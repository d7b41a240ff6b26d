"""Values far from all others of their column: told, never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.warehouse.schema import TABLES, Column, Table, Type
from crmetrics.warehouse.schema.rules import outlying
from crmetrics.warehouse.warehouse import Warehouse

ENOUGH: Final = 30
"""From so many values on it is known what is usual."""
SIGMA: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""

MIDDLE: Final = "select count({value}) as n, median(ln({value})) as middle from {table} where {value} > 0"
SPREAD: Final = "select median(abs(ln({value}) - $middle)) as spread from {table} where {value} > 0"
BETWEEN: Final = "{value} > 0 and ({value} < $least or {value} > $most)"
"""Which values are outliers."""
BEYOND: Final = """
select count(*) filter (where {value} < $least or {value} > $most) as outliers, min({value}) as smallest, max({value}) as largest
from {table} where {value} > 0
"""


@dataclass(frozen=True, slots=True)
class Outliers:
    """What is usual in a column, in company currency where it is money, and how many values are not."""

    table: Table
    column: Column
    n: int
    outliers: int
    least: float
    most: float
    largest: float

    @property
    def check(self) -> str:
        """The name of what was looked at, the same in every language."""
        return f"{self.table.name}.{self.column.name}"


def outliers_of(warehouse: Warehouse, limit: float) -> Iterator[Outliers]:
    """The outliers of every column that is looked through.

    Formula: of x > 0, |ln x - median(ln x)| > limit x 1.4826 x median(|ln x - median(ln x)|): by factors, for amounts are skewed.
    Source:  Hampel (1974), Journal of the American Statistical Association 69(346), 383-393; the limit of 3.5 that is usual for
             values, Iglewicz and Hoaglin (1993), is widened, for the ends of skewed amounts are long.
    """
    for name, table in TABLES.items():
        for column in outlying(name):
            if warehouse.profile.column(name, column.name).filled >= ENOUGH:
                found = outliers_in(warehouse, table, column, limit)
                if found is not None:
                    yield found


def value_of(table: Table, column: Column) -> str:
    """SQL of a column as it is compared: money in the company's currency."""
    is_money = column.type is Type.MONEY and table.has_money
    return f"cast({f'converted({column.name}, company_rate)' if is_money else column.name} as double)"


def outliers_in(warehouse: Warehouse, table: Table, column: Column, limit: float) -> Outliers | None:
    """The outliers of one column; None where nothing tells what is usual."""
    told = {"value": value_of(table, column), "table": table.name}
    first = warehouse.query(MIDDLE.format(**told)).one()
    if not first["n"] or first["n"] < ENOUGH:
        return None
    middle = float(first["middle"])
    spread = SIGMA * float(warehouse.query(SPREAD.format(**told), middle=middle).one()["spread"])
    if spread == 0:  # more than half of the values are one and the same: nothing tells how far the others may lie
        return None
    least, most = (float(np.exp(middle + sign * limit * spread)) for sign in (-1, 1))
    line = warehouse.query(BEYOND.format(**told), least=least, most=most).one()
    return Outliers(table, column, int(first["n"]), int(line["outliers"]), least, most, float(line["largest"]))
