"""Reconciliation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import (
    Finding,
    LeftOut,
    Note,
    Number,
    Options,
    Result,
    Row,
    Table,
    Waterfall,
    analysis,
    column,
)  # fmt: skip
from crmetrics.data.gap_causes import CAUSES, gap_sql
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

Of = Annotated[
    Literal["orders", "invoices", "payments", "deals"],
    Options("Records", orders="orders", invoices="invoices", payments="payments", deals="won deals"),
]

NOTABLE: Final = 0.01

SYSTEMS: Final = """
select min(other_system) as first_system, max(other_system) as last_system, count(distinct other_system) as systems
from other_records where of_table = $of_table
"""
READ: Final = """
select count(*) as n, count(*) filter (where company_rate is null) as unconverted
from other_records
where of_table = $of_table and other_system = $system and stated_on >= $start_on and stated_on < $end_on
"""
UNREADABLE: Final = "select count(*) as n from {quarantine} where table_name = 'other_records'"


class Reconcile(Row):
    cause = column(
        "Cause", ours="Ours", missing_here="Missing here", missing_there="Missing there", other_date="Another date",
        cancelled="Cancelled", currency="Another currency", tax="Tax", duplicate="Twice there", amount="Another amount",
        rest="Rest", theirs="Theirs",
    )  # fmt: skip
    rows = column("Rows", COUNT, "records with that cause; of the totals all that count")
    amount = column("Amount", MONEY, "what it adds to the other system's total")
    examples = column("Examples", meaning="records to look at in both systems")


@analysis(
    "Reconciliation",
    needs={},
    date="other_records.stated_on",
    kind="G",
    chart=Waterfall(x="cause", y="amount"),
    period="last-month",
)
def reconcile(
    warehouse: Warehouse,
    period: Period,
    of: Of = "orders",
    system: Annotated[str, Options("Other system")] = "",
    tolerance: Annotated[float, Number("Tolerance in company currency", 0, 1_000_000)] = 0.01,
) -> Result[Reconcile]:
    """Why does another system show another number?

    Formula: theirs - ours = sum of causes, each record's part given to the first that explains it: missing here, missing there,
             another date (the period by their day and by ours), cancelled, currency, tax, twice there, amount; differences within
             the tolerance are the rest.
    Reads:   The other system's export (crmetrics reconcile FILE) and our orders with their lines, invoices, payments or won deals.
    Mind:    Records are found by their ID. Orders count net of tax and without cancelled ones, invoices with tax; a record that the
             other system marks as cancelled counts as nothing there.
    Source:  Own definition.
    """
    chosen = _system(warehouse, of, system)
    if chosen is None:
        how = _(
            "No export of another system is there to be compared. Give one with: crmetrics reconcile FILE --table {table}"
        )
        return Result(_table([_line("ours", 0, 0.0, None)]), notes=(Note(how(table=of), "warn"),))
    name, systems = chosen
    found = warehouse.query(gap_sql(of), period=period, of_table=of, system=name, tolerance=tolerance).one()
    read = warehouse.query(READ, period=period, of_table=of, system=name).one()
    notes = [Note(_("Held against '{system}'.", system=name))]
    if systems > 1:
        notes.append(Note(_("There are exports of {n} systems: choose one.", n=systems), "warn"))
    lines = list(_lines(found))
    return Result(
        _table(lines),
        notes=tuple(notes),
        findings=_findings(lines),
        used=int(read["n"]) - int(read["unconverted"]),
        left_out=_left_out(warehouse, int(read["unconverted"])),
    )


def _left_out(warehouse: Warehouse, unconverted: int) -> tuple[LeftOut, ...]:
    aside = warehouse.recorded(UNREADABLE, "quarantine") if warehouse.scope.is_whole else None
    reasons = (
        LeftOut(_("in a currency without a rate"), unconverted),
        LeftOut(_("stands in quarantine: it could not be read"), int(aside.one()["n"]) if aside is not None else 0),
    )
    return tuple(each for each in reasons if each.rows)


def _system(warehouse: Warehouse, of: str, system: str) -> tuple[str, int] | None:
    """The other system that is compared with, the first by name where none is said, and how many there are."""
    if not warehouse.profile.rows("other_records") or not warehouse.profile.rows(of):
        return None
    if system:
        return system, 1
    found = warehouse.query(SYSTEMS, of_table=of).one()
    return (str(found["first_system"]), int(found["systems"])) if found["first_system"] is not None else None


def _table(lines: list[dict[str, Any]]) -> Table[Reconcile]:
    return Table(Reconcile, {each.name: [line[each.name] for line in lines] for each in Reconcile.columns})


def _line(cause: str, rows: int, amount: float, examples: str | None) -> dict[str, Any]:
    return {"cause": cause, "rows": rows, "amount": amount, "examples": examples}


def _lines(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """From our total by the causes to theirs; a cause without a record is not told, the rest always."""
    yield _line("ours", int(found["ours_rows"] or 0), float(found["ours_amount"] or 0), None)
    for cause in CAUSES:
        rows, amount = int(found[f"{cause}_rows"] or 0), float(found[f"{cause}_amount"] or 0)
        if rows or cause == "rest":
            ids = dict.fromkeys(str(found[f"{cause}_{end}"]) for end in ("first", "last") if found[f"{cause}_{end}"])
            yield _line(cause, rows, amount, ", ".join(ids) or None)
    yield _line("theirs", int(found["theirs_rows"] or 0), float(found["theirs_amount"] or 0), None)


def _findings(lines: list[dict[str, Any]]) -> tuple[Finding, ...]:
    """The gap and its largest cause, where the gap is notable."""
    ours, theirs = lines[0]["amount"], lines[-1]["amount"]
    gap = theirs - ours
    if not ours or abs(gap) < NOTABLE * abs(ours):
        return ()
    most = max(lines[1:-1], key=lambda line: abs(line["amount"]))
    told = _(
        "The other system shows {theirs}, we show {ours}. Most of the gap comes from this cause: {cause} ({amount})."
    )
    message = told(
        theirs=Figure(theirs, MONEY),
        ours=Figure(ours, MONEY),
        cause=dict(Reconcile.columns[0].words)[most["cause"]],
        amount=Figure(most["amount"], MONEY),
    )
    return (Finding(message, money=gap, tone="warn"),)
