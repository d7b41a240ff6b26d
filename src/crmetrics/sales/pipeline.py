"""Pipeline by stage."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Bars, Behind, By, Finding, LeftOut, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM
from crmetrics.analysis.pipelines import checked_pipeline, locked_earlier, stage_chances, weighed
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.pipeline import NEXT_STEPS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Probability = Annotated[
    Literal["own", "typed"], Options("Win probability", own="from the stage's own record", typed="as typed")
]
NOTABLE: Final = 0.1
OPEN_BY_STAGE = """
with stages_open as (
    select party, pipeline, stage, stage_no, grouping(stage) = 1 as is_total,
           count(deal_id) as deals, sum(money) as amount, median(age) as median_age, count(age) as aged,
           sum(cast(money as double) * probability) as typed_weighted,
           sum(case when probability is not null then money end) as typed_amount,
           count(*) filter (where money is not null and probability is null) as untyped,
           count(*) filter (where deal_id is not null and amount is null) as without_amount,
           count(*) filter (where amount is not null and money is null) as unconverted,
           count(*) filter (where deal_id is not null and expected_close_on is null) as without_date,
           count(*) filter (where deal_id is not null and not has_next_step) as without_next_step,
           sum(case when not has_next_step then money end) as idle_amount,
           count(*) filter (where expected_close_on < $today) as overdue,
           sum(case when expected_close_on < $today then money end) as overdue_amount
    from (
        select party, pipeline, stage, stage_no, deal_id, amount, converted(amount, company_rate) as money, probability,
               expected_close_on, coalesce(next_step_at >= $as_of, false) as has_next_step,
               seconds_between(created_at, $as_of) / 86400 as age
        from open_deals
        where $pipeline in ('', pipeline) and (not $is_due or (expected_close_on >= $due_from and expected_close_on < $due_until))
        union all
        select null, pipeline, stage, stage_no, null, null, null, null, null, null, null
        from open_stages
        where $is_whole and $pipeline in ('', pipeline)
    ) deals
    group by grouping sets ((party, pipeline, stage, stage_no), ())
)
select *, sum(deals) over (partition by is_total, party) as deals_of_party
from stages_open
order by is_total, deals_of_party desc, party, pipeline, stage_no, stage
"""
"""Open deals by stage; the second half puts in the stages that have none."""
ALL_OPEN = "select count(*) as deals, count(*) filter (where $pipeline in ('', pipeline)) as mine from deals where is_won is null"
PIPELINES = "select pipeline from stages group by pipeline order by pipeline"


BEHIND = Behind(
    {
        "deals": "",
        "overdue": "expected_close_on < $today",
        "without_amount": "amount is null",
        "without_date": "expected_close_on is null",
        "without_next_step": "not coalesce(next_step_at >= $as_of, false)",
    },
    "open_deals",
    "$pipeline in ('', pipeline)",
    groups={"pipeline": "pipeline", "stage": "stage"},
    derived=(NEXT_STEPS,),
)


class Pipeline(Row):
    party = column("Group", dimension="by")
    pipeline = column("Pipeline", dimension="pipeline")
    stage = column("Stage", dimension="stage")
    stage_no = column("Place", COUNT)
    deals = column("Open deals", COUNT, better="higher")
    amount = column("Amount", MONEY, "of the deals whose amount is known", better="higher")
    probability = column("Win probability", SHARE, "weighted amount / amount")
    n = column(
        "Decided", COUNT, "decided deals behind the win probability, last 24 months", only=("probability", ("own",))
    )
    weighted = column("Weighted", MONEY, "amount x win probability", better="higher")
    median_age = column("Median age", DAYS, "since the deal was created", better="lower")
    no_amount = column("Without amount", SHARE, better="lower", of=("without_amount", "deals"))
    no_date = column("Without date", SHARE, "of expected close", better="lower", of=("without_date", "deals"))
    no_next_step = column(
        "Without next step", SHARE, "no open activity to come", better="lower", of=("without_next_step", "deals")
    )
    overdue = column("Overdue", COUNT, "past the expected close", better="lower")
    without_amount = column("Deals without amount", COUNT, is_hidden=True)
    without_date = column("Deals without date", COUNT, is_hidden=True)
    without_next_step = column("Deals without next step", COUNT, is_hidden=True)


@analysis(
    "Pipeline by stage",
    needs={"deals": ["stage"]},
    date="deals",
    chart=Bars(x="stage", y="amount"),
    headline="amount",
    behind=lambda choices: () if choices["closing"] else (BEHIND,),  # what closes in a period is told from today on
)
def pipeline(
    warehouse: Warehouse,
    by: By = By(""),
    probability: Probability = "own",
    pipeline: Annotated[str, Options("Pipeline")] = "",
    closing: Annotated[str, Options("Expected to close in")] = "",
) -> Result[Pipeline]:
    """How many open deals and how much money stand in each stage?

    Formula: per stage the open deals, the sum of their amounts and of amount x win probability. Own record: won / (won + lost)
             of the deals that reached the stage or a later one in the last 24 months, drawn to the rate of the pipeline.
    Reads:   deals, stages, deal_stages, deal_changes for an earlier date, activities.
    Mind:    A stage with fewer than 30 decided deals takes the typed probability: the deal's, else the stage's. Deals without an
             amount are counted and are in no sum; an open deal is converted at the latest rate.
    Source:  Kleinman (1973), JASA 68(341), 46-54 for the drawing together.
    """
    if locked := locked_earlier(warehouse, Pipeline):
        return locked
    due = warehouse.period_of(closing) if closing else None
    values: dict[str, Any] = {"pipeline": checked_pipeline(pipeline, warehouse.query(PIPELINES).values("pipeline"))}
    values |= {"is_whole": not by, "is_due": due is not None}
    values |= {"due_from": due.start if due else date.min, "due_until": due.end if due else date.max}
    warehouse.derive(NEXT_STEPS)
    rows = warehouse.query(OPEN_BY_STAGE, by=by, of="deals", **values)
    rows = weighed(rows, stage_chances(warehouse) if probability == "own" else None)
    if not warehouse.profile.rows("activities"):
        rows = rows.with_columns(without_next_step=[None] * len(rows), idle_amount=[None] * len(rows))
    total = rows.where(rows.flags("is_total")).one()
    everything = warehouse.query(ALL_OPEN, **values).one()
    return Result.of(
        Pipeline,
        rows,
        worked_out=_worked_out(rows),
        notes=_notes(rows, total, probability),
        findings=_faults(total),
        used=total["deals"] or 0,
        left_out=_left_out(everything["deals"] - everything["mine"], everything["mine"] - (total["deals"] or 0)),
    )


def _worked_out(rows: Rows) -> dict[str, NDArray[np.float64]]:
    deals = rows.numbers("deals")
    amount = np.where(deals > 0, rows.numbers("amount"), 0.0)
    return {
        "amount": amount,
        "probability": share_of(rows.numbers("weighted"), amount),
        "median_age": np.where(rows.numbers("aged") >= SHOWN_FROM, rows.numbers("median_age"), np.nan),
        **{f"no_{name}": share_of(rows.numbers(f"without_{name}"), deals) for name in ("amount", "date", "next_step")},
    }


def _notes(rows: Rows, total: dict[str, Any], probability: Probability) -> list[Note]:
    notes = []
    is_few = np.array([each is not None and each < PLAIN_FROM for each in rows.values("n")], dtype=bool)
    stages = len(rows.where(is_few & (rows.numbers("amount") > 0)).groups("pipeline", "stage")[0])
    if probability == "own" and stages:
        few = _(
            "{n} stage has fewer than 30 decided deals behind it: its typed probability is used.",
            "{n} stages have fewer than 30 decided deals behind them: their typed probabilities are used.",
            n=stages,
        )
        notes.append(Note(few, "few"))
    if n := int(total["unweighed"] or 0):
        missing = _(
            "{n} deal has no win probability.", "{n} deals have no win probability: they are not weighted.", n=n
        )
        notes.append(Note(missing, "warn"))
    if n := total["unconverted"]:
        foreign = _("{n} deal is in a currency without a rate.", "{n} deals are in currencies without a rate.", n=n)
        notes.append(Note(foreign, "warn"))
    return notes


def _faults(total: dict[str, Any]) -> tuple[Finding, ...]:
    """Money without a next step or past its date, where that is a notable part."""
    idle = _("{n} open deal has no next step: {money}.", "{n} open deals have no next step: {money}.")
    late = _(
        "{n} open deal is past its expected close: {money}.", "{n} open deals are past their expected close: {money}."
    )
    found = []
    for text, deals, money in ((idle, "without_next_step", "idle_amount"), (late, "overdue", "overdue_amount")):
        if (total[deals] or 0) >= SHOWN_FROM and (total[money] or 0) > NOTABLE * (total["amount"] or 0):
            message = text(n=total[deals], money=Figure(total[money], MONEY))
            found.append(Finding(message, money=total[money], tone="warn", link={"by": "owner"}))
    return tuple(found)


def _left_out(elsewhere: int, not_due: int) -> tuple[LeftOut, ...]:
    reasons = (LeftOut(_("in another pipeline"), elsewhere), LeftOut(_("not expected to close then"), not_due))
    return tuple(reason for reason in reasons if reason.rows)
