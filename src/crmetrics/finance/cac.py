"""Customer acquisition cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import Bars, By, Finding, LeftOut, Note, Number, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.finance.new_customers import Customers, new_customer_rows, new_customers
from crmetrics.finance.spending import Spending, names_in, spending
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, DATE, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.acquisition import TIME_TO_PURCHASE
from crmetrics.warehouse.facts.measured import FIRST_PURCHASES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("finance")

CostOf = Annotated[
    Literal["blended", "paid"], Options("Cost", blended="of all new customers", paid="of those from paid sources")
]
Credit = Annotated[
    Literal["purchase", "lead"],
    Options("A new customer counts for", purchase="his first purchase", lead="his first lead"),
]
LagBy = Annotated[Literal["months", "purchase"], Options("Lag", months="as given", purchase="median time to purchase")]

ENOUGH: Final = 10
DEAR: Final = 1.5
DAYS_A_MONTH: Final = 30.4375


class Cac(Row):
    party = column("Group", dimension="by")
    cost = column("Cost", MONEY, "of marketing, and of sales as far as it is for new customers", better="lower")
    marketing = column("Marketing", MONEY)
    sales_cost = column("Sales", MONEY, "sales cost x share of the activities that are for new customers")
    new_customers = column("New customers", COUNT, "by their first purchase", better="higher")
    cac = column("Cost per new customer", MONEY, "cost / new customers", better="lower")
    paid_customers = column("From paid sources", COUNT)
    cac_paid = column("Paid cost per customer", MONEY, "marketing / new customers from paid sources", better="lower")


@analysis(
    "Customer acquisition cost (CAC)",
    needs={"costs": ["spent_on", "amount"], "orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    chart=Bars(x="party", y="cac"),
    headline="cac",
    enough=ENOUGH,
    behind=new_customer_rows,
)
def cac(
    warehouse: Warehouse,
    period: Period,
    by: By = By("source"),
    of: CostOf = "blended",
    paid: Annotated[str, Options("Paid sources")] = "",
    lag: Annotated[int, Number("Months from cost to customer", 0, 24)] = 0,
    lag_by: LagBy = "months",
    credit: Credit = "purchase",
) -> Result[Cac]:
    """What does a new customer cost?

    Formula: blended = (marketing + sales cost for new business) / new customers; paid = marketing / new customers from the paid
             sources named; sales cost for new business = sales cost x activities on leads and on customers before their first
             purchase / all on leads, deals and customers; the cost is that of so many months earlier as the lag says.
    Reads:   costs of marketing and sales, orders, order_lines, activities, deals, leads, customers.source.
    Mind:    Only who buys for the first time counts, not leads and not all buyers. A cost belongs to the source whose name its
             channel bears, that of a campaign to the sources of its leads; what belongs to none is in the total alone.
    Source:  Farris, Bendle, Pfeifer and Reibstein (2010), Marketing Metrics, 2nd ed., ch. 5.
    """
    warehouse.derive(FIRST_PURCHASES)
    months = _median_lag(warehouse, period) if lag_by == "purchase" else lag
    spent = spending(warehouse, period, by, months)
    came, from_paid = new_customers(warehouse, period, by, credit, names_in(paid))
    parties = sorted({*came, *spent.marketing, *spent.sales}, key=lambda each: (-came.get(each, 0), each or ""))
    counted = _Counted(spent, came, from_paid if paid else None, of)
    rows = [{"party": each} | counted.values([each], each if by in GRAINS else None) for each in parties]
    if by and by not in GRAINS:  # what is spent on nobody in particular was not spent on those of unknown origin
        rows = [each | dict.fromkeys(("cac", "cac_paid")) if each["party"] is None else each for each in rows]
    loose = sum(each["cost"] for each in rows if each["party"] is None) if by and by not in GRAINS else 0.0
    total = {"party": None} | counted.values(parties)
    return Result(
        Table(Cac, {each.name: [row[each.name] for row in rows] for each in Cac.columns}),
        total=Cac(tuple(total[each.name] for each in Cac.columns)),
        notes=tuple(_notes(total, spent, of, paid, months, loose)),
        findings=() if by in GRAINS else tuple(_dear(rows, total)),
        used=sum(came.values()),
        left_out=(LeftOut(_("costs in a currency without a rate"), spent.unconverted),) if spent.unconverted else (),
    )


@dataclass(frozen=True)
class _Counted:
    """Costs and customers by party; `from_paid` None where no paid source is named."""

    spent: Spending
    came: Customers
    from_paid: Customers | None
    of: str

    def values(self, parties: Iterable[str | None], time: str | None = None) -> dict[str, Any]:
        """The figures of some parties together; of one that is a grain of time, by the work done in it."""
        of_them = list(parties)
        marketing, sales = (
            sum(money.get(each, 0.0) for each in of_them) for money in (self.spent.marketing, self.spent.sales)
        )
        share = self.spent.for_new if time is None else self.spent.at_times.get(time)
        sales *= 1.0 if share is None else share
        came = sum(self.came.get(each, 0) for each in of_them)
        paid = None if self.from_paid is None else sum(self.from_paid.get(each, 0) for each in of_them)
        cost, counted = (marketing + sales, came) if self.of == "blended" else (marketing, paid)
        return {
            "cost": cost,
            "marketing": marketing,
            "sales_cost": sales,
            "new_customers": came,
            "cac": cost / counted if cost and counted else None,
            "paid_customers": paid,
            "cac_paid": marketing / paid if marketing and paid else None,
        }


def _median_lag(warehouse: Warehouse, period: Period) -> int:
    """The median time from first contact to first purchase, in whole months; 0 where fewer than five customers tell it (R4)."""
    found = warehouse.query(TIME_TO_PURCHASE, period=period).one()
    return round(found["days"] / DAYS_A_MONTH) if (found["customers"] or 0) >= SHOWN_FROM else 0


def _notes(total: Mapping[str, Any], spent: Spending, of: str, paid: str, months: int, loose: float) -> Iterator[Note]:
    if of == "paid" and not paid:
        yield Note(_("Name the paid sources, with commas between: without them there is no paid cost."), "warn")
    if (n := total["new_customers"]) < ENOUGH:
        few = _(
            "Only {n} new customer: ask for a quarter or longer.",
            "Only {n} new customers: ask for a quarter or longer.",
            n=n,
        )
        yield Note(few, "few")
    if loose:
        yield Note(
            _("{money} of the cost belongs to no group: with it each would be dearer.", money=Figure(loose, MONEY))
        )
    if months:
        first, last = Figure(spent.span.start, DATE), Figure(spent.span.last_day, DATE)
        yield Note(_("The cost is that of {first} to {last}.", first=first, last=last))
    if spent.for_new is None and total["sales_cost"]:
        yield Note(_("No activity tells how much of the sales cost is for new customers: all of it is taken."), "warn")
    elif spent.for_new is not None:
        yield Note(
            _(
                "{share} of the activities were for new customers: so much of the sales cost is taken.",
                share=Figure(spent.for_new, SHARE),
            )
        )


def _dear(rows: Sequence[Mapping[str, Any]], total: Mapping[str, Any]) -> Iterator[Finding]:
    """The group whose customers cost notably more than the average, if enough came from it."""
    told = [each for each in rows if each["party"] is not None and each["new_customers"] >= ENOUGH and each["cac"]]
    dearest = max(told, key=lambda each: float(each["cac"]), default=None)
    whole = total["cac"]
    if dearest is None or not whole or dearest["cac"] < DEAR * whole:
        return
    message = _(
        "A new customer costs {cac} in {group}, {whole} on average.",
        group=dearest["party"],
        cac=Figure(dearest["cac"], MONEY),
        whole=Figure(whole, MONEY),
    )
    yield Finding(message, float((dearest["cac"] - whole) * dearest["new_customers"]), "bad", {"by": "month"})
