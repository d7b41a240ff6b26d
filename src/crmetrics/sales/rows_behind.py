"""What stands behind what was sold and lost: orders, invoices, deals, leads and quotes, and who bought."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.warehouse.facts.losses import LOST_NOW, REASONS
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
