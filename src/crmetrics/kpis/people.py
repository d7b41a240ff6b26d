"""People and organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from crmetrics.analysis import Bars, Behind, By, Catalogue, Finding, LeftOut, Note, Result, Row, analysis, column
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.metric import reading_of, undivided
from crmetrics.analysis.targets import targets_for
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, RATIO, SHARE, Figure
from crmetrics.warehouse.facts.staff import PEOPLE_BY_PARTY, STAFF
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("kpis")

PLANNED: Final = ("kpis.won_amount", "kpis.net_sales")
"""Of these the first that is planned tells the attainment."""
HEAVY: Final = 1.5
LOADS: Final = {"deals": "deals", "tickets": "tickets", "tasks": "activities"}

BEHIND: Final = Behind(
    {"headcount": "is_at_end", "at_start": "is_at_start", "joined": "has_joined", "gone": "has_left"},
    "employees",
    "not is_bot",
    source=STAFF,
)


class People(Row):
    party = column("Group", dimension="by")
    headcount = column("People", COUNT, "at the end, without bots")
    at_start = column("At the start", COUNT)
    joined = column("Joined", COUNT)
    gone = column("Left", COUNT, better="lower")
    turnover = column("Turnover", SHARE, "left / mean of start and end", better="lower")
    open_deals_each = column("Open deals each", RATIO, "now, per person who is there")
    open_tickets_each = column("Open tickets each", RATIO, "now, per person who is there", better="lower")
    overdue_each = column("Overdue each", RATIO, "activities due and not done, per person who is there", better="lower")
    attainment = column("Attainment", SHARE, "of the won amount, else of net sales", better="higher")
    led_each = column("People per manager", RATIO)


@analysis(
    "People and organisation",
    needs={"employees": ["employee_id"]},
    date="employees",
    chart=Bars(x="party", y="headcount"),
    headline="turnover",
    behind=(BEHIND,),
    enough=SHOWN_FROM,
)
def people(warehouse: Warehouse, period: Period, catalogue: Catalogue, by: By = By("team")) -> Result[People]:
    """How many people, what load, what turnover?

    Formula: people = hired before the end and not yet gone; turnover = left in the period / mean of people at its start and end;
             load = open deals, open tickets and overdue activities / people there now; people per manager; attainment = actual /
             target of the won amount, else of net sales.
    Reads:   employees, deals, tickets, activities, targets.
    Mind:    Loads are those of now, whatever period is asked. Of fewer than 5 people only counts are shown. Teams and managers are
             those of today. Without a day of hiring somebody was always there.
    Source:  Rule R4 of docs/rules.md; turnover as in ISO 30414:2018.
    """
    rows = warehouse.query(PEOPLE_BY_PARTY, period=period, by=by, of="employees")
    rows = rows.where(
        rows.flags("is_total") | (rows.numbers("known") > rows.numbers("bots") + rows.numbers("elsewhere"))
    )
    has_left, has_hired = (warehouse.profile.has("employees", name) for name in ("left_on", "hired_on"))
    for name, table in LOADS.items():
        if not warehouse.profile.rows(table):  # unknown is not zero
            rows = rows.with_columns(**{name: np.full(len(rows), np.nan)})
    total = rows.where(rows.flags("is_total")).one()
    worked_out = _worked_out(rows, has_left, has_hired) | {
        "attainment": _attained(rows, by, period, warehouse, catalogue)
    }
    return Result.of(
        People,
        rows,
        worked_out=worked_out,
        notes=tuple(_notes(rows, total, has_left, has_hired)),
        findings=tuple(_overloaded(rows, worked_out["overdue_each"])),
        used=int((total["known"] or 0) - (total["bots"] or 0) - (total["elsewhere"] or 0)),
        left_out=tuple(
            LeftOut(reason, int(total[name]))
            for name, reason in (("bots", _("bots")), ("elsewhere", _("not employed in the period")))
            if total[name]
        ),
    )


def _worked_out(rows: Rows, has_left: bool, has_hired: bool) -> dict[str, Any]:
    headcount, active = rows.numbers("headcount"), rows.numbers("active")
    is_enough = headcount >= SHOWN_FROM
    turnover = share_of(rows.numbers("gone"), (rows.numbers("at_start") + headcount) / 2)

    def each(name: str) -> Array:
        return np.where(is_enough, share_of(rows.numbers(name), active), np.nan)

    return {
        "joined": rows.values("joined") if has_hired else [None] * len(rows),
        "gone": rows.values("gone") if has_left else [None] * len(rows),
        "turnover": np.where(is_enough & has_left, turnover, np.nan),
        "open_deals_each": each("deals"),
        "open_tickets_each": each("tickets"),
        "overdue_each": each("tasks"),
        "led_each": np.where(is_enough, share_of(rows.numbers("led"), rows.numbers("managers")), np.nan),
    }


def _attained(rows: Rows, by: str, period: Period, warehouse: Warehouse, catalogue: Catalogue) -> list[float | None]:
    """The attainment of each party with a target of its own; under a filter none, for targets are made for the whole."""
    planned = {} if warehouse.scope.filters else targets_for(warehouse, period, dict.fromkeys(PLANNED, True))
    kpi = next((each for each in PLANNED if any(key[0] == each for key in planned)), None)
    declared = catalogue.known(kpi) if kpi else None
    if declared is None or kpi is None:
        return [None] * len(rows)
    answer = catalogue.ask(kpi, period=period, **({"by": by} if by in ("team", "owner") else undivided(declared)))
    actual = {
        (by, row.as_dict()["party"]): reading_of(answer, row).value for row in answer.rows if by in ("team", "owner")
    }
    actual["company", None] = reading_of(answer).value
    found: list[float | None] = []
    for is_total, party in zip(rows.flags("is_total").tolist(), rows.values("party"), strict=True):
        scope = ("company", None) if is_total else (by, party)
        target = planned.get((kpi, *scope))
        found.append((actual.get(scope) or 0.0) / target.whole if target and target.whole else None)
    return found


def _notes(rows: Rows, total: dict[str, Any], has_left: bool, has_hired: bool) -> Iterator[Note]:
    if not has_left:
        yield Note(_("No employee has a day of leaving, so no turnover can be told."), "warn")
    if not has_hired:
        yield Note(_("No employee has a day of hiring, so nobody can be told to have joined."), "warn")
    if few := int(np.sum(rows.numbers("headcount")[~rows.flags("is_total")] < SHOWN_FROM)):
        text = _(
            "{n} group has fewer than 5 people: only counts are shown.",
            "{n} groups have fewer than 5 people: only counts are shown.",
            n=few,
        )
        yield Note(text, "few")


def _overloaded(rows: Rows, overdue: Array) -> Iterator[Finding]:
    """The group with notably more overdue work for each person than all have."""
    is_total = rows.flags("is_total")
    whole = float(overdue[is_total][0]) if is_total.any() else np.nan
    most = np.where(is_total, np.nan, overdue)
    if len(rows) < 3 or np.isnan(most).all() or not np.nanmax(most) > HEAVY * whole:
        return
    party = rows.values("party")[int(np.nanargmax(most))]
    message = _("{group} has {n} overdue activities each, all together {whole}.", group=party,
                n=Figure(float(np.nanmax(most)), RATIO), whole=Figure(whole, RATIO))  # fmt: skip
    yield Finding(message, tone="warn", link={"by": "owner"})
