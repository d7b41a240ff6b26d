"""Average order value."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, Ratio, kpi
from crmetrics.vocabulary.unit import MONEY

average_order_value = kpi(
    __name__,
    "Average order value",
    "What is a purchase worth on average?",
    Ratio(
        Measure("sum", over="purchases", moment="ordered_at", value="net"),
        Measure("count", over="purchases", moment="ordered_at", value="net"),
    ),
    unit=MONEY,
    better="higher",
    formula="Net total of the purchases / number of purchases.",
    mind="A few large orders pull it up: half of the purchases may be worth far less.",
    source="Rules R5 and R9 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
)
