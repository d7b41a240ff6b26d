"""An import: sources are read, cleaned, checked and published; whatever goes wrong leaves the current version as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmetrics.clean.mapping import Mapping
from crmetrics.clean.mapping_file import read_mapping
from crmetrics.clean.raw_rows import RawPart
from crmetrics.clean.source_rows import SourceRows
from crmetrics.clean.tables import Building
from crmetrics.collect.sources import FileEntry, RawFile, fingerprint, read_raw
from crmetrics.intake.finding import Source, Sources, source_name, sources_of, told_apart, without_doubles
from crmetrics.intake.forgetting import erased, forget_new
from crmetrics.intake.history import keep_step
from crmetrics.intake.lineage import lineage
from crmetrics.intake.live_files import (
    by_entry,
    counted_numbers,
    import_folders,
    live_files,
    other_sources,
    parts_after,
)
from crmetrics.intake.lock import import_lock
from crmetrics.intake.raw_store import RawStore, write_manifest, write_rejects
from crmetrics.intake.rebuilding import rebuild_locked
from crmetrics.intake.recovery import recover, resources
from crmetrics.intake.report import ImportReport
from crmetrics.intake.standing import is_decided_since, standing_decisions
from crmetrics.intake.telling import report_of
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.vocabulary.spelling import file_name
from crmetrics.warehouse.disk import told_of_a_full_disk
from crmetrics.warehouse.versions import Version, Versions, facts_of
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, country_of, proposed, read_settings, write_settings

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("import")

Progress = Callable[[str, float], None]
Found = Sequence[tuple[FileEntry, Path]]


def import_sources(
    workspace: Path,
    sources: Sequence[Source],
    mapping: Path,
    *,
    progress: Progress = lambda name, share: None,
    now: datetime | None = None,
    by: str = "administrator",
) -> ImportReport:
    """Import files or folders, or a database by its address, by a mapping file, and publish a new version.

    `progress` is told what is at work and its share, 0 to 1. `now` (UTC, without a mark) stands for the present moment.
    `by` is whose doing it is, for the history.
    Errors: BadMapping, BadFile, BadDatabase, BadValue, Busy, NoSpace; after any of them the current version is what it was.
    """
    place = Workspace(workspace)
    place.folder.mkdir(parents=True, exist_ok=True)
    with told_of_a_full_disk(place.folder, _needed(sources, place)):
        place.make()
        with import_lock(place.lock):
            moment = now or utc_now()
            return _Import(place, moment, progress, by).run(list(sources), mapping)


def init_workspace(folder: Path, language: str = "") -> Settings:
    """Make a folder a workspace in a language, with settings to be filled by the first import. Raises BadValue if it already is one."""
    place = Workspace(folder)
    if place.settings.exists():
        raise BadValue(_("'{folder}' is a workspace already.", folder=str(folder)))
    with told_of_a_full_disk(folder, 1_000_000):
        folder.mkdir(parents=True, exist_ok=True)
        place.make()
        settings = Settings(language=language)
        write_settings(place.settings, settings)
    return settings


@dataclass(frozen=True)
class _Import:
    place: Workspace
    moment: datetime
    progress: Progress
    by: str

    @property
    def versions(self) -> Versions:
        return Versions(self.place.versions)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """What people have decided that a version is to be made with."""
        return standing_decisions(self.place)

    @property
    def store(self) -> RawStore:
        return RawStore(self.place.raw)

    def run(self, sources: list[Source], path: Path) -> ImportReport:
        recover(self.place)
        mapping = read_mapping(path, source_name(sources))
        current, decisions = self.versions.current(), self.decisions
        if current is not None and is_decided_since(current, decisions):
            # Only what an import touches is made again: what was decided about everything else must be in before.
            rebuild_locked(self.place, decisions, self.progress, "", by=self.by)
        config = resources(self.place, read_settings(self.place.settings)).config()
        with sources_of(sources, self.place.spill, config) as ready:
            return self._run(ready, mapping)

    def _run(self, sources: Sources, mapping: Mapping) -> ImportReport:
        started = time.monotonic()
        settings = read_settings(self.place.settings)
        wanted = settings.completed(proposed(mapping.company, self.place.folder, mapping.zone))
        current = self.versions.current()
        live, is_same_mapping = live_files(current, mapping, self.store)
        told = sources.find(mapping, live, is_same_mapping, self.progress)
        # in a source whose files only add, rows that stand in several of them are one in any case
        found = without_doubles(told.files) if mapping.kind == "full" else told.files
        known_prints = {part.sha256 for part in live if is_same_mapping}
        prints = [fingerprint(one) if known_prints else "" for _entry, one in found]
        fresh = [each for each, print_ in zip(found, prints, strict=True) if print_ not in known_prints]
        is_fresh = set(fresh)
        known = (*told.unchanged, *(one.name for entry, one in told.files if (entry, one) not in is_fresh))
        if not fresh and not _is_other_calendar(current, wanted):
            last, took = self.store.next_number() - 1, time.monotonic() - started
            return report_of(current, mapping, last, False, known, told.unread, took)
        number = self.store.next_number()
        folder = self.store.begin(mapping.name, number)
        try:
            parts = self.read(told_apart(fresh), folder, mapping, number, wanted)
            self.forget(mapping, parts, live, wanted)
            seen = lineage([*counted_numbers(current), number], mapping.name, mapping, self.decisions)
            write_manifest(folder, mapping, parts, self.moment, sorted({*prints} & known_prints), seen)
            merged = parts_after(live, parts, mapping, set(prints))
            version = self.publish(mapping, merged, folder, wanted, number)
        except BaseException:
            self.give_up(folder, current)
            raise
        self.store.finish(folder)
        keep_step(self.place, version)
        now_set = self.with_facts(wanted, version)
        if now_set != settings or not self.place.settings.exists():
            write_settings(self.place.settings, now_set)
        return report_of(version, mapping, number, True, known, told.unread, time.monotonic() - started)

    def give_up(self, folder: Path, before: Version | None) -> None:
        """Clear what was begun; the raw rows stay if their version was published before it went wrong."""
        self.versions.recover()
        (self.store.abandon if self.versions.current() == before else self.store.finish)(folder)

    def read(self, found: Found, folder: Path, mapping: Mapping, number: int, settings: Settings) -> list[RawPart]:
        """Read the files into raw Parquet."""
        read: list[RawFile] = []
        with closing(duckdb.connect(":memory:", config=resources(self.place, settings).config())) as connection:
            for place, (entry, path) in enumerate(found):
                target = folder / f"{file_name(entry.name)}-{place + 1}.parquet"
                read.append(read_raw(connection, entry, path, target, self.progress))
            write_rejects(connection, folder, read)
        return [
            RawPart(
                raw.entry, number, raw.name, raw.path, raw.sha256, raw.rows, raw.columns, self.moment, len(raw.rejected)
            )
            for raw in read
        ]

    def forget(self, mapping: Mapping, parts: list[RawPart], live: list[RawPart], settings: Settings) -> None:
        """Take people who were erased out of the files before anything is made of them."""
        prints = erased(self.place, self.decisions)
        if prints is not None:
            forget_new(mapping, parts, live, prints, resources(self.place, settings))

    def publish(
        self, mapping: Mapping, parts: Sequence[RawPart], folder: Path, settings: Settings, number: int
    ) -> Version:
        current = self.versions.current()
        folders = [*import_folders(current, mapping.name, self.store), folder]
        sources = [SourceRows(mapping, mapping.zone or settings.zone, by_entry(mapping, parts), folders)]
        sources += other_sources(current, mapping, self.store, settings.zone) if current else []

        def fill(connection: duckdb.DuckDBPyConnection) -> None:
            Building(
                connection, sources, number, self.moment, settings.zone, settings.currency, current is not None,
                self.progress, self.store.relative, settings.calendar, country_of(settings.zone, settings.language),
                self.decisions,
            ).run()  # fmt: skip

        names = ", ".join(sorted({part.name for part in parts if part.is_new})[:3])
        room = resources(self.place, settings)
        return self.versions.publish(fill, note=f"{mapping.name}: {names}", resources=room, by=self.by)

    def with_facts(self, settings: Settings, version: Version) -> Settings:
        """The settings with the currency and the calendar that the version was made with."""
        facts = facts_of(version.path)
        return settings.completed(Settings(currency=facts["currency"], calendar=facts["calendar"]))


def _needed(sources: Sequence[Source], place: Workspace) -> int:
    """About how many bytes an import takes: raw rows, the new version beside the current one, and some room to work."""
    named = [source for source in sources if isinstance(source, Path)]
    files = [
        path for source in named for path in ([source] if source.is_file() else source.rglob("*")) if path.is_file()
    ]
    read = sum(path.stat().st_size * (6 if path.suffix in (".gz", ".zip") else 1) for path in files)
    version = max((path.stat().st_size for path in place.versions.glob("*.duckdb")), default=0)
    return 2 * read + version + 10_000_000


def _is_other_calendar(current: Version | None, wanted: Settings) -> bool:
    """Whether the settings now name another calendar than the current version was made with."""
    return bool(current and wanted.calendar and facts_of(current.path).get("calendar") != wanted.calendar)
