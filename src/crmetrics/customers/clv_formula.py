"""Lifetime value by formula."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Bars, By, Finding, LeftOut, Note, Number, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import LOCKED_ABOVE, PLAIN_FROM, few_values
from crmetrics.customers.value_notes import A_YEAR, of_no_year
from crmetrics.customers.value_rows import RATED
from crmetrics.models.interval import Floats, share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight, months_later
from crmetrics.vocabulary.unit import COUNT, MONEY, QUANTITY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

MANY_TIMES: Final = 2.0
"""A segment worth so many times another is worth a word."""

RATES_BY_PARTY = """
with baskets as (
    select order_id, customer_id, ordered_at >= $start as is_now, sum(net) as net, coalesce(sum(net) > 0, false) as is_bought,
           sum(case when full_cost is not null then net end) as costed, sum(net - full_cost) as margin
    from costed_lines
    where not is_cancelled and customer_id is not null and ordered_at >= $base and ordered_at < $end
    group by order_id, customer_id, ordered_at
),
people as (
    select b.customer_id, c.party, max(case when not is_now and is_bought then 1 else 0 end) as was_there,
           count(*) filter (where is_now and is_bought) as orders, sum(case when is_now and is_bought then net end) as bought,
           sum(case when is_now then net end) as net, sum(case when is_now then costed end) as costed,
           sum(case when is_now then margin end) as margin, count(*) filter (where is_now) as documents
    from baskets b
    left join customers c on c.customer_id = b.customer_id
    group by b.customer_id, c.party
)
select party, grouping(party) = 1 as is_total, count(*) filter (where orders > 0) as customers, sum(orders) as orders,
       sum(bought) as bought, sum(net) as net, sum(costed) as costed, sum(margin) as margin, sum(was_there) as active,
       count(*) filter (where was_there = 1 and orders > 0) as kept, sum(documents) as documents
from people
group by grouping sets ((party), ())
order by is_total, customers desc, party
"""

SEEN = """
select count(*) as orders, count(*) filter (where is_cancelled) as cancelled,
       count(*) filter (where not is_cancelled and customer_id is null) as anonymous
from orders
where ordered_at >= $start and ordered_at < $end
"""


class ClvFormula(Row):
    party = column("Segment", dimension="by")
    n = column("Customers", COUNT, "who bought in the period")
    active = column("Customers before", COUNT, "who bought in the twelve months before: retention stands on them")
    v = column("Order value", MONEY, "mean value of a purchase", better="higher")
    f = column("Purchases a year", QUANTITY, "of a customer who bought", better="higher")
    g = column("Margin rate", SHARE, "of the value of purchases, returns taken off", better="higher")
    r = column("Retention", SHARE, "of those before, who bought again in the period", better="higher")
    d = column("Discount", SHARE, "a year")
    yearly = column("Margin a year", MONEY, "of a customer who bought", better="higher")
    clv = column("Lifetime value", MONEY, better="higher")
    form = column("Form", with_year="with the current year", future="future only", undiscounted="undiscounted")


@analysis(
    "Lifetime value by formula",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="customers",
    chart=Bars(x="party", y="clv"),
    enough=PLAIN_FROM,
    behind=RATED,
)
def clv_formula(
    warehouse: Warehouse,
    period: Period,
    by: By = By("customer_kind"),
    form: Annotated[
        Literal["with_year", "future", "undiscounted"],
        Options("Form", with_year="with the current year", future="future only", undiscounted="undiscounted"),
    ] = "with_year",
    discount: Annotated[float, Number("Discount in % a year", 0, 100)] = 10.0,
) -> Result[ClvFormula]:
    """What is an average customer worth under steady rates?

    Formula: m = order value x purchases a year x margin rate; value = m (1 + d) / (1 + d - r) counting this year, m r / (1 + d - r) for
             the future only, m / (1 - r) undiscounted; r = customers of the twelve months before who bought again / those customers.
    Reads:   orders that are not cancelled and their lines, of known customers, in the period and the twelve months before it; costs.
    Mind:    It takes rates to stay for ever, and all of a segment to be alike. Both forms are called lifetime value: the one with the
             current year is higher by m. By a grain of time customers are grouped by when their record was made.
    Source:  Gupta and Lehmann (2003), J. of Interactive Marketing 17(1), 9-24.
    """
    base, span = midnight(months_later(period.start, -12), warehouse.zone), period.elapsed(warehouse.today)
    rows = warehouse.query(RATES_BY_PARTY, period=period, by=by, of="customers", moment="created_at", base=base)
    rates = _rates(rows, span, discount / 100)
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    is_few = np.minimum(rows.numbers("customers"), np.nan_to_num(rows.numbers("active"))) < PLAIN_FROM
    clv = np.where(is_few, np.nan, lifetime(rates["yearly"], rates["r"], rates["d"], form))
    return Result.of(
        ClvFormula,
        rows,
        worked_out={**rates, "n": rows.columns["customers"], "clv": clv, "form": [form] * len(rows)},
        used=int(total["documents"] or 0),
        left_out=_left_out(warehouse.query(SEEN, period=period).one(), int(total["documents"] or 0)),
        notes=(*of_no_year(span), *_few(rows, is_few), *_notes(total, rates, form, is_total & np.isfinite(clv))),
        findings=_findings(rows, clv, is_total),
        n=int(total["customers"] or 0),
    )


def _rates(rows: Rows, period: Period, discount: float) -> dict[str, Floats]:
    """v, f, g, r, d and m, (n,) each; f, r, m NaN for no year. Too much sold without a cost: g is the share that returns leave."""
    net, costed, bought = (rows.numbers(name) for name in ("net", "costed", "bought"))
    is_margin = np.nan_to_num(share_of(costed, net)) >= 1 - LOCKED_ABOVE
    stays = share_of(net, bought)
    v = share_of(bought, rows.numbers("orders"))
    f = share_of(rows.numbers("orders"), rows.numbers("customers")) * 365.25 / period.days
    g = np.where(is_margin, stays * share_of(rows.numbers("margin"), costed), stays)
    r = share_of(rows.numbers("kept"), rows.numbers("active"))
    if period.days not in A_YEAR:
        f, r = f * np.nan, r * np.nan
    return {"v": v, "f": f, "g": g, "r": r, "d": np.full(len(rows), discount), "yearly": v * f * g}


def lifetime(m: Floats, r: Floats, d: Floats, form: str) -> Floats:
    """Give the value of a customer who brings m a year and stays with chance r, (n,); NaN where it has no limit.

    >>> [round(float(lifetime(np.array([60.0]), np.array([0.8]), np.array([0.1]), each)[0]), 6) for each in ("with_year", "future")]
    [220.0, 160.0]
    """
    if form == "undiscounted":
        return share_of(m, 1 - r)
    return share_of(m * (1 + d if form == "with_year" else r), 1 + d - r)


def _left_out(seen: dict[str, Any], used: int) -> tuple[LeftOut, ...]:
    other = (seen["orders"] or 0) - (seen["cancelled"] or 0) - (seen["anonymous"] or 0) - used
    reasons = (
        (_("cancelled"), seen["cancelled"]),
        (_("without a customer"), seen["anonymous"]),
        (_("without lines"), other),
    )
    return tuple(LeftOut(reason, int(rows)) for reason, rows in reasons if rows)


def _few(rows: Rows, is_few: NDArray[np.bool_]) -> tuple[Note, ...]:
    small = int(np.sum(is_few & ~rows.flags("is_total")))
    if not small:
        return few_values(0) if len(rows) < 2 else ()
    message = _(
        "{n} segment has fewer than 30 customers in the period or in the year before: no value is told.",
        "{n} segments have fewer than 30 customers in the period or in the year before: no value is told.",
        n=small,
    )
    return (Note(message, "few"),)


def _notes(total: dict[str, Any], rates: dict[str, Floats], form: str, told: NDArray[np.bool_]) -> tuple[Note, ...]:
    notes = []
    uncosted = 1 - float(np.nan_to_num(share_of(total["costed"] or 0.0, total["net"] or 0.0)))
    if (total["net"] or 0) > 0 and uncosted > LOCKED_ABOVE:
        message = _(
            "{share} of the sales have no cost, so values are net sales, not margin.", share=Figure(uncosted, SHARE)
        )
        notes.append(Note(message, "warn"))
    if form == "undiscounted" and (rates["r"] >= 1).any():
        notes.append(Note(_("Where everybody stays there is no undiscounted value: it has no limit.")))
    if told.any():
        notes.append(
            Note(_("Rates of one year are taken to stay for ever; customers.clv_predicted looks at each customer."))
        )
    return tuple(notes)


def _findings(rows: Rows, clv: Floats, is_total: NDArray[np.bool_]) -> tuple[Finding, ...]:
    """The segment whose customers are worth many times those of another."""
    known = np.flatnonzero(~is_total & np.isfinite(clv) & (clv > 0))
    if len(known) < 2:  # nothing to compare
        return ()
    best, least = known[int(np.argmax(clv[known]))], known[int(np.argmin(clv[known]))]
    if clv[best] < MANY_TIMES * clv[least]:
        return ()
    message = _(
        "A customer of {best} is worth {money}, one of {least} {less}.",
        best=rows.values("party")[best],
        money=Figure(float(clv[best]), MONEY),
        least=rows.values("party")[least],
        less=Figure(float(clv[least]), MONEY),
    )
    return (Finding(message, float((clv[best] - clv[least]) * rows.numbers("customers")[least]), "info"),)
