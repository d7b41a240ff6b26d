"""RFM analysis."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from crmetrics.analysis import (
    LeftOut,
    Locked,
    Note,
    Number,
    Options,
    Result,
    Row,
    Table,
    Treemap,
    analysis,
    column,
)
from crmetrics.analysis.littleness import LOCKED_ABOVE
from crmetrics.customers.rfm_scoring import SEGMENT_ROWS, Scored, window_start
from crmetrics.customers.rfm_segments import SegmentSums, segment_column
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, MONEY, SCORE, SHARE, Figure
from crmetrics.warehouse.facts.rfm import Money
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

OTHER_MONEY = ("without_returns", "average", "margin")

SCORED = """
select customer_id, recency_days, orders, net_sales, monetary, r, f, m, fm, segment, previous_segment, changed_on,
       cast(r as varchar) || cast(f as varchar) || case when m is null then '-' else cast(m as varchar) end as rfm
from rfm_scores
order by net_sales desc, customer_id
"""

ORDERS = """
select count(*) as orders, count(*) filter (where is_cancelled) as cancelled,
       count(*) filter (where not is_cancelled and o.customer_id is null) as anonymous,
       count(*) filter (where not is_cancelled and o.customer_id is not null and c.customer_id is null) as unknown,
       count(*) filter (where not is_cancelled and o.company_rate is null) as unconverted
from orders o
left join customers c on c.customer_id = o.customer_id
where o.ordered_at >= $start
"""

UNCOSTED = """
select sum(case when full_cost is null then net end) as uncosted, sum(net) as net
from costed_lines
where ordered_at >= $start and not is_cancelled
"""


class Rfm(Row):
    customer_id = column("Customer", dimension="customer")
    recency_days = column("Recency", DAYS, "days since the last purchase", better="lower")
    orders = column("Frequency", COUNT, "purchases in the window", better="higher")
    net_sales = column("Net sales", MONEY, "in the window, returns included", better="higher")
    monetary = column("Monetary value", MONEY, "the money that is scored", better="higher", only=("money", OTHER_MONEY))
    r = column("R", SCORE, better="higher")
    f = column("F", SCORE, better="higher")
    m = column("M", SCORE, better="higher")
    rfm = column("RFM")
    fm = column(
        "FM", SCORE, "the second axis of the map: mean of F and M, 1 after a single purchase ever", better="higher"
    )
    segment = segment_column("Segment")
    previous_segment = segment_column("Segment a month ago")
    changed_on = column("Changed on", DATE, "the day of the purchase or of the silence that moved the customer")


@analysis(
    "RFM analysis",
    needs={"customers": ["customer_id"], "orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=Treemap(group="segment", size="net_sales", grid=("r", "fm")),
    behind=SEGMENT_ROWS,
)
def rfm(
    warehouse: Warehouse,
    window: Annotated[int, Number("Window in days, 0 for all history", 0, 36500)] = 365,
    classes: Annotated[Literal["5", "3"], Options("Scores", **{"5": "1 to 5", "3": "1, 3 and 5"})] = "5",
    cut: Annotated[Literal["quantile", "fixed"], Options("Cut points", quantile="by rank", fixed="fixed")] = "quantile",
    axis: Annotated[Literal["fm", "f"], Options("Second axis", fm="frequency and money", f="frequency")] = "fm",
    money: Annotated[
        Money,
        Options(
            "Money",
            net_sales="net sales",
            without_returns="sales without returns",
            average="average purchase",
            margin="margin",
        ),
    ] = "net_sales",
    money_limits: Annotated[str, Options("Fixed cut points of money for 2, 3, 4 and 5, such as 50,100,500,1000")] = "",
) -> Result[Rfm]:
    """Who bought recently, often and much, and who is slipping?

    Formula: recency = days from the last purchase to as-of, frequency = purchases, money = net sales with returns, in the window;
             scores by average rank in the whole company (equal values share a score) or by fixed cut points; segment by R and
             FM = mean of F and M rounded up; one purchase ever: FM 1, more: at least 2.
    Reads:   orders that are not cancelled, and their lines, of known customers.
    Mind:    A segment is the same for every viewer: filters choose customers, they do not score them anew. The segment a month ago
             is by the cut points of today, so that only a customer can move, not a limit.
    Source:  Rules R12 and R23; the R x F map of common teaching, extended to FM; group names of shop systems.
    """
    start = window_start(warehouse, window)
    if money == "margin" and (locked := _locked(warehouse, start)):
        nothing: Table[Rfm] = Table(Rfm, {each.name: [] for each in Rfm.columns})
        return Result(nothing, notes=(Note(locked.message, "warn"),), locked=locked)
    chosen = {
        "window": window,
        "classes": classes,
        "cut": cut,
        "axis": axis,
        "money": money,
        "money_limits": money_limits,
    }
    scored = Scored.of(warehouse, chosen)
    sums = SegmentSums.of(warehouse)
    return _result(
        warehouse,
        sums,
        start,
        money,
        sums.notes(
            (warehouse.today - scored.begin).days, scored.then_on if scored.is_compared else None, bool(money_limits)
        ),
    )


def _result(
    warehouse: Warehouse, sums: SegmentSums, start: datetime, money: Money, notes: tuple[Note, ...]
) -> Result[Rfm]:
    orders = warehouse.query(ORDERS, start=start).one()
    reasons = (
        (_("cancelled"), orders["cancelled"]),
        (_("without a customer"), orders["anonymous"]),
        (_("of an unknown customer"), orders["unknown"]),
    )
    left_out = tuple(LeftOut(reason, count) for reason, count in reasons if count)
    added: dict[str, float | None] = {**sums.totals(), **({"monetary": None} if money == "average" else {})}
    return Result(
        Table.of(Rfm, warehouse.query(SCORED)),
        Rfm(tuple(added.get(each.name) for each in Rfm.columns)),
        notes=(*notes, *_unconverted(orders)),
        findings=sums.findings(),
        used=orders["orders"] - sum(each.rows for each in left_out),
        left_out=left_out,
        n=sums.buyers,
    )


def _unconverted(orders: dict[str, Any]) -> tuple[Note, ...]:
    message = _(
        "{n} order in a currency without a rate counts as a purchase, its money does not.",
        "{n} orders in a currency without a rate count as purchases, their money does not.",
        n=orders["unconverted"],
    )
    return (Note(message, "warn"),) if orders["unconverted"] else ()


def _locked(warehouse: Warehouse, start: datetime) -> Locked | None:
    found = warehouse.query(UNCOSTED, start=start).one()
    share = float(share_of(found["uncosted"] or 0, found["net"] or 0))
    if not share > LOCKED_ABOVE:
        return None
    message = _(
        "Locked: {share} of sales have no cost, neither in the lines nor of the product.", share=Figure(share, SHARE)
    )
    return Locked("order_lines.cost_amount", message)
