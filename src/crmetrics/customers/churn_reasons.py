"""Why customers leave."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import Bars, Finding, LeftOut, Note, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.littleness import little_data
from crmetrics.customers.leaver_rows import marked_rows
from crmetrics.customers.leavers import at_start, counted_traits, known_on, stated_reasons
from crmetrics.customers.standing import Standing, left_out_of, notes_on
from crmetrics.customers.stays import NEEDS, CustomerBy, Grace, Parts, Stays, Window
from crmetrics.customers.trait_names import note_of_known, note_of_small
from crmetrics.customers.tried_traits import tried_traits
from crmetrics.models.interval import share_of
from crmetrics.models.two_shares import benjamini_hochberg, fisher_exact, newcombe
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, FLAG, POINTS, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

FOUND_BELOW, TOLD = 0.05, 3
TRAITS_ONLY, STATED_ONLY = ("show", ("traits",)), ("show", ("stated",))


class ChurnReason(Row):
    reason_or_trait = column("Reason or trait")
    said = column("Said so", COUNT, "lost customers whose subscription names it at its end", only=STATED_ONLY)
    share_of_lost = column("Of the lost", SHARE, "who gave no reason are among them", only=STATED_ONLY)
    share_of_stated = column("Of the stated", SHARE, "of those who gave a reason", only=STATED_ONLY)
    n_with = column("With it", COUNT, "customers at the start who have the trait", only=TRAITS_ONLY)
    lost_with = column("Lost with it", COUNT, better="lower", only=TRAITS_ONLY)
    churn_with = column("Churn with it", SHARE, better="lower", only=TRAITS_ONLY)
    n_without = column("Without it", COUNT, "of whom it is known that they do not have it", only=TRAITS_ONLY)
    churn_without = column("Churn without it", SHARE, better="lower", only=TRAITS_ONLY)
    diff_pp = column("Difference", POINTS, "churn with it - churn without it", better="lower", only=TRAITS_ONLY)
    low = column("At least", POINTS, "lower end of the 95 % interval of the difference", only=TRAITS_ONLY)
    high = column("At most", POINTS, "upper end of the 95 % interval of the difference", only=TRAITS_ONLY)
    p_value = column("By chance", SHARE, "how often chance alone would part the two so far", only=TRAITS_ONLY)
    mark = column("Mark", is_hidden=True)
    significant = column("Proved", FLAG, "also when it is minded how many traits were tried", only=TRAITS_ONLY)


@analysis(
    "Why customers leave",
    needs=NEEDS,
    date="orders.ordered_at",
    table="customers",
    kind="G",
    chart=Bars(x="reason_or_trait", y="diff_pp", band=("low", "high")),
    behind=marked_rows,
)
def churn_reasons(
    warehouse: Warehouse,
    period: Period,
    show: Annotated[
        Literal["traits", "stated"], Options("Shown", traits="what marks the lost", stated="what the lost said")
    ] = "traits",
    customer_by: CustomerBy = "purchases",
    window: Window = 365,
    grace: Grace = 30,
) -> Result[ChurnReason]:
    """What marks the customers we lost, and what did they say?

    Formula: for each trait or earlier behaviour: share lost in the period of the customers at the start who have it - share of those who
             have it not; interval by Newcombe, test by Fisher, proved where the false discovery rate over all traits is below 5 %.
             Said: reason named at the end of the subscription / lost, and / those who named one.
    Reads:   as customer churn rate; customers, tickets, responses, invoices, payments, activities from before the period.
    Mind:    What marks the lost need not be what made them leave. Nothing is read from within the period, nor from the days of silence
             that make a loss: it may follow from the leaving. Traits of fewer than 30 customers on a side are not tried.
    Source:  Newcombe (1998), Stat. Med. 17, 873-890; Fisher (1935); Benjamini and Hochberg (1995), JRSS B 57, 289-300.
    """
    stays = Stays.of(warehouse, customer_by, window, grace)
    parts = Parts.of(period, "", warehouse.today, warehouse.week_start)
    columns = _columns([])
    notes: tuple[Note, ...] = ()
    whole: dict[str, float] = {}
    left_out: tuple[LeftOut, ...] = ()
    pending: tuple[Note, ...] = ()
    if parts.spans and show == "stated":
        standing = Standing.of(stays, warehouse, parts, "")
        told = standing.rows.one()
        whole = {"present": told["start"], "lost": told["lost"]}
        left_out, pending = standing.left_out, standing.notes
        columns, notes = _stated(stated_reasons(warehouse, stays, parts), customer_by)
    elif parts.spans:
        counted = counted_traits(warehouse, stays, parts)
        whole = at_start(counted)
        present = whole["present"] + whole["pending"] + whole["safe"]
        left_out, pending = left_out_of(whole | {"present": present}, int(whole["known"])), notes_on(whole)
        if whole["safe"]:
            left_out = (*left_out, LeftOut(_("bought too lately to be lost within the period"), int(whole["safe"])))
        columns, notes = _traits(counted)
        notes = (*note_of_known(known_on(stays, parts), parts.spans[0].start), *notes)
    start, lost = int(whole.get("present", 0)), int(whole.get("lost", 0))
    rows = Table(ChurnReason, columns)
    return Result(
        rows,
        notes=(
            *little_data(lost if show == "stated" else start),
            *notes,
            *stays.notes(warehouse, period),
            *pending,
        ),
        findings=_findings(rows) if show == "traits" else (),
        used=start,
        left_out=left_out,
        n=lost if show == "stated" else start,
    )


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {each.name: [row.get(each.name) for row in rows] for each in ChurnReason.columns}


def _stated(rows: Rows, customer_by: str) -> tuple[dict[str, list[Any]], tuple[Note, ...]]:
    """The reasons by how often they are named, the blank ones last."""
    counts = dict(zip(rows.values("reason"), rows.values("lost"), strict=True))
    blank = counts.pop(None, 0)
    all_said, lost = sum(counts.values()), sum(counts.values()) + blank
    found = [
        {
            "reason_or_trait": reason,
            "mark": reason,
            "said": n,
            "share_of_lost": n / lost,
            "share_of_stated": n / all_said,
        }
        for reason, n in counts.items()
    ]
    if blank:
        silent = _("no reason given")
        found.append({"reason_or_trait": silent, "said": blank, "share_of_lost": blank / lost, "share_of_stated": None})
    told = _("Reasons are named at the end of subscriptions; who only stops buying names none.")
    return _columns(found), (Note(told),) if customer_by == "purchases" else ()


def _traits(rows: Rows) -> tuple[dict[str, list[Any]], tuple[Note, ...]]:
    """The traits with enough customers on both sides: the proved ones first, those that mark the lost above those that mark the kept."""
    tried, small = tried_traits(rows)
    n, lost, other_n, other_lost = (
        np.array([(each.n_with, each.lost_with, each.n_without, each.lost_without) for each in tried], dtype=np.int64)
        .reshape(-1, 4)
        .T
    )
    low, high = newcombe(lost, n, other_lost, other_n)
    p = fisher_exact(lost, n, other_lost, other_n) if tried else np.array([])
    proved = benjamini_hochberg(p) < FOUND_BELOW
    one, other = share_of(lost, n), share_of(other_lost, other_n)
    found = [
        {
            "reason_or_trait": tried[each].name,
            "mark": tried[each].mark,
            "n_with": int(n[each]),
            "lost_with": int(lost[each]),
            "churn_with": float(one[each]),
            "n_without": int(other_n[each]),
            "churn_without": float(other[each]),
            "diff_pp": float(one[each] - other[each]),
            "low": float(low[each]),
            "high": float(high[each]),
            "p_value": float(p[each]),
            "significant": bool(proved[each]),
        }
        for each in sorted(
            range(len(tried)), key=lambda each: (not proved[each], -(one[each] - other[each]), str(tried[each].name))
        )
    ]
    return _columns(found), note_of_small(small)


def _findings(rows: Table[ChurnReason]) -> tuple[Finding, ...]:
    """The proved marks of the lost by how many customers more they stand for."""
    marks = [row for row in rows if row.significant and row.diff_pp > 0]
    found = []
    for row in sorted(marks, key=lambda row: -row.diff_pp * row.n_with)[:TOLD]:
        message: Message = _(
            "{trait}: {rate} of {n} customer were lost, {other} of those without.",
            "{trait}: {rate} of {n} customers were lost, {other} of those without.",
            trait=row.reason_or_trait,
            rate=Figure(row.churn_with, SHARE),
            n=row.n_with,
            other=Figure(row.churn_without, SHARE),
        )
        found.append(Finding(message, tone="bad"))
    return tuple(found)
