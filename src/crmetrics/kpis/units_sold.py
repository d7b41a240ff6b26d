"""Units sold."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import QUANTITY

units_sold = kpi(
    __name__,
    "Units sold",
    "How many units were sold?",
    Measure("sum", over="ordered_lines", moment="ordered_at", value="quantity", condition="not is_cancelled"),
    unit=QUANTITY,
    better="higher",
    formula="Sum of the quantities of orders that are not cancelled; returned units are negative.",
    mind="Adds up pieces, metres and hours alike: best read for one product or category.",
    source="Rule R8 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["quantity"]},
)
