"""What is odd in rows that are kept: the checks of the schema and a few across columns, counted and listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import duckdb

from crmetrics.clean.ledger import EXAMPLES, told
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES, Check, Table, Type

_ = words("import")

VISITS: Final = "entered_at, imported_at, source_file, source_row"
"""Visits in the order in which they happened; at the same moment, as they stand in the file."""

FUTURE: Final = _("It lies in the future.")
NOT_A_CURRENCY: Final = _("It is not a currency by ISO 4217, such as EUR.")
LAST_VISIT: Final = _("The stage of the deal is not the one it entered last.")
OTHER_OUTCOME: Final = _("The outcome of the deal does not fit the kind of its stage.")
OVERLAP: Final = _("The deal entered another stage before it left this one.")


def check_rows(connection: duckdb.DuckDBPyConnection, names: Iterable[str], now: datetime) -> None:
    """Write the warnings of some tables: one pass that counts, and one look at the rows of each check that is broken."""
    moment = f"timestamp '{now.isoformat(sep=' ')}'"
    for name in names:
        table = TABLES[name]
        checks = [check for check in table.checks if not check.is_fatal]
        checks += [
            Check(f"{column.name} <= {moment}", FUTURE, column.name)
            for column in table.columns
            if column.type in (Type.DATE, Type.MOMENT) and not column.is_planned
        ]
        if table.has("currency"):
            checks.append(Check("regexp_full_match(currency, '[A-Z]{3}')", NOT_A_CURRENCY, "currency"))
        _write(connection, table, checks)


def check_deals(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Hold deals against their stages and visits."""
    if "deals" not in tables:
        return
    if "stages" in tables:
        outcome = "case kind when 'won' then true when 'lost' then false end"
        _list(
            connection, TABLES["deals"], "stage", OTHER_OUTCOME,
            "from main.deals as t join main.stages as s on s.pipeline = t.pipeline and s.stage = t.stage "
            f"where ({outcome}) is distinct from t.is_won",
        )  # fmt: skip
    if "deal_stages" in tables:
        _list(
            connection, TABLES["deals"], "stage", LAST_VISIT,
            f"from main.deals as t join (select deal_id as of_deal, arg_max(stage, ({VISITS})) as last_stage "
            "from main.deal_stages group by 1) as v on v.of_deal = t.deal_id where v.last_stage <> t.stage",
        )  # fmt: skip
        _list(
            connection, TABLES["deal_stages"], "left_at", OVERLAP,
            f"from (select *, lead(entered_at) over (partition by deal_id order by {VISITS}) as next_at "
            "from main.deal_stages) as t where t.left_at > t.next_at or (t.left_at is null and t.next_at is not null)",
        )  # fmt: skip


def _write(connection: duckdb.DuckDBPyConnection, table: Table, checks: Sequence[Check]) -> None:
    if not checks:
        return
    counts = ", ".join(f"count(*) filter (where not ({check.condition}))" for check in checks)
    found = connection.execute(f"select {counts} from main.{table.name}").fetchall()[0]
    for check, rows in zip(checks, found, strict=True):
        if rows:
            _list(
                connection,
                table,
                check.column,
                check.says,
                f"from main.{table.name} as t where not ({check.condition})",
                rows,
            )


def _list(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    column: str,
    says: Message,
    rows: str,
    how_many: int | None = None,
) -> None:
    """Note the rows of a warning: some as examples, all as a number."""
    if how_many is None:
        how_many = int(connection.execute(f"select count(*) {rows}").fetchall()[0][0])
    if not how_many:
        return
    name, reason = f"t.{identifier(column)}", told(says)
    connection.execute(
        f"insert into meta.warnings select f.import_no, t.source_system, f.entry, '{table.name}', t.source_file, t.source_row, "
        f"{literal(column)}, cast({name} as varchar), {reason} from (select t.* {rows} limit {EXAMPLES}) as t "
        "left join known_files as f on f.source = t.source_system and f.file = t.source_file and f.imported_at = t.imported_at "
        f"and list_contains(f.tables, '{table.name}')"
    )
    connection.execute(
        f"insert into meta.warning_counts select null, '{table.name}', {literal(column)}, {reason}, {how_many}"
    )
