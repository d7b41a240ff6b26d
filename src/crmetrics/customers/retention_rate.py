"""Customer retention rate."""

from __future__ import annotations

import numpy as np

from crmetrics.analysis import By, Finding, Lines, Result, Row, analysis, column
from crmetrics.analysis.littleness import little_data
from crmetrics.customers.standing import Standing
from crmetrics.customers.stay_rows import RETAINED
from crmetrics.customers.stays import NEEDS, CustomerBy, Grace, Parts, Stays, Window
from crmetrics.models.interval import Floats, share_of, wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, SHARE, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")


class RetentionRate(Row):
    party = column("Group", dimension="by")
    start = column("At the start", COUNT, "customers when the period began")
    kept = column("Kept", COUNT, "of them those who were customers when it ended", better="higher")
    won_back = column("Of them won back", COUNT, "kept, but lost for a time in between")
    at_end = column("At the end", COUNT, "all customers when it ended, the new ones too", better="higher")
    rate = column("Retention rate", SHARE, better="higher", of=("kept", "start"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")


@analysis(
    "Customer retention rate",
    needs=NEEDS,
    date="orders.ordered_at",
    table="customers",
    chart=Lines(x="party", y="rate", band=("low", "high")),
    headline="rate",
    behind=RETAINED,
)
def retention_rate(
    warehouse: Warehouse,
    period: Period,
    by: By = By("month"),
    customer_by: CustomerBy = "purchases",
    window: Window = 365,
    grace: Grace = 30,
) -> Result[RetentionRate]:
    """What share of the customers at the start is still there at the end?

    Formula: customers at the start who are customers at the end / customers at the start. A customer is who bought within so many
             days before the moment, or whose subscription runs (or goes on within the days of grace).
    Reads:   orders that are not cancelled with a net total above zero, or subscriptions; customers for the grouping.
    Mind:    New customers are in neither count: a growing number at the end can hide losses. The end of a running period is the
             last day of the data.
    Source:  Wilson (1927), JASA 22(158), 209-212 for the interval.
    """
    stays = Stays.of(warehouse, customer_by, window, grace)
    parts = Parts.of(period, by, warehouse.today, warehouse.week_start)
    found = Standing.of(stays, warehouse, parts, by)
    rows, is_total = found.rows, found.rows.flags("is_total")
    start = rows.numbers("start")
    kept = start - rows.numbers("lost") + rows.numbers("won_back")
    rate, (low, high) = share_of(kept, start), wilson(kept, start)
    rate, low, high = (np.where(found.is_seen, each, np.nan) for each in (rate, low, high))
    whole = int(start[is_total].sum())
    return Result.of(
        RetentionRate,
        rows,
        worked_out={"kept": kept.astype(np.int64), "rate": rate, "low": low, "high": high},
        used=whole,
        left_out=found.left_out,
        notes=(*little_data(whole, start[~is_total]), *stays.notes(warehouse, period), *found.notes),
        findings=_findings(found, kept, low, high, by),
        n=whole,
    )


def _findings(found: Standing, kept: Floats, low: Floats, high: Floats, by: str) -> tuple[Finding, ...]:
    """The latest whole grain of time where it is proved to differ from those before, or the group that lacks most below all."""
    rows = found.rows
    start = rows.numbers("start")
    unusual = found.unusual(start - kept, 1 - high, 1 - low, by)
    if unusual is None:
        return ()
    place, usual = unusual[0], 1 - unusual[1]
    rate = float(kept[place] / start[place])
    if by in GRAINS:
        template = _("{period}: {rate} of the customers were kept, against {usual} in the periods before.")
    else:
        template = _(
            "{group}: {rate} of the customers were kept, against {usual} of all; {n} customer is lacking.",
            "{group}: {rate} of the customers were kept, against {usual} of all; {n} customers are lacking.",
            n=round(float(usual * start[place] - kept[place])),
        )
    party = rows.values("party")[place]
    message = template(period=party, group=party, rate=Figure(rate, SHARE), usual=Figure(usual, SHARE))
    return (Finding(message, tone="good" if rate > usual else "bad"),)
