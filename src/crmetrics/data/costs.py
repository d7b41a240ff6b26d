"""What faults in the data cost each analysis that needs the column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmetrics.analysis import Analysis, Catalogue
from crmetrics.data.judged import Held
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import SHARE, Figure
from crmetrics.warehouse.schema import Table
from crmetrics.warehouse.schema.rules import should_have

_ = words("data")

Needed = Mapping[tuple[str, str], Sequence[Analysis]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one analysis loses by the column that costs it most."""

    declared: Analysis
    held: Held

    def message(self) -> Message:
        """The cost in a sentence."""
        held = self.held
        told: dict[str, Any] = {
            "rows": should_have(held.table, held.column),
            "share": Figure(1 - held.share, SHARE),
            "column": held.column.label,
            "analysis": self.declared.title,
            "used": Figure(held.share, SHARE),
        }
        if held.filled == held.usable:
            return _("{rows}: {share} have no value in '{column}'. {analysis} can use {used} at most.", **told)
        return _(
            "{rows}: {share} have no value in '{column}', or an impossible one. {analysis} can use {used} at most.",
            **told,
        )


def needed_columns(catalogue: Catalogue) -> Needed:
    """Which analyses need a column, by (table, column); under their usual choices."""
    found: dict[tuple[str, str], list[Analysis]] = {}
    for entry in catalogue.entries():
        for table, columns in entry.declared.needed({}).items():
            for column in columns:
                found.setdefault((table, column), []).append(entry.declared)
    return found


def spoiled(needed: Needed, table: Table, column: str) -> int:
    """How many analyses a fault of a column spoils; one of the key spoils all that read the table."""
    if table.has(column) and table.column(column).is_key:
        return len({each.key for (name, _column), users in needed.items() if name == table.name for each in users})
    return len(needed.get((table.name, column), ()))


def costs_of(needed: Needed, held: Iterable[Held]) -> list[Cost]:
    """What each analysis loses, the most first: of each the column that costs it most, none without a fault."""
    worst: dict[str, Cost] = {}
    for each in held:
        if each.share >= 1:
            continue
        for declared in needed.get((each.table.name, each.column.name), ()):
            known = worst.get(declared.key)
            if known is None or each.share < known.held.share:
                worst[declared.key] = Cost(declared, each)
    return sorted(worst.values(), key=lambda each: (each.held.share, each.declared.key))
