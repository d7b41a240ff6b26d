"""A figure opened: the very rows behind it, under the same scope, period and choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from crmetrics.analysis.answer import Result, Table
from crmetrics.analysis.behind import Behind, Choices
from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.opened_row import Alphabet, OpenedRow, as_they_stand
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.warehouse.dialect import parsed, values_of
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")
of_segments = words("segments")

MOST: Final = 1_000_000
"""So many rows are given at once at most: a sheet holds no more, and a page shows a few of them anyway."""
IN_ALL: Final = "rows_in_all"
"""The column of a part of the rows that tells how many there are."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of an answer: its column, and the group of its row by column name (None: blank); no group: the total."""

    column: str
    at: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the rows are given, and in which order: by a column, `-` before it for the largest first.

    alphabet  the order in which readers look up the values of a column that is a closed list, where they read other words for them
    """

    sort: str = ""
    start: int = 0
    count: int = MOST
    alphabet: Alphabet = as_they_stand


def behind_of(declared: Analysis, choices: Choices) -> tuple[Behind, ...]:
    """What stands behind an analysis' figures under these choices; nothing where it does not say."""
    return declared.behind(choices) if callable(declared.behind) else declared.behind


def opens(declared: Analysis, choices: Choices) -> Mapping[str, tuple[str, ...]]:
    """The columns of an answer that can be opened -> the columns that say which row was meant."""
    grouped = ("party",) if choices.get("by") else ()
    return {
        name: (*(grouped if each.grouping else ()), *each.groups)
        for each in behind_of(declared, choices)
        for name in each.columns
    }


def rows_behind(
    declared: Analysis, warehouse: Warehouse, period: Period | None, choices: Choices, cell: Cell, part: Part
) -> tuple[Analysis, Result[Any]]:
    """Open a figure: the analysis as a list of rows, and a part of them; `used` is how many there are in all.

    UnknownName for a column that cannot be opened, or for a group that its rows do not have.
    """
    found, wanted, ask = _asked(declared, warehouse, period, choices, cell)
    shown = OpenedRow.of(found, declared.row, warehouse)
    order, joined = shown.order(part.sort, part.alphabet)
    start = max(part.start, 0)
    # the keys are found once: counted, and joined with what is shown of those that are given
    rows = ask(
        f"with b as ({wanted}), counted as (select count(*) as {IN_ALL} from b) "
        f"select {shown.selected}, counted.{IN_ALL} from b cross join counted {shown.joined} {joined} "
        f"order by {order} limit {min(part.count, MOST)} offset {start}"
    )
    count = rows.values(IN_ALL)[0] if len(rows) else 0
    if start and not len(rows):  # a page beyond the last one: no row tells how many there are
        count = ask(f"select count(*) as {IN_ALL} from ({wanted}) b").one()[IN_ALL]
    listed = replace(declared, row=shown.row, chart=None, headline="", table=found.table.name, behind=())
    return listed, Result(Table.of(shown.row, rows), used=int(count))


def customers_behind(
    declared: Analysis, warehouse: Warehouse, period: Period | None, choices: Choices, cell: Cell
) -> tuple[str, ...]:
    """The ids of the customers behind a figure, all of them. UnknownName as above, and for rows that are no customers."""
    found, wanted, ask = _asked(declared, warehouse, period, choices, cell)
    if found.table.name != "customers":
        raise UnknownName(
            of_segments("The rows behind '{name}' of {key} are not customers.", name=cell.column, key=declared.key)
        )
    rows = ask(
        f"select customer_id from ({wanted}) b where customer_id is not null order by customer_id limit {MOST + 1}"
    )
    return tuple(rows.values("customer_id"))


def _asked(
    declared: Analysis, warehouse: Warehouse, period: Period | None, choices: Choices, cell: Cell
) -> tuple[Behind, str, Callable[[str], Rows]]:
    """What stands behind a figure, the keys of its rows as SQL, and how that is asked."""
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
    grouped = ("party",) if choices.get("by") and found.grouping else ()
    for name in cell.at:
        if name not in (*grouped, *found.groups):
            raise UnknownName(_("Rows of '{column}' have no '{name}'.", column=cell.column, name=name))
    if found.look is not None:
        found = found.look(warehouse, period, choices, cell.at)
    for each in found.derived:
        warehouse.derive(each)
    wanted, values = _wanted(found, cell, choices)
    values["today_at"] = midnight(warehouse.today, warehouse.zone)
    # a total counts what lies in several groups once: it is asked without them
    by = str(choices.get(found.grouping) or "") if cell.at else ""
    return found, wanted, partial(warehouse.query, period=period, by=by, of=found.over, moment=found.moment, **values)


def _wanted(found: Behind, cell: Cell, choices: Choices) -> tuple[str, dict[str, Any]]:
    """The keys of the rows meant, as SQL, and what it binds."""
    conditions, bound = [f"({found.where})"], dict(found.values)
    if found.columns[cell.column]:
        conditions.append(f"({found.columns[cell.column]})")
    for number, (name, value) in enumerate(cell.at.items()):
        expression = found.groups.get(name, name)  # `party`, where it is no group of its own
        if value is None:
            conditions.append(f"{expression} is null")
        else:
            conditions.append(f"cast({expression} as varchar) = $at_{number}")
            bound[f"at_{number}"] = value
    keys = ", ".join(f"{name} as {key}" for key, name in found.keys.items())
    seen = f"({found.source}) seen" if found.source else found.over
    told = "".join(f", any_value({expression}) as {name}" for name, expression in found.tells.items())
    sql = f"select {keys}{told} from {seen} where {' and '.join(conditions)} group by {', '.join(found.keys.values())}"
    named = values_of(parsed(sql))
    given = {**choices, **bound}
    return sql, {name: given[name] for name in named if name in given}
