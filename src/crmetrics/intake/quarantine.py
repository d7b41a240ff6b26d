"""The rows that stand in quarantine, as they came: what is wrong with each, and what stood in all its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import duckdb

from crmetrics.clean.corrections import Correction, corrections_of
from crmetrics.clean.ledger import message_of
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.intake.raw_store import RawStore
from crmetrics.intake.standing import standing_decisions
from crmetrics.vocabulary.errors import NoWorkspace
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.versions import Version, Versions
from crmetrics.workspace.folder import Workspace

_ = words("quality")

MOST: Final = 100_000
"""So many rows are given at most to be corrected by hand: a sheet with more nobody corrects."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a file of one import."""

    source: str
    entry: str
    import_no: int
    file: str
    row: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row stands in quarantine: the canonical table and column (blank: no table could take it), the value, what is wrong."""

    table: str
    column: str
    value: str | None
    message: Message


@dataclass(frozen=True)
class SetAside:
    """One row in quarantine.

    columns   the columns of the file that the first reason is about
    reasons   what is wrong, the first one found of each table
    values    what stands in its columns, with earlier corrections; blank mapping: it could not even be read as a row
    """

    place: Place
    sha256: str
    columns: tuple[str, ...]
    reasons: tuple[Reason, ...]
    values: Mapping[str, str | None]
    as_they_came: Mapping[str, str | None]


def current_of(workspace: Path) -> Version:
    """The current version of a workspace. Raises NoWorkspace if nothing was imported yet."""
    version = Versions(Workspace(workspace).versions).current()
    if version is None:
        raise NoWorkspace(_("'{folder}' holds no data yet, so nothing stands in quarantine.", folder=str(workspace)))
    return version


def set_aside(workspace: Path, most: int = MOST) -> list[SetAside]:
    """The rows in quarantine in the order of their files, at most so many. Raises NoWorkspace without data."""
    place = Workspace(workspace)
    version = current_of(workspace)
    standing = standing_decisions(place)
    found: list[SetAside] = []
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        mappings = _mappings(connection)
        for source, entry, import_no, file, raw_path, sha256 in _files(connection):
            reasons = _reasons(connection, (source, entry, import_no, file), most - len(found))
            if not reasons:
                continue
            corrections = {each.row: each for each in corrections_of(standing, source, entry) if each.sha256 == sha256}
            came = _raw(RawStore(place.raw).folder / raw_path, list(reasons))
            for row, told in sorted(reasons.items()):
                values = came.get(row, MappingProxyType({}))
                found.append(
                    SetAside(
                        Place(source, entry, import_no, file, row),
                        sha256,
                        _columns_of(mappings.get(source), entry, told[0]),
                        tuple(told),
                        _with(corrections.get(row), values),
                        values,
                    )
                )
    return found


def counts(workspace: Path) -> list[tuple[str, str, Message, int]]:
    """Why rows stand in quarantine: (canonical table, column, reason, rows), the most first."""
    with closing(duckdb.connect(str(current_of(workspace).path), read_only=True)) as connection:
        lines = connection.execute(
            "select table_name, column_name, reason, reason_domain, min(reason_values), count(*) as n from meta.quarantine "
            "group by 1, 2, 3, 4 order by n desc, 1, 2, 3"
        ).fetchall()
    return [
        (table or "", column or "", message_of(text, domain, values), rows)
        for table, column, text, domain, values, rows in lines
    ]


def mapping_of(workspace: Path, source: str) -> SourceMapping | None:
    """The mapping by which a source was read last; None if the version has no such source."""
    with closing(duckdb.connect(str(current_of(workspace).path), read_only=True)) as connection:
        return _mappings(connection).get(source)


def _mappings(connection: duckdb.DuckDBPyConnection) -> dict[str, SourceMapping]:
    found = connection.execute("select source, mapping from meta.sources").fetchall()
    return {source: parse_mapping(Path(f"{source} (mapping)"), text, source) for source, text in found}


def _files(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select source, entry, import_no, file, raw_path, sha256 from meta.files where is_live and rows_quarantined > 0 "
        "order by source, entry, import_no, file"
    ).fetchall()


def _reasons(connection: duckdb.DuckDBPyConnection, file: Sequence[object], most: int) -> dict[int, list[Reason]]:
    """What is wrong with each row of a file."""
    lines = connection.execute(
        "select row, table_name, column_name, value, reason, reason_domain, reason_values from meta.quarantine "
        "where source = ? and entry = ? and import_no = ? and file = ? and row is not null order by row limit ?",
        [*file, max(0, most)],
    ).fetchall()
    found: dict[int, list[Reason]] = {}
    for row, table, column, value, *reason in lines:
        found.setdefault(row, []).append(Reason(table or "", column or "", value, message_of(*reason)))
    return found


def _raw(path: Path, rows: Sequence[int]) -> dict[int, Mapping[str, str | None]]:
    """What stood in some rows of a file; one that could not be read as a row is not among them."""
    with closing(duckdb.connect(":memory:")) as connection:
        cursor = connection.execute(
            f"select * exclude (_file) from read_parquet({literal(str(path))}) where _row in (select unnest(?::bigint[]))",
            [list(rows)],
        )
        names = [name for name, *_rest in cursor.description or ()]
        place = names.index("_row")
        return {
            line[place]: {name: value for name, value in zip(names, line, strict=True) if name != "_row"}
            for line in cursor.fetchall()
        }


def _columns_of(mapping: SourceMapping | None, entry: str, reason: Reason) -> tuple[str, ...]:
    """The columns of a file that fill the canonical column that a reason is about."""
    if mapping is None:
        return ()
    table, column = reason.table, reason.column
    found = [
        name.column
        for section in mapping.sections_from(entry)
        if section.table.name == table and column in section.by_target
        for name in section.by_target[column].names
        if not name.of
    ]
    return tuple(dict.fromkeys(found))


def _with(correction: Correction | None, values: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {**values, **correction.values} if correction else values


def in_entries(rows: Sequence[SetAside]) -> Iterator[tuple[tuple[str, str], list[SetAside]]]:
    """The rows that can be corrected, by source and entry; those that are no rows can be mended in their file alone."""
    found: dict[tuple[str, str], list[SetAside]] = {}
    for each in rows:
        if each.values:
            found.setdefault((each.place.source, each.place.entry), []).append(each)
    yield from found.items()
