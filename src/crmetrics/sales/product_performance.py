"""Product sales."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import Bars, Finding, LeftOut, Note, Options, Result, Row, Toggle, analysis, column
from crmetrics.models.change import change
from crmetrics.models.interval import Floats, share_of
from crmetrics.sales.rows_behind import PRODUCT_ROWS
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, first_day, midnight
from crmetrics.vocabulary.unit import CHANGE, COUNT, MONEY, QUANTITY, SHARE, Figure
from crmetrics.warehouse.facts.product_sales import RETURNS_BY_PRODUCT, SALES_BY_PRODUCT
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

RETURN_DAYS: Final = 60
"""Goods sold less than so many days ago may still come back: they are pending (R13)."""


Level = Annotated[
    Literal["product", "category", "subcategory", "brand"],
    Options("Level", product="product", category="category", subcategory="subcategory", brand="brand"),
]

CATEGORIES = "select product_id, category from products where category is not null order by product_id"


class ProductPerformance(Row):
    product_id = column("Product", dimension="level")
    category = column("Category", dimension="category")
    net_sales = column("Net sales", MONEY, better="higher")
    quantity = column("Quantity", QUANTITY, "returns counted as negative", better="higher")
    buyers = column("Buyers", COUNT, better="higher")
    price = column("Mean price", MONEY, "net sales / quantity")
    discount_pct = column("Discount", SHARE, "discounts as a share of the list value of what was sold", better="lower")
    margin = column("Margin", MONEY, "of the lines whose cost is known", better="higher")
    margin_pct = column("Margin %", SHARE, "margin as a share of the sales whose cost is known", better="higher")
    growth = column("Growth", CHANGE, better="higher")
    return_rate = column(
        "Return rate", SHARE, "returned within 60 days / sold at least 60 days ago, in pieces", better="lower"
    )


@analysis(
    "Product sales",
    needs={"orders": ["ordered_at"], "order_lines": ["product_id", "net_amount"]},
    date="orders.ordered_at",
    table="order_lines",
    chart=Bars(x="product_id", y="net_sales"),
    behind=PRODUCT_ROWS,
)
def product_performance(
    warehouse: Warehouse,
    period: Period,
    before: Period,
    level: Level = "product",
    services: Annotated[bool, Toggle("With services")] = False,
) -> Result[ProductPerformance]:
    """Which products sell, where, with what trend and profit?

    Formula: mean price = net sales / quantity; margin = net - cost of the units sold; return rate = pieces returned within 60 days
             of their order / pieces sold, over orders at least 60 days old.
    Reads:   order_lines, orders, products.
    Mind:    The mean of prices is not the mean price. Sales younger than 60 days are pending for the return rate.
    Source:  Rules R5, R6, R8 and R13 of docs/rules.md.
    """
    is_linked = warehouse.profile.has("orders", "returns_order_id")
    mature = midnight(period.end, warehouse.zone)
    if is_linked:  # where returns do not name their order, those of the period are set against all that was sold in it
        mature = min(mature, warehouse.as_of - timedelta(days=RETURN_DAYS))
    rows = warehouse.query(
        SALES_BY_PRODUCT,
        period=period,
        by=level,
        of="costed_lines",
        mature=mature,
        services=services,
        before_start=midnight(before.start, warehouse.zone),
        before_end=midnight(before.end, warehouse.zone),
    )
    rows = rows.where(rows.flags("is_total") | ~np.isnan(rows.numbers("net_sales")) | ~np.isnan(rows.numbers("before")))
    returned = (
        _returned(warehouse, rows, period, level, mature, services)
        if is_linked
        else np.nan_to_num(rows.numbers("returned_then"))
    )
    first = warehouse.profile.column("orders", "ordered_at").first
    reaches_back = first is not None and first_day(first, warehouse.zone) <= before.start
    return _result(warehouse, rows, returned, level, is_linked=is_linked, reaches_back=reaches_back)


def _returned(warehouse: Warehouse, rows: Rows, period: Period, level: str, mature: Any, services: bool) -> Floats:
    """Pieces that came back, by the date of the order they came back from. Shape: (n,) beside `rows`."""
    found = warehouse.query(
        RETURNS_BY_PRODUCT,
        period=period,
        by=level,
        of="costed_lines",
        mature=mature,
        services=services,
        days=RETURN_DAYS,
    )
    keys = zip(found.values("party"), found.flags("is_total"), strict=True)
    by_party = dict(zip(keys, np.nan_to_num(found.numbers("returned")), strict=True))
    wanted = zip(rows.values("party"), rows.flags("is_total"), strict=True)
    return np.array([by_party.get(key, 0.0) for key in wanted], dtype=np.float64)


def _result(
    warehouse: Warehouse, rows: Rows, returned: Floats, level: str, *, is_linked: bool, reaches_back: bool
) -> Result[ProductPerformance]:
    sales, quantity = np.nan_to_num(rows.numbers("net_sales")), np.nan_to_num(rows.numbers("quantity"))
    sold, priced = rows.numbers("sold"), rows.numbers("priced")
    parties, is_total = rows.values("party"), rows.flags("is_total")
    known = warehouse.query(CATEGORIES) if level == "product" else None
    categories = dict(zip(known.values("product_id"), known.values("category"), strict=True)) if known else {}
    worked_out: dict[str, Any] = {
        "product_id": parties,
        "category": [categories.get(party) for party in parties],
        "net_sales": sales,
        "quantity": quantity,
        "price": share_of(sales, np.where(priced > 0, priced, np.nan)),
        "discount_pct": share_of(rows.numbers("discount"), rows.numbers("list_value")),
        "margin_pct": share_of(rows.numbers("margin"), rows.numbers("costed_sales")),
        "growth": change(sales, np.nan_to_num(rows.numbers("before"))) if reaches_back else np.full(len(rows), np.nan),
        "return_rate": share_of(returned, np.where(sold > 0, sold, np.nan)),
    }
    total = rows.where(is_total).one()
    return Result.of(
        ProductPerformance,
        rows,
        worked_out=worked_out,
        used=int(total["used"] or 0) - int(total["unconverted"] or 0),
        left_out=tuple(
            LeftOut(reason, int(total[name]))
            for name, reason in (
                ("cancelled", _("of cancelled orders")),
                ("service", _("of services")),
                ("unconverted", _("in a currency without a rate")),
            )
            if total[name]
        ),
        notes=_notes(total, is_linked=is_linked, reaches_back=reaches_back),
        findings=_findings(worked_out, is_total, rows.numbers("margin")),
    )


def _notes(total: dict[str, Any], *, is_linked: bool, reaches_back: bool) -> tuple[Note, ...]:
    notes = []
    uncosted = share_of([total["uncosted_sales"] or 0.0], [total["net_sales"] or 0.0])[0]
    if uncosted > 0:
        notes.append(
            Note(
                _(
                    "{share} of the sales have no cost: margins speak of the others.",
                    share=Figure(float(uncosted), SHARE),
                )
            )
        )
    if not is_linked:
        notes.append(
            Note(
                _(
                    "Returns do not name their order, so the return rate sets the returns of the period against its sales."
                )
            )
        )
    if not reaches_back:
        notes.append(Note(_("The data do not reach back over the period compared with, so no growth is shown.")))
    return tuple(notes)


def _findings(worked_out: dict[str, Any], is_total: Any, margin: Floats) -> tuple[Finding, ...]:
    """Products sold at a loss, all together."""
    is_loss = ~is_total & (margin < 0) & (worked_out["net_sales"] > 0)
    if not is_loss.any():
        return ()
    lost = float(-margin[is_loss].sum())
    message = _(
        "{n} product is sold below cost: {money} in all.",
        "{n} products are sold below cost: {money} in all.",
        n=int(is_loss.sum()),
        money=Figure(lost, MONEY),
    )
    return (Finding(message, lost, "bad"),)
