"""Sales team performance."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import Bars, Behind, Finding, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import SHOWN_FROM, little_data
from crmetrics.analysis.targets import Planned, targets_for
from crmetrics.models.change import change
from crmetrics.models.interval import share_of, wilson
from crmetrics.sales.teams import delays, sellers, together
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, first_day, midnight
from crmetrics.vocabulary.unit import CHANGE, COUNT, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.closings import DECIDED_BY_PARTY, DECIDED_NOW, DONE_BY_PARTY, SALES_BY_PARTY
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Level = Annotated[Literal["owner", "team"], Options("For whom", owner="person", team="team")]
Ownership = Annotated[
    Literal["at_close", "now"], Options("A deal belongs to", at_close="who closed it", now="who has it now")
]

PLANNED: Final = "kpis.won_amount"
NOTABLE: Final = 0.1

PEOPLE = "select employee_id, name, team from employees order by employee_id"


BEHIND: Final = Behind(
    {
        "won": "is_won",
        "won_amount": "is_won and converted(amount, company_rate) is not null",
        "lost": "not is_won",
        "n": "",
    },
    "closed_deals",
    "true",
    groups={"owner": "party"},
    source=DECIDED_NOW,
)


class TeamPerformance(Row):
    owner = column("Person or team", dimension="level")
    team = column("Team", dimension="team", only=("level", ("owner",)))
    won = column("Won", COUNT, better="higher")
    won_amount = column("Won amount", MONEY, "of the deals whose amount is known", better="higher")
    lost = column("Lost", COUNT, better="lower")
    n = column("Decided", COUNT)
    rate = column("Win rate", SHARE, "won / decided", better="higher", of=("won", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    before = column("Before", MONEY, "won in the period compared with")
    growth = column("Growth", CHANGE, "of the won amount", better="higher")
    cycle_median = column("Days to close", DAYS, "median of the won deals", better="lower")
    amount = column("Net sales", MONEY, "of the orders, returns taken off", better="higher")
    activities = column("Activities done", COUNT, "by those who sell")
    median_delay = column("Follow-up delay", DAYS, "median, overdue ones included", better="lower")
    target = column("Target", MONEY, "won amount planned for the period")
    attainment = column("Attainment", SHARE, "won amount / target", better="higher")


@analysis(
    "Sales team performance",
    needs={"deals": ["is_won", "closed_at", "owner_id"]},
    date="deals.closed_at",
    chart=Bars(x="owner", y="won_amount", before="before", goal="target"),
    behind=(BEHIND,),
)
def team_performance(
    warehouse: Warehouse, period: Period, before: Period, level: Level = "owner", owner: Ownership = "at_close"
) -> Result[TeamPerformance]:
    """How did each person and team do on won, lost, growth, cycle, activity?

    Formula: of the deals decided in the period: won, lost, win rate, amount, its growth (R6), median days from creation to close
             of the won; net sales of the orders; activities done and the median delay of those due; attainment = won amount / target.
    Reads:   deals, deal_changes, employees, targets, orders, order_lines, activities.
    Mind:    A deal belongs to who had it when it was closed, so handing deals on does not rewrite the past; teams are those of
             today. This is no ranking: who differs by more than luck is told by kpis.team_comparison.
    Source:  Rules R4, R5 and R6 of docs/rules.md.
    """
    asked = {"level": level, "owner": owner, **_bounds(before, warehouse.zone)}
    rows = [warehouse.query(DECIDED_BY_PARTY, period=period, **asked)]
    if warehouse.profile.rows("order_lines"):
        rows.append(warehouse.query(SALES_BY_PARTY, period=period, by=level, of="sales_lines", moment="ordered_at"))
    if warehouse.profile.rows("activities"):
        rows.append(warehouse.query(DONE_BY_PARTY, period=period, level=level))
        rows.append(delays(warehouse, period, level))
    # a target is made for the whole: held against a filtered figure it would say nothing
    planned = {} if warehouse.scope.filters else targets_for(warehouse, period, {PLANNED: True})
    first = warehouse.profile.column("deals", "closed_at").first
    is_compared = first is not None and first_day(first, warehouse.zone) <= before.start
    return _result(together(rows), planned, level, owner, is_compared=is_compared, people=_people(warehouse))


def _bounds(before: Period, zone: str) -> dict[str, Any]:
    return {"before_start": midnight(before.start, zone), "before_end": midnight(before.end, zone)}


def _people(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    return {each["employee_id"]: each for each in warehouse.query(PEOPLE).records()}


def _result(
    rows: Rows,
    planned: Planned,
    level: Level,
    owner: Ownership,
    *,
    is_compared: bool,
    people: dict[str, dict[str, Any]],
) -> Result[TeamPerformance]:
    rows = sellers(rows, {scope_id for kpi, scope, scope_id in planned if (kpi, scope) == (PLANNED, level)})
    is_total, parties = rows.flags("is_total"), rows.values("party")
    won, lost = np.nan_to_num(rows.numbers("won")), np.nan_to_num(rows.numbers("lost"))
    money, before = np.nan_to_num(rows.numbers("won_amount")), np.nan_to_num(rows.numbers("before"))
    low, high = wilson(won, won + lost)
    scopes = [("company", None) if whole else (level, party) for whole, party in zip(is_total, parties, strict=True)]
    plans = [planned.get((PLANNED, *scope)) for scope in scopes]
    target = np.array([np.nan if plan is None else plan.whole for plan in plans])
    unknown = np.full(len(rows), np.nan)
    worked_out: dict[str, Any] = {
        "owner": parties,
        "team": [
            None if whole else people.get(each, {}).get("team") for whole, each in zip(is_total, parties, strict=True)
        ],
        "won": won.astype(np.int64),
        "lost": lost.astype(np.int64),
        "n": (won + lost).astype(np.int64),
        "won_amount": money,
        "rate": share_of(won, won + lost),
        "low": low,
        "high": high,
        "before": before if is_compared else unknown,
        "growth": change(money, before) if is_compared else unknown,
        "cycle_median": np.where(rows.numbers("timed") >= SHOWN_FROM, rows.numbers("cycle_median"), np.nan),
        "target": target,
        "attainment": share_of(money, target),
    }
    total = rows.where(is_total).one()
    return Result.of(
        TeamPerformance,
        rows,
        worked_out=worked_out,
        used=int((won + lost)[is_total].sum()),
        notes=(*little_data((won + lost)[is_total].sum(), (won + lost)[~is_total]), *_notes(total, owner)),
        findings=_moved(rows, money - before, float(before[is_total].sum()), people) if is_compared else (),
    )


def _notes(total: dict[str, Any], owner: Ownership) -> list[Note]:
    notes = []
    if moved := int(total["moved"] or 0):
        template = (
            _(
                "{n} deal belongs to who closed it, though another has it now: {money} won.",
                "{n} deals belong to who closed them, though others have them now: {money} won.",
            )
            if owner == "at_close"
            else _(
                "{n} deal was closed by another than who has it now: {money} won.",
                "{n} deals were closed by others than who have them now: {money} won.",
            )
        )
        notes.append(Note(template(n=moved, money=Figure(float(total["moved_amount"] or 0), MONEY))))
    if n := int(total["without_amount"] or 0):
        notes.append(Note(_("{n} won deal has no amount.", "{n} won deals have no amount.", n=n), "warn"))
    if n := int(total["unconverted"] or 0):
        foreign = _(
            "{n} won deal is in a currency without a rate.", "{n} won deals are in currencies without a rate.", n=n
        )
        notes.append(Note(foreign, "warn"))
    return notes


def _moved(rows: Rows, difference: Any, before: float, people: dict[str, dict[str, Any]]) -> tuple[Finding, ...]:
    """Who moved the won amount most, where that is at least a tenth of what was won before."""
    moved = np.where(rows.flags("is_total"), 0.0, difference)
    if len(rows) < 3 or np.abs(moved).max() < NOTABLE * before or not before:
        return ()
    most = int(np.argmax(np.abs(moved)))
    party = rows.values("party")[most]
    template = _("{who} won {money} more than before.") if moved[most] > 0 else _("{who} won {money} less than before.")
    message = template(who=people.get(party, {}).get("name", party), money=Figure(abs(float(moved[most])), MONEY))
    return (Finding(message, abs(float(moved[most])), "good" if moved[most] > 0 else "bad"),)
