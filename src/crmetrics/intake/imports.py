"""An import: sources are read, cleaned, checked and published; whatever goes wrong leaves the current version as it was."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Container, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from crmetrics.clean.mapping import Entry, Mapping
from crmetrics.clean.mapping_file import parse_mapping, read_mapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.clean.tables import Building, SourceRows
from crmetrics.collect.archives import UNPACKED, unpacked
from crmetrics.collect.sources import FileEntry, RawFile, find_files, fingerprint, read_raw
from crmetrics.intake.lock import import_lock
from crmetrics.intake.raw_store import RawStore, write_manifest, write_rejects
from crmetrics.intake.report import ImportReport
from crmetrics.intake.telling import report_of
from crmetrics.vocabulary.errors import BadFile, BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk
from crmetrics.warehouse.versions import Resources, Version, Versions, facts_of
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, country_of, proposed, read_settings, write_settings

_ = words("import")

Progress = Callable[[str, float], None]
Found = Sequence[tuple[FileEntry, Path]]


def import_sources(
    workspace: Path,
    sources: Sequence[Path],
    mapping: Path,
    *,
    progress: Progress = lambda name, share: None,
    now: datetime | None = None,
) -> ImportReport:
    """Import files or folders by a mapping file, and publish a new version.

    `progress` is told what is at work and its share, 0 to 1. `now` (UTC, without a mark) stands for the present moment.
    Errors: BadMapping, BadFile, BadValue, Busy, NoSpace; after any of them the current version is what it was.
    """
    place = Workspace(workspace)
    place.folder.mkdir(parents=True, exist_ok=True)
    with told_of_a_full_disk(place.folder, _needed(sources, place)):
        place.make()
        with import_lock(place.lock):
            moment = now or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
            return _Import(place, moment, progress).run(list(sources), mapping)


def init_workspace(folder: Path) -> Settings:
    """Make a folder a workspace, with settings to be filled by the first import. Raises BadValue if it already is one."""
    place = Workspace(folder)
    if place.settings.exists():
        raise BadValue(_("'{folder}' is a workspace already.", folder=str(folder)))
    with told_of_a_full_disk(folder, 1_000_000):
        folder.mkdir(parents=True, exist_ok=True)
        place.make()
        settings = Settings()
        write_settings(place.settings, settings)
    return settings


def recover(place: Workspace) -> None:
    """Clear what a killed import left behind. The caller holds the import lock."""
    versions, store = Versions(place.versions), RawStore(place.raw)
    versions.recover()
    store.recover(versions)
    for path in place.spill.glob("duckdb_temp*"):
        path.unlink(missing_ok=True)
    for path in place.spill.glob(f"{UNPACKED}*"):
        shutil.rmtree(path, ignore_errors=True)
    place.settings.with_name(place.settings.name + ".part").unlink(missing_ok=True)


@dataclass(frozen=True)
class _Import:
    place: Workspace
    moment: datetime
    progress: Progress

    @property
    def versions(self) -> Versions:
        return Versions(self.place.versions)

    @property
    def store(self) -> RawStore:
        return RawStore(self.place.raw)

    def run(self, sources: list[Path], path: Path) -> ImportReport:
        recover(self.place)
        mapping = read_mapping(path, _default_name(sources))
        with unpacked(sources, self.place.spill) as opened:
            return self._run(opened, mapping)

    def _run(self, sources: list[Path], mapping: Mapping) -> ImportReport:
        started = time.monotonic()
        settings = read_settings(self.place.settings)
        wanted = settings.completed(proposed(mapping.company, self.place.folder, mapping.zone))
        current = self.versions.current()
        live, is_same_mapping = _live(current, mapping, self.store)
        found = _find(sources, mapping, live)
        known_prints = {part.sha256 for part in live if is_same_mapping}
        prints = [fingerprint(one) if known_prints else "" for _entry, one in found]
        fresh = [each for each, print_ in zip(found, prints, strict=True) if print_ not in known_prints]
        known = tuple(one.name for entry, one in found if (entry, one) not in fresh)
        if not fresh and not _is_other_calendar(current, wanted):
            return report_of(current, mapping, self.store.next_number() - 1, False, known, time.monotonic() - started)
        number = self.store.next_number()
        folder = self.store.begin(mapping.name, number)
        try:
            parts = self.read(fresh, folder, mapping, number, wanted)
            merged = _parts_after(live, parts, mapping, set(prints))
            version = self.publish(mapping, merged, folder, wanted, number)
        except BaseException:
            self.store.abandon(folder)
            raise
        self.store.finish(folder)
        told = self.with_facts(wanted, version)
        if told != settings or not self.place.settings.exists():
            write_settings(self.place.settings, told)
        return report_of(version, mapping, number, True, known, time.monotonic() - started)

    def read(self, found: Found, folder: Path, mapping: Mapping, number: int, settings: Settings) -> list[RawPart]:
        """Read the files into raw Parquet."""
        read: list[RawFile] = []
        with closing(duckdb.connect(":memory:", config=self.resources(settings).config())) as connection:
            for place, (entry, path) in enumerate(found):
                target = folder / f"{_plain(entry.name)}-{place + 1}.parquet"
                read.append(read_raw(connection, entry, path, target, self.progress))
            write_rejects(connection, folder, read)
        parts = [
            RawPart(
                raw.entry, number, raw.name, raw.path, raw.sha256, raw.rows, raw.columns, self.moment, len(raw.rejected)
            )
            for raw in read
        ]
        write_manifest(folder, mapping, parts, self.moment)
        return parts

    def publish(
        self, mapping: Mapping, parts: Sequence[RawPart], folder: Path, settings: Settings, number: int
    ) -> Version:
        current = self.versions.current()
        folders = [*_imports_of(current, mapping.name, self.store), folder]
        sources = [SourceRows(mapping, mapping.zone or settings.zone, _by_entry(mapping, parts), folders)]
        sources += _others(current, mapping, self.store, settings.zone) if current else []

        def fill(connection: duckdb.DuckDBPyConnection) -> None:
            Building(
                connection, sources, number, self.moment, settings.zone, settings.currency, current is not None,
                self.progress, self.store.relative, settings.calendar, country_of(settings.zone, settings.language),
            ).run()  # fmt: skip

        names = ", ".join(sorted({part.name for part in parts if part.is_new})[:3])
        return self.versions.publish(fill, note=f"{mapping.name}: {names}", resources=self.resources(settings))

    def resources(self, settings: Settings) -> Resources:
        spill = self.place.folder / settings.spill if settings.spill else self.place.spill  # as questions read it
        return Resources(settings.memory_limit or None, settings.threads or None, spill)

    def with_facts(self, settings: Settings, version: Version) -> Settings:
        """The settings with the currency and the calendar that the version was made with."""
        facts = facts_of(version.path)
        return settings.completed(Settings(currency=facts["currency"], calendar=facts["calendar"]))


def _needed(sources: Sequence[Path], place: Workspace) -> int:
    """About how many bytes an import takes: raw rows, the new version beside the current one, and some room to work."""
    files = [
        path for source in sources for path in ([source] if source.is_file() else source.rglob("*")) if path.is_file()
    ]
    read = sum(path.stat().st_size * (6 if path.suffix in (".gz", ".zip") else 1) for path in files)
    version = max((path.stat().st_size for path in place.versions.glob("*.duckdb")), default=0)
    return 2 * read + version + 10_000_000


def _default_name(sources: Sequence[Path]) -> str:
    first = sources[0].resolve()
    return first.name if first.is_dir() else first.parent.name or "files"


def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)


def _file_entry(entry: Entry) -> FileEntry:
    return FileEntry(entry.name, entry.match, entry.sheet, entry.encoding, entry.delimiter, entry.header)


def _find(sources: Sequence[Path], mapping: Mapping, live: Sequence[RawPart]) -> list[tuple[FileEntry, Path]]:
    """The files of this import: every entry must find some, unless an earlier import already brought some."""
    brought = {part.entry for part in live}
    entries = [_file_entry(entry) for entry in mapping.entries.values()]
    found = find_files(sources, [entry for entry in entries if entry.name not in brought]) if live else []
    if not live:
        return find_files(sources, entries)
    missed: BadFile | None = None
    for entry in (entry for entry in entries if entry.name in brought):
        try:
            found += find_files(sources, [entry])
        except BadFile as error:
            missed = error
    if not found and missed is not None:
        raise missed
    return found


def _live(current: Version | None, mapping: Mapping, store: RawStore) -> tuple[list[RawPart], bool]:
    """The source's raw files that the current version is made of, and whether it was made by this very mapping."""
    if current is None:
        return [], True
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        texts = connection.execute("select mapping from meta.sources where source = ?", [mapping.name]).fetchall()
        return _parts_of(connection, mapping.name, store), not texts or texts[0][0] == mapping.text


def _others(current: Version, mapping: Mapping, store: RawStore, zone: str) -> list[SourceRows]:
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
                _by_entry(other, _parts_of(connection, other.name, store)),
                _imports_of(current, other.name, store),
            )
            for other in others
        ]


def _imports_of(current: Version | None, source: str, store: RawStore) -> list[Path]:
    """The folders of a source's imports that the current version is made of, in their order."""
    if current is None:
        return []
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        numbers = connection.execute(
            "select import_no from meta.imports where source = ? order by 1", [source]
        ).fetchall()
    return [store.folder / source / f"{number:06d}" for (number,) in numbers]


def _is_other_calendar(current: Version | None, wanted: Settings) -> bool:
    """Whether the settings now name another calendar than the current version was made with."""
    return bool(current and wanted.calendar and facts_of(current.path).get("calendar") != wanted.calendar)


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


def _parts_after(
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


def _by_entry(mapping: Mapping, parts: Sequence[RawPart]) -> dict[str, list[RawPart]]:
    return {entry: [part for part in parts if part.entry == entry] for entry in mapping.entries}
