"""Purchase rhythm."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import (
    Finding,
    Histogram,
    LeftOut,
    Note,
    Number,
    Options,
    Result,
    Row,
    Table,
    analysis,
    column,
)
from crmetrics.customers.next_order import due_orders
from crmetrics.customers.rhythms import NEAR, RHYTHM_ROWS, RHYTHMS
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, FLAG, MONEY, RATIO, Figure
from crmetrics.warehouse.facts.stays import PURCHASE_GAPS, Gaps
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

DUE_ONLY: Final = ("show", ("due",))

LISTED = f"""
select customer_id, gaps, gap, last_on, next_on, overdue_ratio, order_value, state
from ({RHYTHMS}) as listed
order by case state when 'due' then 1 when 'overdue' then 2 when 'early' then 3 else 4 end, order_value desc, customer_id
"""

COUNTED = """
select (select count(*) from customers) as known,
       (select count(*) from customers c where c.customer_id in (select customer_id from order_totals where is_purchase)) as buyers
"""


class PurchaseGap(Row):
    customer_id = column("Customer", dimension="customer")
    gaps = column("Gaps", COUNT, "between days with a purchase")
    gap = column("Usual gap", DAYS, "mean of the own gaps, drawn towards the median of all", better="lower")
    last_on = column("Last purchase", DATE)
    next_on = column("Next expected", DATE)
    overdue_ratio = column(
        "Gaps since", RATIO, "days since the last purchase / usual gap: above 1 it is over", better="lower"
    )
    state = column("State", early="not yet", due="due", overdue="overdue", silent="silent for long")
    order_value = column("Order value", MONEY, "mean of a day with a purchase", better="higher")
    product_id = column("Product", meaning="bought on most days, twice at least", dimension="product", only=DUE_ONLY)
    product_times = column("Times bought", COUNT, "days on which the product was bought", only=DUE_ONLY)
    write_on = column("Write on", DATE, "the best weekday in the week before, not before today", only=DUE_ONLY)
    weekday = column(
        "Weekday",
        meaning="on which the customer mostly buys, replies or clicks",
        only=DUE_ONLY,
        mon="Monday",
        tue="Tuesday",
        wed="Wednesday",
        thu="Thursday",
        fri="Friday",
        sat="Saturday",
        sun="Sunday",
    )
    hour = column("Hour", meaning="at which the customer mostly buys, replies or clicks", only=DUE_ONLY)
    may_write = column("May be written to", FLAG, "marketing is allowed", only=DUE_ONLY)


@analysis(
    "Purchase rhythm",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    kind="DP",
    chart=Histogram(x="gap"),
    behind=RHYTHM_ROWS,
)
def purchase_gap(
    warehouse: Warehouse,
    show: Annotated[
        Literal["all", "due"], Options("Shown", all="all customers", due="those whose next order is near")
    ] = "all",
    days: Annotated[int, Number("Near is within so many days", 0, 365)] = 14,
) -> Result[PurchaseGap]:
    """How often does a customer come back, and when is the next order due?

    Formula: gap = (sum of own gaps + 2 x median gap of all) / (own gaps + 2), between days with a purchase; next = last + gap; gaps since
             = days since the last / gap. To write: the weekday and hour with most of his purchases, replies and clicks, where the habits
             of all count as 5.
    Reads:   orders that are not cancelled with a net total above zero, of known customers; products, campaign members.
    Mind:    After one purchase the gap is that of the company. Orders of one day are one purchase. Who may not be written to is marked.
    Source:  Own definition.
    """
    company = warehouse.work_out(PURCHASE_GAPS)
    if show == "due":
        rows = due_orders(warehouse, NEAR, usual=company.usual, days=days)
    else:
        rows = warehouse.query(LISTED, usual=company.usual)
        blank = [None] * len(rows)
        later = ("product_id", "product_times", "write_on", "weekday", "hour", "may_write")
        rows = rows.with_columns(**dict.fromkeys(later, blank))
    counted = warehouse.query(COUNTED).one()
    strangers = int(counted["known"] - counted["buyers"])
    elsewhen = max(int(counted["buyers"]) - len(rows), 0) if show == "due" else 0
    reasons = ((_("without a purchase"), strangers), (_("not near the next order"), elsewhen))
    return Result(
        Table.of(PurchaseGap, rows),
        _whole(rows) if len(rows) else None,
        notes=_notes(rows, company),
        findings=_findings(rows) if show == "all" else (),
        used=len(rows),
        left_out=tuple(LeftOut(reason, count) for reason, count in reasons if count),
    )


def _whole(rows: Rows) -> PurchaseGap:
    """How many gaps all have, and the mean of all days with a purchase, not of the customers' means."""
    days = rows.numbers("gaps") + 1
    told = {
        "gaps": int(rows.numbers("gaps").sum()),
        "order_value": float(np.nansum(rows.numbers("order_value") * days) / days.sum()),
    }
    return PurchaseGap(tuple(told.get(each.name) for each in PurchaseGap.columns))


def _notes(rows: Rows, company: Gaps) -> tuple[Note, ...]:
    if company.usual is None or company.long is None:
        return (Note(_("Nobody has bought on two days yet, so no gap is known."), "few"),)
    message = _(
        "The median of the company's {n} gap is {usual}; nine of ten are no longer than {long}.",
        "The median of the company's {n} gaps is {usual}; nine of ten are no longer than {long}.",
        n=company.gaps,
        usual=Figure(company.usual, DAYS),
        long=Figure(company.long, DAYS),
    )
    notes = [Note(message)]
    if once := int((rows.numbers("gaps") == 0).sum()):
        told = _(
            "{n} customer bought on one day only: the gap is the company's median.",
            "{n} customers bought on one day only: their gap is the company's median.",
            n=once,
        )
        notes.append(Note(told, "few"))
    return tuple(notes)


def _findings(rows: Rows) -> tuple[Finding, ...]:
    """What the orders are worth that should have come."""
    state: Any = np.array(rows.values("state"), dtype=object)
    is_late = (state == "overdue") & (rows.numbers("gaps") > 0)
    if not is_late.any():
        return ()
    money = float(np.nansum(rows.numbers("order_value")[is_late]))
    message = _(
        "{n} customer who buys again and again is overdue: the usual order is worth {money}.",
        "{n} customers who buy again and again are overdue: their usual orders are worth {money}.",
        n=int(is_late.sum()),
        money=Figure(money, MONEY),
    )
    return (Finding(message, money, "warn", {"show": "due"}),)
