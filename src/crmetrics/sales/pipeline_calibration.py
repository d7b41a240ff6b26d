"""Calibration of the weighted pipeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

import numpy as np

from crmetrics.analysis import Bars, Finding, FirstOf, LeftOut, Note, Number, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.analysis.pipelines import RECORD_MONTHS
from crmetrics.sales.past_chances import EPOCH, PastChances, months_asked, past_chances, summed, tenths
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight, months_later, ordinal
from crmetrics.vocabulary.unit import COUNT, POINTS, RATIO, SHARE, Figure
from crmetrics.warehouse.facts.past_chances import CYCLE, RECORD_BY_MONTH, STOOD_BY_MONTH
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

NOTABLE: Final = 0.05
RECORD: Final = """
select pipeline, below, place, reached, closed, won, decided
from record_by_month
order by pipeline, below, place, reached, closed
"""


class PipelineCalibration(Row):
    pipeline = column("Pipeline", dimension="pipeline", only=("show", ("stages",)))
    stage = column("Stage", dimension="stage", only=("show", ("stages",)))
    tenth = column("Tenth", COUNT, "of the deals in order of their chances", only=("show", ("tenths",)))
    n = column("Deals", COUNT, "open at a month end; one open for three months counts three times")
    told = column("Told", SHARE, "mean win probability, learned up to that month end")
    happened = column("Came true", SHARE, "won since; those still open are not won", better="higher", of=("won", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    miss = column("Difference", POINTS, "came true - told")
    won = column("Won", COUNT)
    lost = column("Lost", COUNT)
    open_deals = column("Still open", COUNT)
    brier = column("Brier score", RATIO, "mean squared distance from what happened, 0 is perfect", better="lower")
    base_brier = column("Of the base rate", RATIO, "the same, had every deal the rate of its pipeline", better="lower")


@analysis(
    "Calibration of the weighted pipeline",
    needs={"deals": ["is_won", "stage"], "deal_stages": ["entered_at"]},
    date="deal_stages.entered_at",
    kind="G",
    chart=FirstOf(
        (
            Bars(x="stage", y="happened", band=("low", "high"), goal="told"),
            Bars(x="tenth", y="happened", band=("low", "high"), goal="told"),
        )
    ),
    period="last-24-months",
    behind=(),  # a deal counts at every month end at which it was open: its figures are no list of deals
)
def pipeline_calibration(
    warehouse: Warehouse,
    period: Period,
    show: Annotated[Literal["stages", "tenths"], Options("Show", stages="by stage", tenths="by tenth")] = "stages",
    within: Annotated[int, Number("Days to be decided, 0 for those of nine of ten deals", 0, 3650)] = 0,
) -> Result[PipelineCalibration]:
    """Did the win probabilities of the stages hold?

    Formula: at every month end the chance of each stage is learned from what was decided by then, as the pipeline learns it
             today, and held against what the deals that stood there have become. Brier score = mean of (chance - won)^2, beside
             that of the pipeline's own rate for every deal.
    Reads:   deals, deal_stages, stages.
    Mind:    Month ends are left out until nine of ten deals would have been decided; what is still open then counts as not won.
             A deal counts at every month end at which it was open, so the intervals are rather too narrow.
    Source:  Brier (1950), Monthly Weather Review 78(1), 1-3; Kleinman (1973) for the chances.
    """
    warehouse.derive(RECORD_BY_MONTH)
    since = midnight(months_later(warehouse.today, -RECORD_MONTHS), warehouse.zone)
    days = within or np.nan_to_num(warehouse.query(CYCLE, since=since).numbers("days"), nan=0.0).max(initial=0.0)
    ripe = warehouse.today - timedelta(days=float(np.ceil(days)))
    asked = months_asked(period, warehouse.today)
    months = [ordinal("month", day) - ordinal("month", EPOCH) for day in asked if day <= ripe]
    past = past_chances(warehouse.query(RECORD), warehouse.query(STOOD_BY_MONTH), months)
    rows = _rated(past, show)
    total = rows.where(rows.flags("is_total")).one()
    short = int(past.n[np.isnan(past.chance)].sum())
    return Result.of(
        PipelineCalibration,
        rows,
        worked_out={
            each.name: [None] * len(rows) for each in PipelineCalibration.columns if each.name not in rows.names
        },
        notes=(*_notes(len(asked) - len(months), int(np.ceil(days))), *_of_base(rows), *little_data(total["n"])),
        findings=_missed(rows),
        used=int(total["n"]),
        left_out=(LeftOut(_("at a stage with fewer than 30 decided deals by then"), short),) if short else (),
    )


def _rated(past: PastChances, show: str) -> Rows:
    """The answer's rows and their total, from the cells with a chance."""
    known = ~np.isnan(past.chance)
    if show == "tenths":
        which = np.where(known, tenths(past.chance, np.where(known, past.n, 0.0)), 0) - 1
        groups, names = 10, {"tenth": list(range(1, 11))}
    else:
        which, groups = past.stage, len(past.stages)
        names = {name: past.stages.values(name) for name in ("pipeline", "stage")}
    rows = summed(past, which, groups).with_columns(**{name: [*values, None] for name, values in names.items()})
    return rows.where(rows.flags("is_total") | (rows.numbers("n") > 0))


def _notes(pending: int, days: int) -> list[Note]:
    if not pending:
        return []
    waiting = _(
        "{n} month end is pending: nine of ten deals take up to {days} days to be decided.",
        "{n} month ends are pending: nine of ten deals take up to {days} days to be decided.",
        n=pending,
        days=days,
    )
    return [Note(waiting)]


def _of_base(rows: Rows) -> list[Note]:
    """Whether the stages know more than the pipeline's rate alone (R18)."""
    total = rows.where(rows.flags("is_total")).one()
    if not total["n"] or total["brier"] < total["base_brier"]:
        return []
    return [Note(_("The chances of the stages do no better than one rate for all deals of the pipeline."), "warn")]


def _missed(rows: Rows) -> tuple[Finding, ...]:
    """Whether the weighted pipeline promises too much or too little, beyond chance and notably."""
    total = rows.where(rows.flags("is_total")).one()
    if total["n"] < PLAIN_FROM or total["low"] <= total["told"] <= total["high"] or abs(total["miss"]) < NOTABLE:
        return ()
    template = (
        _("The weighted pipeline promised too little: {told} of the open deals, and {happened} were won.")
        if total["miss"] > 0
        else _("The weighted pipeline promised too much: {told} of the open deals, and {happened} were won.")
    )
    told, happened = (Figure(total[name], SHARE) for name in ("told", "happened"))
    return (Finding(template(told=told, happened=happened), tone="warn"),)
