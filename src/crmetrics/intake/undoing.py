"""Undo: what was done last, or at any step, is taken back, and everything is made again from the raw files without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.intake.deciding import decide_locked
from crmetrics.intake.history import History, Step, history_of
from crmetrics.intake.lock import import_lock
from crmetrics.intake.rebuilding import room_of
from crmetrics.intake.recovery import recover
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.versions import Version
from crmetrics.workspace.folder import Workspace

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("history")

Progress = Callable[[str, float], None]
NOTHING_TO_REDO: Final = _("Nothing was taken back that could be done again.")
BACK, AGAIN = "↶", "↷"  # a note must be read in every language


def undo(
    workspace: Path,
    number: int | None = None,
    *,
    by: str = "administrator",
    progress: Progress = lambda name, share: None,
) -> tuple[Step, Version]:
    """Take back what was done at a step of the history, by default the last one that holds; returns it and the new version.

    An import no longer counts, a decision no longer holds; what was taken back itself holds again.
    Errors: UnknownName for a step that is not there, BadValue for one that cannot be taken back, and those of `rebuild`.
    """
    return _reverse(workspace, lambda history: _step_to_undo(history, number), BACK, by, progress)


def redo(
    workspace: Path, *, by: str = "administrator", progress: Progress = lambda name, share: None
) -> tuple[Step, Version]:
    """Do again what was taken back last; returns the step that had taken it back, and the new version."""
    return _reverse(workspace, _step_to_redo, AGAIN, by, progress)


def why_not(history: History, step: Step) -> Message | None:
    """Why what was done at a step cannot be taken back, in a few words; None if it can."""
    if not (step.import_no or step.decided or step.taken_back):
        return _("nothing to take back")
    if not history.is_in_force(step):
        return _("does not hold any more")
    if _is_erasure(history, step):
        return _("what was erased is gone")
    if step.import_no and len(history.counted) == 1:
        return _("without it there would be no data")
    return None


def to_redo(history: History) -> Step | None:
    """The step that took back what would be done again next; None if nothing was."""
    return next((step for step in history.led_here if _took_back(history, step) and history.is_in_force(step)), None)


def _reverse(
    workspace: Path, choose: Callable[[History], Step], mark: str, by: str, progress: Progress
) -> tuple[Step, Version]:
    place = Workspace(workspace)
    with room_of(place), import_lock(place.lock):
        recover(place)
        history = history_of(workspace)
        step = choose(history)
        decisions, without = _opposite(history, step)
        note = f"{mark} {step.note.lstrip(f'{BACK}{AGAIN} ') or step.number}"
        return step, decide_locked(place, decisions, without, by, note, progress)


def _step_to_undo(history: History, number: int | None) -> Step:
    if number is None:
        for step in history.led_here:
            if not _took_back(history, step) and not _is_erasure(history, step) and history.is_in_force(step):
                return step
        raise BadValue(_("There is nothing that could be taken back."))
    step = history.step(number)
    if not history.is_in_force(step):
        raise BadValue(
            _("What was done at step {number} does not hold any more, so it cannot be taken back.", number=number)
        )
    return step


def _step_to_redo(history: History) -> Step:
    step = to_redo(history)
    if step is None:
        raise BadValue(NOTHING_TO_REDO)
    return step


def _took_back(history: History, step: Step) -> bool:
    """Whether a step did nothing but take something back: an import that counted, or a decision that held."""

    def kinds(numbers: Sequence[int]) -> set[str]:
        return {history.decisions[number].kind for number in numbers if number in history.decisions}

    if step.import_no:
        return False
    return kinds(step.decided) == {"leave_out"} or (not step.decided and bool(kinds(step.taken_back) - {"leave_out"}))


def _is_erasure(history: History, step: Step) -> bool:
    return any(history.decisions[number].kind == "erase" for number in step.decided if number in history.decisions)


def _opposite(history: History, step: Step) -> tuple[list[Decision], list[int]]:
    """The decisions that take a step back: those to be made, and the numbers of those that are not to hold any more."""
    from crmetrics.workspace.decisions import Decision

    without = [number for number in step.decided if history.stands(number)]
    again = [history.decisions[number] for number in step.taken_back if not history.is_again(number)]
    if _is_erasure(history, step):
        raise BadValue(
            _("At step {number} a person was erased. That cannot be taken back: the data are gone.", number=step.number)
        )
    decisions = [Decision(each.kind, each.about) for each in again]
    if step.import_no:
        decisions.append(Decision("leave_out", {"source": step.source, "import_no": step.import_no}))
    return decisions, without
