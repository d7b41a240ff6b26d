"""What one file tells of another: whose ids a column holds, and which file tells best of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from crmetrics.clean.understanding.headers import folded
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.recognition import Match, Named, as_lines
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
    if not any(each.found.own == "order_lines" for each in known):
        known = [
            replace(each, found=as_lines(each.found, each.columns)) if each.found.own == "orders" else each
            for each in known
        ]
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
    if other is None or match.joined or other.found.own != wanted:
        return match
    if other is each:  # a manager is named among the others, and may stand in no row
        return _by_name(match, frozenset(each.column(match.column).evidence.different), each) or match
    keys = _keys(other)
    here = each.column(match.column).evidence.keys
    if not keys or not here:
        return match
    if len(here & keys) >= THE_SAME * len(here):
        return replace(match, by_word=max(match.by_word, REFERRING), by_values=1.0)
    if here & keys:
        return match
    return _by_name(match, here, other) or replace(match, by_word=min(match.by_word, STRANGE))


def _by_name(match: Match, here: frozenset[str], other: Known) -> Match | None:
    """The match as a reference by name, where the values are the names of the other file's rows."""
    if not here:
        return None
    name, key = _column(other, "name"), _column(other, TABLES[other.found.own].key[0])
    if not name or not key or name == key:
        return None
    evidence = other.column(name).evidence
    names, called = ({_plain(value) for value in values} for values in (evidence.keys, here))
    share = len(called & names) / len(called)
    if share < THE_SAME:
        return None
    shared = evidence.filled - evidence.distinct
    return replace(match, by_word=REFERRING, by_values=min(share, 1.0), named=Named(other.name, name, key, shared))


def _plain(value: str) -> str:
    return " ".join(folded(value).split())


def _column(known: Known, target: str) -> str:
    return next((match.column for match in known.found.tables[known.found.own] if match.target == target), "")


def _keys(known: Known) -> frozenset[str]:
    column = _column(known, TABLES[known.found.own].key[0])
    return known.column(column).evidence.keys if column else frozenset()
