"""What a fact is, and what is derived for a company as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from crmetrics.warehouse.rows import Array
    from crmetrics.warehouse.warehouse import Warehouse

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact:
    """A named SQL view over canonical tables and other facts; one row a row of the first table of `parties`.

    parties  its tables, child before parent -> their aliases in the SQL. Each can carry the grouping: `{party}` in the SQL
             becomes the `party` of the one nearest to the dimension, so that no table is joined a second time for it
    """

    name: str
    parties: Mapping[str, str]
    sql: str

    @property
    def grain(self) -> str:
        """The table of whose rows one makes one row of the fact."""
        return next(iter(self.parties))


@dataclass(frozen=True, slots=True)
class Derived:
    """A company-wide reference (R23), worked out once per version over all rows and then filtered like any other table.

    key, table  the column by which its rows belong to a canonical table: a viewer sees those whose row he sees there
    """

    name: str
    key: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class WorkedOut(Generic[T]):
    """A company-wide reference (R23) that SQL cannot say, such as the scores of a model: worked out in Python, kept like `Derived`.

    key, table  as of `Derived`
    columns     the columns of its rows -> their types (VARCHAR, DOUBLE, BIGINT, BOOLEAN, DATE, TIMESTAMP)
    work        gives, from the whole company's warehouse and the values, the rows as arrays (n,) by column, and what was learned:
                anything frozen, the same for every viewer. It must depend on nothing else: it is asked once per version
    """

    name: str
    key: str
    table: str
    columns: Mapping[str, str]
    work: Callable[[Warehouse, Mapping[str, Any]], tuple[Mapping[str, Array], T]]


ADDED_UP: Final = "orders_added_up"
"""A name for facts alone: the orders that have lines, with what these add up to, `lines_net` and without returns `lines_sold`, in
the money of the order. Worked out at the import, for adding them up is nine tenths of every question about purchases."""

JOINED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "order_lines_of_orders": ("order_lines", "orders"),
        "deal_stages_of_deals": ("deal_stages", "deals"),
        "deal_changes_of_deals": ("deal_changes", "deals"),
    }
)
"""Names for facts alone: a table that is joined there to its parent, so that rows of other parents fall away. What rights,
filters and as-of ask of the parent is asked of it once, by the join, and not a second time of every child row (five times the
cost, measured)."""
