"""The raw files that a version is made of, as it tells them itself."""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from crmetrics.clean.mapping import Mapping
from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.clean.source_rows import SourceRows
from crmetrics.intake.raw_store import RawStore
from crmetrics.warehouse.versions import Version


def live_files(current: Version | None, mapping: Mapping, store: RawStore) -> tuple[list[RawPart], bool]:
    """The source's raw files that the current version is made of, and whether it was made by this very mapping."""
    if current is None:
        return [], True
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        texts = connection.execute("select mapping from meta.sources where source = ?", [mapping.name]).fetchall()
        return _parts_of(connection, mapping.name, store), not texts or texts[0][0] == mapping.text


def other_sources(current: Version, mapping: Mapping, store: RawStore, zone: str) -> list[SourceRows]:
    """The other sources that the current version is made of."""
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        texts = connection.execute(
            "select source, mapping from meta.sources where source <> ? order by source", [mapping.name]
        ).fetchall()
        others = [parse_mapping(Path(f"{name} (mapping)"), text, name) for name, text in texts]
        return [
            SourceRows(
                other,
                other.zone or zone,
                by_entry(other, _parts_of(connection, other.name, store)),
                import_folders(current, other.name, store),
            )
            for other in others
        ]


def import_folders(current: Version | None, source: str, store: RawStore) -> list[Path]:
    """The folders of a source's imports that count in the current version, in their order: where the histories that they
    saw stand."""
    if current is None:
        return []
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        folders = connection.execute(
            "select folder from meta.imports where source = ? and folder is not null order by import_no", [source]
        ).fetchall()
    return [store.folder / folder for (folder,) in folders]


def counted_numbers(current: Version | None) -> list[int]:
    """The imports of all sources that count in the current version."""
    if current is None:
        return []
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        if not keeps_imports(connection):
            return []
        numbers = connection.execute(
            "select import_no from meta.imports where folder is not null order by 1"
        ).fetchall()
    return [number for (number,) in numbers]


def keeps_imports(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a version tells which imports it is made of: one that was made before this was noted does not."""
    asked = "select count(*) from duckdb_columns() where schema_name = 'meta' and table_name = 'imports' and column_name = 'folder'"
    return bool(connection.execute(asked).fetchall()[0][0])


def parts_after(
    live: Sequence[RawPart], new: Sequence[RawPart], mapping: Mapping, found: Container[str]
) -> list[RawPart]:
    """The raw files that count now: of a full source, those of an entry are replaced by the new ones.

    found  the fingerprints of the files at hand: one that is known already is not read again, but still counts
    """
    replaced = {part.entry for part in new} if mapping.kind == "full" else set()
    again = {(part.entry, part.sha256) for part in new}
    kept = [
        part
        for part in live
        if (part.entry not in replaced or part.sha256 in found) and (part.entry, part.sha256) not in again
    ]
    return [*kept, *new]


def by_entry(mapping: Mapping, parts: Sequence[RawPart]) -> dict[str, list[RawPart]]:
    """Raw files by their entry; those of an entry that the mapping no longer names do not count."""
    return {entry: [part for part in parts if part.entry == entry] for entry in mapping.entries}


def _parts_of(connection: duckdb.DuckDBPyConnection, source: str, store: RawStore) -> list[RawPart]:
    lines = connection.execute(
        "select entry, import_no, file, raw_path, sha256, rows_read - rejected, columns, imported_at, rejected "
        "from meta.files where source = ? and is_live order by import_no, length(raw_path), raw_path",
        [source],
    ).fetchall()
    return [
        RawPart(entry, number, file, store.folder / path, sha256, rows, tuple(columns), at, rejected, is_new=False)
        for entry, number, file, path, sha256, rows, columns, at, rejected in lines
    ]
