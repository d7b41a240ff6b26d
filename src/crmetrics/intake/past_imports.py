"""The imports of the past, each as it was, and what counts when some of them are left out."""

from __future__ import annotations

import json
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb

from crmetrics.clean.mapping import Mapping
from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.clean.source_rows import SourceRows
from crmetrics.intake.live_files import by_entry, parts_after
from crmetrics.intake.raw_store import RawStore
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.versions import Version

_ = words("import")


@dataclass(frozen=True)
class PastImport:
    """One import that a version is made of, or was made of before it was left out.

    found    the fingerprints of all files that were at hand, those among them that were known already
    lineage  what the history that it saw depended on; blank where that was not kept
    """

    number: int
    source: str
    mapping: Mapping
    at: datetime
    folder: Path
    parts: Sequence[RawPart]
    found: frozenset[str]
    lineage: str = ""


def past_imports(version: Version, store: RawStore) -> list[PastImport]:
    """The imports that led to a version, in their order. Raises BadFile if the raw files of one are gone."""
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        numbers = connection.execute("select import_no, source, started_at from meta.imports order by 1").fetchall()
        lines = connection.execute(
            "select source, import_no, entry, file, raw_path, sha256, rows_read - rejected, columns, imported_at, rejected "
            "from meta.files order by import_no, length(raw_path), raw_path"
        ).fetchall()
    return [
        _import(store, number, source, at, [line[2:] for line in lines if line[:2] == (source, number)])
        for number, source, at in numbers
    ]


def _import(store: RawStore, number: int, source: str, at: datetime, lines: Sequence[Sequence[Any]]) -> PastImport:
    folder = store.folder / source / f"{number:06d}"
    try:
        told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFile(
            _(
                "The raw files of import {number} of {source} are gone from '{folder}', so the tables cannot be made again.",
                number=number,
                source=source,
                folder=str(folder),
            )
        ) from None
    parts = [_part(store, number, line) for line in lines]
    return PastImport(
        number,
        source,
        parse_mapping(Path(f"{source} (mapping)"), told["mapping"], source),
        at,
        folder,
        parts,
        frozenset([*(part.sha256 for part in parts), *told.get("known", [])]),
        told.get("lineage", ""),
    )


def _part(store: RawStore, number: int, line: Sequence[Any]) -> RawPart:
    entry, file, path, sha256, rows, columns, at, rejected = line
    return RawPart(entry, number, file, store.folder / path, sha256, rows, tuple(columns), at, rejected, is_new=False)


def counted(
    imports: Sequence[PastImport], zone: str, folders: MappingOf[int, Path] = MappingProxyType({})
) -> list[SourceRows]:
    """The sources with the files that count after these imports: each again replaces or adds to what those before it left,
    by its own mapping; the last one's mapping reads them all.

    folders  where the histories seen by an import stand, if not beside its raw files
    """
    found = []
    for source in sorted({each.source for each in imports}):
        own = [each for each in imports if each.source == source]
        parts: list[RawPart] = []
        for each in own:
            parts = parts_after(parts, each.parts, each.mapping, each.found)
        mapping = own[-1].mapping
        seen = [folders.get(each.number, each.folder) for each in own]
        found.append(SourceRows(mapping, mapping.zone or zone, by_entry(mapping, parts), seen))
    return found
