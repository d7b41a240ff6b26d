"""Margin."""

from __future__ import annotations

from typing import Final

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import MONEY

EARNED: Final = Measure(
    "sum", over="costed_lines", moment="ordered_at", value="net - full_cost", condition="not is_cancelled"
)
"""What is left of the lines whose cost is known."""

margin = kpi(
    __name__,
    "Margin",
    "How much is left of sales after the cost of the goods?",
    EARNED,
    unit=MONEY,
    better="higher",
    formula=(
        "Sum over the lines of net amount - cost of the units sold; without a cost of its own a line takes "
        "the product's."
    ),
    mind="Lines without any cost are left out. Goods bought but not sold yet have no cost here.",
    source="Definition of gross margin; rule R8 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
    unlocks="order_lines.cost_amount",
)
