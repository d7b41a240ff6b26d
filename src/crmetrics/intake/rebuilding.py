"""A rebuild: a version made again from everything that was ever imported, with what people have decided since."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crmetrics.intake.forgetting import erased, forget_all
from crmetrics.intake.history import keep_step
from crmetrics.intake.lock import import_lock
from crmetrics.intake.past_imports import past_imports
from crmetrics.intake.raw_store import RawStore
from crmetrics.intake.recovery import ASIDE, recover, resources
from crmetrics.intake.replaying import Remaking
from crmetrics.intake.standing import made_with, standing_decisions
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk
from crmetrics.warehouse.versions import Version, Versions, facts_of
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import Settings, read_settings

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("import")

Progress = Callable[[str, float], None]


def rebuild(
    workspace: Path,
    *,
    progress: Progress = lambda name, share: None,
    note: str = "",
) -> Version:
    """Make all tables again from the raw files, the mappings and the standing decisions, and publish them as a new version.

    `progress` is told what is at work and its share, 0 to 1. The data are seen from the moment of the last import that
    counts, so that the same files and decisions give the same figures.
    Errors: NoWorkspace, BadValue if no import would count, BadFile, BadMapping, Busy, NoSpace; after any of them the
    current version is what it was.
    """
    place = Workspace(workspace)
    with room_of(place), import_lock(place.lock):
        recover(place)
        return rebuild_locked(place, standing_decisions(place), progress, note)


def rebuild_locked(
    place: Workspace,
    decisions: Sequence[Decision],
    progress: Progress,
    note: str,
    by: str = "administrator",
    is_forgotten: bool = False,
) -> Version:
    """Rebuild with these decisions; the caller holds the import lock and has recovered the workspace.

    is_forgotten  people who were erased have been taken out of the raw files already
    """
    if not is_forgotten:
        _finish_erasing(place, decisions)
    with _aside(place) as aside:
        remaking = _remaking(place, decisions, aside, place.raw, progress)
        fill = remaking.from_raw(remaking.imports, remaking.folders(), remaking.imports[-1].at)
        version = Versions(place.versions).publish(
            fill, note=note, resources=resources(place, remaking.settings), by=by
        )
    keep_step(place, version)
    return version


@contextmanager
def preview(workspace: Path, decisions: Sequence[Decision], without: Sequence[int] = ()) -> Iterator[Version]:
    """A version as it would be if these decisions stood as well, and those of the numbers `without` did not.

    It is made aside, never published, and gone at the end; its number is 0. It needs no lock: an import may go on.
    Errors: NoWorkspace, BadValue if no import would count, BadFile, NoSpace.
    """
    place = Workspace(workspace)
    stand = [each for each in standing_decisions(place) if each.number not in without]
    with room_of(place), _aside(place) as aside:
        remaking = _remaking(place, [*stand, *decisions], aside, aside, lambda name, share: None)
        fill = remaking.from_raw(remaking.imports, remaking.folders(), remaking.imports[-1].at)
        yield Versions(aside).make_aside(aside / "preview.duckdb", fill, remaking.current, remaking.resources)


@contextmanager
def room_of(place: Workspace) -> Iterator[None]:
    """A workspace with data, ready to be written, in which a full disk is told. Raises NoWorkspace without data."""
    _current(place)
    with told_of_a_full_disk(place.folder, _needed(place)):
        place.make()
        yield


def _finish_erasing(place: Workspace, decisions: Sequence[Decision]) -> None:
    """Take people out of the raw files who were erased since the current version: what erased them was killed on its way."""
    known = made_with(_current(place))
    prints = erased(place, decisions)
    if prints and any(each.kind == "erase" and each.number not in known for each in decisions):
        forget_all(place, prints, resources(place, read_settings(place.settings)), standing=decisions)


def left_out(decisions: Sequence[Decision]) -> set[tuple[str, int]]:
    """The imports that do not count, as (source, number)."""
    return {(str(each.about["source"]), int(each.about["import_no"])) for each in decisions if each.kind == "leave_out"}


@contextmanager
def _aside(place: Workspace) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"{ASIDE}{os.getpid()}-", dir=place.spill) as folder:
        yield Path(folder)


def _remaking(place: Workspace, decisions: Sequence[Decision], aside: Path, kept: Path, progress: Progress) -> Remaking:
    current, store = _current(place), RawStore(place.raw)
    facts = facts_of(current.path)
    settings = read_settings(place.settings).completed(Settings(zone=facts["zone"], currency=facts["currency"]))
    out = left_out(decisions)
    imports = [each for each in past_imports(current, store) if (each.source, each.number) not in out]
    if not imports:
        raise BadValue(_("No import would be left that counts, so there would be no data. Nothing was changed."))
    room = replace(resources(place, settings), spill=aside)  # an import clears the usual one
    return Remaking(imports, decisions, settings, store, current, room, aside, kept, progress)


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
