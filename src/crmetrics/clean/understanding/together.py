"""What one file tells of another: whose ids a column holds, and which file tells best of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from crmetrics.clean.understanding.proposal import Known
from crmetrics.clean.understanding.recognition import Match
from crmetrics.warehouse.schema import TABLES

THE_SAME: Final = 0.9
"""Share of a column's values that must be keys of another file to be sure that it refers to them."""

REFERRING: Final = 0.97
STRANGE: Final = 0.8
"""The confidence of a column whose values are another file's keys, and of one of which none is."""


def seen_together(known: Sequence[Known]) -> list[Known]:
    """Kinds of files, each recognised by itself, with what they tell of each other.

    A table that has a file of its own is not made from others; a column that holds another file's keys is surely the
    reference to it, and one that holds none of them is asked about.
    """
    whose: dict[str, Known] = {}
    for each in known:
        if each.found.own:
            whose.setdefault(each.found.own, each)
    return [replace(each, found=replace(each.found, tables=dict(_tables(each, whose)))) for each in known]


def _tables(each: Known, whose: Mapping[str, Known]) -> Iterator[tuple[str, tuple[Match, ...]]]:
    for table, matches in each.found.tables.items():
        if table == each.found.own or table not in whose:
            yield table, tuple(_with_keys(each, table, match, whose) for match in matches)


def _with_keys(each: Known, table: str, match: Match, whose: Mapping[str, Known]) -> Match:
    wanted = TABLES[table].column(match.target).references if TABLES[table].has(match.target) else None
    other = whose.get(wanted) if wanted else None
    if other is None or other is each or match.joined or other.found.own != wanted:
        return match
    keys = _keys(other)
    here = each.column(match.column).evidence.keys
    if not keys or not here:
        return match
    if len(here & keys) >= THE_SAME * len(here):
        return replace(match, by_word=max(match.by_word, REFERRING), by_values=1.0)
    return match if here & keys else replace(match, by_word=min(match.by_word, STRANGE))


def _keys(known: Known) -> frozenset[str]:
    table = known.found.own
    column = next((match.column for match in known.found.tables[table] if match.target == TABLES[table].key[0]), "")
    return known.column(column).evidence.keys if column else frozenset()
