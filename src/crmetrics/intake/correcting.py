"""Corrected rows taken back: each becomes a decision, and the version is made again with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmetrics.clean.corrections import print_of
from crmetrics.clean.mapping import Mapping as SourceMapping
from crmetrics.intake.lock import import_lock
from crmetrics.intake.quarantine import Place, SetAside, mapping_of, set_aside
from crmetrics.intake.rebuilding import rebuild_locked, room_of
from crmetrics.intake.recovery import recover
from crmetrics.intake.standing import standing_decisions
from crmetrics.intake.workbook import SheetRow, as_text, kept, key_of, sheet_rows
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.versions import Version
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.state import open_state

if TYPE_CHECKING:
    from crmetrics.workspace.state import State

_ = words("quality")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken: where it stands in what came back (sheet and row, blank for a page), its column, and why."""

    place: Place | None
    sheet: str
    number: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of corrections: the version made with them (None: nothing was taken), rows corrected, left as they were, refused."""

    version: Version | None
    corrected: int
    unchanged: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One row with new values of some of its columns; `sheet` and `number` say where it was written."""

    row: SetAside
    values: Mapping[str, str | None]
    sheet: str = ""
    number: int = 0


def take_workbook(
    workspace: Path, path: Path, *, by: str = "administrator", progress: Progress = lambda name, share: None
) -> Taken:
    """Take the corrected rows of a workbook that `crmetrics quarantine --to` wrote; only what was changed counts.

    Errors: NoWorkspace, BadFile for another workbook, Busy, NoSpace; after any of them nothing was changed.
    """
    changes, problems, unchanged = _changes(workspace, sheet_rows(path))
    taken = take(workspace, changes, by=by, progress=progress)
    return Taken(taken.version, taken.corrected, unchanged, (*problems, *taken.problems))


def take(
    workspace: Path,
    changes: Sequence[Change],
    *,
    by: str = "administrator",
    progress: Progress = lambda name, share: None,
) -> Taken:
    """Keep corrections as decisions and make the version again.

    A row that still cannot be read with its new values stays in quarantine, and its correction is undone and told as a problem.
    """
    if not changes:
        return Taken(None, 0, 0, ())
    place = Workspace(workspace)
    with room_of(place), closing(open_state(workspace)) as state, import_lock(place.lock):
        recover(place)
        made = Decisions(state).add(*(_decision(each, by) for each in changes))
        version = _rebuilt(place, state, made, by, progress)
        left = {each.place: each for each in set_aside(workspace)}
        still = [(each, one) for each, one in zip(changes, made, strict=True) if each.row.place in left]
        if still:
            Decisions(state).undo(*(one.number for _each, one in still), by=by)
            note = _note(len(changes) - len(still))
            version = rebuild_locked(place, standing_decisions(place), progress, note, by=by)
        problems = tuple(_still(each, left[each.row.place]) for each, _one in still)
    return Taken(version, len(changes) - len(still), 0, problems)


def _rebuilt(place: Workspace, state: State, made: Sequence[Decision], by: str, progress: Progress) -> Version:
    """The version made again; if that fails, the decisions are undone before the error goes on."""
    try:
        return rebuild_locked(place, standing_decisions(place), progress, _note(len(made)), by=by)
    except BaseException:
        Decisions(state).undo(*(each.number for each in made), by=by)
        raise


def _note(rows: int) -> str:
    return f"corrected by hand: {rows}"


def _decision(change: Change, by: str) -> Decision:
    row = change.row
    about: dict[str, Any] = {
        "source": row.place.source,
        "entry": row.place.entry,
        "import_no": row.place.import_no,
        "file": row.place.file,
        "row": row.place.row,
        "sha256": row.sha256,
        "print": print_of(row.as_they_came),
        "was": {name: row.as_they_came.get(name) for name in change.values},
        "values": dict(change.values),
    }
    return Decision("correct", about, by)


def _still(change: Change, left: SetAside) -> Problem:
    first = left.reasons[0]
    column = ", ".join(left.columns) or first.column
    told = first.message if first.value is None else _("'{value}': {reason}", value=first.value, reason=first.message)
    return Problem(left.place, change.sheet, change.number, column, told)


def _changes(workspace: Path, rows: Iterable[SheetRow]) -> tuple[list[Change], list[Problem], int]:
    """The rows that were changed, those that are not in quarantine any more, and how many were left as they were."""
    known = {(each.place.source, each.place.entry, key_of(each.place)): each for each in set_aside(workspace)}
    mappings: dict[str, SourceMapping | None] = {}
    changes, problems, unchanged = [], [], 0
    for line in rows:
        row = known.get((line.source, line.entry, line.key))
        if row is None:
            gone = _("The row is not in quarantine any more. Write the workbook again and correct that one.")
            problems.append(Problem(None, line.sheet, line.number, "", gone))
            continue
        if line.source not in mappings:
            mappings[line.source] = mapping_of(workspace, line.source)
        values = _changed(line, row, mappings[line.source])
        if values:
            changes.append(Change(row, values, line.sheet, line.number))
        else:
            unchanged += 1
    return changes, problems, unchanged


def _changed(line: SheetRow, row: SetAside, mapping: SourceMapping | None) -> dict[str, str | None]:
    """The columns that hold something else than what was written out, as texts of the file."""
    entry = mapping.entries.get(line.entry) if mapping else None
    found: dict[str, str | None] = {}
    for name, cell in line.cells.items():
        before = row.values.get(name)
        is_same = ("" if before is None else kept(before)) == (cell if isinstance(cell, str) else None)
        if entry is not None and not is_same and not (before is None and cell in ("", None)):
            text = as_text(cell, entry.formats_of(name))
            if text != before:
                found[name] = text
    return found
