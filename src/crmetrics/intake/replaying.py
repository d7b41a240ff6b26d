"""The histories that past imports saw, seen again where other imports count before them, or other decisions hold, than then.

A source that tells of no history of its deals is watched: each import keeps what differs from the version before it. When
an earlier import is left out, what the later ones saw is not what they would have seen. They are gone through again then,
one after the other as they came, and what they see is kept by what it depends on (its lineage):

    raw/<source>/again/<lineage>/<import:06d>/    history-stages.parquet, history-changes.parquet, removed.parquet
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.clean.source_rows import SourceRows
from crmetrics.clean.tables import Building
from crmetrics.intake.lineage import lineage
from crmetrics.intake.past_imports import PastImport, counted
from crmetrics.intake.raw_store import RawStore
from crmetrics.warehouse.versions import Resources, Version, Versions
from crmetrics.workspace.settings import Settings, country_of

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

AGAIN: Final = "again"


@dataclass(frozen=True)
class Remaking:
    """How versions are made of past imports.

    imports  those that count, in their order; never none
    current  the current version: it tells of all imports, those among them that do not count
    aside    a folder for versions on the way
    kept     where histories that are seen again are kept: the raw folder, or `aside` if nothing is to stay
    """

    imports: Sequence[PastImport]
    decisions: Sequence[Decision]
    settings: Settings
    store: RawStore
    current: Version
    resources: Resources
    aside: Path
    kept: Path
    progress: Callable[[str, float], None]

    def from_raw(
        self, imports: Sequence[PastImport], folders: dict[int, Path], now: datetime
    ) -> Callable[[duckdb.DuckDBPyConnection], None]:
        """What fills a version that is wholly made again, as it stands after these imports."""
        sources = counted(imports, self.settings.zone, folders)
        return lambda connection: self._building(connection, sources, 0, now).run()

    def folders(self) -> dict[int, Path]:
        """Where the history that each import saw stands; it is seen again where that is needed."""
        lineages = self._lineages()
        found = {each.number: self._folder(each, lineages[each.number]) for each in self.imports}
        missing = [
            place
            for place, each in enumerate(self.imports)
            if self._is_watched(place) and not found[each.number].is_dir()
        ]
        if missing:
            self._see_again(missing, found)
        return found

    def _lineages(self) -> dict[int, str]:
        """What the history that each import saw depends on now."""
        told = {}
        for place, each in enumerate(self.imports):
            numbers = [one.number for one in self.imports[: place + 1]]
            told[each.number] = lineage(numbers, each.source, each.mapping, self.decisions)
        return told

    def _folder(self, each: PastImport, wanted: str) -> Path:
        """Beside the raw files if what stands there is what would be seen now."""
        return each.folder if each.lineage == wanted else self.kept / each.source / AGAIN / wanted / each.folder.name

    def _is_watched(self, place: int) -> bool:
        """Whether an import may have seen a history: its source is watched, and was imported before."""
        each = self.imports[place]
        earlier = any(one.source == each.source for one in self.imports[:place])
        return earlier and SourceRows(each.mapping, "", {}).is_watched

    def _see_again(self, missing: Sequence[int], folders: dict[int, Path]) -> None:
        """Go through the imports from the first to the last that misses its history, on top of the version before."""
        first = missing[0]
        before = self._made(self.from_raw(self.imports[:first], folders, self.imports[first - 1].at), self.current)
        for place in range(first, missing[-1] + 1):
            each = self.imports[place]
            self.progress(f"{each.source} {each.number}", (place - first) / (missing[-1] + 1 - first))
            seen = self.aside / "seen" / each.folder.name
            seen.mkdir(parents=True)
            after = self._made(self._next(place, {**folders, each.number: seen}), before)
            before.path.unlink()
            before = after
            if place in missing:
                folders[each.number].parent.mkdir(parents=True, exist_ok=True)
                shutil.move(seen, folders[each.number])
            else:
                shutil.rmtree(seen)
        before.path.unlink()

    def _next(self, place: int, folders: dict[int, Path]) -> Callable[[duckdb.DuckDBPyConnection], None]:
        """What fills the version after an import, on top of the one before it, as the import itself once did."""
        each = self.imports[place]
        sources = counted(self.imports[: place + 1], self.settings.zone, folders)
        sources.sort(key=lambda source: source.name != each.source)
        parts = {
            entry: [replace(part, is_new=part.import_no == each.number) for part in found]
            for entry, found in sources[0].parts.items()
        }
        sources[0] = replace(sources[0], parts=parts)
        return lambda connection: self._building(connection, sources, each.number, each.at).run()

    def _made(self, fill: Callable[[duckdb.DuckDBPyConnection], None], old: Version) -> Version:
        path = self.aside / ("after.duckdb" if old.path.name != "after.duckdb" else "before.duckdb")
        return Versions(self.aside).make_aside(path, fill, old, self.resources)

    def _building(
        self, connection: duckdb.DuckDBPyConnection, sources: Sequence[SourceRows], number: int, now: datetime
    ) -> Building:
        return Building(
            connection, sources, number, now, self.settings.zone, self.settings.currency, True, self.progress,
            self.store.relative, self.settings.calendar, country_of(self.settings.zone, self.settings.language),
            self.decisions, is_from_raw=not number,
        )  # fmt: skip
