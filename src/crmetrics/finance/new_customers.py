"""New customers, by what they are credited to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from crmetrics.analysis import Behind, Choices
from crmetrics.finance.spending import plain
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.facts.acquisition import CAME, NEW_CUSTOMERS, credited
from crmetrics.warehouse.facts.measured import FIRST_PURCHASES
from crmetrics.warehouse.warehouse import Warehouse

Customers = Mapping[str | None, int]


def new_customers(
    warehouse: Warehouse, period: Period, by: str, credit: str, paid: frozenset[str]
) -> tuple[Customers, Customers]:
    """How many came by party, and how many of them from paid sources."""
    rows = warehouse.query(
        CAME.replace("{party}", credited(by, credit)),
        period=period,
        by=by,
        of="new_buyers",
        moment="ordered_at",
        credit=credit,
    )
    came: dict[str | None, int] = defaultdict(int)
    from_paid: dict[str | None, int] = defaultdict(int)
    for party, source, customers in zip(
        rows.values("party"), rows.values("source"), rows.values("customers"), strict=True
    ):
        came[party] += customers
        if source is not None and plain(source) in paid:
            from_paid[party] += customers
    return came, from_paid


def new_customer_rows(choices: Choices) -> tuple[Behind, ...]:
    """The new customers, as they are credited."""
    source = NEW_CUSTOMERS.replace("{party}", credited(choices["by"], choices["credit"]))
    came = Behind({"new_customers": ""}, "new_buyers", "true", "ordered_at", shows="customers", by="customer_id")
    return (replace(came, derived=(FIRST_PURCHASES,), source=source),)
