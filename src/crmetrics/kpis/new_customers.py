"""New customers."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

new_customers = kpi(
    __name__,
    "New customers",
    "How many customers bought for the first time?",
    Measure("count", over="new_buyers", moment="ordered_at", value="customer_id"),
    unit=COUNT,
    better="higher",
    formula="Customers whose first purchase ever lies in the period.",
    mind=(
        "Who bought before the data begin counts as new at the first purchase in them. A filter never makes "
        "an old customer new."
    ),
    source="Rules R9 and R23 of docs/rules.md.",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
)
