"""Average deal size."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis import Behind, By, Finding, LeftOut, Result, Row, Spread, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM, few_values, too_few
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, MONEY, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

SKEWED: Final = 2.0
"""So many times the median, and the mean is that of a few large deals."""

SEEN = """
(closed_at >= $start and closed_at < $end)
or ((created_at < $end or created_at is null) and (closed_at >= $end or (closed_at is null and is_won is null)))
"""
DEALS_BY_PARTY = f"""
select party, grouping(party) = 1 as is_total,
       count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost,
       count(money) filter (where is_won) as with_amount, sum(money) filter (where is_won) as amount,
       median(case when is_won then money end) as median,
       percentile_cont(9e-1) within group (order by case when is_won then money end) as p90,
       count(*) filter (where is_won is null) as open_deals, count(money) filter (where is_won is null) as open_with_amount,
       sum(money) filter (where is_won is null) as open_amount,
       median(case when is_won is null then money end) as open_median,
       count(*) filter (where is_won and amount is null) as without_amount,
       count(*) filter (where is_won and amount is not null and money is null) as unconverted
from (
    select party, amount, converted(amount, company_rate) as money, case when closed_at < $end then is_won end as is_won
    from deals
    where {SEEN}
) deals
group by grouping sets ((party), ())
order by is_total, amount desc nulls last, party
"""

BEHIND = Behind(
    {
        "won": "is_won and closed_at < $end",
        "with_amount": "is_won and closed_at < $end and converted(amount, company_rate) is not null",
        "open_deals": "is_won is null or closed_at >= $end",
    },
    "deals",
    SEEN,
    "closed_at",
)


class DealSize(Row):
    party = column("Group", dimension="by")
    won = column("Won", COUNT, better="higher")
    with_amount = column("With amount", COUNT, "won deals whose amount is known")
    mean = column("Mean", MONEY, "won amount / won deals with an amount", better="higher")
    median = column("Median", MONEY, "half of the won deals are smaller", better="higher")
    p90 = column("9 of 10 up to", MONEY, "nine of ten won deals are no larger")
    amount = column("Won amount", MONEY, better="higher")
    open_deals = column("Open", COUNT, "at the end of the period")
    open_mean = column("Mean of the open", MONEY, "of those whose amount is known")
    open_median = column("Median of the open", MONEY, "of those whose amount is known")


@analysis(
    "Average deal size",
    needs={"deals": ["is_won", "closed_at"]},
    date="deals.closed_at",
    chart=Spread(x="party", median="median", p75="p90"),
    headline="mean",
    behind=(BEHIND,),
    enough=SHOWN_FROM,
)
def deal_size(warehouse: Warehouse, period: Period, by: By = By("")) -> Result[DealSize]:
    """How large is a won deal?

    Formula: won amount / won deals with an amount; median and 90th percentile; the open deals beside it.
    Reads:   deals.amount, currency, is_won, closed_at and the grouping column.
    Mind:    A deal without an amount is unknown, not zero: it is counted and left out. A few large deals pull the mean, not the
             median. Fewer than 5 deals have neither.
    Source:  Hyndman and Fan (1996), The American Statistician 50(4), 361-365, type 7 for the percentiles.
    """
    rows = warehouse.query(DEALS_BY_PARTY, period=period, by=by, of="deals", moment="closed_at")
    is_total = rows.flags("is_total")
    if by in GRAINS:  # open deals close in no month
        rows = rows.where(is_total | (rows.numbers("won") > 0))
        is_total = rows.flags("is_total")
        rows = rows.with_columns(
            open_deals=[
                deals if whole else None for deals, whole in zip(rows.values("open_deals"), is_total, strict=True)
            ],
            open_with_amount=np.where(is_total, rows.numbers("open_with_amount"), 0.0),
        )
    known, open_known = rows.numbers("with_amount"), rows.numbers("open_with_amount")
    is_enough, is_open_enough = known >= SHOWN_FROM, open_known >= SHOWN_FROM
    total = rows.where(is_total).one()
    notes = few_values(total["with_amount"])
    return Result.of(
        DealSize,
        rows,
        worked_out={
            "mean": np.where(is_enough, share_of(rows.numbers("amount"), known), np.nan),
            "median": np.where(is_enough, rows.numbers("median"), np.nan),
            "p90": np.where(is_enough, rows.numbers("p90"), np.nan),
            "open_mean": np.where(is_open_enough, share_of(rows.numbers("open_amount"), open_known), np.nan),
            "open_median": np.where(is_open_enough, rows.numbers("open_median"), np.nan),
        },
        notes=notes or too_few(known[~is_total], SHOWN_FROM),
        findings=_skewed(total),
        used=int(total["with_amount"] or 0),
        left_out=_left_out(total),
    )


def _skewed(total: dict[str, Any]) -> tuple[Finding, ...]:
    """Where the mean is made by a few: who plans with it plans too high."""
    if (total["with_amount"] or 0) < PLAIN_FROM or not total["median"]:
        return ()
    mean = float(total["amount"]) / total["with_amount"]
    if mean < SKEWED * total["median"]:
        return ()
    message = _(
        "A few large deals make the mean: it is {mean}, but half of the won deals are smaller than {median}.",
        mean=Figure(mean, MONEY),
        median=Figure(total["median"], MONEY),
    )
    return (Finding(message, tone="info", link={"by": "owner"}),)


def _left_out(total: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = (
        LeftOut(_("lost"), total["lost"] or 0),
        LeftOut(_("won without an amount"), total["without_amount"] or 0),
        LeftOut(_("in a currency without a rate"), total["unconverted"] or 0),
    )
    return tuple(reason for reason in reasons if reason.rows)
