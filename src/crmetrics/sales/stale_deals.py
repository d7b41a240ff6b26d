"""Stale deals."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis import Bars, By, Finding, Note, Result, Row, Table, analysis, column
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.pipelines import deal_chances, locked_earlier, stage_chances
from crmetrics.analysis.silences import derive_silences
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.silence import STAY_LIMITS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

NOTABLE: Final = 0.1
MOST: Final = 0.4

STALE_DEALS = """
with stays as (
    select v.deal_id, sum(seconds_between(v.entered_at, coalesce(v.ended_at, $as_of))) / 86400 as days
    from stage_visits v
    join deals d on d.deal_id = v.deal_id and d.stage = v.stage
    where d.is_won is null and v.is_won is null and not v.is_passing
    group by v.deal_id
),
judged as (
    select d.party, d.deal_id, d.name, d.owner_id, d.pipeline, d.stage, d.amount as agreed, d.probability, d.expected_close_on,
           converted(d.amount, d.company_rate) as amount, s.days, case when l.won >= 10 then l.days else 30e0 end as stay_limit,
           case when $is_heard then seconds_between(d.silent_from, $as_of) / 86400 end as silence, d.silence_limit,
           coalesce(l.won, 0) < 10 as is_fixed
    from deal_silences d
    left join stays s on s.deal_id = d.deal_id
    left join stay_limits l on l.pipeline = d.pipeline and l.stage = d.stage
)
select *, case when is_long and is_silent and is_past then 'stage_silence_date' when is_long and is_silent then 'stage_silence'
               when is_long and is_past then 'stage_date' when is_silent and is_past then 'silence_date'
               when is_long then 'stage' when is_silent then 'silence' else 'date' end as reasons,
       case when is_long then 1 else 0 end + case when is_silent then 1 else 0 end + case when is_past then 1 else 0 end as score
from (
    select *, coalesce(days > stay_limit, false) as is_long, coalesce(silence > silence_limit, false) as is_silent,
           coalesce(expected_close_on < $today, false) as is_past
    from judged
) judged
where is_long or is_silent or is_past
order by deal_id
"""

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
    if locked := locked_earlier(warehouse, StaleDeal):
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
        notes=_notes(rows, whole),
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
