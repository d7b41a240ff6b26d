"""Lifetime value to date."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import By, Curve, Finding, Note, Options, Result, Row, Table, analysis, column
from crmetrics.customers.counted_orders import CountedOrders
from crmetrics.customers.value_rows import brought
from crmetrics.customers.value_tables import by_party, table_of
from crmetrics.customers.values_to_date import VALUES_TO_DATE
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, DATE, MONEY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

Money = Annotated[
    Literal["margin", "net_sales", "after_service"],
    Options("Money", margin="margin", net_sales="net sales", after_service="margin less costs booked on the customer"),
]
NOTABLE: Final = 0.35
"""So few customers bring 80 %: worth a word."""

BY_CUSTOMER = """
select customer_id as party, customer_id, 1 as customers, since, orders, net_sales, margin, service, value, value as per_customer,
       share, cumulated_share, rank_share, grade
from values_to_date
order by value desc, customer_id
"""

BY_PARTY = """
select party, grouping(party) = 1 as is_total, count(*) as customers, min(since) as since, sum(orders) as orders,
       sum(net_sales) as net_sales, sum(margin) as margin, sum(service) as service, sum(value) as value,
       sum(value) / count(*) as per_customer,
       count(*) filter (where grade = 'A') as best, sum(case when grade = 'A' then value end) as of_best,
       max(uncosted) as uncosted, min(case when is_margin then 1 else 0 end) as is_margin
from (
    select v.*, {party} as party
    from values_to_date v
    left join customers c on c.customer_id = v.customer_id
) as valued
group by grouping sets ((party), ())
order by is_total, value desc nulls last, party
"""


class ClvHistoric(Row):
    party = column("Customer or group", dimension="by")
    customer_id = column("Customer number", is_hidden=True)
    customers = column("Customers", COUNT)
    since = column("Since", DATE, "the first purchase")
    orders = column("Purchases", COUNT, better="higher")
    net_sales = column("Net sales", MONEY, "returns taken off", better="higher")
    margin = column("Margin", MONEY, "of the lines whose cost is known", better="higher")
    service = column(
        "Booked costs", MONEY, "costs booked on the customer", better="lower", only=("money", ("after_service",))
    )
    value = column("Value to date", MONEY, "the money that is ranked", better="higher")
    per_customer = column("Value per customer", MONEY, better="higher")
    share = column("Share", SHARE, "of the value of all customers with a value above 0")
    cumulated_share = column("Cumulated share", SHARE, "from the highest value down")
    rank_share = column("Share of customers", SHARE, "the most valuable first")
    grade = column("Grade", meaning="A until 80 % of all value, B until 95 %, C the rest")


@analysis(
    "Lifetime value to date",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=Curve(x="rank_share", y="cumulated_share"),
    headline="per_customer",
    behind=brought,
)
def clv_historic(warehouse: Warehouse, by: By = By("customer"), money: Money = "margin") -> Result[ClvHistoric]:
    """What has each customer brought so far?

    Formula: sum of margin (net amount - cost of the units) since the first purchase, returns netted; net sales beside it; grade A while
             the cumulated share before a customer is below 80 %, B below 95 %, else C; a value of 0 or less is C and outside the base.
    Reads:   orders that are not cancelled and their lines, of known customers; order_lines.cost_amount or products.unit_cost; costs.
    Mind:    Who came lately had less time to bring anything. Share, place and grade are those among all customers of the company,
             whoever asks. By month or another grain of time customers are grouped by their first purchase.
    Source:  Rules R7, R8 and R23; the cut of an ABC analysis.
    """
    warehouse.derive(VALUES_TO_DATE, money=money)
    rows = by_party(warehouse, BY_PARTY, by, "v.since")
    is_total, orders = rows.flags("is_total"), CountedOrders.of(warehouse)
    total = rows.where(is_total).one()
    if not total["customers"]:
        few = Note(_("No customer has bought anything yet."), "few")
        nothing: Table[ClvHistoric] = table_of(ClvHistoric, rows.where(is_total & ~is_total))
        return Result(nothing, notes=(few, *orders.notes), used=orders.used, left_out=orders.left_out)
    groups = warehouse.query(BY_CUSTOMER) if by == "customer" else _placed(rows.where(~is_total))
    return Result(
        table_of(ClvHistoric, groups),
        table_of(ClvHistoric, rows.where(is_total))[0],
        notes=(*_notes(total, money), *orders.notes),
        findings=_findings(total),
        used=orders.used,
        left_out=orders.left_out,
        n=int(total["customers"]),
    )


def _placed(rows: Rows) -> Rows:
    """Groups with their shares and places, the most valuable first."""
    value = np.maximum(np.nan_to_num(rows.numbers("value")), 0.0)
    order = np.argsort(-value, kind="stable")
    cumulated, members = np.empty(len(rows)), np.empty(len(rows))
    cumulated[order], members[order] = np.cumsum(value[order]), np.cumsum(rows.numbers("customers")[order])
    base = float(value.sum()) or np.nan
    return rows.with_columns(
        share=share_of(value, base),
        cumulated_share=share_of(cumulated, base),
        rank_share=share_of(members, members.max(initial=0.0)),
    )


def _notes(total: dict[str, Any], money: str) -> tuple[Note, ...]:
    uncosted = total["uncosted"] or 0.0
    if money == "net_sales" or not uncosted > 0:
        return ()
    share = Figure(uncosted, SHARE)
    if not total["is_margin"]:
        return (
            Note(_("{share} of the sales have no cost, so values are net sales, not margin.", share=share), "warn"),
        )
    return (Note(_("{share} of the sales have no cost and are not in the margin.", share=share), "warn"),)


def _findings(total: dict[str, Any]) -> tuple[Finding, ...]:
    """On how few customers the value hangs."""
    best, money = int(total["best"] or 0), total["of_best"] or 0.0
    if not best or best >= NOTABLE * total["customers"] or not (total["value"] or 0) > 0:
        return ()
    message = _(
        "{n} of {all} customers have brought {share} of all value: {money}.",
        n=best,
        all=int(total["customers"]),
        share=Figure(money / total["value"], SHARE),
        money=Figure(money, MONEY),
    )
    return (Finding(message, money, "info"),)
