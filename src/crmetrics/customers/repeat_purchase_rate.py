"""Repeat purchase rate."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import (
    Behind,
    By,
    Choices,
    Finding,
    LeftOut,
    Lines,
    Note,
    Number,
    Options,
    Result,
    Row,
    analysis,
    column,
)
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.models.interval import Floats, share_of, wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.repeats import BOUGHT_FROM, BUYER, PENDING, REPEATER, buyers
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

Reading = Annotated[
    Literal["period", "ever", "within"],
    Options("Bought again", period="in the same period", ever="at any time", within="within so many days of the first"),
]
Unit = Annotated[
    Literal["orders", "days"], Options("Purchases counted as", orders="orders", days="days with a purchase")
]

BUYERS_BY_PARTY = f"""
with bought as ({{bought}}),
counted as (
    select count(*) as orders_in_scope, count(*) filter (where is_cancelled) as cancelled,
           count(*) filter (where not is_cancelled and customer_id is null) as anonymous
    from orders
    where ordered_at >= $start and ordered_at < $end
)
select b.party, b.is_total, b.buyers, b.repeaters, b.pending, b.used, b.net, c.orders_in_scope, c.cancelled, c.anonymous
from (
    select party, is_total, count(*) filter (where {BUYER}) as buyers,
           count(*) filter (where {REPEATER}) as repeaters,
           count(*) filter (where {PENDING}) as pending, sum(orders) as used, sum(net) as net
    from bought
    group by party, is_total
) as b
cross join counted c
order by is_total, buyers desc, party
"""


def _behind(choices: Choices) -> tuple[Behind, ...]:
    source = buyers(choices["again"], choices["count"], has_totals=False)
    over, columns = BOUGHT_FROM[choices["again"]], {"buyers": BUYER, "repeaters": REPEATER, "pending": PENDING}
    return (Behind(columns, over, "true", "ordered_at", shows="customers", by="customer_id", source=source),)


class RepeatPurchaseRate(Row):
    party = column("Group", dimension="by")
    buyers = column("Buyers", COUNT, "different customers with a purchase")
    repeaters = column("Repeat buyers", COUNT, "of them those with a second purchase", better="higher")
    pending = column(
        "Pending", COUNT, "first bought too recently to tell; in neither count", only=("again", ("within",))
    )
    rate = column("Repeat purchase rate", SHARE, better="higher", of=("repeaters", "buyers"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")


@analysis(
    "Repeat purchase rate",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    chart=Lines(x="party", y="rate", band=("low", "high")),
    headline="rate",
    behind=_behind,
)
def repeat_purchase_rate(
    warehouse: Warehouse,
    period: Period,
    by: By = By("month"),
    again: Reading = "period",
    count: Unit = "orders",
    days: Annotated[int, Number("Days after the first purchase", 1, 3650)] = 90,
) -> Result[RepeatPurchaseRate]:
    """Which share of the buyers bought more than once?

    Formula: customers with two or more purchases / customers with one or more, in the period; or with any other purchase before
             or after; or, of those who first bought in the period, with a second purchase within so many days of the first.
    Reads:   orders that are not cancelled with a net total above zero, of known customers; the grouping column.
    Mind:    The readings differ: in a month few buy twice. "At any time" grows as time passes, so its past values change.
    Source:  Rules R4, R9 and R13 of docs/rules.md; the returning customer rate of shop systems.
    """
    rows = warehouse.query(
        BUYERS_BY_PARTY.replace("{bought}", buyers(again, count)),
        period=period,
        by=by,
        of=BOUGHT_FROM[again],
        moment="ordered_at",
        days=days,
    )
    bought, repeaters, is_total = rows.numbers("buyers"), rows.numbers("repeaters"), rows.flags("is_total")
    rate, (low, high) = share_of(repeaters, bought), wilson(repeaters, bought)
    total = rows.where(is_total).one()
    is_alike = by not in GRAINS and again != "within"  # a shorter period has fewer repeat buyers by its nature
    return Result.of(
        RepeatPurchaseRate,
        rows,
        worked_out={"rate": rate, "low": low, "high": high},
        used=int(total["used"] or 0) - int(total["pending"] or 0),
        left_out=_left_out(total, again) if len(rows) else (),
        notes=(
            *little_data(total["buyers"], () if by in GRAINS else bought[~is_total]),
            *_notes(again, days, int(total["pending"] or 0)),
        ),
        findings=_findings(rows, rate, high) if is_alike else (),
        n=int(total["buyers"] or 0),
    )


def _left_out(total: dict[str, Any], again: str) -> tuple[LeftOut, ...]:
    other = total["orders_in_scope"] - total["cancelled"] - total["anonymous"] - (total["used"] or 0)
    nothing, later = _("of nothing above zero, such as returns"), _("not first purchases, or of nothing above zero")
    reasons = (
        (_("cancelled"), total["cancelled"]),
        (_("without a customer"), total["anonymous"]),
        (_("first purchases too recent to tell"), total["pending"]),
        (later if again == "within" else nothing, other),
    )
    return tuple(LeftOut(reason, int(rows)) for reason, rows in reasons if rows)


def _notes(again: str, days: int, pending: int) -> tuple[Note, ...]:
    if again == "ever":
        return (Note(_("Later purchases count too, so the figures of past periods still change.")),)
    message = _(
        "{n} customer first bought less than {days} days ago: pending, in neither count.",
        "{n} customers first bought less than {days} days ago: pending, in neither count.",
        n=pending,
        days=days,
    )
    return (Note(message),) if pending else ()


def _findings(rows: Rows, rate: Floats, high: Floats) -> tuple[Finding, ...]:
    """The group that lacks most repeat buyers, where its rate is proved to be below that of all."""
    is_total, bought = rows.flags("is_total"), rows.numbers("buyers")
    overall = float(rate[is_total].sum())
    lacking = np.where(~is_total & (bought >= PLAIN_FROM) & (high < overall), (overall - rate) * bought, 0.0)
    if not len(rows) or lacking.max() < 1:
        return ()
    most = int(np.argmax(lacking))
    money = round(float(lacking[most])) * float(share_of(rows.numbers("net"), rows.numbers("used"))[most])
    message = _(
        "{group}: {rate} bought again, against {all} of all buyers; one more purchase of those who lack is {money}.",
        group=rows.values("party")[most],
        rate=Figure(float(rate[most]), SHARE),
        all=Figure(overall, SHARE),
        money=Figure(money, MONEY),
    )
    return (Finding(message, money, "bad"),)
