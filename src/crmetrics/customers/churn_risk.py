"""Churn early warning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Final, Literal

from crmetrics.analysis import (
    Bars,
    Behind,
    Choices,
    FirstOf,
    Histogram,
    LeftOut,
    NeedsBy,
    Number,
    Options,
    Result,
    analysis,
)
from crmetrics.customers.churn_lessons import HIGH, LOW
from crmetrics.customers.churn_rows import ChurnRisk, compared_of, customers_of, record_of, tenths_of, total_of
from crmetrics.customers.churn_scores import CHURN_SCORES
from crmetrics.customers.churn_states import Basis
from crmetrics.customers.churn_verdict import NOT_ELIGIBLE, findings_of, notes_of
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.warehouse import Warehouse

BANDED = """
select s.customer_id, chance, chance * worth as stake, rule,
       case when chance is null then null when chance > $high then 'high' when chance < $low then 'low' else 'medium' end as band
from churn_scores s
join customers c on c.customer_id = s.customer_id
"""


def _look(warehouse: Warehouse, _period: Period | None, choices: Choices, _at: Mapping[str, str | None]) -> Behind:
    warehouse.work_out(CHURN_SCORES, basis=choices["of"], window=choices["window"], horizon=choices["horizon"])
    tells, limits = {"p": "chance", "stake": "stake", "rule": "rule"}, {"low": LOW, "high": HIGH}
    return replace(_OF_BAND, source=BANDED, values=limits, tells=tells, sort="-stake")


_OF_BAND: Final = Behind({"band": ""}, "customers", "true", groups={"band": "band"}, look=_look)
"""The customers of a band of risk."""

Show = Annotated[
    Literal["customers", "record", "calibration", "models"],
    Options(
        "Shown",
        customers="customers at risk",
        record="what came of earlier warnings",
        calibration="whether the chances come true",
        models="the models compared",
    ),
]
RiskOf = Annotated[
    Basis,
    Options("A customer is who", purchases="bought within the window", subscriptions="has a running subscription"),
]

AT_RISK = """
select s.customer_id, s.chance as p, case when s.chance is null then null when s.chance > $high then 'high'
           when s.chance < $low then 'low' else 'medium' end as band,
       s.chance * s.worth as stake, s.worth, s.rule, s.last_on, s.reason_1, s.reason_2, s.reason_3
from churn_scores s
join customers c on c.customer_id = s.customer_id
order by coalesce(s.chance * s.worth, 0) desc, case when $rises then s.rule else -s.rule end desc, s.customer_id
"""
EVERYBODY = "select count(*) as customers from customers"


@analysis(
    "Churn early warning",
    needs=NeedsBy(
        "of",
        purchases={"orders": ["customer_id", "ordered_at"], "order_lines": ["net_amount"]},
        subscriptions={"subscriptions": ["customer_id", "started_on"]},
    ),
    date="customers",
    kind="PR",
    chart=FirstOf((Bars(x="tenth", y="happened", band=("low", "high")), Histogram(x="p"))),
    enough=200,
    behind=(_OF_BAND,),
)
def churn_risk(
    warehouse: Warehouse,
    show: Show = "customers",
    of: RiskOf = "purchases",
    window: Annotated[int, Number("Days looked back, 0 for nine of ten of the gaps between purchases", 0, 365)] = 0,
    horizon: Annotated[int, Number("Days looked ahead, 0 for as many, at most the days looked back", 0, 365)] = 0,
) -> Result[ChurnRisk]:
    """Who is likely to stop buying, why, how much money is at stake, what next?

    Formula: on a day of the past, customers who bought in the window before it; lost is who buys nothing within the horizon after
             it. Learned two horizons ago, tested one ago, told today: logistic regression where it beats the plain rule and a
             model of buying, boosted trees where surely better still (average precision), else the best of those. At stake =
             risk x expected margin of the horizon.
    Reads:   orders, order_lines, products, subscriptions, events, activities, tickets, responses, invoices, payments,
             campaign_members; each only from before the day.
    Mind:    Who has been silent longer than the window is lost already and not warned of. Fewer than 200 who could be lost, or
             50 of either outcome: an order by a plain rule, no chances. The same for every viewer; no personal traits.
    Source:  Fader, Hardie and Lee (2005) for what a customer would bring; Lundberg et al. (2020) for the reasons; R18.
    """
    model = warehouse.work_out(CHURN_SCORES, basis=of, window=window, horizon=horizon)
    rises = of == "purchases"  # of contracts the young ones are left first
    rows = warehouse.query(AT_RISK, low=LOW, high=HIGH, rises=rises)
    everybody = int(warehouse.query(EVERYBODY).one()["customers"])
    shown = {"customers": customers_of, "record": record_of, "calibration": tenths_of, "models": compared_of}[show]
    return Result(
        shown(rows, model),
        total_of(rows) if show == "customers" and len(rows) else None,
        notes=notes_of(model),
        findings=findings_of(rows, model),
        used=len(rows),
        left_out=_left_out(everybody - len(rows), of),
        n=model.eligible,
    )


def _left_out(customers: int, of: Basis) -> tuple[LeftOut, ...]:
    return (LeftOut(NOT_ELIGIBLE[of], customers),) if customers else ()
