"""Targets: what share is reached, and whether the period will end on target."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import Bars, Catalogue, Finding, LeftOut, Note, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.attained import Attained, judged
from crmetrics.analysis.targets import Calendar
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import DATE, SHARE, TEXT, Figure, Unit
from crmetrics.warehouse.warehouse import Warehouse

_ = words("kpis")

Days = Annotated[
    Literal["business", "calendar"], Options("Counted in", business="business days", calendar="calendar days")
]

PLANS = """
select kpi, scope, scope_id, starts_on, ends_on, target_value, currency
from targets
where starts_on < $end_on and ends_on > $start_on
order by kpi, case scope when 'company' then 1 when 'team' then 2 else 3 end, scope, scope_id, starts_on
"""
TOLD: Final = 3


class TargetAttainment(Row):
    kpi = column("KPI", dimension="kpi")
    scope = column("Scope", company="company", team="team", owner="owner")
    scope_name = column("Person or team", dimension="owner", company="Company")
    starts_on = column("From", DATE)
    last_on = column("Until", DATE, "the last day in it")
    target = column("Target")
    actual = column("Actual")
    attainment = column(
        "Attainment", SHARE, "actual / target; of what had better be low target / actual", better="higher"
    )
    gap = column("Gap", TEXT, "target - actual")
    expected_now = column("Target by now", TEXT, "the part of the target that belongs to the complete days passed")
    run_rate = column("At this pace", TEXT, "where the period ends if it goes on like this")
    status = column(
        "Status", on="on target", close="close", behind="behind", few="too few", none="no target", locked="locked"
    )
    due = column("Due by now", SHARE, is_hidden=True)
    key = column("Key", is_hidden=True)


@analysis(
    "Targets",
    needs={"targets": ["target_value"]},
    date="targets.starts_on",
    chart=Bars(x="scope_name", y="attainment", goal="due"),
    period="last-day",
)
def target_attainment(
    warehouse: Warehouse, period: Period, catalogue: Catalogue, days: Days = "business"
) -> Result[TargetAttainment]:
    """What share of the target is reached, and will the period end on target?

    Formula: actual / target within the target's own days; target by now = target x elapsed / all business days (of rates the whole
             target); at this pace = actual x all / elapsed; status = actual / target by now: on from 100 %, close from 90 %.
    Reads:   targets, the KPI's own tables, holidays.
    Mind:    Shown are the targets that run in the period asked, each judged over its own days. Business days are Monday to Friday
             without the holidays. A rate has no pace. Everybody sees the targets made for himself or the team he leads.
    Source:  Rule R19 of docs/rules.md.
    """
    plans = list(warehouse.query(PLANS, period=period).records())
    asked = [each for each in plans if _is_asked(each, warehouse)]
    count: Callable[[date, date], float] = Calendar(warehouse).days if days == "business" else _calendar_days
    found, reasons = judged(catalogue, asked, count, warehouse.today, warehouse.currency)
    rows = [_values(each) for each in found]
    notes = []
    if len(asked) < len(plans):
        notes.append(Note(_("Targets are not made for a filtered part, so none is shown.")))
    if not plans:
        notes.append(Note(_("No target runs in this period.")))
    return Result(
        Table(TargetAttainment, {each.name: [row[each.name] for row in rows] for each in TargetAttainment.columns}),
        notes=(*notes, *_notes(found)),
        findings=tuple(_behind(found, warehouse)),
        used=len(found),
        left_out=tuple(LeftOut(reason, rows) for reason, rows in reasons),
    )


def _calendar_days(start: date, end: date) -> float:
    return float((end - start).days)


def _is_asked(plan: Mapping[str, Any], warehouse: Warehouse) -> bool:
    """Whether a plan is made for what the filters leave: for all, or for the very owners or teams that they name."""
    return all(each.dimension == plan["scope"] and plan["scope_id"] in each.values for each in warehouse.scope.filters)


def _values(each: Attained) -> dict[str, Any]:
    return {
        "kpi": each.declared.title,
        "scope": each.scope,
        "scope_name": "company" if each.scope == "company" else each.scope_id,
        "starts_on": each.span.start,
        "last_on": each.span.end - timedelta(days=1),
        "target": each.figure(each.target),
        "actual": each.figure(each.actual),
        "attainment": each.reached,
        "gap": None if each.actual is None else each.figure(each.target - each.actual),
        "expected_now": each.figure(each.expected),
        "run_rate": each.figure(each.run_rate),
        "status": each.status,
        "due": each.due,
        "key": each.declared.key,
    }


def _notes(found: Sequence[Attained]) -> Iterator[Note]:
    locked = {each.declared.key: each.declared.title for each in found if each.is_locked}
    for title in locked.values():
        yield Note(_("{metric} cannot be answered: its data are missing.", metric=title), "warn")
    if any(each.passed < each.days for each in found):
        yield Note(_("Some targets still run: the status is held against the part that belongs to the days passed."))


def _behind(found: Sequence[Attained], warehouse: Warehouse) -> Iterator[Finding]:
    """The targets that are missed at this pace, the company's before its teams' and those before its owners', the most money first."""
    late = [each for each in found if each.status == "behind" and each.run_rate is not None and each.better != "lower"]
    missed = {id(each): each.target - (each.run_rate or 0.0) for each in late if each.unit is Unit.MONEY}
    order = ("company", "team", "owner")
    late.sort(key=lambda each: (order.index(each.scope), -missed.get(id(each), 0.0)))
    owners = [each.scope_id for each in late[:TOLD] if each.scope == "owner" and each.scope_id]
    names = warehouse.names_of("employees", "name", owners) if owners else {}
    for each in late[:TOLD]:
        message = _(
            "{metric}, {who}: {attainment} of the target is reached where {due} was due; at this pace it ends at {run_rate} of {target}.",
            metric=each.declared.title,
            who=_("Company") if each.scope_id is None else names.get(each.scope_id, each.scope_id),
            attainment=Figure(each.reached, SHARE),
            due=Figure(each.due, SHARE),
            run_rate=each.figure(each.run_rate),
            target=each.figure(each.target),
        )
        yield Finding(message, missed.get(id(each)), "bad", {"key": each.declared.key})
