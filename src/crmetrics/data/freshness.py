"""Freshness."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import numpy as np

from crmetrics.analysis import Finding, LeftOut, Number, Result, Row, Table, analysis, column
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import midnight
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, FLAG, Figure
from crmetrics.warehouse.schema import TABLES, Type
from crmetrics.warehouse.schema import Table as Canonical
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

WATCHED_DAYS: Final = 60
ARRIVALS_NEEDED: Final = 5
TOLD: Final = 3

ARRIVALS: Final = """
select party, grouping(party) = 1 as is_total, max({dated}) as latest, count(*) as rows_in_all
from {table}
where {dated} < {now}
group by grouping sets ((party), ())
order by is_total, party
"""


class Freshness(Row):
    table_name = column("Table")
    latest = column("Latest", DATE)
    age = column("Age", DAYS, "from the latest row to the moment up to which the data reach", better="lower")
    usual_gap = column("Usual gap", DAYS, "19 of 20 gaps between days with rows are no longer, in 60 days")
    stale = column("Stale", FLAG)
    n = column("Days with rows", COUNT, "in the last 60 days")


@analysis("Freshness", needs={}, date="")
def freshness(
    warehouse: Warehouse, limit: Annotated[float, Number("Limit in usual gaps", 0.5, 100)] = 2.0
) -> Result[Freshness]:
    """How old is each table against its own rhythm?

    Formula: age = moment up to which the data reach - latest driving date; usual gap = 95 % percentile of the gaps between local days
             with rows in 60 days; stale where age > limit x usual gap.
    Reads:   The driving column of every table that has one.
    Mind:    Fewer than five days with rows in 60 days make no rhythm, so there is no verdict. A date in the future is a fault, not fresh.
    Source:  Own definition; percentile of type 7, Hyndman and Fan (1996), The American Statistician 50(4), 361-365.
    """
    lines: list[dict[str, Any]] = []
    future = used = 0
    for name, table in TABLES.items():
        if table.appears is None or table.is_shared or not warehouse.profile.rows(name):
            continue
        line, rows = _line(warehouse, table, table.appears, limit)
        if warehouse.scope.is_whole:  # the profile is the company's: a viewer of a part is not told of the rest
            future += warehouse.profile.column(name, table.appears).future
        used += rows
        if line is not None:
            lines.append(line)
    lines.sort(key=lambda each: (not each["stale"], -each["age"]))
    return Result(
        Table(Freshness, {each.name: [line[each.name] for line in lines] for each in Freshness.columns}),
        used=used,
        left_out=(LeftOut(_("dated in the future"), future),) if future else (),
        findings=_findings(lines),
    )


def _line(warehouse: Warehouse, table: Canonical, dated: str, limit: float) -> tuple[dict[str, Any] | None, int]:
    """The line of one table and how many rows it stands on; None if none is dated before now."""
    is_day = table.column(dated).type is Type.DATE
    sql = ARRIVALS.format(table=table.name, dated=dated, now="$today" if is_day else "$as_of")
    rows = warehouse.query(sql, by="day", of=table.name, moment=dated)
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    if total["latest"] is None:
        return None, 0
    since = warehouse.today - timedelta(days=WATCHED_DAYS)
    days = [
        day for text in rows.where(~is_total).values("party") if text and (day := date.fromisoformat(text)) >= since
    ]
    age = _age(warehouse, total["latest"])
    gap = usual_gap(days)
    line = {
        "table_name": table.label,
        "latest": total["latest"],
        "age": age,
        "usual_gap": gap,
        "stale": None if gap is None else age > limit * gap,
        "n": len(days),
    }
    return line, int(total["rows_in_all"])


def usual_gap(days: list[date]) -> float | None:
    """The gap in days that 19 of 20 gaps between arrivals do not exceed; None for fewer than five arrivals.

    Formula: 95 % percentile of type 7 of the differences of neighbouring days.
    """
    if len(days) < ARRIVALS_NEEDED:
        return None
    gaps = np.diff(np.array(sorted(days), dtype="datetime64[D]")).astype(np.float64)
    return float(np.percentile(gaps, 95))


def _age(warehouse: Warehouse, latest: datetime | date) -> float:
    """Days from the latest row to as-of; a day is over at its end."""
    if isinstance(latest, datetime):
        return (warehouse.as_of - latest).total_seconds() / 86400
    over = midnight(latest + timedelta(days=1), warehouse.zone)
    return max(0.0, (warehouse.as_of - over).total_seconds() / 86400)


def _findings(lines: list[dict[str, Any]]) -> tuple[Finding, ...]:
    template = _("{table}: nothing new for {age}; usually {gap} at most pass between days with rows.")
    return tuple(
        Finding(
            template(table=each["table_name"], age=Figure(each["age"], DAYS), gap=Figure(each["usual_gap"], DAYS)),
            tone="warn",
        )
        for each in lines[:TOLD]
        if each["stale"]
    )
