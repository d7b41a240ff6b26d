"""What the import recorded of rows that no table shows as they came: set aside, impossible, in the future, entered late."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from crmetrics.data.judged import FILLED, FUTURE, IMPOSSIBLE, LATE, PART, REPEATED, UNREAD, Measured
from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.schema.rule import Aspect
from crmetrics.warehouse.schema.rules import rules_of
from crmetrics.warehouse.warehouse import Warehouse

SET_ASIDE: Final = """
select table_name, column_name, reason, count(*) as n from {quarantine}
where table_name is not null group by table_name, column_name, reason order by table_name, column_name, reason
"""
ENTERED: Final = "select table_name, checked, passed from {entered} order by table_name"

WARNED: Final = """
select table_name, column_name, reason, reason_domain, min(reason_values) as reason_values, sum(row_count) as n
from {warning_counts} where table_name is not null
group by table_name, column_name, reason, reason_domain order by table_name, column_name, reason
"""

_OF_REASONS: Final[tuple[tuple[str, Aspect, Message], ...]] = (
    ("It is blank, and", "completeness", FILLED),
    ("It repeats the key", "uniqueness", REPEATED),
    ("It is a part of a row", "consistency", PART),
)
"""How a reason of the quarantine begins, and what it says of the data; every other one is a value that is not valid."""


_ASKED_OF_THE_TABLES: Final = ("It names a row of", "It lies in the future")
_CONTRADICTED: Final = ("Rows of the same key", "The stage of the deal")


def future(warehouse: Warehouse) -> Iterator[Measured]:
    """Days and moments of what has happened that lie in the future; no figure counts them."""
    for (name, column), profile in warehouse.profile.columns.items():
        if profile.future and name in TABLES:
            yield Measured(
                TABLES[name], column, "validity", FUTURE, profile.filled, max(0, profile.filled - profile.future)
            )


def warned(warehouse: Warehouse) -> Iterator[Measured]:
    """What only the import could see, for the rows as they came are no longer there: values that contradicted each other, phones
    that can be none. What the rules ask of the tables as well is not told twice."""
    for line in _lines(warehouse.recorded(WARNED, "warning_counts")):
        name, column, text = (str(line[each]) for each in ("table_name", "column_name", "reason"))
        if name not in TABLES or not TABLES[name].has(column) or text.startswith(_ASKED_OF_THE_TABLES):
            continue
        if text in {rule.says.text for rule in rules_of(name)}:
            continue
        values = json.loads(line["reason_values"]) if line["reason_values"] else {}
        filled, rows = warehouse.profile.column(name, column).filled, int(line["n"])
        aspect: Aspect = "consistency" if text.startswith(_CONTRADICTED) else "validity"
        says = Message(text, str(line["reason_domain"]), values)
        yield Measured(TABLES[name], column, aspect, says, max(filled, rows), max(0, filled - rows))


def with_impossible(warehouse: Warehouse, found: Sequence[Measured]) -> list[Measured]:
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


def with_set_aside(warehouse: Warehouse, found: list[Measured]) -> Iterator[Measured]:
    """The same with the rows that stand in quarantine: they were judged, too, and did not pass."""
    aside: dict[tuple[str, str, Aspect], tuple[int, Message]] = {}
    for line in _lines(warehouse.recorded(SET_ASIDE, "quarantine")):
        aspect, says = next(
            ((aspect, says) for start, aspect, says in _OF_REASONS if str(line["reason"]).startswith(start)),
            ("validity", UNREAD),
        )
        key = (str(line["table_name"]), str(line["column_name"]), aspect)
        before, _says = aside.get(key, (0, says))
        aside[key] = (before + int(line["n"]), says)
    for each in found:
        place = (each.table.name, each.column, each.aspect)
        rows = aside.pop(place)[0] if each.says is FILLED and place in aside else 0
        yield replace(each, checked=each.checked + rows)
    for (name, column, aspect), (rows, says) in aside.items():
        if name in TABLES:
            kept = warehouse.profile.column(name, column).filled
            yield Measured(TABLES[name], column, aspect, says, kept + rows, kept)


def _lines(rows: Rows | None) -> Iterable[Mapping[str, Any]]:
    return () if rows is None else rows.records()


def entered(warehouse: Warehouse) -> Iterator[Measured]:
    """In time is what came within two days of its date; what was there before the first import cannot be judged."""
    for line in _lines(warehouse.recorded(ENTERED, "entered")):
        table = TABLES.get(str(line["table_name"]))
        if table is not None and table.appears:
            yield Measured(table, table.appears, "timeliness", LATE, int(line["checked"]), int(line["passed"]))
