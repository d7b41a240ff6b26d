"""The rows of an entry's files, as they were read: one view over all live raw files, without what was superseded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.clean import values
from crmetrics.clean.mapping import Entry
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

_ = words("import")

FILE_BITS: Final = 40
"""A row's place is its file's number shifted by this, plus its number in the file: 2^40 rows a file, 2^23 files."""


@dataclass(frozen=True, slots=True)
class RawPart:
    """One file as it was read: where its rows stand as Parquet, and by which import they came. `rejected` counts the rows
    that could not be read as rows; they are not among `rows`."""

    entry: str
    import_no: int
    name: str
    path: Path
    sha256: str
    rows: int
    columns: tuple[str, ...]
    imported_at: datetime
    rejected: int = 0
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class EntryRows:
    """The live rows of one entry: its view, the files in their order, and how many rows of each are not in the view
    because another file says the same or something newer."""

    entry: str
    relation: str
    parts: tuple[RawPart, ...]
    columns: frozenset[str]
    superseded: MappingOf[int, int]

    def files(self) -> str:
        """SQL of its files as `p`: their number in the places of rows, import, name."""
        files = ", ".join(
            f"({number}, {part.import_no}, {literal(part.name)})" for number, part in enumerate(self.parts)
        )
        return f"(values {files}) as p(number, import_no, file)"

    def import_moments(self) -> str:
        """SQL of the moment of import of a row, by its place."""
        moments = [f"timestamp '{part.imported_at.isoformat(sep=' ')}'" for part in self.parts]
        if len(set(moments)) == 1:
            return moments[0]
        return f"([{', '.join(moments)}])[(_pos >> {FILE_BITS}) + 1]"


def open_rows(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    entry: Entry,
    kind: str,
    parts: Sequence[RawPart],
    corrected: Callable[[str, str], str] = lambda view, scan: scan,
) -> EntryRows:
    """Make the view of an entry's live rows, with `_pos`, `_file`, `_row` and every column of any of its files.

    `corrected(view, scan)` gives the SQL of the rows as people corrected them.

    In a delta source a row of a later file replaces those of earlier files with the same key. Without a key, a row that
    stands n times in one file and m times in another stands max(n, m) times.
    """
    view = f"raw_{number}"
    files = ", ".join(literal(str(part.path)) for part in parts)
    place = f"(file_index::bigint << {FILE_BITS}) + _row" if len(parts) > 1 else "_row"
    scan = f"select *, {place} as _pos from read_parquet([{files}], union_by_name = true)"
    columns = frozenset(column for part in parts for column in part.columns)
    connection.execute(f"create or replace temp view {view}_all as {corrected(view, scan)}")
    superseded: dict[int, int] = {}
    condition = ""
    if kind == "delta" and len(parts) > 1:
        connection.execute(f"create or replace temp table {view}_old as {_superseded(view, entry, columns)}")
        counted = connection.execute(f"select _pos >> {FILE_BITS}, count(*) from {view}_old group by 1").fetchall()
        superseded = dict(counted)
        condition = f" where _pos not in (select _pos from {view}_old)" if superseded else ""
    connection.execute(f"create or replace temp view {view} as select * from {view}_all{condition}")
    return EntryRows(entry.name, view, tuple(parts), columns, superseded)


def tidy_columns(connection: duckdb.DuckDBPyConnection, rows: EntryRows, columns: Sequence[str]) -> frozenset[str]:
    """Find the columns in which no text needs trimming: one search beforehand is cheaper than trimming every text."""
    if not columns:
        return frozenset()
    searches = ", ".join(f"bool_or({values.is_untidy(identifier(column))})" for column in columns)
    found = connection.execute(f"select {searches} from {rows.relation}").fetchall()[0]
    return frozenset(column for column, untidy in zip(columns, found, strict=True) if not untidy)


def _superseded(view: str, entry: Entry, columns: frozenset[str]) -> str:
    """The places of rows that another file supersedes."""
    file = f"_pos >> {FILE_BITS}"
    if entry.key:
        keys = ", ".join(
            f"{values.trimmed(identifier(column), entry.formats.missing)} as k{n}" for n, column in enumerate(entry.key)
        )
        names = ", ".join(f"k{n}" for n in range(len(entry.key)))
        same = " and ".join(f"a.k{n} is not distinct from b.k{n}" for n in range(len(entry.key)))
        # Rows without any part of the key have nothing in common.
        return (
            f"with keyed as (select * from (select _pos, {file} as file, {keys} from {view}_all) "
            f"where coalesce({names}) is not null), newest as (select {names}, max(file) as file from keyed "
            f"group by {names} having max(file) > min(file)) "
            f"select a._pos from keyed as a join newest as b on {same} where a.file < b.file"
        )
    # Only rows whose like stands in more than one file need numbering; as a rule there are few of them.
    own = ", ".join(f"coalesce({identifier(column)}, chr(0))" for column in sorted(columns))
    return (
        f"with printed as (select _pos, {file} as file, md5_number(concat_ws(chr(31), {own})) as print from {view}_all), "
        "shared as (select print from printed group by print having max(file) > min(file)), "
        "numbered as (select _pos, file, print, row_number() over (partition by file, print order by _pos) as occurrence "
        "from printed where print in (select print from shared)) "
        "select _pos from numbered qualify row_number() over (partition by print, occurrence order by file) > 1"
    )


def open_lookup(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    rows: EntryRows,
    entry: Entry,
    on: Sequence[str],
    ignore_case: bool,
) -> int:
    """Make a table of an entry's rows with one row a key (the first), keys as k0, k1, ...; returns how many were left out."""
    keys = [values.trimmed(identifier(column), entry.formats.missing) for column in on]
    written = ", ".join(f"{values.folded(key) if ignore_case else key} as k{n}" for n, key in enumerate(keys))
    names = ", ".join(f"k{n}" for n in range(len(on)))
    others = ", ".join(identifier(column) for column in sorted(rows.columns))
    connection.execute(
        f"create or replace temp table {name} as select {names}, {others} from (select *, {written} from {rows.relation}) "
        f"qualify row_number() over (partition by {names} order by _pos) = 1"
    )
    all_rows = connection.execute(f"select count(*) from {rows.relation}").fetchall()[0][0]
    kept = connection.execute(f"select count(*) from {name}").fetchall()[0][0]
    return int(all_rows) - int(kept)
