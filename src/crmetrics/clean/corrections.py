"""Corrections by hand: rows of a file that are read with other values than stand in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.clean.ledger import told
from crmetrics.clean.raw_rows import FILE_BITS, RawPart
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("quality")

CORRECTED: Final = _("A value was corrected by hand.")
_BETWEEN: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of a file and what is read in place of what stands there (None: nothing).

    sha256  the file's fingerprint; `print` that of the row, by which it is known again in another file
    was     what stands in the columns that are corrected
    """

    number: int
    row: int
    sha256: str
    print: str
    was: Mapping[str, str | None]
    values: Mapping[str, str | None]


def print_of(values: Mapping[str, str | None]) -> str:
    """The fingerprint of a row: of its columns and what stands in them; columns in which nothing stands say nothing."""
    told = _BETWEEN.join(f"{name}={value}" for name, value in sorted(values.items()) if value is not None)
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()


def corrections_of(decisions: Iterable[Decision], source: str, entry: str) -> list[Correction]:
    """The corrections of one entry; of one row the later ones add to the earlier ones."""
    found: dict[tuple[str, int], Correction] = {}
    for each in decisions:
        about = each.about
        if each.kind != "correct" or (about["source"], about["entry"]) != (source, entry):
            continue
        key = (str(about["sha256"]), int(about["row"]))
        known = found.get(key)
        found[key] = Correction(
            each.number, key[1], key[0], str(about["print"]),
            {**about["was"], **(known.was if known else {})},
            {**(known.values if known else {}), **about["values"]},
        )  # fmt: skip
    return list(found.values())


def rows_corrected(
    connection: duckdb.DuckDBPyConnection, path: Path, sha256: str, corrections: Sequence[Correction]
) -> dict[int, Correction]:
    """The corrected rows of one raw file by their numbers: its own, and in another file all that are alike one of them."""
    others = {each.print: each for each in corrections if each.sha256 != sha256}
    found: dict[int, Correction] = {}
    if others:
        file = f"read_parquet({literal(str(path))})"
        columns = [
            line[0] for line in connection.execute(f"describe select * exclude (_file, _row) from {file}").fetchall()
        ]
        alike = f"select * from (select _row, {print_sql(columns)} as print from {file}) where list_contains(?, print)"
        found = {row: others[print_] for row, print_ in connection.execute(alike, [list(others)]).fetchall()}
    return found | {each.row: each for each in corrections if each.sha256 == sha256}


def print_sql(columns: Iterable[str]) -> str:
    """SQL of the fingerprint of a row of these columns, the same as `print_of`."""
    told = ", ".join(f"'{name_of(name)}=' || {identifier(name)}" for name in sorted(columns))
    return f"md5(concat_ws(chr(31), {told}))"


def corrected(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    entry: str,
    view: str,
    scan: str,
    parts: Sequence[RawPart],
    corrections: Sequence[Correction],
) -> str:
    """SQL of the rows of `scan` (with `_pos`), the corrected ones in place of what stands in the files.

    A row is found by its file and place; in another file, of a later export, by its fingerprint: the n-th of rows that are alike
    is the n-th there. A correction whose row is gone changes nothing.
    """
    columns = {column for part in parts for column in part.columns}
    usable = [each for each in corrections if set(each.values) <= columns]
    if not usable:
        return scan
    _find(connection, view, scan, parts, usable, sorted(columns))
    changed = sorted({name for each in usable for name in each.values})
    _write_values(connection, view, usable, changed)
    replaced = ", ".join(
        f"case when v.is_{place} then v.v_{place} else a.{identifier(name)} end as {identifier(name)}"
        for place, name in enumerate(changed)
    )
    connection.execute(
        f"create or replace temp table {view}_corrected as select a.* replace ({replaced}) from ({scan}) as a "
        f"join {view}_found as f on f._pos = a._pos join {view}_values as v on v.number = f.number"
    )
    _note(connection, source, entry, view, usable)
    return (
        f"select * from ({scan}) where _pos not in (select _pos from {view}_found) "
        f"union all by name select * from {view}_corrected"
    )


def _find(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    scan: str,
    parts: Sequence[RawPart],
    corrections: Sequence[Correction],
    columns: Sequence[str],
) -> None:
    """Write `<view>_found(_pos, number)`: the places of the rows that are corrected."""
    connection.execute(f"create or replace temp table {view}_found(_pos bigint, number bigint)")
    shift = len(parts) > 1
    here = [
        ((place << FILE_BITS) + each.row if shift else each.row, each.number)
        for place, part in enumerate(parts)
        for each in corrections
        if part.sha256 == each.sha256
    ]
    if here:
        _insert(connection, f"{view}_found", ("bigint", "bigint"), here)
    file = f"a._pos >> {FILE_BITS}" if shift else "0"
    shas = ", ".join(literal(part.sha256) for part in parts)
    printed = f"select a._pos, {file} as file, {print_sql(columns)} as print from ({scan}) as a"
    for names in sorted({tuple(sorted(each.was)) for each in corrections}):
        alike = [each for each in corrections if tuple(sorted(each.was)) == names]
        _find_alike(connection, view, printed, shas, names, alike)


def _find_alike(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    printed: str,
    shas: str,
    names: Sequence[str],
    corrections: Sequence[Correction],
) -> None:
    """Find the rows of other files by their fingerprints; `printed` is SQL of all rows (`a`) with file and print."""
    known = f"{view}_known"
    kinds = ", ".join(f"w{place} varchar" for place in range(len(names)))
    connection.execute(
        f"create or replace temp table {known}(number bigint, file_row bigint, sha varchar, print varchar, {kinds})"
    )
    lines = [
        (each.number, each.row, each.sha256, each.print, *(each.was[name] for name in names)) for each in corrections
    ]
    _insert(connection, known, ("bigint", "bigint", *["varchar"] * (2 + len(names))), lines)
    same = " and ".join(f"a.{identifier(name)} is not distinct from k.w{n}" for n, name in enumerate(names))
    rows = (
        "select *, row_number() over (partition by file, print order by _pos) as n from ("
        f"{printed} where exists (select 1 from {known} as k where {same}))"
    )
    in_order = f"select *, row_number() over (partition by sha, print order by file_row) as n from {known}"
    connection.execute(
        f"insert into {view}_found select p._pos, c.number from ({rows}) as p join ({in_order}) as c "
        f"on c.print = p.print and c.n = p.n and c.sha <> ([{shas}])[p.file + 1] "
        f"where p._pos not in (select _pos from {view}_found) "
        "qualify row_number() over (partition by p._pos order by c.number) = 1"
    )


def name_of(column: str) -> str:
    """A column's name inside a text of SQL."""
    return column.replace("'", "''")


def _write_values(
    connection: duckdb.DuckDBPyConnection, view: str, corrections: Sequence[Correction], changed: Sequence[str]
) -> None:
    kinds = "".join(f", is_{place} boolean, v_{place} varchar" for place in range(len(changed)))
    connection.execute(f"create or replace temp table {view}_values(number bigint{kinds})")
    lines = [
        (each.number, *(part for name in changed for part in (name in each.values, each.values.get(name))))
        for each in corrections
    ]
    _insert(connection, f"{view}_values", ("bigint", *["boolean", "varchar"] * len(changed)), lines)


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, kinds: Sequence[str], lines: Sequence[tuple[object, ...]]
) -> None:
    """Insert lines as lists of columns: row by row thousands would take seconds."""
    unnested = ", ".join(f"unnest(?::{kind}[])" for kind in kinds)
    connection.execute(f"insert into {table} select {unnested}", [list(column) for column in zip(*lines, strict=True)])


def _note(
    connection: duckdb.DuckDBPyConnection, source: str, entry: str, view: str, corrections: Sequence[Correction]
) -> None:
    """Note every correction that found its row among what cleaning changed."""
    found = {number for (number,) in connection.execute(f"select distinct number from {view}_found").fetchall()}
    for each in corrections:
        for name in each.values if each.number in found else ():
            connection.execute(
                f"insert into meta.changes select {literal(source)}, {literal(entry)}, null, {literal(name)}, "
                f"{told(CORRECTED)}, 1, 1, ?, ?, 'decision:{each.number}'",
                [each.was.get(name), each.values[name]],
            )
