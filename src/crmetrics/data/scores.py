"""What a table's columns come to: its score."""

from __future__ import annotations

from collections.abc import Iterable

from crmetrics.data.costs import Needed, spoiled
from crmetrics.data.judged import FILLED, Measured
from crmetrics.warehouse.schema import DIMENSIONS, TABLES


def is_judged(each: Measured, needed: Needed) -> bool:
    """Whether a column is judged: one that may stay blank and that nobody needs is not judged for gaps."""
    if each.says is not FILLED:
        return True
    declared = each.table.column(each.column)
    return declared.is_required or spoiled(needed, each.table, each.column) > 0


def scores(lines: Iterable[Measured], needed: Needed, weights: str) -> dict[str, float]:
    """The score of each table: the weighted mean of its columns' shares; columns weigh alike where none is needed."""
    columns: dict[str, dict[str, tuple[int, int]]] = {}
    for each in lines:
        checked, passed = columns.setdefault(each.table.name, {}).get(each.column, (0, 0))
        columns[each.table.name][each.column] = (checked + each.checked, passed + each.passed)
    found = {}
    for name, shares in columns.items():
        weight = {one: _weight(needed, name, one) if weights == "needed" else 1 for one in shares}
        if not any(weight.values()):
            weight = dict.fromkeys(shares, 1)
        total = sum(weight[one] * passed / checked for one, (checked, passed) in shares.items())
        found[name] = total / sum(weight.values())
    return found


def _weight(needed: Needed, table: str, column: str) -> int:
    """How many analyses need a column; one by which figures can be grouped counts once if none does."""
    is_grouped_by = any(dimension.columns.get(table) == column for dimension in DIMENSIONS.values())
    return spoiled(needed, TABLES[table], column) or int(is_grouped_by)
