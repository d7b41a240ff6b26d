"""The record of every step: what each version was made of, by whom, and what that changed.

    <workspace>/history/000123.json   one step a version; it stays when the version itself goes

It holds counts, names of files and numbers of decisions, never a value out of the data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from crmetrics.intake.live_files import counted_numbers, keeps_imports
from crmetrics.intake.report import FileReport
from crmetrics.intake.standing import made_with
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import replace
from crmetrics.warehouse.versions import Version, Versions, facts_of
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import has_state

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("history")

BY: Final = "watched folder"
"""Whose doing an import is that nobody asked for."""


@dataclass(frozen=True)
class Step:
    """What was done from one version to the next. Moments are UTC without a mark.

    number      that of the version it made; made_from: the version before, 0 for the first
    import_no   the import it was, of `source`; 0 if it was none
    mapping     a short print of the mapping; is_new_mapping: the source was read by another one before
    files       what became of the rows of each file that was read
    decided     decisions that the version before was made without; taken_back: those that this one was made without
    rows        table -> how many rows; rows_before: of the version before
    set_aside   rows in quarantine, odd: values kept though they are odd, cleaned: values that rules changed, all in the version
    """

    number: int
    at: datetime
    by: str
    made_from: int
    note: str
    import_no: int
    source: str
    mapping: str
    is_new_mapping: bool
    files: tuple[FileReport, ...]
    decided: tuple[int, ...]
    taken_back: tuple[int, ...]
    rows: Mapping[str, int]
    rows_before: Mapping[str, int]
    set_aside: int
    odd: int
    cleaned: int


@dataclass(frozen=True)
class History:
    """All steps, the newest first.

    current    the version that is read now
    counted    the imports that count in it
    decisions  every decision ever made, by its number
    """

    steps: Sequence[Step]
    current: int
    counted: frozenset[int]
    decisions: Mapping[int, Decision]

    @cached_property
    def led_here(self) -> tuple[Step, ...]:
        """The steps that led to the current version, the newest first: what was rolled back is not among them."""
        by_number = {step.number: step for step in self.steps}
        found = []
        step = by_number.get(self.current)
        while step is not None:
            found.append(step)
            step = by_number.get(step.made_from) if step.made_from < step.number else None
        return tuple(found)

    def step(self, number: int) -> Step:
        """The step that made a version. Raises UnknownName, with the numbers there are."""
        for step in self.steps:
            if step.number == number:
                return step
        raise UnknownName(
            _(
                "There is no step {number}. The last ones are: {known}.",
                number=number,
                known=", ".join(str(step.number) for step in self.steps[:10]) or "-",
            )
        )

    def stands(self, number: int) -> bool:
        """Whether a decision holds."""
        found = self.decisions.get(number)
        return found is not None and found.undone_at is None

    def is_in_force(self, step: Step) -> bool:
        """Whether what was done still holds in the current data."""
        if step.import_no:
            return step.import_no in self.counted
        if step.decided:
            return any(self.stands(number) for number in step.decided)
        return bool(step.taken_back) and not any(self.is_again(number) for number in step.taken_back)

    def is_again(self, number: int) -> bool:
        """Whether a decision that was taken back holds again, under whatever number."""
        old = self.decisions.get(number)
        return old is not None and any(
            self.stands(each.number) and (each.kind, each.about) == (old.kind, old.about)
            for each in self.decisions.values()
        )


def history_of(workspace: Path) -> History:
    """The history of a workspace; empty before its first import."""
    place = Workspace(workspace)
    versions = Versions(place.versions)
    kept = {step.number: step for step in map(_read, sorted(place.history.glob("[0-9]*.json")))}
    for version in versions.all():
        if version.number not in kept:  # its maker was killed in between
            kept[version.number] = _step_of(version, versions)
    current = versions.current()
    return History(
        tuple(kept[number] for number in sorted(kept, reverse=True)),
        current.number if current else 0,
        frozenset(counted_numbers(current)),
        {each.number: each for each in _decisions(place)},
    )


def keep_step(place: Workspace, version: Version) -> None:
    """Keep what was done to make a version that has just been published."""
    place.history.mkdir(exist_ok=True)
    told = json.dumps(asdict(_step_of(version, Versions(place.versions))), ensure_ascii=False, indent=1, default=str)
    path = place.history / f"{version.number:06d}.json"
    replace(path, told, path.name + ".part")


def _read(path: Path) -> Step:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    told["at"] = datetime.fromisoformat(told["at"])
    told["files"] = tuple(FileReport(**each) for each in told["files"])
    return Step(**{**told, "decided": tuple(told["decided"]), "taken_back": tuple(told["taken_back"])})


def _decisions(place: Workspace) -> Sequence[Decision]:
    if not has_state(place.folder):
        return ()
    from crmetrics.workspace.decisions import Decisions
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        return Decisions(state).all()


def _step_of(version: Version, versions: Versions) -> Step:
    """The step that made a version, as it and the one before tell it."""
    facts = facts_of(version.path)
    before = next((one for one in versions.all() if str(one.number) == facts.get("made_from")), None)
    number = int(facts.get("import_no", 0))
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        if not keeps_imports(connection):
            return _untold(version)
        named = connection.execute("select source from meta.imports where import_no = ?", [number]).fetchall()
        source = str(named[0][0]) if named else ""
        files = connection.execute(
            "select entry, file, rows_read, rows_kept, rows_quarantined, rows_merged from meta.files "
            "where import_no = ? order by raw_path",
            [number],
        ).fetchall()
        counts = [
            _one(connection, "select count(distinct (source, entry, file, row)) from meta.quarantine"),
            _one(connection, "select sum(row_count) from meta.warning_counts"),
            _cleaned(connection),
        ]
    mapping, rows = _told(version, source)
    mapping_before, rows_before = _told(before, source) if before else ("", {})
    now, then = set(made_with(version)), set(made_with(before)) if before else set()
    return Step(
        version.number,
        version.published_at,
        facts.get("made_by", ""),
        before.number if before else int(facts.get("made_from", 0)),
        version.note,
        number if named else 0,
        source,
        mapping,
        bool(mapping_before) and mapping_before != mapping,
        tuple(FileReport(*line) for line in files),
        tuple(sorted(now - then)),
        tuple(sorted(then - now)),
        rows,
        rows_before,
        *counts,
    )


def _untold(version: Version) -> Step:
    """The step of a version that does not tell what it was made of."""
    return Step(
        version.number, version.published_at, "", 0, version.note, 0, "", "", False, (), (), (), {}, {}, 0, 0, 0
    )  # fmt: skip


def _told(version: Version, source: str) -> tuple[str, dict[str, int]]:
    """A short print of the mapping of a source in a version, and the rows of every table."""
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        texts = connection.execute("select mapping from meta.sources where source = ?", [source]).fetchall()
        rows = connection.execute(
            "select table_name, row_count from meta.profile where column_name = '' order by 1"
        ).fetchall()
    return sha256(texts[0][0].encode()).hexdigest()[:12] if texts else "", dict(rows)


def _cleaned(connection: duckdb.DuckDBPyConnection) -> int:
    """How many values the rules of cleaning changed; 0 for a version that was made before this was noted."""
    if not _one(
        connection, "select count(*) from duckdb_tables() where schema_name = 'meta' and table_name = 'changes'"
    ):
        return 0
    return _one(connection, "select sum(changed) from meta.changes")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0] or 0)
