"""What stands behind what was sold and lost, and how long it took: orders, invoices, deals, leads and quotes, and who bought."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.warehouse.facts.cycles import CYCLES, ENTERED, FIRST_LEADS, spelled
from crmetrics.warehouse.facts.losses import LOST_NOW, REASONS
from crmetrics.warehouse.facts.product_sales import BUYS, SOLD_LINES
from crmetrics.warehouse.facts.sold import PURCHASE, SALE, SOLD_NOW, SOURCES

SOLD: Final = {"amount": "", "quantity": "", "orders": PURCHASE}
BOUGHT: Final = {"buyers": f"{PURCHASE} and customer_id is not null"}


def sold_rows(choices: Choices) -> tuple[Behind, ...]:
    """The sales of the period, and the customers who bought; of the source that is chosen."""
    source = choices["source"]
    _sql, over, moment, table = SOURCES[source]
    sales = SOLD_NOW[source]
    return (
        Behind(SOLD, over, SALE, moment, shows=table, by="sale_id", source=sales),
        Behind(BOUGHT, over, SALE, moment, shows="customers", by="customer_id", source=sales),
    )


def lost_rows(choices: Choices) -> tuple[Behind, ...]:
    """What was lost in the period: deals, leads or quotes, as it is chosen."""
    fact, _sql, moment = REASONS[choices["source"]]
    lost = Behind({"n": ""}, fact, LOST_NOW, moment)
    of_reason = replace(lost, columns={"of_reason": ""}, groups={"reason": "reason"})
    known = {"lost": "", "amount": "converted(amount, company_rate) is not null"}
    return lost, of_reason, replace(lost, columns=known, groups={"reason": "reason", "stage": "stage"})


def cycle_rows(choices: Choices) -> tuple[Behind, ...]:
    """The deals that took their time: those won, and those created."""
    return tuple(
        Behind(
            {name: ""},
            "deals",
            "true",
            moment,
            derived=(FIRST_LEADS,) if choices["start"] == "lead" else (),
            source=spelled(sql, choices["start"], choices["clock"]),
        )
        for name, sql, moment in (("won", CYCLES, "closed_at"), ("entered", ENTERED, "created_at"))
    )


_OF_PRODUCTS: Final = Behind(
    {"net_sales": "is_sold", "quantity": "is_sold"},
    "costed_lines",
    "true",
    groups={"product_id": "party"},
    shows="order_lines",
    source=SOLD_LINES,
    grouping="level",
)
_BUYERS: Final = replace(
    _OF_PRODUCTS, columns={"buyers": f"{BUYS} and customer_id is not null"}, shows="customers", by="customer_id"
)
PRODUCT_ROWS: Final = (_OF_PRODUCTS, _BUYERS)
"""The order lines of products, and the customers who bought them."""
