"""Values that the product derives from other tables where a source gives none; every one is counted."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import duckdb

from crmetrics.clean.ledger import MADE_BY, count, count_derived
from crmetrics.clean.ticket_moments import derive_ticket_moments
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES, Type, ddl

_ = words("import")

UNKNOWN_STAGE: Final = _(
    "The stage '{stage}' is not among the stages of '{pipeline}'; it was added as an open one, last."
)


@dataclass(frozen=True)
class Derivation:
    """Derives values in the tables of a version that is being filled. `zone` is the company's, `now` SQL of the moment."""

    connection: duckdb.DuckDBPyConnection
    tables: set[str]
    zone: str
    now: str

    def run(self, leaves_derived: Collection[str]) -> None:
        """Derive everything, in an order in which each step finds what it leans on.

        `leaves_derived` names the sources whose visits do not say when a stage was left.
        """
        derive_ticket_moments(self.connection, self.tables, self._fill)
        if "deal_stages" in self.tables:
            self._left_at(leaves_derived)
        if "deals" in self.tables:
            self.add_stages()
            self._outcome()
            self._deal_created_at()
            self._fill("deals", "forecast_category", TABLES["deals"].column("forecast_category").default or "null")

    def _left_at(self, sources: Collection[str]) -> None:
        named = ", ".join(literal(source) for source in sources)
        if named:
            self._fill(
                "deal_stages",
                "left_at",
                "n.next_at",
                "join (select rowid as id, lead(entered_at) over (partition by deal_id order by entered_at, "
                "imported_at, source_file, source_row, rowid) as next_at from main.deal_stages) as n on n.id = t.rowid",
                f"t.source_system in ({named})",
            )

    def add_stages(self) -> None:
        """Add the stages that deals and their histories name but the table of stages lacks."""
        if "deals" not in self.tables:
            return
        had = "stages" in self.tables
        if not had:
            self.connection.execute(ddl(TABLES["stages"]))
            self.tables.add("stages")
        self._find_new_stages()
        if new := count(self.connection, "select count(*) from new_stages"):
            if had:
                self._warn_of_new_stages()
            # where no stage was known, the deals themselves tell which ones won and lost are
            self._place_new_stages("'open'" if had else "kind")
            count_derived(self.connection, MADE_BY, "stages", "stage", new)

    def _find_new_stages(self) -> None:
        """Bring the unknown stages into `new_stages`, with their kind by how their deals ended and their usual place."""
        has_visits = "deal_stages" in self.tables
        visits = (
            " union all select d.pipeline, v.stage, 0, 0, 0, v.place from (select *, row_number() over ("
            "partition by deal_id order by entered_at, source_row) as place from main.deal_stages) as v "
            "join main.deals as d using (deal_id)"
        )
        known = "select 1 from main.stages as k where k.pipeline = n.pipeline and k.stage = n.stage"
        self.connection.execute(
            "create or replace temp table new_stages as select pipeline, stage, case when sum(won) = sum(deals) and "
            "sum(deals) > 0 then 'won' when sum(lost) = sum(deals) and sum(deals) > 0 then 'lost' else 'open' end as kind, "
            "avg(place) as place from (select pipeline, stage, 1 as deals, (is_won is true)::int as won, "
            f"(is_won is false)::int as lost, null as place from main.deals{visits if has_visits else ''}) as n "
            f"where not exists ({known}) group by all"
        )

    def _place_new_stages(self, kind: str) -> None:
        """Put new stages after the open ones that are known; won and lost move on to stay behind all open ones."""
        self.connection.execute(
            "update main.stages set stage_no = stage_no + (select count(*) from new_stages as n "
            "where n.pipeline = stages.pipeline) where kind <> 'open'"
        )
        self.connection.execute(
            f"insert into main.stages (pipeline, stage, stage_no, kind, source_system, imported_at) "
            f"select pipeline, stage, coalesce((select max(stage_no) from main.stages as k where k.pipeline = n.pipeline "
            f"and k.kind = 'open'), 0) + row_number() over (partition by pipeline order by {kind} = 'lost', {kind} = 'won', "
            f"place nulls last, stage), {kind}, '{MADE_BY}', timestamp '{self.now}' from new_stages as n"
        )

    def _warn_of_new_stages(self) -> None:
        text = f"{literal(UNKNOWN_STAGE.text)}, {literal(UNKNOWN_STAGE.domain)}"
        values = "cast(json_object('stage', stage, 'pipeline', pipeline) as varchar)"
        self.connection.execute(
            f"insert into meta.warnings select null, null, null, 'stages', null, null, 'stage', stage, {text}, {values} "
            "from new_stages order by pipeline, stage"
        )
        self.connection.execute(
            f"insert into meta.warning_counts select null, 'stages', 'stage', {text}, {values}, 1 from new_stages"
        )

    def _outcome(self) -> None:
        """Whether and when a deal was decided, from the kind of its stage and the moment it came there."""
        kinds = "join main.stages as s on s.pipeline = t.pipeline and s.stage = t.stage"
        self._fill("deals", "is_won", "s.kind = 'won'", kinds, "s.kind <> 'open'")
        if "deal_stages" in self.tables:
            entered = (
                "join (select deal_id as of_deal, stage as at_stage, max(entered_at) as entered from main.deal_stages "
                "group by all) as v on v.of_deal = t.deal_id and v.at_stage = t.stage"
            )
            self._fill("deals", "closed_at", "v.entered", entered, "t.is_won is not null")

    def _deal_created_at(self) -> None:
        """The first stage entered, else the first activity; else it stays blank."""
        for table, moment in (("deal_stages", "entered_at"), ("activities", "created_at")):
            if table in self.tables:
                first = f"(select deal_id as of_deal, min({moment}) as first_at from main.{table} group by 1) as f"
                self._fill("deals", "created_at", "f.first_at", f"join {first} on f.of_deal = t.deal_id")

    def customers_created_at(self) -> None:
        """The first dated trace of a customer, in whatever table."""
        traces = []
        for table in TABLES.values():
            if table.name in self.tables - {"customers"} and table.appears and table.has("customer_id"):
                at = identifier(table.appears)
                if table.column(table.appears).type is Type.DATE:
                    at = f"timezone('UTC', timezone({literal(self.zone)}, cast({at} as timestamp)))"
                traces.append(
                    f"select customer_id as of_customer, min({at}) as first_at from main.{table.name} "
                    "where customer_id is not null group by 1"
                )
        if traces:
            first = (
                f"(select of_customer, min(first_at) as first_at from ({' union all '.join(traces)}) group by 1) as f"
            )
            self._fill("customers", "created_at", "f.first_at", f"join {first} on f.of_customer = t.customer_id")

    def _fill(self, table: str, column: str, value: str, joins: str = "", condition: str = "true") -> None:
        """Set a column where it is blank, and count what was set by source."""
        self.connection.execute(
            f"create or replace temp table fill as select t.rowid as id, t.source_system as source, {value} as value "
            f"from main.{table} as t {joins} where t.{column} is null and ({condition}) and ({value}) is not null"
        )
        found = self.connection.execute("select source, count(*) from fill group by 1 order by 1").fetchall()
        if found:
            self.connection.execute(
                f"update main.{table} set {column} = fill.value from fill where {table}.rowid = fill.id"
            )
        for source, rows in found:
            count_derived(self.connection, source, table, column, rows)
