"""How a row that is opened is shown: the columns of its table, what the answer tells of it, and what one wants to know beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Self

from crmetrics.analysis.behind import Behind
from crmetrics.analysis.row import Column, Row
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.schema import CHOICE_LABELS, DIMENSIONS, TABLES, Type, country_dimension
from crmetrics.warehouse.schema import Column as Kept
from crmetrics.warehouse.schema import Table as Shown
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

Alphabet = Callable[[Column], Sequence[str]]
"""A column -> its values in the order in which readers look them up, if it is a closed list and they read words for them."""


def as_they_stand(_column: Column) -> Sequence[str]:
    """No words but the values themselves."""
    return ()


AGREED: Final = "_agreed"
"""At the end of a column's name: its money in the currency of the row."""

_UNITS: Final = {
    Type.INTEGER: Unit.QUANTITY,
    Type.NUMBER: Unit.QUANTITY,
    Type.MONEY: Unit.MONEY,
    Type.SHARE: Unit.SHARE,
    Type.RATE: Unit.RATIO,
    Type.DATE: Unit.DATE,
    Type.MOMENT: Unit.MOMENT,
    Type.FLAG: Unit.FLAG,
}


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown of a table's rows that other tables know: columns from a query by the key, where `needs` has rows."""

    needs: str
    columns: Mapping[str, Column]
    sql: str
    sort: str


BESIDE: Final[Mapping[str, Beside]] = MappingProxyType(
    {
        "customers": Beside(
            "orders",
            {
                "last_purchase_on": Column(_("Last purchase"), Unit.DATE),
                "net_sales_to_date": Column(_("Net sales to date"), Unit.MONEY),
            },
            "select customer_id, local_day(max(case when is_purchase then ordered_at end)) as last_purchase_on, "
            "sum(net) as net_sales_to_date from order_totals where customer_id is not null group by customer_id",
            "-net_sales_to_date",
        )
    }
)
"""Who looks at customers wants to know first whether and when they bought, and for how much."""


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """The columns of the rows behind a figure, and how each is read: `b` are the keys that are wanted, `s` the table's rows.

    named  the columns that hold ids and show names -> the table and the column that have those
    """

    row: type[Row]
    found: Behind
    beside: Beside | None
    named: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, found: Behind, answered: type[Row], warehouse: Warehouse) -> Self:
        """The columns that the company fills; of the answer's own those that `found` tells."""
        table = found.table
        beside = BESIDE.get(table.name)
        if beside is not None and not warehouse.profile.rows(beside.needs):
            beside = None
        is_one = warehouse.profile.is_single_currency(warehouse.currency)
        names = _names(table, warehouse, is_one)
        row = _row_of(table.name, names, is_one, answered, tuple(found.tells), beside is not None)
        dimensions = ((each.name, DIMENSIONS.get(each.dimension or "")) for each in row.columns)
        named = {
            name: each.names
            for name, each in dimensions
            if each is not None and each.names is not None and warehouse.profile.rows(each.names[0])
        }
        return cls(row, found, beside, named)

    @property
    def selected(self) -> str:
        """SQL of all columns."""
        return ", ".join(f"{self._written(each)} as {each.name}" for each in self.row.columns)

    @property
    def joined(self) -> str:
        """SQL of what is joined to `b`; what is named somewhere but has no row of its own is opened too: it was counted."""
        same = " and ".join(f"s.{key} = b.{key}" for key in self.found.keys)
        sql = f"left join {self.found.table.name} s on {same}"
        if self.beside is None:
            return sql
        also = " and ".join(f"x.{key} = b.{key}" for key in self.found.keys)
        return f"{sql} left join ({self.beside.sql}) x on {also}"

    def order(self, sort: str, alphabet: Alphabet) -> tuple[str, str]:
        """SQL of the order, and of what must be joined for it; BadValue for a column that is not there.

        What is read as a name is in the order of the names, what is a closed list in that of the alphabet.
        """
        keys = ", ".join(f"b.{key}" for key in self.found.keys)
        sort = sort or self.found.sort or (self.beside.sort if self.beside else "")
        if not sort:
            return keys, ""
        name = sort.removeprefix("-")
        column = next((each for each in self.row.columns if each.name == name), None)
        if column is None:
            names = ", ".join(each.name for each in self.row.columns)
            raise BadValue(_("'{name}' is not a column to sort by. There are: {names}.", name=name, names=names))
        written, direction, joined = self._written(column), "desc" if sort.startswith("-") else "asc", ""
        several = [written]
        if listed := alphabet(column):
            places = " ".join(f"when '{value}' then {place}" for place, value in enumerate(listed))
            several.insert(0, f"case {written} {places} end")
        elif name in self.named:
            table, shown = self.named[name]
            joined = f"left join {table} named on named.{TABLES[table].key[0]} = {written}"
            several = [f"coalesce(named.{shown}, {written})"]
        return ", ".join([*(f"{each} {direction} nulls last" for each in several), keys]), joined

    def _written(self, column: Column) -> str:
        """A column as it is read: money in the company's currency, where its row says in which it is."""
        table, name = self.found.table, column.name
        if name in self.found.keys or name in self.found.tells:
            return f"b.{name}"
        if self.beside is not None and name in self.beside.columns:
            return f"x.{name}"
        if name.endswith(AGREED):
            return f"s.{name.removesuffix(AGREED)}"
        is_money = table.has(name) and table.column(name).type is Type.MONEY
        return f"converted(s.{name}, s.company_rate)" if is_money and table.has_money else f"s.{name}"


def _names(table: Shown, warehouse: Warehouse, is_one_currency: bool) -> tuple[str, ...]:
    """The columns that the company fills, its own among them; keys always."""
    profile = warehouse.profile
    own = tuple(f"custom_{name}" for name in profile.custom.get(table.name, ()) if name.isidentifier())
    filled = [each.name for each in table.columns if each.is_key or profile.column(table.name, each.name).filled]
    return (*(name for name in filled if not (is_one_currency and name == "currency")), *own)


def _row_of(
    table: str, names: tuple[str, ...], is_one_currency: bool, answered: type[Row], told: tuple[str, ...], beside: bool
) -> type[Row]:
    """A row as the table has it, under the words of the schema; after its key and its name what else is told of it.

    Money of several currencies stands in the company's and, in a column more, as it was agreed; where the row does not say in which
    currency it is, as it was agreed alone.
    """
    own = _columns_of(table, names, is_one_currency)
    of_answer = {each.name: each for each in answered.columns}
    told_of = {name: replace(of_answer[name], only=None, of=None, is_hidden=False) for name in told}
    also = {**told_of, **(BESIDE[table].columns if beside else {})}
    first = [name for name in own if name == "name" or name in TABLES[table].key]
    whose = {name: own[name] for name in ("owner_id",) if name in own}
    columns = {name: own[name] for name in first} | also | whose | own
    space: dict[str, Any] = {"__module__": "crmetrics.schema.rows", "__doc__": table, **columns}
    return type("".join(part.title() for part in table.split("_")), (Row,), space, keeps_words=True)


def _columns_of(table: str, names: tuple[str, ...], is_one_currency: bool) -> dict[str, Column]:
    declared = {each.name: each for each in TABLES[table].columns}
    columns: dict[str, Column] = {}
    for name in names:
        kept = declared.get(name)
        if kept is None:
            columns[name] = Column(Message("{name}", values={"name": name.removeprefix("custom_")}))
        elif kept.type is Type.MONEY and not is_one_currency:
            if TABLES[table].has_money:
                columns[name] = _column(table, kept)
            columns[name + AGREED] = replace(
                _column(table, kept), label=_("{amount}, as agreed", amount=kept.label), unit=Unit.QUANTITY
            )
        else:
            columns[name] = _column(table, kept)
    return columns


def _column(table: str, kept: Kept) -> Column:
    named = next((each.name for each in DIMENSIONS.values() if each.names and each.names[0] == kept.references), None)
    named = named or country_dimension(table, kept.name)
    listed = tuple((value, CHOICE_LABELS[value]) for value in kept.choices if value in CHOICE_LABELS)
    return Column(kept.label, _UNITS.get(kept.type, Unit.TEXT), kept.meaning, dimension=named, words=listed)
