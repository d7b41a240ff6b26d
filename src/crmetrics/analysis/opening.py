"""A figure opened: the very rows behind it, under the same scope, period and choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any, Final

from crmetrics.analysis.answer import Result, Table
from crmetrics.analysis.behind import Behind, Choices
from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.row import Column, Row
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.dialect import parsed, values_of
from crmetrics.warehouse.schema import CHOICE_LABELS, DIMENSIONS, TABLES, Type
from crmetrics.warehouse.schema import Column as Kept
from crmetrics.warehouse.schema import Table as Shown
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

MOST: Final = 1_000_000
"""So many rows are given at once at most: a sheet holds no more, and a page shows a few of them anyway."""

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
class Cell:
    """A figure of an answer: its column, and the group of its row by column name (None: blank); no group: the total."""

    column: str
    at: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the rows are given, and in which order: by a column, `-` before it for the largest first."""

    sort: str = ""
    start: int = 0
    count: int = MOST


def behind_of(declared: Analysis, choices: Choices) -> tuple[Behind, ...]:
    """What stands behind an analysis' figures under these choices; nothing where it does not say."""
    return declared.behind(choices) if callable(declared.behind) else declared.behind


def opens(declared: Analysis, choices: Choices) -> Mapping[str, tuple[str, ...]]:
    """The columns of an answer that can be opened -> the columns that say which row was meant."""
    grouped = ("party",) if choices.get("by") else ()
    return {name: (*grouped, *each.groups) for each in behind_of(declared, choices) for name in each.columns}


def rows_behind(
    declared: Analysis, warehouse: Warehouse, period: Period | None, choices: Choices, cell: Cell, part: Part
) -> tuple[Analysis, Result[Any]]:
    """Open a figure: the analysis as a list of rows, and a part of them; `used` is how many there are in all.

    UnknownName for a column that cannot be opened, or for a group that its rows do not have.
    """
    found = next((each for each in behind_of(declared, choices) if cell.column in each.columns), None)
    if found is None:
        names = ", ".join(opens(declared, choices)) or "-"
        raise UnknownName(
            _(
                "'{name}' of {key} cannot be opened. There are: {names}.",
                name=cell.column,
                key=declared.key,
                names=names,
            )
        )
    for each in found.derived:
        warehouse.derive(each)
    wanted, values = _wanted(found, cell, choices)
    values["today_at"] = midnight(warehouse.today, warehouse.zone)
    is_one = warehouse.profile.is_single_currency(warehouse.currency)
    row = _row_of(found.table.name, _names(found.table, warehouse, is_one), is_one)
    # a total counts what lies in several groups once: it is asked without them
    by = str(choices.get(found.grouping) or "") if cell.at else ""
    ask = partial(warehouse.query, period=period, by=by, of=found.over, moment=found.moment)
    count = ask(f"select count(*) as n from ({wanted}) b", **values).one()["n"]
    # what is named somewhere but has no row of its own is opened too: it was counted
    same = " and ".join(f"s.{key} = b.{key}" for key in found.keys)
    columns = ", ".join(f"{_written(each, found)} as {each.name}" for each in row.columns)
    sql = (
        f"select {columns} from ({wanted}) b left join {found.table.name} s on {same} "
        f"order by {_order(part.sort, row, found)} limit {min(part.count, MOST)} offset {max(part.start, 0)}"
    )
    rows = ask(sql, **values)
    listed = replace(declared, row=row, chart=None, headline="", table=found.table.name, behind=())
    return listed, Result(Table.of(row, rows), used=int(count))


def _wanted(found: Behind, cell: Cell, choices: Choices) -> tuple[str, dict[str, Any]]:
    """The keys of the rows meant, as SQL, and what it binds."""
    conditions, bound = [f"({found.where})"], dict(found.values)
    if found.columns[cell.column]:
        conditions.append(f"({found.columns[cell.column]})")
    for number, (name, value) in enumerate(cell.at.items()):
        expression = found.groups.get(name, "party" if name == "party" else None)
        if expression is None:
            raise UnknownName(_("Rows of '{column}' have no '{name}'.", column=cell.column, name=name))
        if value is None:
            conditions.append(f"{expression} is null")
        else:
            conditions.append(f"cast({expression} as varchar) = $at_{number}")
            bound[f"at_{number}"] = value
    keys = ", ".join(f"{name} as {key}" for key, name in found.keys.items())
    seen = f"({found.source}) seen" if found.source else found.over
    sql = f"select distinct {keys} from {seen} where {' and '.join(conditions)}"
    named = values_of(parsed(sql))
    given = {**choices, **bound}
    return sql, {name: given[name] for name in named if name in given}


def _names(table: Shown, warehouse: Warehouse, is_one_currency: bool) -> tuple[str, ...]:
    """The columns that the company fills, its own among them; keys always."""
    profile = warehouse.profile
    own = tuple(f"custom_{name}" for name in profile.custom.get(table.name, ()) if name.isidentifier())
    filled = [each.name for each in table.columns if each.is_key or profile.column(table.name, each.name).filled]
    return (*(name for name in filled if not (is_one_currency and name == "currency")), *own)


@cache
def _row_of(table: str, names: tuple[str, ...], is_one_currency: bool) -> type[Row]:
    """A row as the table has it, under the words of the schema. Money of several currencies stands in the company's and, in a
    column more, as it was agreed; where the row does not say in which currency it is, as it was agreed alone."""
    declared = {each.name: each for each in TABLES[table].columns}
    columns: dict[str, Any] = {"__module__": "crmetrics.schema.rows", "__doc__": table}
    for name in names:
        kept = declared.get(name)
        if kept is None:
            columns[name] = Column(Message("{name}", values={"name": name.removeprefix("custom_")}))
        elif kept.type is Type.MONEY and not is_one_currency:
            if TABLES[table].has_money:
                columns[name] = _column(kept)
            columns[name + AGREED] = replace(
                _column(kept), label=_("{amount}, as agreed", amount=kept.label), unit=Unit.QUANTITY
            )
        else:
            columns[name] = _column(kept)
    return type("".join(part.title() for part in table.split("_")), (Row,), columns)


def _column(kept: Kept) -> Column:
    named = next((each.name for each in DIMENSIONS.values() if each.names and each.names[0] == kept.references), None)
    listed = tuple((value, CHOICE_LABELS[value]) for value in kept.choices if value in CHOICE_LABELS)
    return Column(kept.label, _UNITS.get(kept.type, Unit.TEXT), kept.meaning, dimension=named, words=listed)


def _written(column: Column, found: Behind) -> str:
    """A column as it is read: money in the company's currency, where its row says in which it is."""
    table = found.table
    if column.name in found.keys:
        return f"b.{column.name}"
    if column.name.endswith(AGREED):
        return f"s.{column.name.removesuffix(AGREED)}"
    is_money = table.has(column.name) and table.column(column.name).type is Type.MONEY
    return f"converted(s.{column.name}, s.company_rate)" if is_money and table.has_money else f"s.{column.name}"


def _order(sort: str, row: type[Row], found: Behind) -> str:
    keys = ", ".join(f"b.{key}" for key in found.keys)
    if not sort:
        return keys
    name = sort.removeprefix("-")
    column = next((each for each in row.columns if each.name == name), None)
    if column is None:
        names = ", ".join(each.name for each in row.columns)
        raise BadValue(_("'{name}' is not a column to sort by. There are: {names}.", name=name, names=names))
    return f"{_written(column, found)} {'desc' if sort.startswith('-') else 'asc'} nulls last, {keys}"
