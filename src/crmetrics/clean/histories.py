"""Histories that the product writes itself: what differs between two imports of a source that tells of no history.

A source that gives its deals but neither their visits to stages nor their changes is watched: from its second import on,
the stage, amount, expected close, owner, probability and forecast category of every deal are held against what was known
before. What differs is kept as Parquet beside the raw files of the import, so that the tables can be made again.

A change is dated to the moment up to which the new data reach (or to the closing of the deal); it may have happened at any
time since the import before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.clean.ledger import count
from crmetrics.warehouse.disk import sync
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.schema import TABLES, ddl

STAGES: Final = "history-stages.parquet"
CHANGES: Final = "history-changes.parquet"
REMOVED: Final = "removed.parquet"

_FIELDS: Final = TABLES["deal_changes"].column("field_name").choices


@dataclass(frozen=True)
class Histories:
    """The histories of one source in a version that is being filled.

    imports     the folders of the source's imports, the one at work last
    is_at_work  whether the source is the one that is imported, and not only made again with it
    reaches     the moment up to which the new data reach; now: the present moment
    seen_at     when the source was last imported
    """

    connection: duckdb.DuckDBPyConnection
    source: str
    imports: Sequence[Path]
    is_at_work: bool
    reaches: datetime
    now: datetime
    seen_at: datetime

    def watch(self, stages: bool, changes: bool) -> None:
        """Write what differs from the current version into the folder of the import at work."""
        had = "select count(*) from duckdb_tables() where database_name = 'old' and schema_name = 'main' and table_name = 'deals'"
        if not self.is_at_work or not count(self.connection, had):
            return
        if not count(
            self.connection, f"select count(*) from old.main.deals where source_system = {literal(self.source)}"
        ):
            return
        if stages:
            self._watch_stages()
        if changes:
            self._watch_changes()

    def fill(self, tables: set[str], stages: bool, changes: bool) -> None:
        """Put the kept histories into `deal_stages` and `deal_changes`, of the deals that are there."""
        origin = f"{literal(self.source)}, null, null, timestamp '{self.seen_at.isoformat(sep=' ')}'"
        if stages and (files := self._kept(STAGES)):
            self._open("deal_stages", tables)
            self.connection.execute(
                f"insert into main.deal_stages select deal_id, stage, entered_at, lead(entered_at) over (partition by deal_id "
                f"order by entered_at), {origin} from read_parquet([{files}]) semi join main.deals using (deal_id)"
            )
        if changes and (files := self._kept(CHANGES)):
            self._open("deal_changes", tables)
            self.connection.execute(
                "insert into main.deal_changes select deal_id, changed_at, field_name, old_value, new_value, "
                f"{origin} from read_parquet([{files}]) semi join main.deals using (deal_id)"
            )

    def _watch_stages(self) -> None:
        """The stage entered by every deal that stands elsewhere than it was last known to."""
        own = f"source_system = {literal(self.source)}"
        known = self._kept(STAGES)
        if known:
            last = (
                "select deal_id, arg_max(stage, entered_at) as stage, max(entered_at) as entered_at "
                f"from read_parquet([{known}]) group by 1"
            )
        else:
            # The first time, what was known before is told as well: where each deal stood, and since when it was seen there.
            reached = "(select cast(value as timestamp) from old.meta.facts where name = 'reaches')"
            last = (
                f"select deal_id, stage, least(imported_at, {reached} - interval 1 second) as entered_at "
                f"from old.main.deals where {own}"
            )
        self.connection.execute(f"create or replace temp table last_known as {last}")
        entered = (
            f"case when n.closed_at > coalesce(l.entered_at, timestamp '0001-01-01') then n.closed_at "
            f"when l.deal_id is null then coalesce(n.created_at, {self._observed}) "
            f"else greatest({self._observed}, l.entered_at + interval 1 second) end"
        )
        fresh = (
            f"select n.deal_id, n.stage, {entered} as entered_at from main.deals as n left join last_known as l using (deal_id) "
            f"where n.{own} and l.stage is distinct from n.stage"
        )
        self._write(f"({fresh}{'' if known else ' union all select * from last_known'})", STAGES)

    def _watch_changes(self) -> None:
        own = f"source_system = {literal(self.source)}"
        parts = [
            f"select n.deal_id, {self._observed} as changed_at, '{name}' as field_name, cast(o.{name} as varchar) as old_value, "
            f"cast(n.{name} as varchar) as new_value from main.deals as n join old.main.deals as o using (deal_id) "
            f"where n.{own} and o.{own} and o.{name} is distinct from n.{name}"
            for name in _FIELDS
        ]
        rows = " union all ".join(parts)
        if count(self.connection, f"select count(*) from ({rows})"):
            self._write(f"({rows})", CHANGES)

    @property
    def _observed(self) -> str:
        # Just inside what the data reach, for a row at the very end would lie outside of it.
        moment = min(self.now, self.reaches - timedelta(seconds=1))
        return f"timestamp '{moment.isoformat(sep=' ')}'"

    def _write(self, rows: str, name: str) -> None:
        _keep(self.connection, rows, self.imports[-1] / name)

    def _kept(self, name: str) -> str:
        return ", ".join(literal(str(folder / name)) for folder in self.imports if (folder / name).is_file())

    def _open(self, name: str, tables: set[str]) -> None:
        if name not in tables:
            self.connection.execute(ddl(TABLES[name]))
            tables.add(name)


def note_removed(connection: duckdb.DuckDBPyConnection, source: str, folder: Path, tables: Sequence[str]) -> None:
    """Keep a mark of the rows of a source that are no longer there, in the folder of the import that took them away."""
    gone = [
        f"select '{name}' as table_name, {TABLES[name].key[0]} as key_value, source_file, source_row, imported_at "
        f"from old.main.{name} as o where source_system = {literal(source)} and not exists ("
        f"select 1 from main.{name} as n where n.{TABLES[name].key[0]} = o.{TABLES[name].key[0]})"
        for name in tables
        if len(TABLES[name].key) == 1
    ]
    rows = f"({' union all '.join(gone)})"
    if gone and count(connection, f"select count(*) from {rows}"):
        _keep(connection, rows, folder / REMOVED)


def _keep(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    connection.execute(f"copy (select * from {rows} order by all) to {literal(str(path))} (format parquet)")
    sync(path)
