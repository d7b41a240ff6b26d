"""Duplicates decided: merged, kept apart, and the last step taken back, each with the version that came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from crmetrics.clean.merging import TAKES
from crmetrics.intake.deciding import decide
from crmetrics.intake.rebuilding import preview
from crmetrics.vocabulary.errors import NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.versions import Version, Versions
from crmetrics.workspace.folder import Workspace

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision, Decisions, Kind

_ = words("duplicates")

KINDS: Final = ("merge", "apart")

Progress = Callable[[str, float], None]
Groups = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a step.

    kind     merge or apart: what was decided, or taken back
    groups   how many groups it was about
    records  rows before and after, of the table
    version  the version that was published
    """

    kind: str
    table: str
    groups: int
    records: tuple[int, int]
    version: Version


def merge(
    workspace: Path,
    groups: Groups,
    *,
    table: str = "customers",
    by: str = "administrator",
    take: Mapping[str, str] | None = None,
    progress: Progress = lambda name, share: None,
) -> Outcome:
    """Make one record of each group of ids, and publish the version that follows.

    The fullest record survives; `take` says of a column whose value does (latest, first, kept, strictest). All of it is one
    step, which `undo` takes back. UnknownName for an id, a column or a way that there is not; what a rebuild raises leaves
    everything as it was.
    """
    current = _current(workspace)
    decisions = merge_decisions(current.path, groups, table=table, by=by, take=take)
    return _step(workspace, current, "merge", table, len(groups), decisions, by, progress)


def apart(
    workspace: Path,
    groups: Groups,
    *,
    table: str = "customers",
    by: str = "administrator",
    progress: Progress = lambda name, share: None,
) -> Outcome:
    """Keep the records of each group apart from each other: they are not proposed again. One step, as a merge is."""
    current, step = _current(workspace), _now()
    _check(current.path, table, groups)
    decisions = [
        _decision("apart", by, {"table": table, "left": left, "right": right, "step": step})
        for group in groups
        for left, right in combinations(sorted(set(group)), 2)
    ]
    return _step(workspace, current, "apart", table, len(groups), decisions, by, progress)


def undo(workspace: Path, *, by: str = "administrator", progress: Progress = lambda name, share: None) -> Outcome:
    """Take the last step back, whoever made it: every figure is again what it was. UnknownName where there is none."""
    current = _current(workspace)
    with _decisions(workspace) as decisions:
        standing = decisions.standing(*KINDS)
    if not standing:
        raise UnknownName(_("No duplicates were merged or kept apart that could be taken back."))
    step = [each for each in standing if each.about.get("step") == standing[-1].about.get("step")]
    kind, table = step[0].kind, str(step[0].about["table"])
    groups = len({str(each.about.get("keep") or each.about.get("left")) for each in step})
    before = _count(current.path, table)
    note = _note(kind, table, groups, is_undone=True)
    version = decide(workspace, without=[each.number for each in step], by=by, note=note, progress=progress)
    return Outcome(kind, table, groups, (before, _count(version.path, table)), version)


@contextmanager
def previewed(workspace: Path | None, groups: Groups, table: str = "customers") -> Iterator[Path]:
    """A version's file made aside as if these groups were merged, gone at the end. NoWorkspace where there is none to make it of."""
    if workspace is None:
        raise NoWorkspace(
            _("What a merge changes can be worked out in a workspace only: it is made again from its raw rows.")
        )
    decisions = merge_decisions(_current(workspace).path, groups, table=table)
    with preview(workspace, decisions) as version:
        yield version.path


def merge_decisions(
    version: Path,
    groups: Groups,
    *,
    table: str = "customers",
    by: str = "administrator",
    take: Mapping[str, str] | None = None,
) -> list[Decision]:
    """The decisions that merge each group of ids: of each the fullest record is kept, of equally full ones the oldest."""
    _check(version, table, groups)
    for column, way in (take or {}).items():
        if way not in TAKES or not (TABLES[table].has(column) or column.startswith("custom_")):
            raise UnknownName(
                _(
                    "'{column}={way}' says of no column whose value survives. Ways are: {names}.",
                    column=column, way=way, names=", ".join(TAKES),
                )
            )  # fmt: skip
    order = _fullest_first(version, table, [one for group in groups for one in group])
    more = {"take": dict(take)} if take else {}
    step, told = _now(), []
    for group in groups:
        keep, *others = sorted(set(group), key=order.__getitem__)
        if others:
            told.append(_decision("merge", by, {"table": table, "keep": keep, "others": others, "step": step, **more}))
    return told


def _fullest_first(version: Path, table: str, ids: Sequence[str]) -> dict[str, tuple[int, str, str]]:
    """How the records stand in the order of survival."""
    key = TABLES[table].key[0]
    derived = (key, "created_at", "kind")
    columns = [column.name for column in TABLES[table].columns if column.name not in derived]
    filled = " + ".join(f"({identifier(name)} is not null)::int" for name in columns)
    made = "coalesce(created_at::varchar, '9999')" if TABLES[table].has("created_at") else "''"
    with closing(duckdb.connect(str(version), read_only=True)) as connection:
        found = connection.execute(
            f"select {key}, -({filled}), {made} from main.{table} where {key} in (select unnest(?::varchar[]))",
            [list(ids)],
        ).fetchall()
    return {str(one): (int(fullness), str(created), str(one)) for one, fullness, created in found}


def _check(version: Path, table: str, groups: Groups) -> None:
    """UnknownName for a table that has no duplicates, or an id that is not there."""
    if table not in ("customers", "contacts"):
        raise UnknownName(_("'{table}' has no duplicates to decide about: customers and contacts have.", table=table))
    wanted = sorted({one for group in groups for one in group})
    with closing(duckdb.connect(str(version), read_only=True)) as connection:
        there = connection.execute(
            f"select count(*) from duckdb_tables() where schema_name = 'main' and table_name = {literal(table)}"
        ).fetchall()[0][0]
        key = TABLES[table].key[0]
        known = f"select {key} from main.{table}" if there else "select ''"
        missing = connection.execute(
            f"select id from (select unnest(?::varchar[]) as id) where id not in ({known}) order by id limit 1",
            [wanted],
        ).fetchall()
    if missing:
        raise UnknownName(
            _(
                "'{id}' is not among the records of '{table}' any more. List the duplicates again.",
                id=missing[0][0],
                table=table,
            )
        )


def _step(
    workspace: Path,
    current: Version,
    kind: str,
    table: str,
    groups: int,
    told: Sequence[Decision],
    by: str,
    progress: Progress,
) -> Outcome:
    """Keep decisions and publish what follows; after an error they do not stand."""
    before = _count(current.path, table)
    version = decide(workspace, told, by=by, note=_note(kind, table, groups), progress=progress)
    return Outcome(kind, table, groups, (before, _count(version.path, table)), version)


def _note(kind: str, table: str, groups: int, *, is_undone: bool = False) -> str:
    """The note of a version, as the list of versions shows it."""
    return f"{'undo ' if is_undone else ''}{kind}: {table}, {groups}"


@contextmanager
def _decisions(workspace: Path) -> Iterator[Decisions]:
    from crmetrics.workspace.decisions import Decisions  # loads sqlalchemy: only where something is decided
    from crmetrics.workspace.state import open_state

    with closing(open_state(workspace)) as state:
        yield Decisions(state)


def _decision(kind: Kind, by: str, about: Mapping[str, Any]) -> Decision:
    from crmetrics.workspace.decisions import Decision

    return Decision(kind, about, by)


def _current(workspace: Path) -> Version:
    current = Versions(Workspace(workspace).versions).current()
    if current is None:
        raise NoWorkspace(_("There is no data in '{folder}' yet, so there are no duplicates.", folder=str(workspace)))
    return current


def _count(version: Path, table: str) -> int:
    with closing(duckdb.connect(str(version), read_only=True)) as connection:
        return int(connection.execute(f"select count(*) from main.{table}").fetchall()[0][0])


def _now() -> str:
    return datetime.now(UTC).isoformat()
