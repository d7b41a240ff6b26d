"""Which orders the figures of customers count, and which they do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

from crmetrics.analysis import LeftOut, Note
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

ORDERS: Final = """
select count(*) as orders, count(*) filter (where is_cancelled) as cancelled,
       count(*) filter (where not is_cancelled and customer_id is null) as anonymous,
       count(*) filter (where not is_cancelled and customer_id is not null and company_rate is null) as unconverted
from orders
"""


@dataclass(frozen=True)
class CountedOrders:
    """All orders in sight up to as-of, those of known customers that are not cancelled counted (R16)."""

    found: dict[str, Any]

    @classmethod
    def of(cls, warehouse: Warehouse) -> Self:
        """Count them."""
        return cls(warehouse.query(ORDERS).one())

    @property
    def used(self) -> int:
        """How many count."""
        return int(self.found["orders"] or 0) - sum(each.rows for each in self.left_out)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """How many do not, by reason."""
        reasons = ((_("cancelled"), self.found["cancelled"]), (_("without a customer"), self.found["anonymous"]))
        return tuple(LeftOut(reason, int(rows)) for reason, rows in reasons if rows)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be known of orders without a rate."""
        message = _(
            "{n} order in a currency without a rate counts as a purchase, its money does not.",
            "{n} orders in a currency without a rate count as purchases, their money does not.",
            n=self.found["unconverted"],
        )
        return (Note(message, "warn"),) if self.found["unconverted"] else ()
