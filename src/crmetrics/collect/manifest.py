"""What an import has kept, written beside its raw files: where they came from, and which rows are not in them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.raw import RawFile, Rejected
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words

if TYPE_CHECKING:
    import duckdb

_ = words("collect")

MANIFEST: Final = "manifest.json"
REJECTS: Final = "rejects.parquet"

# The message behind a reason is kept too, so that it can be said in every language.
WRITE_REJECTS: Final = """
copy (
    select unnest($raw::varchar[]) as raw_file, unnest($file::varchar[]) as file, unnest($row::bigint[]) as row,
           unnest($column::varchar[]) as column_name, unnest($value::varchar[]) as value,
           unnest($reason::varchar[]) as reason, unnest($message::varchar[]) as message
) to $target (format parquet, compression zstd)
"""
READ_REJECTS: Final = """
select raw_file, file, row, column_name, value, message from read_parquet($source, file_row_number = true)
order by file_row_number
"""


@dataclass(frozen=True, slots=True)
class RawImport:
    """One import at rest in `folder`. `kind` is "full" or "delta", `started_at` in UTC, `mapping` the text of its file."""

    folder: Path
    source: str
    kind: str
    number: int
    started_at: datetime
    mapping: str
    files: tuple[RawFile, ...]

    @property
    def sha256s(self) -> frozenset[str]:
        """What was read: a file that is among them is not new."""
        return frozenset(file.sha256 for file in self.files)


def write_import(connection: duckdb.DuckDBPyConnection, kept: RawImport) -> None:
    """Write the rejected rows, and last, in one stroke, the manifest: an import without one never happened."""
    rejected = [(file.path.name, row) for file in kept.files for row in file.rejected]
    with connection.cursor() as session:
        session.execute(
            WRITE_REJECTS,
            {
                "raw": [raw for raw, _row in rejected],
                "file": [row.file for _raw, row in rejected],
                "row": [row.row for _raw, row in rejected],
                "column": [row.column for _raw, row in rejected],
                "value": [row.value for _raw, row in rejected],
                "reason": [str(row.reason) for _raw, row in rejected],
                "message": [_packed(row.reason) for _raw, row in rejected],
                "target": str(kept.folder / REJECTS),
            },
        )
    aside = kept.folder / f"{MANIFEST}.part"
    with aside.open("w", encoding="utf-8") as file:
        json.dump(_described(kept), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(kept.folder / MANIFEST)


def read_import(connection: duckdb.DuckDBPyConnection, folder: Path) -> RawImport:
    """Read an import back, as it was written. Errors: BadFile if its manifest is missing or damaged."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        kept = RawImport(
            folder=folder,
            source=manifest["source"],
            kind=manifest["kind"],
            number=manifest["number"],
            started_at=datetime.fromisoformat(manifest["started_at"]),
            mapping=manifest["mapping"],
            files=tuple(_raw_file(folder, file) for file in manifest["files"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(
            _(
                "The manifest '{path}' of an earlier import is missing or damaged. "
                "Restore it from a backup, or remove its folder and import the source again.",
                path=path,
            )
        ) from error
    rejected: dict[str, list[Rejected]] = {}
    with connection.cursor() as session:
        found = session.execute(READ_REJECTS, {"source": escape(str(folder / REJECTS))}).fetchall()
    for raw, file, row, column, value, message in found:
        rejected.setdefault(raw, []).append(Rejected(file, row, column, value, _unpacked(message)))
    return replace(
        kept, files=tuple(replace(file, rejected=tuple(rejected.get(file.path.name, ()))) for file in kept.files)
    )


def _described(kept: RawImport) -> dict[str, object]:
    return {
        "source": kept.source,
        "kind": kept.kind,
        "number": kept.number,
        "started_at": kept.started_at.isoformat(),
        "mapping": kept.mapping,
        "files": [
            {
                "entry": file.entry,
                "name": file.name,
                "sha256": file.sha256,
                "rows": file.rows,
                "rejected": len(file.rejected),
                "columns": file.columns,
                "raw": file.path.name,
            }
            for file in kept.files
        ],
    }


def _raw_file(folder: Path, kept: dict[str, object]) -> RawFile:
    columns = kept["columns"]
    if not isinstance(columns, list) or not isinstance(kept["rows"], int):
        raise TypeError(kept)
    return RawFile(
        entry=str(kept["entry"]),
        name=str(kept["name"]),
        sha256=str(kept["sha256"]),
        rows=kept["rows"],
        columns=tuple(str(column) for column in columns),
        path=folder / str(kept["raw"]),
    )


def _packed(reason: Message) -> str:
    return json.dumps(
        {"text": reason.text, "domain": reason.domain, "values": dict(reason.values)}, ensure_ascii=False, default=str
    )


def _unpacked(packed: str) -> Message:
    kept = json.loads(packed)
    return Message(kept["text"], kept["domain"], kept["values"])
