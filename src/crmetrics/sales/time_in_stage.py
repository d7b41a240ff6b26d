"""Time in stage."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Behind, By, Choices, Finding, LeftOut, Note, Result, Row, Spread, analysis, column
from crmetrics.analysis.business_days import Clock, calendar_note
from crmetrics.analysis.littleness import too_few
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period, midnight
from crmetrics.vocabulary.unit import COUNT, DAYS, SHARE, Figure
from crmetrics.warehouse.facts.pipeline import WORKED_TO_DATE
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

DAY: Final = 86400.0
ENOUGH: Final = 10
COUNTS: Final = ("moved", "lost", "running", "gone_before", "running_before")
NOTABLE: Final = 0.2
ENTERED: Final = "entered_at >= $start and entered_at < $end"
# No order: the curves sort by themselves, and strings are slow to sort.
CASES_BY_DURATION = f"""
select party, pipeline, stage, stage_no, seconds,
       count(*) filter (where is_now and not is_running and not is_lost) as moved,
       count(*) filter (where is_now and not is_running and is_lost) as lost,
       count(*) filter (where is_now and is_running) as running,
       count(*) filter (where is_before and not is_running) as gone_before,
       count(*) filter (where is_before and is_running) as running_before,
       sum(case when is_now then visits end) as visits,
       sum(passings) as passings
from (
    select party, pipeline, stage, stage_no, is_lost, visits, running_from is not null as is_running,
           round(seconds + coalesce({{still}}, 0)) as seconds,
           visits > 0 and {ENTERED} as is_now,
           visits > 0 and entered_at >= $before_start and entered_at < $before_end as is_before,
           case when {ENTERED} then passings end as passings
    from {{spans}}
    where ({ENTERED}) or (entered_at >= $before_start and entered_at < $before_end)
) spans
group by party, pipeline, stage, stage_no, seconds
"""

# switch -> the spans of that clock, the time from coming to as-of of a deal that still is there
CLOCKS: Final = {
    "calendar": ("stage_spans", "seconds_between(running_from, $as_of)"),
    "business": ("business_spans", "$clock - running_from"),
}


def _behind(choices: Choices) -> tuple[Behind, ...]:
    columns = {"entered": "", "gone": "running_from is null", "open_deals": "running_from is not null"}
    over, groups = CLOCKS[choices["clock"]][0], {"pipeline": "pipeline", "stage": "stage"}
    return (Behind(columns, over, f"visits > 0 and {ENTERED}", "entered_at", groups, shows="deals"),)


class TimeInStage(Row):
    party = column("Group", dimension="by")
    pipeline = column("Pipeline", dimension="pipeline")
    stage = column("Stage", dimension="stage")
    entered = column("Entered", COUNT, "deals that came into the stage in the period")
    gone = column("Left", COUNT, "deals that have left it since")
    open_deals = column("Still there", COUNT)
    median = column(
        "Median", DAYS, "half of the deals leave within this time; those still there are not left out", better="lower"
    )
    p75 = column("Three quarters", DAYS, "three quarters of the deals leave within this time", better="lower")
    longest = column("Longest", DAYS, "the longest time seen so far, of deals gone or still there")
    reference = column("Median before", DAYS, "in the period compared with")
    excess = column("Deal-days more", DAYS, "(median - median before) x deals that entered", better="lower")
    moved_share = column("Went on", SHARE, "the share that goes on, by the end of what was seen", better="higher")
    moved_days = column("Days to go on", DAYS, "half of those that go on do so within this time", better="lower")
    lost_share = column(
        "Were lost", SHARE, "the share that is lost from here, by the end of what was seen", better="lower"
    )
    lost_days = column("Days to be lost", DAYS, "half of those that are lost are lost within this time")


@analysis(
    "Time in stage",
    needs={"deal_stages": ["entered_at"], "deals": ["stage"]},
    date="deal_stages.entered_at",
    kind="DG",
    chart=Spread(x="stage", median="median", p75="p75", reference="reference"),
    enough=ENOUGH,
    behind=_behind,
)
def time_in_stage(
    warehouse: Warehouse, period: Period, before: Period, by: By = By(""), clock: Clock = "calendar"
) -> Result[TimeInStage]:
    """Where does the sale take longest?

    Formula: Kaplan-Meier median and p75 of the time in the stage, all visits of one deal summed, deals still there censored
             at as-of; deal-days more = (median - median before) x deals that entered, the bottleneck is where it is largest;
             going on and being lost compete (Aalen-Johansen).
    Reads:   deal_stages, deals, stages of kind open and the grouping column; holidays for business days.
    Mind:    A deal counts in the period in which it first entered the stage. Visits under a minute are left out. Business days
             are Monday to Friday without the free days of the company's calendar, each with all its 24 hours.
    Source:  Kaplan and Meier (1958), JASA 53(282), 457-481; Aalen and Johansen (1978), Scand. J. Stat. 5, 141-150.
    """
    spans, still = CLOCKS[clock]
    values: dict[str, object] = {
        "before_start": midnight(before.start, warehouse.zone),
        "before_end": midnight(before.end, warehouse.zone),
    }
    if clock == "business":
        values["clock"] = warehouse.query(WORKED_TO_DATE).one()["worked"]
    sql = CASES_BY_DURATION.replace("{spans}", spans).replace("{still}", still)
    cases = warehouse.query(sql, period=period, by=by, of=spans, moment="entered_at", **values)
    rows = _by_stage(cases, is_compared=by not in GRAINS)
    passings = int(np.nansum(cases.numbers("passings")))
    return Result.of(
        TimeInStage,
        rows,
        notes=(*_notes(rows), *calendar_note(warehouse, clock)),
        findings=_bottleneck(rows),
        used=int(np.nansum(cases.numbers("visits"))),
        left_out=(LeftOut(_("stayed less than a minute"), passings),) if passings else (),
        n=int(rows.numbers("entered").sum()),
    )


def _by_stage(cases: Rows, *, is_compared: bool) -> Rows:
    """The answer's rows from the counts of equal durations: the largest group first, each in the order of its stages."""
    stages, which = cases.groups("party", "pipeline", "stage", "stage_no")
    counts = {name: np.bincount(which, cases.numbers(name), len(stages)) for name in COUNTS}
    now = _curves(cases, which, ["moved", "lost"], "running", len(stages))
    earlier = _curves(cases, which, ["gone_before"], "running_before", len(stages))
    entered = counts["moved"] + counts["lost"] + counts["running"]
    entered_before = counts["gone_before"] + counts["running_before"]
    median = now.median() / DAY
    is_known = is_compared & (entered_before >= ENOUGH)
    reference = np.where(is_known, earlier.median() / DAY, np.nan)
    rows = stages.with_columns(
        entered=entered.astype(np.int64),
        gone=(entered - counts["running"]).astype(np.int64),
        open_deals=counts["running"].astype(np.int64),
        median=median,
        p75=now.quantile(0.75) / DAY,
        longest=now.longest / DAY,
        reference=reference,
        excess=np.where(entered >= ENOUGH, (median - reference) * entered, np.nan),
        moved_share=now.ever()[:, 0],
        moved_days=now.half_time(0) / DAY,
        lost_share=now.ever()[:, 1],
        lost_days=now.half_time(1) / DAY,
    )
    return _in_order(rows.where(entered > 0))


def _in_order(rows: Rows) -> Rows:
    groups, which = rows.groups("party")
    size = np.bincount(which, rows.numbers("entered"), len(groups))[which] if len(rows) else rows.numbers("entered")
    names, pipelines, places = rows.values("party"), rows.values("pipeline"), rows.numbers("stage_no")
    order = sorted(range(len(rows)), key=lambda each: (-size[each], names[each] or "", pipelines[each], places[each]))
    return Rows({name: values[order] for name, values in rows.columns.items()})


def _curves(cases: Rows, which: NDArray[np.int64], gone: list[str], running: str, groups: int) -> KaplanMeier:
    left = np.stack([cases.numbers(name) for name in gone], axis=1)
    stay = cases.numbers(running)
    some = left.sum(axis=1) + stay > 0
    return KaplanMeier.fit(cases.numbers("seconds")[some], left[some], stay[some], which[some], groups)


def _notes(rows: Rows) -> list[Note]:
    entered = rows.numbers("entered")
    notes = [*too_few(entered, ENOUGH)]
    if unknown := int(np.sum(np.isnan(rows.numbers("median")) & (entered >= ENOUGH))):
        beyond = _(
            "In {n} row fewer than half have left so far: the median is longer than the longest time seen.",
            "In {n} rows fewer than half have left so far: the median is longer than the longest time seen.",
            n=unknown,
        )
        notes.append(Note(beyond))
    return notes


def _bottleneck(rows: Rows) -> tuple[Finding, ...]:
    """The stage with the most deal-days more than before, if it has become notably slower."""
    slower = rows.where(rows.numbers("median") > (1 + NOTABLE) * rows.numbers("reference"))
    excess = slower.numbers("excess")
    if not np.any(excess > 0):
        return ()
    worst = slower.where(excess == np.nanmax(excess)).one()
    message = _(
        "{stage} takes {median} in the middle, {reference} before: {excess} more over the deals that came into it.",
        stage=worst["stage"],
        median=Figure(worst["median"], DAYS),
        reference=Figure(worst["reference"], DAYS),
        excess=Figure(worst["excess"], DAYS),
    )
    return (Finding(message, tone="bad", link={"by": "owner"}),)
