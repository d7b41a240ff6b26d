"""Sources and what they unlock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import Catalogue, HeatMap, Note, Options, Result, Row, Table, analysis, column
from crmetrics.data.quality_rows import counted_rows
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day, months_later
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, SHARE
from crmetrics.warehouse.schema import TABLES, Type
from crmetrics.warehouse.schema import Table as Canonical
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

Show = Annotated[
    Literal["tables", "analyses", "months"],
    Options("Show", tables="the tables", analyses="the analyses", months="the tables by month, of two years"),
]

MONTHS_SHOWN: Final = 24

TABLE: Final = "select count(*) as rows_in_all, min({dated}) as first, max({dated}) as last, {linked} as linked from {table} t {customers}"
MONTHS: Final = """
select party, count(*) as rows_in_all
from {table}
where {dated} is not null
group by party
order by party
"""


class Coverage(Row):
    table_name = column("Table", only=("show", ("tables", "months")))
    source = column("Source", only=("show", ("tables",)))
    month = column("Month", dimension="month", only=("show", ("months",)))
    rows = column("Rows", COUNT, only=("show", ("tables", "months")))
    first = column("First", DATE, only=("show", ("tables",)))
    last = column("Last", DATE, only=("show", ("tables",)))
    age = column("Age", DAYS, "from the last one to the moment up to which the data reach", only=("show", ("tables",)))
    linked_share = column("Linked", SHARE, "rows that name a known customer", only=("show", ("tables",)))
    analysis_name = column("Analysis", only=("show", ("analyses",)))
    key = column("Key", only=("show", ("analyses",)))
    state = column("State", only=("show", ("analyses",)), ready="ready", thin="thin", locked="locked")
    missing = column("Missing", only=("show", ("analyses",)))
    table = column("Table ID", is_hidden=True)


@analysis(
    "Sources and what they unlock",
    needs={},
    date="",
    chart=HeatMap(x="month", y="table_name", value="rows"),
    behind=counted_rows,
)
def coverage(warehouse: Warehouse, catalogue: Catalogue, show: Show = "tables") -> Result[Coverage]:
    """Which sources came, for which span, and which analyses are possible or locked by which column?

    Formula: rows, first and last date of each table, rows that name a known customer / rows; an analysis is locked by the first table
             without rows or column filled in less than half of the rows that should have it, thin below its little-data limit.
    Reads:   Every table, by its driving column.
    Mind:    A table with rows is of no use to an analysis whose column is blank in it.
    Source:  Own definition; check 9 of the data model.
    """
    found = {"tables": _tables, "months": _months}
    lines = list(_analyses(catalogue)) if show == "analyses" else list(found[show](warehouse))
    used = sum(warehouse.profile.rows(name) for name in TABLES)
    return Result(
        Table(Coverage, {each.name: [line.get(each.name) for line in lines] for each in Coverage.columns}),
        notes=_absent(warehouse) if show == "tables" else (),
        used=used,
    )


def dated_by(table: Canonical) -> str | None:
    """The driving column of a table: what places its rows in time; None if nothing does."""
    return table.appears


def _tables(warehouse: Warehouse) -> Iterator[dict[str, Any]]:
    for name, table in TABLES.items():
        if not warehouse.profile.rows(name):
            continue
        dated = dated_by(table)
        has_link = table.has("customer_id") and name != "customers"
        sql = TABLE.format(
            table=name,
            dated=f"t.{dated}" if dated else "cast(null as TIMESTAMP)",
            linked="count(c.customer_id)" if has_link else "cast(null as DOUBLE)",
            customers="left join customers c on c.customer_id = t.customer_id" if has_link else "",
        )
        row = warehouse.query(sql).one()
        first, last = (_day(warehouse, table, row[part]) for part in ("first", "last"))
        yield {
            "table_name": table.label,
            "table": name,
            "source": ", ".join(warehouse.sources_of(name)) or None,
            "rows": row["rows_in_all"],
            "first": first,
            "last": last,
            "age": float((warehouse.today - last).days) if last else None,
            "linked_share": row["linked"] / row["rows_in_all"] if has_link and row["rows_in_all"] else None,
        }


def _months(warehouse: Warehouse) -> Iterator[dict[str, Any]]:
    since = months_later(warehouse.today, -MONTHS_SHOWN).isoformat()[:7]
    for name, table in TABLES.items():
        dated = dated_by(table)
        if dated is None or not warehouse.profile.rows(name):
            continue
        rows = warehouse.query(MONTHS.format(table=name, dated=dated), by="month", of=name, moment=dated)
        for month, count in zip(rows.values("party"), rows.values("rows_in_all"), strict=True):
            if month >= since:
                yield {"table_name": table.label, "table": name, "month": month, "rows": count}


def _analyses(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    for entry in catalogue.entries():
        yield {
            "analysis_name": entry.declared.title,
            "key": entry.declared.key,
            "state": entry.state,
            "missing": entry.locked.missing if entry.locked else None,
        }


def _absent(warehouse: Warehouse) -> tuple[Note, ...]:
    """The tables that did not come at all."""
    absent = [table.label for name, table in TABLES.items() if not warehouse.profile.rows(name)]
    if not absent:
        return ()
    places = ", ".join(f"{{{place}}}" for place in range(len(absent)))
    listed = Message(places, values={str(place): label for place, label in enumerate(absent)})
    return (Note(_("Not there: {tables}.", tables=listed)),)


def _day(warehouse: Warehouse, table: Canonical, moment: Any) -> Any:
    dated = dated_by(table)
    if moment is None or dated is None:
        return None
    return moment if table.column(dated).type is Type.DATE else local_day(moment, warehouse.zone)
