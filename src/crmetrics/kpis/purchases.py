"""Purchases."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

purchases = kpi(
    __name__,
    "Purchases",
    "How many purchases were made?",
    Measure("count", over="purchases", moment="ordered_at"),
    unit=COUNT,
    better="higher",
    formula="Orders that are not cancelled and whose net total is above zero.",
    mind="Return documents and cancelled orders are no purchases; anonymous sales are.",
    source="Rule R9 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
)
