"""Cohort retention."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import numpy as np

from crmetrics.analysis import (
    Finding,
    HeatMap,
    NeedsBy,
    Note,
    Options,
    Result,
    Row,
    Table,
    analysis,
    column,
)
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM, little_data
from crmetrics.customers.cohort_answers import (
    CohortsBy,
    Mean,
    PeriodsOf,
    Together,
    counted_in,
    named,
    notes_on_small,
)
from crmetrics.customers.cohort_rows import followed
from crmetrics.customers.cohorts import Activity, Cohorts
from crmetrics.customers.triangle import Triangle
from crmetrics.models.interval import wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, DATE, FLAG, SHARE, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

MAY_BE_OLD: Final = 90
"""Who buys first in so many first days of the data may have bought before they begin."""


class CohortRetention(Row):
    cohort = column(
        "Cohort", meaning="a week by its first day", dimension="month", all="All cohorts"
    )  # any period is written so
    size = column("Customers", COUNT, "who started in it")
    k = column("Periods since", COUNT, "whole calendar periods since the start")
    n = column("Counted", COUNT, "those of them whose period has come, or who were active in the one before")
    active = column("Active", COUNT, "of those counted", better="higher")
    rate = column("Retention", SHARE, better="higher", of=("active", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    complete = column("Complete", FLAG, "whether the period has ended")


@analysis(
    "Cohort retention",
    needs=NeedsBy(
        "activity",
        purchases={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
        events={"events": ["occurred_at", "customer_id"]},
        subscriptions={"subscriptions": ["started_on", "customer_id"]},
    ),
    date="orders.ordered_at",
    table="customers",
    chart=HeatMap(x="k", y="cohort", value="rate", complete="complete"),
    behind=followed,
)
def cohort_retention(
    warehouse: Warehouse,
    period: Period,
    grain: PeriodsOf = "month",
    counted: Annotated[
        Literal["exactly", "later"], Options("Active", exactly="in the period itself", later="in the period or later")
    ] = "exactly",
    base: Annotated[
        Literal["start", "previous"],
        Options("Share of", start="all who started", previous="those active in the period before"),
    ] = "start",
    joins: Annotated[
        Literal["first", "recurring"],
        Options("In the cohort of", first="the first period", recurring="every active period"),
    ] = "first",
    mean: Mean = "weighted",
    start: CohortsBy = "first_purchase",
    activity: Annotated[
        Activity, Options("Active by", purchases="purchases", events="events", subscriptions="running subscriptions")
    ] = "purchases",
    together: Together = True,
) -> Result[CohortRetention]:
    """Of the customers who started together, how many still buy after k periods?

    Formula: different customers of a cohort active in the k-th calendar period after their start / size of the cohort. All cohorts:
             sum of active / sum of sizes over the cohorts whose period k is complete, those without any active included.
    Reads:   orders (or events, subscriptions) of known customers; the first purchase gives the cohort (or customers.created_at,
             or the campaign or channel of the first purchase).
    Mind:    The period chooses the cohorts; they are followed up to the last day of the data. A period that still runs is shown as
             not complete and enters no mean; one that has not come yet has no row.
    Source:  Wilson (1927), JASA 22(158), 209-212 for the interval.
    """
    cohorts = Cohorts(
        activity, start, grain, joins == "recurring", counted == "later", base == "previous" and counted == "exactly"
    )
    if locked := cohorts.locked(warehouse):
        nothing: Table[CohortRetention] = Table(CohortRetention, {each.name: [] for each in CohortRetention.columns})
        return Result(nothing, notes=(Note(locked.message, "warn"),), locked=locked)
    rows = cohorts.members(warehouse, period)
    found = Triangle.of(
        rows,
        grain,
        by_label=start in ("campaign", "channel"),
        together=together,
        or_later=counted == "later",
        from_previous=base == "previous",
    )
    columns = found.columns(is_simple=mean == "simple", mean_of=SHOWN_FROM)
    if start == "campaign":
        columns["cohort"] = named(warehouse, columns["cohort"])
    used, left_out = counted_in(rows)
    return Result(
        Table(CohortRetention, columns),
        notes=(*little_data(used, found.retention.size), *_notes(warehouse, cohorts, found, mean, period)),
        findings=_findings(found) if start in ("first_purchase", "sign_up") and base == "start" else (),
        used=used,
        left_out=left_out,
    )


def _notes(warehouse: Warehouse, cohorts: Cohorts, found: Triangle, mean: str, period: Period) -> tuple[Note, ...]:
    notes = [*notes_on_small(found.together)]
    if mean == "simple" and (found.retention.simple()[1] < SHOWN_FROM).any():
        notes.append(Note(_("A mean of fewer than 5 cohorts is not shown."), "few"))
    if cohorts.start == "sign_up" and (derived := warehouse.profile.derived.get(("customers", "created_at"))):
        message = _(
            "Of {n} customer the day of the first trace stands for the unknown sign-up.",
            "Of {n} customers the day of the first trace stands for the unknown sign-up.",
            n=derived,
        )
        notes.append(Note(message, "warn"))
    begin = cohorts.begin(warehouse)
    if cohorts.start != "sign_up" and begin is not None and (period.start - begin).days < MAY_BE_OLD:
        told = _("The data begin on {day}: who starts in the 90 days after it may have been a customer before.")
        notes.append(Note(told(day=Figure(begin, DATE))))
    return tuple(notes)


def _findings(found: Triangle) -> tuple[Finding, ...]:
    """The latest cohort whose first period is over, where it is proved to differ from the others."""
    kept = found.retention
    over = np.nonzero(kept.is_complete[:, 1:2].any(axis=1) & (kept.size >= PLAIN_FROM))[0]
    if len(over) < 2:
        return ()
    latest = int(over[-1])
    n, active = int(kept.n[latest, 1]), int(kept.active[latest, 1])
    all_n, all_active = int(kept.weighted()[0][1]), int(kept.weighted()[1][1])
    usual = (all_active - active) / (all_n - n)
    low, high = wilson([active], [n])
    if low[0] <= usual <= high[0]:
        return ()
    message = _(
        "Of the {n} customer of cohort {cohort} {rate} came back one period later; of the other cohorts {usual}.",
        "Of the {n} customers of cohort {cohort} {rate} came back one period later; of the other cohorts {usual}.",
        n=n,
        cohort=found.names[latest],
        rate=Figure(active / n, SHARE),
        usual=Figure(usual, SHARE),
    )
    return (Finding(message, tone="good" if active / n > usual else "bad"),)
