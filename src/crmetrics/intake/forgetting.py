"""The raw files without the people who were erased: those that are there, and those that an import brings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmetrics.clean.corrections import corrections_of, rows_corrected
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.clean.personal import PEOPLE, PersonalRows, Prints
from crmetrics.clean.raw_rows import RawPart
from crmetrics.intake.raw_store import REJECTS
from crmetrics.warehouse.disk import replace
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.versions import Resources
from crmetrics.workspace.folder import Workspace

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

KEY = "erase"


@dataclass(frozen=True)
class RawFile:
    """One raw file of one import."""

    source: str
    import_no: int
    entry: str
    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class RawSource:
    """Everything that was ever imported of one source, whether it counts or not."""

    name: str
    mappings: Sequence[SourceMapping]
    files: Sequence[RawFile]

    def looked_through(
        self, connection: duckdb.DuckDBPyConnection, prints: Prints, standing: Sequence[Decision] = ()
    ) -> PersonalRows:
        """Its files, ready to be looked through for people, with the corrections that hold."""
        parts: dict[str, list[Path]] = {}
        corrected = {}
        for file in self.files:
            parts.setdefault(file.entry, []).append(file.path)
            if corrections := corrections_of(standing, self.name, file.entry):
                corrected[file.path] = rows_corrected(connection, file.path, file.sha256, corrections)
        return PersonalRows(connection, self.mappings, parts, prints, corrected)


def raw_sources(place: Workspace) -> list[RawSource]:
    """All that stands in the raw folder, source by source."""
    found = []
    for folder in sorted(path for path in place.raw.iterdir() if path.is_dir()) if place.raw.is_dir() else ():
        # what an import at work has read is not there yet
        manifests = sorted(
            (path for path in folder.glob("*/manifest.json") if path.parent.name.isdigit()), reverse=True
        )
        told = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in manifests]
        texts = list(dict.fromkeys(each["mapping"] for _path, each in told))
        mappings = [parse_mapping(Path(f"{folder.name} (mapping)"), text, folder.name) for text in texts]
        files = [
            RawFile(
                folder.name, int(path.parent.name), one["entry"], one["name"], path.parent / one["path"], one["sha256"]
            )
            for path, each in told
            for one in each["files"]
        ]
        found.append(RawSource(folder.name, mappings, files))
    return found


def prints_of(key: str, decisions: Iterable[Decision]) -> Prints:
    """The people who were erased."""
    known: dict[str, set[str]] = {}
    rows: dict[str, dict[str, str]] = {}
    for each in decisions:
        if each.kind == "erase":
            known.setdefault(str(each.about["table"]), set()).update(each.about["prints"])
            rows |= each.about.get("rows", {})
    return Prints(key, {table: frozenset(prints) for table, prints in known.items()}, rows)


def erased(place: Workspace, decisions: Sequence[Decision]) -> Prints | None:
    """The people who were erased in a workspace; None if nobody was."""
    if not any(each.kind == "erase" for each in decisions):
        return None
    from crmetrics.workspace.keys import key_of
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        return prints_of(key_of(state, KEY), decisions)


def forget_new(
    mapping: SourceMapping, parts: Sequence[RawPart], live: Sequence[RawPart], prints: Prints, room: Resources
) -> None:
    """Take the people who were erased out of the raw files that an import has just read."""
    paths: dict[str, list[Path]] = {}
    for part in (*parts, *live):
        paths.setdefault(part.entry, []).append(part.path)
    with closing(duckdb.connect(":memory:", config=room.config())) as connection:
        rows = PersonalRows(connection, [mapping], paths, prints)
        for part in parts:
            rows.forget(part.entry, part.path)


def forget_all(
    place: Workspace,
    prints: Prints,
    room: Resources,
    pattern: str = "",
    ids: Iterable[str] = (),
    standing: Sequence[Decision] = (),
) -> int:
    """Take people out of everything that stands in the raw folder; returns how many rows of files were about them.

    pattern   a regular expression of texts that are taken out wherever they stand
    ids       their ids, which may stand in rows that could not be read
    standing  the decisions that hold: what is read by a correction is kept in their rows where it may stay
    """
    rows = 0
    with closing(duckdb.connect(":memory:", config=room.config())) as connection:
        for source in raw_sources(place):
            people = source.looked_through(connection, prints, standing)
            for file in source.files:
                rows += people.forget(file.entry, file.path, pattern)
        for path in place.raw.glob(f"*/*/{REJECTS}"):
            _forget_rejects(connection, path, pattern, ids)
        for path in place.raw.rglob("removed.parquet"):
            _forget_removed(connection, path, prints)
    for path in place.raw.glob("*/*/manifest.json"):
        scrub_text(path, pattern)
    return rows


def scrub_text(path: Path, pattern: str) -> None:
    """Take texts out of a small text file, if they stand there."""
    if not pattern:
        return
    text = path.read_text(encoding="utf-8")
    without = re.sub(pattern, "", text)
    if without != text:
        replace(path, without, path.name + ".part")


def _forget_rejects(connection: duckdb.DuckDBPyConnection, path: Path, pattern: str, ids: Iterable[str]) -> None:
    """Rows that could not be read as rows: what stood there goes if it may be about the person."""
    said = [f"regexp_matches(value, {literal(pattern)})"] if pattern else []
    alone = [rf"(^|[^\pL\pN]){escaped(id_)}($|[^\pL\pN])" for id_ in ids]
    said += [f"regexp_matches(value, {literal(one)})" for one in alone]
    if said:
        _rewrite(
            connection, path, f"* replace (case when not coalesce({' or '.join(said)}, false) then value end as value)"
        )


def _forget_removed(connection: duckdb.DuckDBPyConnection, path: Path, prints: Prints) -> None:
    shown = {table: prints.sql(table, "key_value") for table in PEOPLE}
    cases = "".join(
        f" when table_name = '{table}' and {prints.among(table, f'({print})')} then {print}"
        for table, print in shown.items()
    )
    _rewrite(connection, path, f"* replace (case{cases} else key_value end as key_value)")


def _rewrite(connection: duckdb.DuckDBPyConnection, path: Path, columns: str) -> None:
    part = path.with_name(path.name + ".forgetting")
    connection.execute(
        f"copy (select {columns} from read_parquet({literal(str(path))})) to {literal(str(part))} (format parquet, compression zstd)"
    )
    part.replace(path)


def escaped(text: str) -> str:
    """A text as a regular expression that means itself, for DuckDB and for Python."""
    return "".join(f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign not in " _" else sign for sign in text)


def pattern_of(texts: Iterable[str]) -> str:
    """A regular expression that finds any of the texts, in whatever case; blank if there are none."""
    forms: Iterator[str] = (form for text in texts for form in (text, text.lower(), text.upper()))
    found = sorted({escaped(form) for form in forms}, key=lambda form: (-len(form), form))
    return f"(?i)({'|'.join(found)})" if found else ""
