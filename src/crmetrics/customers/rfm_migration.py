"""Segment moves."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Finding, HeatMap, LeftOut, Note, Number, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.customers.rfm_scoring import MOVED_ROWS, moved
from crmetrics.customers.rfm_segments import segment_column
from crmetrics.models.scores import BEST_FIRST
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, local_day
from crmetrics.vocabulary.unit import COUNT, DATE, MONEY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

ARRIVED: Final = "arrived"
PLACES: Final = {segment: place for place, segment in enumerate(BEST_FIRST)}
WORTH_A_WORD: Final = 0.03
"""So large a share of the net sales before makes a finding of those who moved."""

MOVES = """
select coalesce(previous_segment, 'arrived') as from_segment, segment as to_segment, count(*) as customers,
       sum(net_sales) as net_sales, sum(net_sales_then) as net_sales_before,
       max(case when is_fixed then 1 else 0 end) as is_fixed, (select count(*) from customers) as known
from {moves}
group by coalesce(previous_segment, 'arrived'), segment
order by from_segment, to_segment
"""


class RfmMigration(Row):
    from_segment = segment_column("From segment", arrived="New since then")
    to_segment = segment_column("To segment")
    direction = column("Moved", up="up", down="down", same="stayed", new="arrived")
    customers = column("Customers", COUNT)
    share = column("Share", SHARE, "of those who were in the segment on the first day; from 30 of them on")
    net_sales_before = column("Net sales before", MONEY, "of these customers, in the window up to the first day")
    net_sales = column("Net sales", MONEY, "of these customers, in the window up to the last day")
    net = column("Net", COUNT, "customers the segment gained less those it lost, in the row of those who stayed")


@analysis(
    "Segment moves",
    needs={"customers": ["customer_id"], "orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=HeatMap(x="to_segment", y="from_segment", value="share"),
    period="last-3-months",
    behind=MOVED_ROWS,
)
def rfm_migration(
    warehouse: Warehouse,
    period: Period,
    cut: Annotated[
        Literal["first", "fresh"], Options("Cut points", first="of the first day for both", fresh="of each day")
    ] = "first",
    axis: Annotated[Literal["fm", "f"], Options("Second axis", fm="frequency and money", f="frequency")] = "fm",
    window: Annotated[int, Number("Window in days, 0 for all history", 0, 36500)] = 365,
) -> Result[RfmMigration]:
    """Who moved up or down between two days?

    Formula: customers by their RFM segment on the first day of the period and on its end; share of those who were in the segment on
             the first day; net = gained - lost. Both days are scored by the cut points of the first.
    Reads:   orders that are not cancelled, and their lines, of known customers.
    Mind:    With fresh cut points a customer who does the same as ever can move, because others changed. Who was no customer record
             on the first day has arrived since. Segments are the company's, the same for every viewer.
    Source:  Rules R12 and R23 of docs/rules.md.
    """
    then_on, now_on = period.start, min(period.end, warehouse.today)
    if now_on <= then_on:
        nothing: Table[RfmMigration] = Table(RfmMigration, {each.name: [] for each in RfmMigration.columns})
        return Result(nothing, notes=(Note(_("No data reach beyond {day}.", day=Figure(then_on, DATE)), "warn"),))
    moves = moved(warehouse, then_on, now_on, {"cut": cut, "axis": axis, "window": window})
    rows = warehouse.query(MOVES.replace("{moves}", moves.name))
    return _result(warehouse, rows, then_on, now_on)


def _result(warehouse: Warehouse, rows: Rows, then_on: date, now_on: date) -> Result[RfmMigration]:
    told = Table(RfmMigration, _columns(rows))
    customers, starts = (np.array(told.values(name), dtype=object) for name in ("customers", "from_segment"))
    base = np.array([customers[starts == start].sum() for start in starts], dtype=np.int64)
    used = int(customers.sum())
    later = int(rows.numbers("known").max(initial=0)) - used
    return Result(
        told,
        notes=_notes(warehouse, rows, base, then_on, now_on),
        findings=_findings(told, sum(told.values("net_sales_before"))),
        used=used,
        left_out=(LeftOut(_("no customer yet on the last day"), later),) if later > 0 else (),
        n=int(customers[starts != ARRIVED].sum()),
    )


def _columns(rows: Rows) -> dict[str, list[Any]]:
    """A row for each pair of segments that somebody moved between, and one of those who stayed for each segment, even of nobody."""
    names = ("from_segment", "to_segment", "customers", "net_sales_before", "net_sales")
    counted = {
        (start, end): tuple(found) for start, end, *found in zip(*(rows.values(name) for name in names), strict=True)
    }
    touched = {segment for pair in counted for segment in pair} - {ARRIVED}
    pairs = sorted(
        counted.keys() | {(each, each) for each in touched}, key=lambda pair: (_place(pair[0]), _place(pair[1]))
    )
    customers, before, after = (
        zip(*(counted.get(pair, (0, 0.0, 0.0)) for pair in pairs), strict=True) if pairs else ((), (), ())
    )
    gained: Counter[str] = Counter()
    base: Counter[str] = Counter()
    for (start, end), count in zip(pairs, customers, strict=True):
        base[start] += count
        gained[end] += count
    return {
        "from_segment": [start for start, _end in pairs],
        "to_segment": [end for _start, end in pairs],
        "direction": [_direction(*pair) for pair in pairs],
        "customers": list(customers),
        "share": [
            count / base[start] if base[start] >= PLAIN_FROM else None
            for (start, _end), count in zip(pairs, customers, strict=True)
        ],
        "net_sales_before": list(before),
        "net_sales": list(after),
        "net": [gained[start] - base[start] if start == end else None for start, end in pairs],
    }


def _place(segment: str) -> int:
    return PLACES.get(segment, len(PLACES))


def _direction(start: str, end: str) -> str:
    if start == ARRIVED:
        return "new"
    return "same" if start == end else "up" if _place(end) < _place(start) else "down"


def _notes(warehouse: Warehouse, rows: Rows, base: NDArray[np.int64], then_on: date, now_on: date) -> tuple[Note, ...]:
    notes = [Note(_("From {first} to {last}.", first=Figure(then_on, DATE), last=Figure(now_on, DATE)))]
    if len(rows) and rows.numbers("is_fixed").any():
        notes.append(Note(_("Too few buyers to rank: scored by fixed cut points, FM is the frequency alone."), "few"))
    if (base < PLAIN_FROM).any():
        notes.append(Note(_("Of segments of fewer than 30 customers on the first day no share is shown."), "few"))
    first = warehouse.profile.column("orders", "ordered_at").first
    if isinstance(first, datetime) and local_day(first, warehouse.zone) >= then_on:
        notes.append(Note(_("No purchase before {day} is known.", day=Figure(then_on, DATE)), "warn"))
    return tuple(notes)


def _findings(table: Table[RfmMigration], whole: float) -> tuple[Finding, ...]:
    """The move down and the move up of those who brought most, where that is worth a word."""
    found = []
    down = _("{n} customer went down from {start} to {end}: {money} of net sales before, {share} of all.",
             "{n} customers went down from {start} to {end}: {money} of net sales before, {share} of all.")  # fmt: skip
    up = _("{n} customer went up from {start} to {end}: {money} of net sales before, {share} of all.",
           "{n} customers went up from {start} to {end}: {money} of net sales before, {share} of all.")  # fmt: skip
    names = dict(RfmMigration.from_segment.words)
    for direction, template in (("down", down), ("up", up)):
        moves = [row for row in table if row.direction == direction]
        most = max(moves, key=lambda row: row.net_sales_before, default=None)
        if most is None or whole <= 0 or most.net_sales_before < WORTH_A_WORD * whole:
            continue
        message = template(
            n=most.customers,
            start=names[most.from_segment],
            end=names[most.to_segment],
            money=Figure(most.net_sales_before, MONEY),
            share=Figure(most.net_sales_before / whole, SHARE),
        )
        found.append(Finding(message, most.net_sales_before, "bad" if direction == "down" else "good"))
    return tuple(found)
