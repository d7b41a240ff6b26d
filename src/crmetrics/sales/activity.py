"""Activities and tasks."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import By, Finding, FirstOf, HeatMap, LeftOut, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM, little_data
from crmetrics.analysis.silences import is_reached
from crmetrics.models.interval import share_of
from crmetrics.sales.doings import (
    BY_HOUR,
    BY_PART,
    DONE_FOR_WON,
    WON,
    by_both_dates,
    by_hour,
    doings_behind,
    for_won,
    rated,
)
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period, midnight
from crmetrics.vocabulary.unit import COUNT, RATIO, SHARE
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Show = Annotated[
    Literal["kinds", "outcomes", "hours"],
    Options("Show", kinds="by kind", outcomes="by outcome", hours="by weekday and hour"),
]

NOTABLE: Final = 0.1
KINDS, OUTCOMES, HOURS = (("show", (each,)) for each in ("kinds", "outcomes", "hours"))
GROUPED: Final = ("show", ("kinds", "outcomes"))


class Activity(Row):
    party = column("Group", dimension="by", only=GROUPED)
    kind = column("Kind", dimension="activity_kind", only=KINDS)
    outcome = column(
        "Outcome",
        only=OUTCOMES,
        answered="answered",
        no_answer="no answer",
        kept="kept",
        no_show="not kept",
    )
    weekday = column(
        "Weekday",
        only=HOURS,
        mon="Monday",
        tue="Tuesday",
        wed="Wednesday",
        thu="Thursday",
        fri="Friday",
        sat="Saturday",
        sun="Sunday",
    )
    hour = column("Hour", only=HOURS)
    planned = column("Due", COUNT, "due in the period, and by now", only=KINDS)
    done = column("Done", COUNT, "done in the period, planned or not", better="higher")
    completed = column("Completed", COUNT, "of those due, done by now, in time or late", better="higher", only=KINDS)
    completion = column(
        "Completion",
        SHARE,
        "completed / due; what was done without a plan is not in it",
        better="higher",
        of=("completed", "planned"),
        only=KINDS,
    )
    low = column("At least", SHARE, "lower end of the 95 % interval", only=KINDS)
    high = column("At most", SHARE, "upper end of the 95 % interval", only=KINDS)
    overdue = column("Overdue", COUNT, "due and still not done", better="lower", only=KINDS)
    answered = column(
        "Answered", SHARE, "of the calls that were made", better="higher", of=("answered_calls", "calls"), only=KINDS
    )
    share = column("Share", SHARE, "of the group's activities done", of=("done", "of_group"), only=OUTCOMES)
    won = column("Won deals", COUNT, "in the period", only=KINDS)
    per_won = column("Per won deal", RATIO, "activities done for the deals won in the period / these deals", only=KINDS)
    calls = column("Calls", COUNT, is_hidden=True)
    answered_calls = column("Answered calls", COUNT, is_hidden=True)
    of_group = column("All of the group", COUNT, is_hidden=True)


@analysis(
    "Activities and tasks",
    needs={"activities": ["done_at"]},
    date="activities.done_at",
    chart=FirstOf(
        (
            HeatMap(x="kind", y="party", value="done"),
            HeatMap(x="outcome", y="party", value="done"),
            HeatMap(x="hour", y="weekday", value="done"),
        )
    ),
    headline="done",
    is_additive=True,
    behind=doings_behind,
)
def activity(warehouse: Warehouse, period: Period, by: By = By("owner"), show: Show = "kinds") -> Result[Activity]:
    """What was done, planned, missed, and what came of it?

    Formula: done by the moment it was done, due by the moment it was due; completion = completed / due by now; answered = of the
             calls made; per won deal = activities done, at any time, for the deals won in the period / these deals.
    Reads:   activities, deals, employees.
    Mind:    What was done without a due date is work, but no plan fulfilled: it is not in the completion. A group's won deals are
             its deals, whoever did something for them. Left out: cancelled ones, notes that nobody signed or a bot wrote.
    Source:  Rules R3, R4 and R5 of docs/rules.md.
    """
    part = {"kinds": "kind", "outcomes": "outcome", "hours": "kind"}[show]
    values = {"today_at": midnight(warehouse.today, warehouse.zone)}
    grouped = "" if show == "hours" else by
    counted = warehouse.query(BY_PART[part], period=period, by=grouped, of="activities", moment="done_at", **values)
    whole = counted.where(counted.flags("is_total")).one()
    if show == "hours":
        rows = by_hour(warehouse.query(BY_HOUR, period=period))
    else:
        if by in GRAINS:  # what was due in a month need not have been done in it
            due = warehouse.query(BY_PART[part], period=period, by=by, of="activities", moment="due_at", **values)
            counted = by_both_dates(counted, due, part)
        rows = rated(counted) if show == "kinds" else _of_groups(counted)
    if show == "kinds":
        rows = rows.with_columns(**_for_won(warehouse, period, rows, by))
    return _result(rows, whole, by)


def _for_won(warehouse: Warehouse, period: Period, rows: Rows, by: str) -> dict[str, list[Any]]:
    has_deals = by in GRAINS or is_reached(warehouse, "deals", by)
    grouped = by if has_deals else ""
    won, done = (
        warehouse.query(sql, period=period, by=grouped, of="deals", moment="closed_at") for sql in (WON, DONE_FOR_WON)
    )
    return for_won(rows, won, done, has_deals=has_deals)


def _of_groups(counted: Rows) -> Rows:
    """Outcomes with their share of what their group has done."""
    rows = rated(counted)
    rows = rows.where(rows.flags("is_total") | (rows.numbers("done") > 0))
    is_total = rows.flags("is_total")
    groups, which = rows.where(~is_total).groups("party")
    of_group = np.bincount(which, rows.numbers("done")[~is_total], len(groups))[which]
    every = np.append(of_group, rows.numbers("done")[is_total])
    return rows.with_columns(of_group=every.astype(np.int64), share=share_of(rows.numbers("done"), every))


def _result(rows: Rows, whole: dict[str, Any], by: str) -> Result[Activity]:
    left_out = {"notes": _("notes of nobody or of a bot"), "cancelled": _("cancelled"), "waiting": _("not due yet")}
    total = rows.where(rows.flags("is_total")).one()
    planned = (
        rows.numbers("planned")[~rows.flags("is_total")] if "completion" in rows.names and "won" in rows.names else None
    )
    blank = {each.name: [None] * len(rows) for each in Activity.columns if each.name not in rows.names}
    return Result.of(
        Activity,
        rows,
        worked_out=blank,
        notes=() if planned is None else little_data(total["planned"], planned),
        findings=() if planned is None else _missed(rows, total, by),
        used=int(whole["activities"]) - sum(int(whole[name]) for name in left_out),
        left_out=tuple(LeftOut(reason, int(whole[name])) for name, reason in left_out.items() if whole[name]),
        n=int(total["done"] or 0),
    )


def _missed(rows: Rows, total: dict[str, Any], by: str) -> tuple[Finding, ...]:
    """What was due and is not done, where that is notable, and the group with most of it."""
    if total["overdue"] < SHOWN_FROM or total["overdue"] < NOTABLE * total["planned"]:
        return ()
    parts = rows.where(~rows.flags("is_total"))
    groups, which = parts.groups("party")
    overdue, planned = (np.bincount(which, parts.numbers(name), len(groups)) for name in ("overdue", "planned"))
    worst = int(np.argmax(overdue))
    told = {"n": total["overdue"], "due": total["planned"]}
    message = _("{n} of {due} activities that were due are not done.", **told)
    if by and len(groups) > 1 and planned[worst] >= PLAIN_FROM:
        message = _(
            "{n} of {due} activities that were due are not done, {most} of them of {who}.",
            **told,
            most=int(overdue[worst]),
            who=groups.values("party")[worst],
        )
    return (Finding(message, tone="warn", link={"by": by or "owner"}),)
