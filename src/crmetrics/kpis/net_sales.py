"""Net sales."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import MONEY

net_sales = kpi(
    __name__,
    "Net sales",
    "How much was sold?",
    Measure("sum", over="ordered_lines", moment="ordered_at", value="net", condition="not is_cancelled"),
    unit=MONEY,
    better="higher",
    formula="Sum of the net amounts of orders that are not cancelled; a return is negative, dated on the return.",
    mind="Net of tax and of discounts. Cancelled orders are left out.",
    source="Rule R8 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
)
