"""The same table offered twice, as a workbook beside the text saved from it: noticed by what stands in the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.clean.mapping import Formats
from crmetrics.clean.moments import moment
from crmetrics.clean.numbers import operand
from crmetrics.clean.understanding.headers import folded
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL
from crmetrics.clean.understanding.recognition import SURE, Recognised
from crmetrics.clean.understanding.suiting import Read
from crmetrics.intake.looked_through import MOST_COLUMNS, Sheet
from crmetrics.warehouse.expression import identifier, literal

LEAST_ROWS: Final = 2
"""A single row that stands twice may be chance."""

DIGITS: Final = 4
"""Digits after the point: a spreadsheet keeps 6.2208 as 6.220800000000001."""

Rows = Mapping[str, Sequence[Sheet]]


def without_copies(connection: duckdb.DuckDBPyConnection, known: Sequence[Known], rows: Rows) -> list[Known]:
    """Kinds of files, those that hold the very rows of another one as its copies: they are told, and left out.

    rows  the tables of each kind, by its name. Of two, the one that is understood better stays.
    """
    kept: list[Known] = []
    copies: dict[str, str] = {}
    for each in sorted(known, key=_doubts):
        first = next((one for one in kept if _is_copy(connection, each, one, rows)), None)
        if first is None:
            kept.append(each)
        else:
            copies[each.name] = first.shown
    return [
        replace(each, copy_of=copies[each.name], found=Recognised(each.name)) if each.name in copies else each
        for each in known
    ]


def _doubts(known: Known) -> tuple[int, float, int]:
    """How little speaks for a kind: what must be asked, how well it is recognised, and a longer name, for "orders (1)" is the
    copy."""
    matches = [match for told in known.found.tables.values() for match in told]
    asked = sum(bool(column.reading.others) for column in known.columns)
    return asked + sum(match.confidence < SURE for match in matches), -known.found.score, len(known.shown)


def _is_copy(connection: duckdb.DuckDBPyConnection, one: Known, other: Known, rows: Rows) -> bool:
    """Whether two kinds hold the same rows, how days and numbers are written apart, in whatever order."""
    mine, theirs = _by_head(one), _by_head(other)
    if one.rows != other.rows or one.rows < LEAST_ROWS or len(mine) > MOST_COLUMNS or mine.keys() != theirs.keys():
        return False
    if len(mine) < len(one.columns) or len(theirs) < len(other.columns):
        return False
    pairs = [(mine[head], theirs[head]) for head in sorted(mine)]
    if any(here.evidence.filled != there.evidence.filled for here, there in pairs):
        return False
    files = [_files(rows[each.name]) for each in (one, other)]
    cells: list[tuple[str, str]] = []
    for here, there in pairs:
        alike = next(
            (pair for pair in product(_cells(here), _cells(there)) if _are_same(connection, files, [pair])), None
        )
        if alike is None:
            return False
        cells.append(alike)
    return _are_same(connection, files, cells)


def _by_head(known: Known) -> dict[str, Read]:
    return {folded(column.name).strip(): column for column in known.columns}


def _files(sheets: Sequence[Sheet]) -> str:
    paths: list[Path] = [one.raw.path for one in sheets]
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], union_by_name = true)"


def _cells(column: Read) -> list[str]:
    """SQL of a column's values however they are written; several where its days fit two ways."""
    raw = identifier(column.name)
    text = f"trim({raw})"
    reading = column.reading
    if reading.form in TEMPORAL:
        forms = [reading.dates, *(tuple(other.split("|")) for other in reading.others)]
        read = [moment(text, text, Formats(dates=each, last_year=reading.years), "UTC") for each in forms]
        return [f"coalesce(({one})::varchar, lower({text}), '')" for one in read]
    if reading.form in NUMERIC:
        read = [operand(text, text, Formats(decimal=each)) for each in (reading.decimal or ".", *reading.others)]
        return [f"coalesce(round({one}, {DIGITS})::varchar, lower({text}), '')" for one in read]
    return [f"coalesce(lower({text}), '')"]


def _are_same(connection: duckdb.DuckDBPyConnection, files: Sequence[str], cells: Sequence[tuple[str, str]]) -> bool:
    """Whether these cells stand in both, each as many times."""
    counted = [
        f"(select hash({', '.join(pair[side] for pair in cells)}) as h, count(*) as n from {files[side]} group by 1)"
        for side in (0, 1)
    ]
    strange = f"select 1 from {counted[0]} a full join {counted[1]} b using (h, n) where a.n is null or b.n is null"
    return not connection.execute(f"{strange} limit 1").fetchall()
