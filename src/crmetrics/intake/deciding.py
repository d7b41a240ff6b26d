"""Decisions that are kept together with the version that is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crmetrics.intake.lock import import_lock
from crmetrics.intake.rebuilding import rebuild_locked, room_of
from crmetrics.intake.recovery import recover
from crmetrics.warehouse.versions import Version
from crmetrics.workspace.folder import Workspace

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision


def decide(
    workspace: Path,
    decisions: Sequence[Decision] = (),
    without: Sequence[int] = (),
    *,
    by: str = "administrator",
    note: str = "",
    progress: Callable[[str, float], None] = lambda name, share: None,
) -> Version:
    """Keep these decisions, take back those of the numbers `without`, and publish the version that they make.

    After an error neither the current version nor any decision is another one than before. Raises what `rebuild` raises,
    and UnknownName for a number that does not stand.
    """
    place = Workspace(workspace)
    with room_of(place), import_lock(place.lock):
        recover(place)
        return decide_locked(place, decisions, without, by, note, progress)


def decide_locked(
    place: Workspace,
    decisions: Sequence[Decision],
    without: Sequence[int],
    by: str,
    note: str,
    progress: Callable[[str, float], None],
) -> Version:
    """The same for a caller that holds the import lock and has recovered the workspace."""
    from crmetrics.workspace.decisions import Decisions
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        kept = Decisions(state)
        kept.check(*without)
        added = kept.add(*(replace(each, made_by=by) for each in decisions))
        stand = [each for each in kept.standing() if each.number not in without]
        try:
            version = rebuild_locked(place, stand, progress, note, by=by)
        except BaseException:
            kept.undo(*(each.number for each in added), by=by)
            raise
        # A death right here leaves decisions that the version is made without: the next import makes it again with them.
        kept.undo(*without, by=by)
    return version
