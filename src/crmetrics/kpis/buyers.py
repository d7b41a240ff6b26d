"""Buyers."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

buyers = kpi(
    __name__,
    "Buyers",
    "How many different customers bought?",
    Measure("distinct", over="purchases", moment="ordered_at", value="customer_id"),
    unit=COUNT,
    better="higher",
    formula="Different customers with at least one purchase.",
    mind=(
        "Not to be added up over months or groups: who buys in two of them is one buyer. Anonymous sales have no buyer."
    ),
    source="Rules R5 and R9 of docs/rules.md.",
    needs={"orders": ["ordered_at", "customer_id"], "order_lines": ["net_amount"]},
)
