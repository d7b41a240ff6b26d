"""A rebuild: a version made again from everything that was ever imported, with what people have decided since."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from crmetrics.clean.source_rows import SourceRows
from crmetrics.clean.tables import Building
from crmetrics.intake.lock import import_lock
from crmetrics.intake.past_imports import PastImport, counted, past_imports
from crmetrics.intake.raw_store import RawStore
from crmetrics.intake.recovery import ASIDE, recover, resources
from crmetrics.intake.standing import standing_decisions
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk
from crmetrics.warehouse.versions import Version, Versions, facts_of
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, country_of, read_settings

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("import")

Progress = Callable[[str, float], None]


def rebuild(
    workspace: Path,
    *,
    progress: Progress = lambda name, share: None,
    note: str = "",
    now: datetime | None = None,
) -> Version:
    """Make all tables again from the raw files, the mappings and the standing decisions, and publish them as a new version.

    `progress` is told what is at work and its share, 0 to 1. `now` (UTC, without a mark) is the moment the data are seen
    from; by default that of the last import that counts, so that the same files and decisions give the same figures.
    Errors: NoWorkspace, BadValue if no import would count, BadFile, BadMapping, Busy, NoSpace; after any of them the
    current version is what it was.
    """
    place = Workspace(workspace)
    _current(place)
    with told_of_a_full_disk(place.folder, _needed(place)):
        place.make()
        with import_lock(place.lock):
            recover(place)
            return rebuild_locked(place, standing_decisions(place), progress, note, now)


def rebuild_locked(
    place: Workspace, decisions: Sequence[Decision], progress: Progress, note: str, now: datetime | None = None
) -> Version:
    """Rebuild with these decisions; the caller holds the import lock and has recovered the workspace."""
    made = _Rebuild.of(place, _current(place), decisions, progress, now)
    return Versions(place.versions).publish(made.fill, note=note, resources=resources(place, made.settings))


@contextmanager
def preview(workspace: Path, decisions: Sequence[Decision], without: Sequence[int] = ()) -> Iterator[Version]:
    """A version as it would be if these decisions stood as well, and those of the numbers `without` did not.

    It is made aside, never published, and gone at the end; its number is 0. It needs no lock: an import may go on.
    Errors: NoWorkspace, BadValue if no import would count, BadFile, NoSpace.
    """
    place = Workspace(workspace)
    current = _current(place)
    stand = [each for each in standing_decisions(place) if each.number not in without]
    with told_of_a_full_disk(place.folder, _needed(place)):
        place.make()
        with tempfile.TemporaryDirectory(prefix=f"{ASIDE}{os.getpid()}-", dir=place.spill) as aside:
            made = _Rebuild.of(place, current, [*stand, *decisions], lambda name, share: None, None)
            room = replace(resources(place, made.settings), spill=Path(aside))  # an import clears the usual one
            path = Path(aside) / "preview.duckdb"
            yield Versions(place.versions).make_aside(path, made.fill, current, room)


@dataclass(frozen=True)
class _Rebuild:
    """Everything that a version is made of again."""

    place: Workspace
    sources: Sequence[SourceRows]
    decisions: Sequence[Decision]
    settings: Settings
    now: datetime
    progress: Progress

    @classmethod
    def of(
        cls,
        place: Workspace,
        current: Version,
        decisions: Sequence[Decision],
        progress: Progress,
        now: datetime | None,
    ) -> _Rebuild:
        facts = facts_of(current.path)
        settings = read_settings(place.settings).completed(Settings(zone=facts["zone"], currency=facts["currency"]))
        left_out = {
            (str(each.about["source"]), int(each.about["import_no"])) for each in decisions if each.kind == "leave_out"
        }
        past = past_imports(current, RawStore(place.raw))
        sources = counted(past, left_out, settings.zone)
        if not sources:
            raise BadValue(_("No import would be left that counts, so there would be no data. Nothing was changed."))
        return cls(place, sources, decisions, settings, now or _seen_at(past, left_out), progress)

    def fill(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Fill the version that `connection` has open."""
        Building(
            connection, self.sources, 0, self.now, self.settings.zone, self.settings.currency, True, self.progress,
            RawStore(self.place.raw).relative, self.settings.calendar,
            country_of(self.settings.zone, self.settings.language), self.decisions, is_from_raw=True,
        ).run()  # fmt: skip


def _seen_at(past: Sequence[PastImport], left_out: set[tuple[str, int]]) -> datetime:
    return max(each.at for each in past if (each.source, each.number) not in left_out)


def _current(place: Workspace) -> Version:
    current = Versions(place.versions).current()
    if current is None:
        raise NoWorkspace(
            _("'{folder}' holds no data yet, so there is nothing to make again.", folder=str(place.folder))
        )
    return current


def _needed(place: Workspace) -> int:
    """About how many bytes a rebuild takes: a version beside the current one, and some room to work."""
    return 2 * max((path.stat().st_size for path in place.versions.glob("*.duckdb")), default=0) + 10_000_000
