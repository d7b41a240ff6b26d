"""Raw files at rest: what every import has read, kept so that the tables can be made again.

    raw/<source>/<import:06d>/<entry>-<n>.parquet   the rows of one file, as text
    raw/<source>/<import:06d>/rejects.parquet       the rows that could not be read as rows
    raw/<source>/<import:06d>/manifest.json         which file is which, with the mapping

While an import is at work its folder ends in `.part`. It gets its name when the version made of it has been published; a
folder that still ends so afterwards belongs to a killed import and goes, unless a version was made of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.clean.mapping import Mapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.collect.sources import RawFile
from crmetrics.warehouse.disk import sync
from crmetrics.warehouse.expression import identifier
from crmetrics.warehouse.versions import Version, Versions

PART: Final = ".part"
REJECTS: Final = "rejects.parquet"


@dataclass(frozen=True, slots=True)
class RawStore:
    """The raw folder of a workspace."""

    folder: Path

    def begin(self, source: str, import_no: int) -> Path:
        """Make the folder of an import at work."""
        folder = self.folder / source / f"{import_no:06d}{PART}"
        folder.mkdir(parents=True)
        return folder

    def finish(self, folder: Path) -> None:
        """Give the folder of a published import its lasting name."""
        folder.rename(folder.with_suffix(""))
        sync(folder.parent)

    def abandon(self, folder: Path) -> None:
        """Remove the folder of an import that came to nothing."""
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()

    def recover(self, versions: Versions) -> None:
        """Clear what killed imports left; finish the folder of one that was killed after its version was published."""
        left = list(self.folder.glob(f"*/*{PART}")) if self.folder.is_dir() else []
        made = _imports_of(versions.all()) if left else set()
        for folder in left:
            if (folder.parent.name, int(folder.stem)) in made:
                self.finish(folder)
            else:
                self.abandon(folder)

    def next_number(self) -> int:
        """The number of the next import: one more than any that stands here, of whatever source."""
        numbers = [int(path.name) for path in self.folder.glob("*/[0-9]*") if path.name.isdigit()]
        return max([*numbers, 0]) + 1

    def relative(self, path: Path) -> str:
        """The path of a raw file or of an import's folder as versions keep it: below the raw folder, by the lasting name;
        of a folder that lies elsewhere, as of a version that is not to stay, the name alone."""
        if not path.is_relative_to(self.folder):
            return path.name
        lasting = [name.removesuffix(PART) for name in path.relative_to(self.folder).parts]
        return "/".join(lasting)


def write_manifest(
    folder: Path,
    mapping: Mapping,
    parts: Sequence[RawPart],
    started_at: datetime,
    known: Sequence[str],
    lineage: str,
) -> None:
    """Write what the folder holds, and by which mapping it was first read.

    known    the fingerprints of files that were at hand as well, but had been read before
    lineage  what the history that the import sees depends on
    """
    told = {
        "source": mapping.name,
        "kind": mapping.kind,
        "started_at": started_at.isoformat(sep=" "),
        "files": [
            {
                "entry": part.entry,
                "name": part.name,
                "path": part.path.name,
                "sha256": part.sha256,
                "rows": part.rows,
                "columns": list(part.columns),
            }
            for part in parts
        ],
        "known": list(known),
        "lineage": lineage,
        "mapping": mapping.text,
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    for file in (*folder.glob("*.parquet"), path, folder):
        sync(file)


def write_rejects(connection: duckdb.DuckDBPyConnection, folder: Path, files: Sequence[RawFile]) -> None:
    """Keep the rows that could not be read as rows, with the reason; no file if there are none."""
    lines = [
        (
            raw.entry,
            one.file,
            one.row,
            one.column,
            one.value,
            one.reason.text,
            one.reason.domain,
            json.dumps({name: str(value) for name, value in one.reason.values.items()}, ensure_ascii=False),
        )
        for raw in files
        for one in raw.rejected
    ]
    if not lines:
        return
    names = ("entry", "file", "row", "column_name", "value", "reason", "reason_domain", "reason_values")
    # as lists: a row at a time took sixteen seconds for five thousand
    types = {"row": "bigint"}
    unnested = ", ".join(f"unnest(${name}::{types.get(name, 'varchar')}[]) as {identifier(name)}" for name in names)
    columns = dict(zip(names, (list(column) for column in zip(*lines, strict=True)), strict=True))
    connection.execute(f"create or replace temp table rejects as select {unnested}", columns)
    target = str(folder / REJECTS).replace("'", "''")
    connection.execute(f"copy rejects to '{target}' (format parquet)")


def _imports_of(versions: Sequence[Version]) -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for version in versions:
        with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
            found.update(connection.execute("select source, import_no from meta.imports").fetchall())
    return found
