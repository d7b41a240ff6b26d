"""Customer churn rate."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from crmetrics.analysis import By, Finding, Lines, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import little_data
from crmetrics.customers.standing import Standing
from crmetrics.customers.stay_rows import churned
from crmetrics.customers.stays import NEEDS, CustomerBy, Grace, Parts, Stays, Window
from crmetrics.models.hazard import hazard_interval, in_a_year
from crmetrics.models.interval import Floats, share_of, wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

ChurnOf = Annotated[Literal["count", "money"], Options("Counted by", count="customers", money="what they were worth")]
Base = Annotated[
    Literal["start", "daily"],
    Options("Share of", start="the customers at the start", daily="the customers of each day, added up"),
]


class ChurnRate(Row):
    party = column("Group", dimension="by")
    start = column("At the start", COUNT, "customers when the period began")
    lost = column("Lost", COUNT, "of them, within the period", better="lower")
    won_back = column("Won back", COUNT, "lost, and a customer again by the end of the period", better="higher")
    pending = column(
        "Pending",
        COUNT,
        "ended so recently that they may yet go on; in neither count",
        only=("customer_by", ("subscriptions",)),
    )
    worth = column("Worth at the start", MONEY, "what the customers at the start were worth", only=("of", ("money",)))
    lost_worth = column("Worth lost", MONEY, "of them those lost", better="lower", only=("of", ("money",)))
    rate = column("Churn rate", SHARE, better="lower", of=("lost", "start"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    yearly = column(
        "In a year", SHARE, "the share lost in a year at this rate: 1 - (1 - rate) ^ (12 / months)", better="lower"
    )


@analysis(
    "Customer churn rate (CCR)",
    needs=NEEDS,
    date="orders.ordered_at",
    table="customers",
    chart=Lines(x="party", y="rate", band=("low", "high")),
    headline="rate",
    behind=churned,
)
def churn_rate(
    warehouse: Warehouse,
    period: Period,
    by: By = By("month"),
    customer_by: CustomerBy = "purchases",
    window: Window = 365,
    grace: Grace = 30,
    of: ChurnOf = "count",
    base: Base = "start",
) -> Result[ChurnRate]:
    """Which share of our customers did we lose?

    Formula: lost / customers at the start. Lost is who has not bought for so many days (dated the last purchase + that), or whose
             subscription ended with none running after the days of grace (dated its end). Daily: the sum of lost that day /
             customers of that day. In a year: 1 - (1 - rate) ^ (12 / months).
    Reads:   orders that are not cancelled with a net total above zero, or subscriptions; customers for the grouping.
    Mind:    Who became a customer within the period is not in the rate at the start. Won back are counted as lost too. Worth is the
             net sales of the days before the start, or the monthly amount then.
    Source:  Wilson (1927) for the interval, Kish (1965) for its n where money is the weight;
             Nelson (1969) and Aalen (1978) for the sum of daily rates.
    """
    stays = Stays.of(warehouse, customer_by, window, grace)
    parts = Parts.of(period, by, warehouse.today, warehouse.week_start)
    found = Standing.of(stays, warehouse, parts, by, is_weighed=of == "money", is_daily=base == "daily")
    rows = found.rows
    start, lost = rows.numbers("start"), rows.numbers("lost")
    rate, (low, high) = share_of(lost, start), wilson(lost, start)
    if base == "daily":
        rate, (low, high) = (
            rows.numbers("hazard"),
            hazard_interval(rows.numbers("hazard"), rows.numbers("variance"), start),
        )
    elif of == "money":
        worth = rows.numbers("worth")
        rate, weight = share_of(rows.numbers("lost_worth"), worth), share_of(worth**2, rows.numbers("squares"))
        low, high = wilson(np.clip(rate, 0, 1) * weight, weight)
    rate, low, high = (np.where(found.is_seen, each, np.nan) for each in (rate, low, high))
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    return Result.of(
        ChurnRate,
        rows,
        worked_out={"rate": rate, "low": low, "high": high, "yearly": in_a_year(rate, found.months)},
        used=int(total["start"] or 0),
        left_out=found.left_out,
        notes=(
            *little_data(total["start"], start[~is_total]),
            *stays.notes(warehouse, period),
            *found.notes,
        ),
        findings=_findings(found, low, high, by) if (of, base) == ("count", "start") else (),
        n=int(total["start"] or 0),
    )


def _findings(found: Standing, low: Floats, high: Floats, by: str) -> tuple[Finding, ...]:
    """The latest whole grain of time where it is proved to differ from those before, or the group that loses most above all."""
    rows = found.rows
    start, lost = rows.numbers("start"), rows.numbers("lost")
    unusual = found.unusual(lost, low, high, by)
    if unusual is None:
        return ()
    place, usual = unusual
    rate = float(lost[place] / start[place])
    if by in GRAINS:
        template = _("{period}: {rate} of the customers were lost, against {usual} in the periods before.")
    else:
        template = _(
            "{group}: {rate} of the customers were lost, against {usual} of all; that is {n} customer more.",
            "{group}: {rate} of the customers were lost, against {usual} of all; that is {n} customers more.",
            n=round(float(lost[place] - usual * start[place])),
        )
    party = rows.values("party")[place]
    message = template(period=party, group=party, rate=Figure(rate, SHARE), usual=Figure(usual, SHARE))
    return (Finding(message, tone="bad" if rate > usual else "good"),)
