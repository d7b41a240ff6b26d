"""What changed in the pipeline."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np

from crmetrics.analysis import By, Finding, Note, Options, Result, Row, Waterfall, analysis, column
from crmetrics.sales.moved_deals import AFTER, BEFORE, CAME, CHANGED, LEFT, MOVED_DEALS, Moves
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, Figure
from crmetrics.warehouse.facts.moves import moves_sql
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

NOTABLE: Final = 0.1
MOVED: Final = frozenset(("handed_in", "moved_in", "handed_on", "moved_on"))
"""What went from one to another and was neither gained nor lost."""
ALWAYS: Final = frozenset((BEFORE, "created", *CHANGED, "won", "lost", AFTER))
"""Shown also where nothing happened; the other causes only where something did."""


class PipelineChange(Row):
    party = column("Group", dimension="by")
    cause = column(
        "Cause",
        dimension="cause",
        open_before="Open before",
        created="New",
        reopened="Reopened",
        handed_in="Taken over",
        pulled_in="Pulled in",
        moved_in="Came into view otherwise",
        grown="Grown",
        shrunk="Shrunk",
        won="Won",
        lost="Lost",
        handed_on="Handed on",
        slipped="Slipped",
        moved_on="Left the view otherwise",
        open_after="Open after",
    )
    deals = column("Deals", COUNT)
    amount = column("Amount", MONEY, "what it added to the open pipeline or took away", better="higher")


@analysis(
    "What changed in the pipeline",
    needs={"deals": ["created_at"]},
    date="deals",
    kind="DG",
    period="last-7-days",
    chart=Waterfall(x="cause", y="amount", good=frozenset(("won",)), neither=MOVED),
    headline="amount",
    behind=(MOVED_DEALS,),
)
def pipeline_changes(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    closing: Annotated[str, Options("Expected to close in")] = "",
) -> Result[PipelineChange]:
    """How did the open pipeline move from one date to another?

    Formula: open after = open before + new + reopened + grown - shrunk - won - lost +- what crossed the filter: taken over and
             handed on by the owner, pulled in and slipped by the expected close. One deal has one cause of coming and one of
             leaving, by rank, with its amount at that moment; the change of its amount is a step of its own.
    Reads:   deals, deal_changes, deal_stages, exchange_rates.
    Mind:    All at the rates of the later date. A deal that came and left in between is in both steps. Deals deleted in the
             source are in neither date. Slipped and pulled in are steps only where a window of the expected close is chosen.
    Source:  The waterfalls of revenue tools; own definition of the ranks.
    """
    moves = Moves.between(warehouse, period, by, closing)
    rows = warehouse.query(moves_sql(**moves.kinds), by=by, of="deals", **moves.values)
    table = _table(rows)
    whole = rows.where(rows.flags("in_total"))
    return Result.of(
        PipelineChange,
        table,
        notes=_notes(warehouse, whole),
        findings=() if by else _findings(whole),
        used=int(whole.numbers("deals").sum()),
    )


def _table(rows: Rows) -> Rows:
    """The steps of every group, the one with most open money before first, then the total: what is open now."""
    inside = rows.where(rows.flags("in_groups"))
    parties, which = inside.groups("party")
    names = parties.values("party")
    size = np.bincount(which, inside.numbers("open_then"), len(names)) if len(inside) else np.zeros(0)
    columns: dict[str, list[Any]] = {"party": [], "cause": [], "deals": [], "amount": []}
    for place in sorted(range(len(names)), key=lambda each: (-size[each], names[each] is None, names[each] or "")):
        for cause, deals, amount in _steps(inside.where(which == place)):
            if deals or cause in ALWAYS:
                for name, value in zip(columns, (names[place], cause, deals, amount), strict=True):
                    columns[name].append(value)
    *_others, (_cause, deals, amount) = _steps(rows.where(rows.flags("in_total")))
    for name, value in zip(columns, (None, None, deals, amount), strict=True):
        columns[name].append(value)
    return Rows({}).with_columns(is_total=[False] * (len(columns["party"]) - 1) + [True], **columns)


def _steps(rows: Rows) -> list[tuple[str, int, float]]:
    """(cause, deals, amount) from what was open before to what is open now, which is what they sum to."""

    def step(cause: str, by: str, amount: str, deals: str = "deals", sign: int = 1) -> tuple[str, int, float]:
        own = rows.where(np.array([each == cause for each in rows.values(by)], dtype=bool)) if by else rows
        return cause, int(np.nansum(own.numbers(deals))), sign * float(np.nansum(own.numbers(amount)))

    return [
        step(BEFORE, "", "open_then", "deals_then"),
        *(step(cause, "entered_by", "entered") for cause in CAME),
        *(step(cause, "changed_by", "changed") for cause in CHANGED),
        *(step(cause, "left_by", "gone", sign=-1) for cause in LEFT),
        step(AFTER, "", "open_now", "deals_now"),
    ]


def _notes(warehouse: Warehouse, whole: Rows) -> list[Note]:
    notes = []
    if not warehouse.profile.rows("deal_changes"):
        notes.append(
            Note(
                _("No history tells what changed in deals: only new, won and lost ones are told, at today's amounts."),
                "warn",
            )
        )
    if n := int(np.nansum(whole.numbers("unconverted"))):
        foreign = _("{n} deal is in a currency without a rate.", "{n} deals are in currencies without a rate.", n=n)
        notes.append(Note(foreign, "warn"))
    return notes


def _findings(whole: Rows) -> tuple[Finding, ...]:
    """The fall or rise of the open pipeline, where it is notable; and what was put off without leaving it."""
    steps = {cause: (deals, amount) for cause, deals, amount in _steps(whole)}
    before, after = steps[BEFORE][1], steps[AFTER][1]
    found = []
    if before and abs(after - before) > NOTABLE * before:
        text = (
            _("The open pipeline grew from {before} to {after}.")
            if after > before
            else _("The open pipeline fell from {before} to {after}.")
        )
        message = text(before=Figure(before, MONEY), after=Figure(after, MONEY))
        found.append(Finding(message, money=after - before, tone="good" if after > before else "bad"))
    late = whole.where(whole.flags("is_put_off"))
    money = float(np.nansum(late.numbers("open_now"))) if len(late) else 0.0
    if money > NOTABLE * after:
        message = _(
            "{n} open deal was put off to a later close: {money}.",
            "{n} open deals were put off to a later close: {money}.",
            n=int(late.numbers("deals").sum()),
            money=Figure(money, MONEY),
        )
        found.append(Finding(message, money=money, tone="warn", link={"by": "owner"}))
    return tuple(found)
