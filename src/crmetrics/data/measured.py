"""How the rows of a table stand against what is asked of them: one pass over each table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES, Column, Table
from crmetrics.warehouse.schema.columns import NEVER
from crmetrics.warehouse.schema.rule import Aspect, Rule
from crmetrics.warehouse.schema.rules import rules_of
from crmetrics.warehouse.warehouse import Warehouse

_ = words("quality")

FILLED: Final = _("It is blank where it should be filled.")
FUTURE: Final = _("It lies in the future.")
REPEATED: Final = _("It repeats the key of another row.")
UNREAD: Final = _("The value could not be read, and the row stands in quarantine.")
IMPOSSIBLE: Final = _("It cannot be true, and counts as unknown.")
LATE: Final = _("Entered more than two days after its date.")

JUDGED: Final = "select count(*) as rows_in_all, {measures} from {rows}"
SET_ASIDE: Final = """
select table_name, column_name, reason, count(*) as n from {quarantine}
where table_name is not null group by table_name, column_name, reason order by table_name, column_name, reason
"""
ENTERED: Final = "select table_name, checked, passed from {entered} order by table_name"

_OF_REASONS: Final[tuple[tuple[str, Aspect, Message], ...]] = (
    ("It is blank, and", "completeness", FILLED),
    ("It repeats the key", "uniqueness", REPEATED),
    ("It is a part of a row", "consistency", _("It is a part of a row that is not there.")),
)
"""How a reason of the quarantine begins, and what it says of the data; every other one is a value that is not valid."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing asked of a column: in how many rows it matters, in how many it holds, and what is wrong in the others."""

    table: Table
    column: str
    aspect: Aspect
    says: Message
    checked: int
    passed: int


@dataclass(frozen=True, slots=True)
class Held:
    """A column as an analysis can use it: the rows that should have it, those that do, those whose value breaks no rule."""

    table: Table
    column: Column
    expected: int
    filled: int
    usable: int

    @property
    def share(self) -> float:
        """The share that can be used."""
        return self.usable / self.expected if self.expected else 1.0


def measured(warehouse: Warehouse) -> tuple[list[Measured], list[Held]]:
    """Everything asked of every table that has rows, and the state of each of its columns.

    What stands in quarantine, what lies in the future and what was entered late is known of the whole company alone.
    """
    found: list[Measured] = []
    held: list[Held] = []
    for name, table in TABLES.items():
        if warehouse.profile.rows(name):
            lines, columns = _of_table(warehouse, table)
            found += lines
            held += columns
            found += _across(warehouse, table)
    if warehouse.scope.is_whole:
        found = _with_impossible(warehouse, found)
        found = [*_with_set_aside(warehouse, found), *_future(warehouse), *_entered(warehouse)]
    return [each for each in found if each.checked], held


def _of_table(warehouse: Warehouse, table: Table) -> tuple[list[Measured], list[Held]]:
    rules = [rule for rule in rules_of(table.name) if not rule.rows]
    asked = list(_measures(table, rules))
    sql = JUDGED.format(measures=", ".join(f"{each} as m{n}" for n, each in enumerate(asked)), rows=table.name)
    found = [int(value or 0) for name, value in warehouse.query(sql).one().items() if name != "rows_in_all"]
    lines, held = [], []
    for column in table.columns:
        expected, filled, usable = found.pop(0), found.pop(0), found.pop(0)
        held.append(Held(table, column, expected, filled, usable))
        if column.expected != NEVER:
            lines.append(Measured(table, column.name, "completeness", FILLED, expected, filled))
    for rule in rules:
        checked, passed = found.pop(0), found.pop(0)
        lines.append(Measured(table, rule.column, rule.aspect, rule.says, checked, passed))
    return lines, held


def _measures(table: Table, rules: Sequence[Rule]) -> Iterator[str]:
    """SQL of the counts: three of each column (should have it, has it, can be used), two of each rule."""
    for column in table.columns:
        name = column.name
        where = f"{name} is not null" if column.expected == NEVER else (column.expected or "true")
        broken = [
            f"coalesce({rule.holds}, true)" for rule in rules if rule.column == name and rule.aspect != "timeliness"
        ]
        yield f"count(*) filter (where {where})"
        yield f"count({name}) filter (where {where})"
        yield f"count({name}) filter (where {' and '.join([f'({where})', *broken])})"
    for rule in rules:
        yield f"count({rule.holds})"
        yield f"count(*) filter (where {rule.holds})"


def _across(warehouse: Warehouse, table: Table) -> Iterator[Measured]:
    """What holds between tables; a viewer of a part does not see all parents, so for him references are not judged."""
    rules = [rule for rule in rules_of(table.name) if rule.rows]
    if not warehouse.scope.is_whole:
        rules = []
    by_rows: dict[str, list[Rule]] = {}
    for rule in rules:
        if all(warehouse.profile.rows(other) for other in rule.reads):
            by_rows.setdefault(rule.rows, []).append(rule)
    for rows, together in by_rows.items():
        counts = [
            f"count({rule.holds}) as c{n}, count(*) filter (where {rule.holds}) as p{n}"
            for n, rule in enumerate(together)
        ]
        line = warehouse.query(JUDGED.format(measures=", ".join(counts), rows=rows)).one()
        for n, rule in enumerate(together):
            yield Measured(table, rule.column, rule.aspect, rule.says, int(line[f"c{n}"]), int(line[f"p{n}"]))


def _future(warehouse: Warehouse) -> Iterator[Measured]:
    for (name, column), profile in warehouse.profile.columns.items():
        if profile.future and name in TABLES:
            yield Measured(
                TABLES[name], column, "validity", FUTURE, profile.filled, max(0, profile.filled - profile.future)
            )


def _with_impossible(warehouse: Warehouse, found: Sequence[Measured]) -> list[Measured]:
    """The same with the values that cannot be true, which the tables show as unknown: they broke the first rule of their column."""
    lines = list(found)
    for (name, column), rows in warehouse.profile.impossible.items():
        of_column = [
            place
            for place, each in enumerate(lines)
            if (each.table.name, each.column) == (name, column) and each.aspect == "validity"
        ]
        if of_column:
            known = lines[of_column[0]]
            lines[of_column[0]] = replace(known, checked=known.checked + rows)
        elif name in TABLES:
            kept = max(0, warehouse.profile.column(name, column).filled - rows)
            lines.append(Measured(TABLES[name], column, "validity", IMPOSSIBLE, kept + rows, kept))
    return lines


def _with_set_aside(warehouse: Warehouse, found: list[Measured]) -> Iterator[Measured]:
    """The same with the rows that stand in quarantine: they were judged, too, and did not pass."""
    aside: dict[tuple[str, str, Aspect], tuple[int, Message]] = {}
    for line in _set_aside(warehouse):
        aspect, says = next(
            ((aspect, says) for start, aspect, says in _OF_REASONS if str(line["reason"]).startswith(start)),
            ("validity", UNREAD),
        )
        key = (str(line["table_name"]), str(line["column_name"]), aspect)
        before, _says = aside.get(key, (0, says))
        aside[key] = (before + int(line["n"]), says)
    for each in found:
        rows, _says = (
            aside.pop((each.table.name, each.column, each.aspect), (0, each.says)) if each.says is FILLED else (0, "")
        )
        yield Measured(each.table, each.column, each.aspect, each.says, each.checked + rows, each.passed)
    for (name, column, aspect), (rows, says) in aside.items():
        if name in TABLES:
            kept = warehouse.profile.column(name, column).filled
            yield Measured(TABLES[name], column, aspect, says, kept + rows, kept)


def _set_aside(warehouse: Warehouse) -> list[Mapping[str, Any]]:
    rows = warehouse.recorded(SET_ASIDE, "quarantine")
    if rows is None:
        return []
    return [
        dict(zip(rows.names, line, strict=True))
        for line in zip(*(rows.values(name) for name in rows.names), strict=True)
    ]


def _entered(warehouse: Warehouse) -> Iterator[Measured]:
    """In time is what came within two days of its date; what was there before the first import cannot be judged."""
    rows = warehouse.recorded(ENTERED, "entered")
    if rows is None:
        return
    for name, checked, passed in zip(*(rows.values(each) for each in rows.names), strict=True):
        if name in TABLES and TABLES[name].appears:
            yield Measured(TABLES[name], str(TABLES[name].appears), "timeliness", LATE, int(checked), int(passed))
