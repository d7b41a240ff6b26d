"""Pipeline coverage."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import Bars, Finding, LeftOut, Note, Options, Result, Row, Toggle, analysis, column
from crmetrics.analysis.pipelines import stage_chances, weighed
from crmetrics.analysis.targets import targets_for
from crmetrics.sales.coverage import DEALS_BY_STAGE, PLANNED, SPANS, by_scope, covered
from crmetrics.sales.open_deal_rows import target_rows
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight, months_later
from crmetrics.vocabulary.unit import COUNT, MONEY, RATIO, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Level = Annotated[
    Literal["company", "team", "owner"], Options("For whom", company="company", team="team", owner="person")
]
Base = Annotated[
    Literal["remaining", "target"], Options("Held against", remaining="what is left to win", target="whole target")
]


class PipelineCoverage(Row):
    scope = column("Person or team", dimension="level", company="Company")
    target = column("Target", MONEY, "won amount planned for the period")
    won = column("Won so far", MONEY, "in the period", better="higher")
    remaining = column("Left to win", MONEY, "target - won so far", better="lower")
    deals = column("Open deals due", COUNT, "expected to close in the period, not yet overdue, with an amount")
    open_due = column("Open, due", MONEY, "amount of these deals, weighted if asked so", better="higher")
    overdue = column("Overdue", MONEY, "open past the expected close: not counted", better="lower")
    coverage = column("Coverage", RATIO, "open and due / left to win", better="higher")
    rate = column(
        "Win rate by amount", SHARE, "of the last 12 months; with fewer than 30 decided deals, of 24", better="higher"
    )
    n = column("Decided", COUNT, "deals behind the win rate")
    needed = column("Needed", MONEY, "open pipeline with which the rest would be won", better="lower")
    shortfall = column("Missing", MONEY, "needed - open and due", better="lower")
    status = column("Status", reached="reached", enough="enough", short="too little")


@analysis(
    "Pipeline coverage",
    needs={"deals": ["expected_close_on", "amount"], "targets": ["target_value"]},
    date="deals.expected_close_on",
    kind="P",
    chart=Bars(x="scope", y="open_due", goal="needed"),
    period="this-quarter",
    headline="coverage",
    behind=target_rows,
)
def pipeline_coverage(
    warehouse: Warehouse,
    period: Period,
    level: Level = "company",
    base: Base = "remaining",
    weighted: Annotated[bool, Toggle("Weighted by win probability")] = False,
) -> Result[PipelineCoverage]:
    """Is there enough open pipeline to reach the target?

    Formula: left to win = max(0, target - won so far); coverage = open amount due in the period / left to win; needed = left to
             win / win rate by amount of the last 12 months; missing = max(0, needed - open and due). Weighted amounts hold
             the win rate already: then needed is what is left to win.
    Reads:   deals, targets of the won amount, stages, deal_stages and employees.
    Mind:    Held against the whole target a half-won quarter looks badly covered. Overdue deals are told apart, for their dates
             say nothing. Under a filter there is no target: it was made for the whole.
    Source:  Coverage of the remaining quota, as revenue tools have it.
    """
    values: dict[str, Any] = {f"months_{n}": midnight(months_later(warehouse.today, -n), warehouse.zone) for n in SPANS}
    values |= {"due_from": max(period.start, warehouse.today), "overdue_until": min(period.end, warehouse.today)}
    by = "" if level == "company" else level
    rows = warehouse.query(DEALS_BY_STAGE, period=period, by=by, of="deals", is_weighted=weighted, **values)
    if weighted:
        rows = weighed(rows.with_columns(is_total=np.zeros(len(rows), dtype=bool)), stage_chances(warehouse))
    planned = {} if warehouse.scope.filters else targets_for(warehouse, period, {PLANNED: True})
    found = covered(by_scope(rows, planned, level), is_weighted=weighted, is_of_remaining=base == "remaining")
    total = found.where(found.flags("is_total")).one()
    return Result.of(
        PipelineCoverage,
        found,
        notes=_notes(found, total),
        findings=_missing(found, total, level) if period.end > warehouse.today else (),
        used=int(total["won_deals"] + total["deals"]),
        left_out=_left_out(total),
        n=int(total["n"]),
    )


def _notes(rows: Rows, total: dict[str, Any]) -> list[Note]:
    notes = []
    if np.isnan(rows.numbers("target")).all():
        notes.append(Note(_("No target of the won amount covers the whole period, or a filter is set."), "warn"))
    if n := int(rows.where(~rows.flags("is_total")).flags("is_longer").sum()):
        longer = _(
            "{n} win rate is that of the last 24 months: in 12 fewer than 30 deals were decided.",
            "{n} win rates are those of the last 24 months: in 12 fewer than 30 deals were decided.",
            n=n,
        )
        notes.append(Note(longer, "few"))
    return notes


def _missing(rows: Rows, total: dict[str, Any], level: Level) -> tuple[Finding, ...]:
    """What is missing for the target of the company, and in which of its parts most of it."""
    found = []
    if total["status"] == "short":
        message = _(
            "{due} are open and due, {remaining} are left to win: at the usual win rate {needed} would be needed, {missing} more.",
            due=Figure(total["open_due"], MONEY),
            remaining=Figure(total["remaining"], MONEY),
            needed=Figure(total["needed"], MONEY),
            missing=Figure(total["shortfall"], MONEY),
        )
        found.append(Finding(message, money=total["shortfall"], tone="bad", link={"level": "owner"}))
    parts = rows.where(~rows.flags("is_total"))
    shortfall = np.nan_to_num(parts.numbers("shortfall"))
    if level != "company" and len(parts) > 1 and shortfall.max() > 0:
        worst = parts.taken(np.array([int(np.argmax(shortfall))])).one()
        message = _(
            "Most is missing at {who}: {missing} more open pipeline would be needed.",
            who=worst["scope"],
            missing=Figure(worst["shortfall"], MONEY),
        )
        found.append(Finding(message, money=worst["shortfall"], tone="warn"))
    return tuple(found)


def _left_out(total: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = {
        "overdue_deals": _("overdue"),
        "elsewhere": _("not expected to close then"),
        "undated": _("without an expected close"),
        "without_amount": _("without an amount"),
        "unconverted": _("in a currency without a rate"),
    }
    return tuple(
        LeftOut(reason, int(total[name]), float(total["overdue"]) if name == "overdue_deals" else None)
        for name, reason in reasons.items()
        if total[name]
    )
