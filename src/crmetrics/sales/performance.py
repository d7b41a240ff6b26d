"""Sales performance."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import Bars, By, Finding, LeftOut, NeedsBy, Note, Options, Result, Row, Toggle, analysis, column
from crmetrics.models.change import change
from crmetrics.models.interval import share_of
from crmetrics.sales.rows_behind import sold_rows
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period, first_day, midnight, ordinal, parse_period
from crmetrics.vocabulary.unit import CHANGE, COUNT, MONEY, QUANTITY, SHARE, Figure
from crmetrics.warehouse.facts.sold import PURCHASE, SALE, SOURCES
from crmetrics.warehouse.rows import Rows, joined
from crmetrics.warehouse.warehouse import Warehouse, grouping_of

_ = words("sales")
NOTABLE = 0.1

Source = Annotated[
    Literal["orders", "invoices", "deals"],
    Options("Counted from", orders="orders", invoices="invoices", deals="won deals"),
]

SALES_BY_PARTY = f"""
with sales as ({{sales}})
select party, grouping(party) = 1 as is_total,
       sum(amount) filter (where is_now and {SALE}) as amount,
       sum(quantity) filter (where is_now and {SALE}) as quantity,
       count(*) filter (where is_now and {PURCHASE}) as orders,
       count(distinct case when is_now and {PURCHASE} then customer_id end) as buyers,
       sum(amount) filter (where not is_now and not is_cancelled) as before,
       sum(lines) filter (where is_now and not is_cancelled and not is_unconverted and amount is not null) as used,
       sum(lines) filter (where is_now and not is_cancelled and not is_unconverted and amount is null) as without_amount,
       sum(lines) filter (where is_now and is_cancelled) as cancelled,
       sum(lines) filter (where is_now and not is_cancelled and is_unconverted) as unconverted
from sales
group by grouping sets ((party), ())
order by is_total, amount desc nulls last, party
"""


class Performance(Row):
    party = column("Group", dimension="by")
    amount = column("Net sales", MONEY, better="higher")
    quantity = column("Quantity", QUANTITY, "returns counted as negative")
    orders = column(
        "Purchases", COUNT, "orders that are not cancelled and whose net total is above zero", better="higher"
    )
    buyers = column("Buyers", COUNT, "different customers with a purchase", better="higher")
    share = column("Share of sales", SHARE)
    before = column("Before", MONEY, "the same in the period compared with")
    growth = column("Growth", CHANGE, better="higher")
    contribution = column(
        "Contribution to growth", CHANGE, "its change as a share of all sales before", better="higher"
    )


@analysis(
    "Sales performance",
    needs=NeedsBy(
        "source",
        orders={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
        invoices={"invoices": ["issued_on", "amount"]},
        deals={"deals": ["is_won", "closed_at", "amount"]},
    ),
    date="orders.ordered_at",
    table="order_lines",
    chart=Bars(x="party", y="amount", before="before"),
    behind=sold_rows,
)
def performance(
    warehouse: Warehouse,
    period: Period,
    before: Period,
    by: By = By("month"),
    source: Source = "orders",
    gross: Annotated[bool, Toggle("With tax")] = False,
) -> Result[Performance]:
    """How much was sold, how many, by whom and where, and how did it grow?

    Formula: net sales = sum of net amounts of orders not cancelled, returns negative; purchases = orders with a net total above
             zero; growth = (now - before) / before; contribution = (now - before) / all sales before.
    Reads:   orders, order_lines (or invoices, or won deals) and the grouping column.
    Mind:    Growth rates of groups must not be averaged; contributions add up to the growth of the whole.
    Source:  Rules R2, R5, R6, R8 and R9 of docs/rules.md.
    """
    rows = (_side_by_side if by in GRAINS else _sales)(warehouse, period, before, by, source, gross)
    table, moment = SOURCES[source][1:3]
    if table == "ordered_lines" and by not in ("", *GRAINS) and grouping_of(by, table, moment).table == "order_lines":
        # the lines of one order fall into several groups: the total counts whole orders, so it is asked for by itself
        total = _sales(warehouse, period, before, "", source, gross)
        rows = joined(rows.where(~rows.flags("is_total")), total.where(total.flags("is_total")))
    return _result(rows, is_compared=_reaches_back(warehouse, source, before))


def _sales(warehouse: Warehouse, period: Period, before: Period, by: str, source: Source, gross: bool) -> Rows:
    sales, table, moment, _home = SOURCES[source]
    return warehouse.query(
        SALES_BY_PARTY.replace("{sales}", sales),
        period=period,
        by=by,
        of=table,
        moment=moment,
        gross=gross,
        before_start=midnight(before.start, warehouse.zone),
        before_end=midnight(before.end, warehouse.zone),
        before_start_on=before.start,
        before_end_on=before.end,
    )


def _side_by_side(warehouse: Warehouse, period: Period, before: Period, by: str, source: Source, gross: bool) -> Rows:
    """Each day, week or month of the period beside the one at the same place in the period before."""
    nothing = Period(before.start, before.start + timedelta(days=1))
    rows, earlier = (_sales(warehouse, span, nothing, by, source, gross) for span in (period, before))

    def place(party: str | None, span: Period) -> int | None:
        if party is None:
            return None
        own, first = (
            ordinal(by, day, warehouse.week_start) for day in (parse_period(party, span.end).start, span.start)
        )
        return own - first

    totals = earlier.flags("is_total")
    found = (
        dict(zip((place(party, before) for party in earlier.values("party")), earlier.numbers("amount"), strict=True))
        if len(earlier)
        else {}
    )
    found[None] = float(earlier.numbers("amount")[totals].sum()) if totals.any() else np.nan
    places = [place(party, period) for party in rows.values("party")]
    return rows.with_columns(before=np.array([found.get(each, np.nan) for each in places], dtype=np.float64))


def _reaches_back(warehouse: Warehouse, source: Source, before: Period) -> bool:
    """Whether the data begin early enough for growth to mean something."""
    moment, table = SOURCES[source][2:]
    first = warehouse.profile.column(table, moment).first
    return first is not None and first_day(first, warehouse.zone) <= before.start


def _result(rows: Rows, *, is_compared: bool) -> Result[Performance]:
    rows = rows.where(rows.flags("is_total") | ~np.isnan(rows.numbers("amount")) | ~np.isnan(rows.numbers("before")))
    is_total = rows.flags("is_total")
    amount, earlier = (np.nan_to_num(rows.numbers(name)) for name in ("amount", "before"))
    unknown = np.full(len(rows), np.nan)
    before = float(earlier[is_total].sum())
    worked_out = {
        "amount": amount,
        "before": earlier if is_compared else unknown,
        "share": share_of(amount, float(amount[is_total].sum())),
        "growth": change(amount, np.where(earlier > 0, earlier, np.nan)) if is_compared else unknown,
        "contribution": share_of(amount - earlier, before if before > 0 else np.nan) if is_compared else unknown,
    }
    found = rows.where(is_total).one()
    short = Note(_("The data do not reach back over the period compared with, so no growth is shown."))
    return Result.of(
        Performance,
        rows,
        worked_out=worked_out,
        used=int(found["used"] or 0),
        left_out=tuple(
            LeftOut(reason, int(found[name]))
            for name, reason in (
                ("cancelled", _("of cancelled orders")),
                ("unconverted", _("in a currency without a rate")),
                ("without_amount", _("without an amount")),
            )
            if found[name]
        ),
        notes=() if is_compared else (short,),
        findings=_findings(rows, worked_out) if is_compared else (),
    )


def _findings(rows: Rows, worked_out: dict[str, Any]) -> tuple[Finding, ...]:
    """The group that moved sales most, where it moved them by at least a tenth of what they were."""
    is_total = rows.flags("is_total")
    moved = np.where(is_total, 0.0, worked_out["contribution"])
    if len(rows) < 3 or np.isnan(moved).any() or np.abs(moved).max() < NOTABLE:
        return ()
    most = int(np.argmax(np.abs(moved)))
    difference = float(worked_out["amount"][most] - worked_out["before"][most])
    template = (
        _("{group} sold {money} more than before, {share} of all sales then.")
        if difference > 0
        else _("{group} sold {money} less than before, {share} of all sales then.")
    )
    message = template(
        group=rows.values("party")[most],
        money=Figure(abs(difference), MONEY),
        share=Figure(abs(float(moved[most])), SHARE),
    )
    return (Finding(message, abs(difference), "good" if difference > 0 else "bad"),)
