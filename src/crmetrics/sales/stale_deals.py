"""Stale deals."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis import Bars, By, Finding, Locked, Note, Result, Row, Table, analysis, column
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.pipelines import deal_chances, locked_earlier, stage_chances
from crmetrics.analysis.silences import derive_silences
from crmetrics.sales.open_deal_rows import STALE_ROWS
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.silence import STALE_DEALS, STAY_LIMITS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

NOTABLE: Final = 0.1
MOST: Final = 0.4

ALL_OPEN = """
select count(*) as deals, sum(case when coalesce(l.won, 0) < 10 then 1 else 0 end) as fixed
from deals d
left join stay_limits l on l.pipeline = d.pipeline and l.stage = d.stage
where d.is_won is null
"""


class StaleDeal(Row):
    party = column("Group", dimension="by")
    deal_id = column("Deal")
    name = column("Name")
    owner_id = column("Owner", dimension="owner")
    pipeline = column("Pipeline", dimension="pipeline", is_hidden=True)
    stage = column("Stage", dimension="stage")
    days = column("Days in stage", DAYS, "all visits summed", better="lower")
    limit = column("Limit", DAYS, "three quarters of the won deals left the stage within this time")
    silence = column(
        "Days of silence", DAYS, "since the last two-way contact, else since it was created", better="lower"
    )
    silence_limit = column("Limit of silence", DAYS, "three quarters of the won deals were never silent for longer")
    expected_close_on = column("Expected close", DATE)
    reasons = column(
        "Reasons",
        stage="too long in the stage",
        silence="silent for too long",
        date="close date is past",
        stage_silence="too long in the stage, silent",
        stage_date="too long in the stage, date past",
        silence_date="silent, date past",
        stage_silence_date="too long in the stage, silent, date past",
    )
    score = column("Rot score", COUNT, "number of reasons", better="lower")
    amount = column("Amount", MONEY)
    probability = column("Win probability", SHARE, "of its stage's own record, else as typed")
    stake = column("At stake", MONEY, "amount x win probability", better="lower")


@analysis(
    "Stale deals",
    needs={"deals": ["stage"]},
    date="deals",
    kind="GR",
    chart=Bars(x="deal_id", y="stake"),
    headline="stake",
    behind=(STALE_ROWS,),
)
def stale_deals(warehouse: Warehouse, by: By = By("")) -> Result[StaleDeal]:
    """Which open deals have rotted?

    Formula: stale if the days in the stage are more than the 75th percentile of the won deals there, or the days since the last
             two-way contact more than theirs, or the expected close is past. Rot score = number of reasons; money at stake =
             amount x win probability.
    Reads:   deals, stages, deal_stages, activities, deal_changes for an earlier date.
    Mind:    Limits are learned from won deals alone, for open ones would stretch them, and are the same for every viewer; a
             stage with fewer than 10 won deals has limits of 30 days. Without a stage history or activities these reasons are
             not judged.
    Source:  "Days to rot" of sales systems, with limits of the company's own.
    """
    if locked := locked_earlier(warehouse, StaleDeal) or _unjudged(warehouse):
        return locked
    derive_silences(warehouse)
    warehouse.derive(STAY_LIMITS)
    whole = warehouse.query(ALL_OPEN).one()
    is_heard = warehouse.profile.rows("activities") > 0
    rows = warehouse.query(STALE_DEALS, by=by, of="deals", is_heard=is_heard)
    chance = deal_chances(rows, stage_chances(warehouse))
    rows = rows.with_columns(
        limit=rows.columns["stay_limit"], probability=chance, stake=rows.numbers("amount") * chance
    )
    rows = _by_money(rows)
    return Result(
        Table.of(StaleDeal, rows),
        _total(rows),
        notes=(*_blind_spots(warehouse), *_notes(rows, whole)),
        findings=_at_stake(rows, int(whole["deals"])),
        used=int(whole["deals"]),
    )


def _by_money(rows: Rows) -> Rows:
    """The group with most at stake first, in it the deals with most at stake; deals of unknown worth last."""
    stake = np.nan_to_num(rows.numbers("stake"), nan=-1.0)
    groups, which = rows.groups("party")
    of_group = np.bincount(which, np.maximum(stake, 0), len(groups))
    order = np.lexsort((-stake, which, -of_group[which]))  # equal ones stay in the order of their ids
    return rows.taken(order)


def _total(rows: Rows) -> StaleDeal | None:
    """What stale deals are worth together; nothing else of them adds up."""
    if not len(rows):
        return None
    known = {name: rows.numbers(name) for name in ("amount", "stake")}
    added = {name: None if np.isnan(values).all() else float(np.nansum(values)) for name, values in known.items()}
    return StaleDeal(tuple(added.get(each.name) for each in StaleDeal.columns))


def _unjudged(warehouse: Warehouse) -> Result[StaleDeal] | None:
    """The locked answer where nothing tells which deals are stale: no rows would say that none is."""
    profile = warehouse.profile
    if profile.rows("deal_stages") or profile.rows("activities") or profile.column("deals", "expected_close_on").filled:
        return None
    message = _("Locked: there are neither a stage history nor activities nor expected closes to judge deals by.")
    nothing = Table(StaleDeal, {each.name: [] for each in StaleDeal.columns})
    return Result(nothing, notes=(Note(message, "warn"),), locked=Locked("deal_stages", message))


def _blind_spots(warehouse: Warehouse) -> list[Note]:
    """The reasons that the data do not tell."""
    reasons = {
        "deal_stages": _("There is no stage history: how long deals stand in their stages is not judged."),
        "activities": _("There are no activities: how long deals are silent is not judged."),
    }
    return [Note(told, "warn") for table, told in reasons.items() if not warehouse.profile.rows(table)]


def _notes(rows: Rows, whole: dict[str, Any]) -> tuple[Note, ...]:
    notes = [] if whole["deals"] else [Note(_("There is no open deal."), "few")]
    if n := int(whole["fixed"] or 0):
        fixed = _(
            "{n} open deal stands in a stage that fewer than 10 won deals have passed: 30 days are its limit.",
            "{n} open deals stand in stages that fewer than 10 won deals have passed: 30 days are their limit.",
            n=n,
        )
        notes.append(Note(fixed, "few"))
    if n := int(np.isnan(rows.numbers("stake")).sum()):
        unknown = _(
            "What is at stake in {n} stale deal is not known: without an amount, a rate or a win probability.",
            "What is at stake in {n} stale deals is not known: without an amount, a rate or a win probability.",
            n=n,
        )
        notes.append(Note(unknown, "warn"))
    return tuple(notes)


def _at_stake(rows: Rows, deals: int) -> tuple[Finding, ...]:
    """How much stands in stale deals, where they are a notable part, and the stage that holds most of it."""
    stake = np.nan_to_num(rows.numbers("stake"))
    whole = float(stake.sum())
    if len(rows) < SHOWN_FROM or len(rows) < NOTABLE * deals or not whole:
        return ()
    stages, which = rows.groups("stage")
    held = np.bincount(which, stake, len(stages))
    worst = int(np.argmax(held))
    several = _(
        "{n} of {deals} open deals are stale: {money} at stake.", n=len(rows), deals=deals, money=Figure(whole, MONEY)
    )
    most = _(
        "{n} of {deals} open deals are stale: {money} at stake, {part} of it in {stage}.",
        n=len(rows),
        deals=deals,
        money=Figure(whole, MONEY),
        part=Figure(float(held[worst]), MONEY),
        stage=stages.values("stage")[worst],
    )
    message = most if held[worst] > MOST * whole and len(stages) > 1 else several
    return (Finding(message, money=whole, tone="warn", link={"by": "owner"}),)
