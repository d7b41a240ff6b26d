"""Targets that people set in the product: a source of their own, so that versions, the record and taking back hold for them.

    <workspace>/planned/targets.csv    all of them, as they were last set; mapping.toml beside it reads it

Those that stand are those that the current version was made of: a step taken back takes them back, and nothing can disagree.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Final, Literal

import duckdb

from crmetrics.clean.mapping_file import parse_mapping
from crmetrics.intake.imports import import_sources
from crmetrics.intake.live_files import live_files
from crmetrics.intake.raw_store import RawStore
from crmetrics.intake.report import ImportReport
from crmetrics.vocabulary.errors import BadValue, NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import replace
from crmetrics.warehouse.versions import Version, Versions
from crmetrics.workspace.folder import Workspace

_ = words("targets")

SOURCE: Final = "targets-set-here"
"""What the source is called; a folder of a company's own files would hardly be."""

MAPPING: Final = f"""# Targets that were set in crmetrics. Written by it: what is changed here is lost.
[source]
name = "{SOURCE}"
kind = "full"

[files.targets]
match = "targets.csv"
delimiter = ","
encoding = "utf-8"
key = ["kpi", "scope", "scope_id", "starts_on"]
may_be_empty = true

[targets]
from = "targets"
kpi = "kpi"
scope = "scope"
scope_id = "scope_id"
starts_on = "starts_on"
ends_on = "ends_on"
target_value = "target_value"
currency = "currency"
"""

Level = Literal["company", "team", "owner"]
Progress = Callable[[str, float], None]
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """One target: of a KPI by its key, for the company (`scope_id` blank), a team by its name or an employee by his id.

    starts_on, ends_on  days; the end is no longer in it. target_value is in the KPI's unit, a share 0 to 1, money in `currency`
    set_by              the name of who set it
    """

    kpi: str
    scope: Level
    scope_id: str
    starts_on: date
    ends_on: date
    target_value: Decimal
    currency: str = ""
    set_by: str = ""

    @property
    def key(self) -> Key:
        """What tells it from all others."""
        return self.kpi, self.scope, self.scope_id, self.starts_on.isoformat()


NAMES: Final = tuple(field.name for field in fields(Plan))


def planned(workspace: Path) -> tuple[Plan, ...]:
    """The targets set in the product that the current version holds, in the order of their keys."""
    current = Versions(Workspace(workspace).versions).current()
    return () if current is None else _planned(workspace, current)


def set_target(
    workspace: Path, plan: Plan, *, by: str = "administrator", progress: Progress = lambda name, share: None
) -> ImportReport:
    """Set a target, or change the one of the same KPI, party and first day, and publish the version that follows.

    Errors: BadValue if a file of the company gives that target, or it says nothing; those of `import_sources`.
    """
    current = _current(workspace)
    if plan.ends_on <= plan.starts_on:
        raise BadValue(_("A target cannot end on '{end}', before it starts.", end=plan.ends_on))
    if not plan.target_value.is_finite() or plan.target_value <= 0:
        raise BadValue(_("'{value}' is no target: write a number above 0.", value=str(plan.target_value)))
    own = {each.key: each for each in _planned(workspace, current)}
    if plan.key not in own and _is_given(current, plan.key):
        raise BadValue(
            _(
                "The company's own files give '{kpi}' a target from {day} on for the same party already. Change it there.",
                kpi=plan.kpi,
                day=plan.starts_on,
            )
        )
    return _write(workspace, [*({**own, plan.key: plan}).values()], by, progress)


def remove_target(
    workspace: Path, key: Key, *, by: str = "administrator", progress: Progress = lambda name, share: None
) -> ImportReport:
    """Remove a target that was set here, and publish the version that follows. UnknownName if there is no such one."""
    own = {each.key: each for each in _planned(workspace, _current(workspace))}
    if key not in own:
        raise UnknownName(_("There is no target of '{kpi}' from {day} on that was set here.", kpi=key[0], day=key[3]))
    return _write(workspace, [each for each in own.values() if each.key != key], by, progress)


def _write(workspace: Path, plans: Sequence[Plan], by: str, progress: Progress) -> ImportReport:
    folder = Workspace(workspace).folder / "planned"
    folder.mkdir(parents=True, exist_ok=True)
    mapping, listed, text = folder / "mapping.toml", folder / "targets.csv", StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(NAMES)
    lines.writerows(astuple(each) for each in sorted(plans, key=lambda each: each.key))
    replace(mapping, MAPPING, "mapping.toml.new")
    replace(listed, text.getvalue(), "targets.csv.new")
    return import_sources(workspace, [listed], mapping, progress=progress, by=by)


def _planned(workspace: Path, current: Version) -> tuple[Plan, ...]:
    if not _has(current, "meta", "sources"):  # made by no import
        return ()
    mapping = parse_mapping(Path("mapping.toml"), MAPPING, SOURCE)
    parts, _same = live_files(current, mapping, RawStore(Workspace(workspace).raw))
    if not parts:
        return ()
    named = ", ".join(f"coalesce({name}, '')" for name in NAMES)
    with closing(duckdb.connect(":memory:")) as connection:
        rows = connection.execute(
            f"select {named} from read_parquet(?) order by 1, 2, 3, 4", [[str(part.path) for part in parts]]
        ).fetchall()
    return tuple(
        Plan(kpi, scope, scope_id, date.fromisoformat(start), date.fromisoformat(end), Decimal(value), currency, who)
        for kpi, scope, scope_id, start, end, value, currency, who in rows
    )


def _is_given(current: Version, key: Key) -> bool:
    if not _has(current, "main", "targets"):
        return False
    sql = (
        "select 1 from main.targets where kpi = ? and scope = ? and coalesce(scope_id, '') = ? and starts_on = ?::date"
    )
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        return bool(connection.execute(sql, list(key)).fetchall())


def _has(current: Version, schema: str, table: str) -> bool:
    sql = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        return bool(connection.execute(sql, [schema, table]).fetchall())


def _current(workspace: Path) -> Version:
    current = Versions(Workspace(workspace).versions).current()
    if current is None:
        raise NoWorkspace(_("There is no data in '{folder}' yet, so nothing can be planned.", folder=str(workspace)))
    return current
