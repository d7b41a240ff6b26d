"""The tables of files, and of a database, that nobody has described: read, one by one, with or without a row of names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from crmetrics.clean.understanding.evidence import Evidence, evidence_of
from crmetrics.clean.understanding.formats import reading_of
from crmetrics.clean.understanding.headers import meanings_of
from crmetrics.clean.understanding.readings import NUMERIC, Form
from crmetrics.clean.understanding.structure import looks_headless
from crmetrics.clean.understanding.suiting import Read
from crmetrics.collect.kinds import Kind, kind_of
from crmetrics.collect.servers.address import Address
from crmetrics.collect.servers.reading import Wanted, opened, pull, tables_to_understand
from crmetrics.collect.sources import FileEntry, RawFile, find_files, read_raw, sheets_of
from crmetrics.vocabulary.errors import BadDatabase, BadFile, CrmetricsError

MOST_ROWS: Final = 200_000
"""Rows of a database's table that are looked through."""

MOST_COLUMNS: Final = 400
"""Columns of a wider table are looked through only where their heads hold a word that we know."""

NUMBERED: Final = re.compile(r"column_\d+")
DIGITS: Final = re.compile(r"\d+")

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Sheet:
    """One table, read into raw Parquet: of a file, a sheet of it, or the `table` of a database.

    `has_heads`: its first row holds names; else its columns are called as those of a like one, or by their numbers.
    """

    path: Path
    sheet: str | None
    raw: RawFile
    table: str = ""
    has_heads: bool = True


def reads_of(connection: duckdb.DuckDBPyConnection, sheets: Sequence[Sheet]) -> tuple[Read, ...]:
    """The columns of tables of one kind, with what stands in them; of a very wide table, in those whose heads say something."""
    names = sheets[0].raw.columns
    meant = {name: meanings_of(name) for name in names}
    telling = [name for name in names if len(names) <= MOST_COLUMNS or meant[name].words][:MOST_COLUMNS]
    found = {each.name: each for each in evidence_of(connection, [one.raw.path for one in sheets], telling)}
    every = [found.get(name) or Evidence(name, 0, 0, 0, 0, (), ()) for name in names]
    return tuple(Read(each, reading_of(each), meant[each.name]) for each in every)


def telling_reads(columns: Sequence[Read]) -> Sequence[Read]:
    """The columns that can be taken for anything: of a very wide table, those that were looked at."""
    if len(columns) <= MOST_COLUMNS:
        return columns
    return [column for column in columns if column.evidence.filled]


def sheets_of_files(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    folder: Path,
    progress: Progress,
    encodings: Mapping[Path, str] = MappingProxyType({}),
) -> tuple[list[Sheet], list[CrmetricsError]]:
    """Every table of the files, and what is wrong with those that hold none. `encodings` are those that are known."""
    sheets: list[Sheet] = []
    errors: list[CrmetricsError] = []
    for number, (_entry, path) in enumerate(find_files(paths, [FileEntry("all", ("*",))])):
        try:
            for place, sheet in enumerate(sheets_of(path)):
                entry, target = FileEntry(path.stem, ("*",), sheet), folder / f"{number}-{place}.parquet"
                entry = replace(entry, encoding=encodings.get(path))
                raw = read_raw(connection, entry, path, target, progress)
                if _is_headless(connection, path, raw):
                    raw = read_raw(connection, replace(entry, header=False), path, target, progress)
                    sheets.append(Sheet(path, sheet, raw, has_heads=False))
                else:
                    sheets.append(Sheet(path, sheet, raw))
        except BadFile as error:
            errors.append(error)
    return [_named(connection, one, sheets) for one in sheets], errors


def sheets_of_database(
    connection: duckdb.DuckDBPyConnection, address: Address, folder: Path, progress: Progress
) -> tuple[list[Sheet], list[CrmetricsError]]:
    """Every table of a database, as far as it must be looked through. Errors: BadDatabase if it cannot be opened."""
    sheets: list[Sheet] = []
    errors: list[CrmetricsError] = []
    with opened(address) as session:
        for number, table in enumerate(tables_to_understand(session)):
            target = folder / f"table-{number}.parquet"
            wanted = Wanted(table.name, table.shown, most=MOST_ROWS)
            try:
                raw = pull(connection, session, address, wanted, target, progress)
            except BadDatabase as error:
                errors.append(error)
                continue
            if raw.columns:
                sheets.append(Sheet(Path(table.name), None, raw, table.shown))
    return sheets, errors


def _is_headless(connection: duckdb.DuckDBPyConnection, path: Path, raw: RawFile) -> bool:
    """Whether the row that was taken for names holds data. Only heads with digits are worth a look at what is below."""
    heads = ["" if NUMBERED.fullmatch(name) else name for name in raw.columns]
    if kind_of(path) not in (Kind.TEXT, Kind.SPREADSHEET) or not any(DIGITS.search(head) for head in heads):
        return False
    if not raw.rows or any(meanings_of(head).words and not DIGITS.search(head) for head in heads):
        return False
    return looks_headless(heads, reads_of(connection, [Sheet(path, None, raw)]))


def _named(connection: duckdb.DuckDBPyConnection, one: Sheet, sheets: Sequence[Sheet]) -> Sheet:
    """A table without a row of names, called as another one that is as wide and whose columns are written alike."""
    if one.has_heads:
        return one
    own = reads_of(connection, [one])
    for other in sheets:
        if other.has_heads and len(other.raw.columns) == len(own) and _is_alike(own, reads_of(connection, [other])):
            entry = FileEntry(one.path.stem, ("*",), one.sheet, header=False, names=other.raw.columns)
            return replace(one, raw=read_raw(connection, entry, one.path, one.raw.path))
    return one


def _is_alike(one: Sequence[Read], other: Sequence[Read]) -> bool:
    forms = [(mine.reading.form, theirs.reading.form) for mine, theirs in zip(one, other, strict=True)]
    told = [pair for pair in forms if Form.BLANK not in pair]
    return len(told) > 1 and all(mine is theirs or {mine, theirs} <= NUMERIC for mine, theirs in told)
