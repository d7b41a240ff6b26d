"""How the rows of a table stand against what is asked of them: one pass over each table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from crmetrics.data.judged import FILLED, Held, Measured
from crmetrics.data.quality_rows import check_of, is_of_rows
from crmetrics.data.recorded import entered, future, warned, with_impossible, with_set_aside
from crmetrics.warehouse.schema import TABLES, Table
from crmetrics.warehouse.schema.columns import NEVER
from crmetrics.warehouse.schema.rule import Rule
from crmetrics.warehouse.schema.rules import rules_of
from crmetrics.warehouse.warehouse import Warehouse

JUDGED: Final = "select count(*) as rows_in_all, {measures} from {rows}"


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
        found = with_impossible(warehouse, found)
        found = [*with_set_aside(warehouse, found), *future(warehouse), *warned(warehouse), *entered(warehouse)]
    return [each for each in found if each.checked], held


def _of_table(warehouse: Warehouse, table: Table) -> tuple[list[Measured], list[Held]]:
    numbers = {number: rule for number, rule in enumerate(rules_of(table.name)) if not rule.rows}
    asked = list(_measures(table, list(numbers.values())))
    sql = JUDGED.format(measures=", ".join(f"{each} as m{n}" for n, each in enumerate(asked)), rows=table.name)
    found = [int(value or 0) for name, value in warehouse.query(sql).one().items() if name != "rows_in_all"]
    lines, held = [], []
    for column in table.columns:
        expected, filled, usable = found.pop(0), found.pop(0), found.pop(0)
        held.append(Held(table, column, expected, filled, usable))
        if column.expected != NEVER:
            named = check_of(table.name, column.name)
            lines.append(
                Measured(table, column.name, "completeness", FILLED, expected, filled, named, expected - filled)
            )
    for number, rule in numbers.items():
        checked, passed = found.pop(0), found.pop(0)
        named = check_of(table.name, rule.column, number)
        lines.append(Measured(table, rule.column, rule.aspect, rule.says, checked, passed, named, checked - passed))
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
    rules = {number: rule for number, rule in enumerate(rules_of(table.name)) if rule.rows}
    if not warehouse.scope.is_whole:
        rules = {}
    by_rows: dict[str, list[tuple[int, Rule]]] = {}
    for number, rule in rules.items():
        if all(warehouse.profile.rows(other) for other in rule.reads):
            by_rows.setdefault(rule.rows, []).append((number, rule))
    for rows, together in by_rows.items():
        counts = [
            f"count({rule.holds}) as c{n}, count(*) filter (where {rule.holds}) as p{n}"
            for n, (_number, rule) in enumerate(together)
        ]
        line = warehouse.query(JUDGED.format(measures=", ".join(counts), rows=rows)).one()
        for n, (number, rule) in enumerate(together):
            checked, passed = int(line[f"c{n}"]), int(line[f"p{n}"])
            named, broken = check_of(table.name, rule.column, number), checked - passed if is_of_rows(rule) else None
            yield Measured(table, rule.column, rule.aspect, rule.says, checked, passed, named, broken)
