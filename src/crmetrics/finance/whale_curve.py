"""Profit concentration (whale curve)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from crmetrics.analysis import Behind, Choices, Curve, Finding, LeftOut, Note, Result, Row, analysis, column
from crmetrics.analysis.littleness import LOCKED_ABOVE
from crmetrics.finance.margin import without_cost
from crmetrics.models.interval import Floats, share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("finance")

ENOUGH_CUSTOMERS: Final = 20
NOTABLE: Final = 0.05

_RANKED: Final = """
with profits as (
    select customer_id,
           sum(case when full_cost is not null and not is_unconverted and not is_cancelled then net - full_cost end) as profit,
           count(*) filter (where is_cancelled) as cancelled,
           count(*) filter (where not is_cancelled and (is_unconverted or full_cost is null)) as uncosted,
           count(*) as lines,
           sum(net) filter (where not is_cancelled) as sales,
           sum(net) filter (where not is_cancelled and full_cost is null) as uncosted_sales
    from costed_lines
    where ordered_at >= $start and ordered_at < $end
    group by customer_id
),
ranked as (
    select customer_id, profit, row_number() over (order by profit desc, customer_id) as place,
           sum(profit) over (order by profit desc, customer_id rows between unbounded preceding and current row) as cumulated,
           count(*) over () as customers
    from profits
    where customer_id is not null and profit is not null
)
"""
CURVE = f"""{_RANKED},
whole as (
    select sum(lines) as lines, sum(sales) as sales, sum(uncosted_sales) as uncosted_sales,
           sum(cancelled) as cancelled, sum(uncosted) as uncosted,
           sum(lines - cancelled - uncosted) filter (where customer_id is null) as anonymous,
           sum(profit) filter (where customer_id is null) as anonymous_profit,
           sum(profit) filter (where customer_id is not null and profit < 0) as loss,
           count(*) filter (where customer_id is not null and profit < 0) as loss_customers
    from profits
),
peak as (select place from ranked order by cumulated desc, place limit 1)
select r.place, r.customers, r.cumulated, r.place = p.place as is_peak, w.*
from whole w
left join ranked r on r.place > 0
left join peak p on p.place > 0
where r.place is null or r.customers <= 100 or r.place = p.place
   or floor(r.place * 1e2 / r.customers) > floor((r.place - 1) * 1e2 / r.customers)
order by r.place
"""


def _first(_warehouse: Warehouse, _period: Period, _choices: Choices, at: Mapping[str, str | None]) -> Behind:
    """The customers up to a point of the curve."""
    most = at.get("customers") or ""
    is_point = most.isdecimal()
    values = {"customers": most, "most": int(most) if is_point else 0}
    return replace(BEHIND, where="place <= $most" if is_point or at else "true", values=values)


BEHIND: Final = Behind(
    {"customers": "", "cumulated_profit": ""},
    "costed_lines",
    "true",
    groups={"customers": "$customers"},
    shows="customers",
    source=f"{_RANKED} select * from ranked",
    tells={"cumulated_profit": "profit"},
    sort="-cumulated_profit",
    look=_first,
)


class WhaleCurve(Row):
    rank_share = column("Share of customers", SHARE, "the most profitable first")
    customers = column("Customers", COUNT)
    cumulated_profit = column("Cumulated profit", MONEY)
    cumulated_share = column(
        "Share of profit", SHARE, "cumulated, of the total profit; above 100 % until losses take it back"
    )
    peak_at = column(
        "Peak", SHARE, "the share of customers at which the most profit is made; shown at that point and in the total"
    )


@analysis(
    "Profit concentration (whale curve)",
    kind="DG",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="order_lines",
    chart=Curve(x="rank_share", y="cumulated_share"),
    behind=(BEHIND,),
)
def whale_curve(warehouse: Warehouse, period: Period) -> Result[WhaleCurve]:
    """How concentrated is profit, and how much do loss-making customers eat?

    Formula: customers by profit, highest first; cumulated profit / total profit; peak = its maximum; eaten = peak - 100 %.
    Reads:   order_lines.net_amount and cost_amount, products.unit_cost, orders.customer_id; profit = margin, as finance.margin.
    Mind:    100 % is not the top: customers at a loss bring the curve down again. Without a positive total there are no shares.
    Source:  Kaplan and Narayanan (2001), Journal of Cost Management 15(5).
    """
    rows = warehouse.query(CURVE, period=period)
    found = rows.one()
    if (uncosted := float(share_of(found["uncosted_sales"] or 0.0, found["sales"] or 0.0))) > LOCKED_ABOVE:
        return without_cost(WhaleCurve, uncosted)
    rows = rows.where(rows.numbers("place") > 0)  # nobody ranked: the sums of the whole stand alone
    profit, place, customers = rows.numbers("cumulated"), rows.numbers("place"), found["customers"] or 0
    total = float(profit[-1]) if len(rows) else 0.0
    share = share_of(profit, total if total > 0 else np.nan)
    rank, is_peak = share_of(place, customers), rows.flags("is_peak")
    points = rows.with_columns(is_total=np.zeros(len(rows), dtype=bool))
    worked_out = {
        "rank_share": rank,
        "customers": place.astype(int),
        "cumulated_profit": profit,
        "cumulated_share": share,
        "peak_at": np.where(is_peak, rank, np.nan),
    }
    result: Result[WhaleCurve] = Result.of(WhaleCurve, points, worked_out=worked_out)
    if not len(rows):
        return Result(
            result.rows, notes=(Note(_("No customer bought anything whose cost is known in this period."), "few"),)
        )
    total_row = WhaleCurve((1.0, customers, total, 1.0 if total > 0 else None, float(rank[is_peak][0])))
    left_out = _left_out(found)
    return Result(
        result.rows,
        total_row,
        used=int(found["lines"] or 0) - sum(each.rows for each in left_out),
        left_out=left_out,
        notes=_notes(customers, total),
        findings=_findings(rows, share, found, total),
        n=customers,
    )


def _left_out(found: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = (
        ("cancelled", _("of cancelled orders"), None),
        ("uncosted", _("without any cost, or in a currency without a rate"), None),
        ("anonymous", _("of orders without a customer"), found["anonymous_profit"]),
    )
    return tuple(LeftOut(reason, int(found[name]), amount) for name, reason, amount in reasons if found[name])


def _notes(customers: int, total: float) -> tuple[Note, ...]:
    notes = []
    if customers < ENOUGH_CUSTOMERS:
        notes.append(
            Note(
                _("Only {n} customer: too few for a curve.", "Only {n} customers: too few for a curve.", n=customers),
                "few",
            )
        )
    if total <= 0:
        notes.append(Note(_("The total profit is not above zero, so there are no shares of it."), "warn"))
    return tuple(notes)


def _findings(rows: Rows, share: Floats, found: dict[str, Any], total: float) -> tuple[Finding, ...]:
    """What the customers at a loss eat, where it is worth a word."""
    lost = float(-(found["loss"] or 0))
    if total <= 0 or lost < NOTABLE * total:
        return ()
    message = _(
        "{n} customer is served at a loss and eats {money} of profit, {share} of the total.",
        "{n} customers are served at a loss and eat {money} of profit, {share} of the total.",
        n=int(found["loss_customers"]),
        money=Figure(lost, MONEY),
        share=Figure(float(share[rows.flags("is_peak")][0]) - 1, SHARE),
    )
    return (Finding(message, lost, "bad"),)
