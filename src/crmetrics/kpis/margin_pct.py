"""Margin %."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, Ratio, kpi
from crmetrics.kpis.margin import EARNED
from crmetrics.vocabulary.unit import SHARE

margin_pct = kpi(
    __name__,
    "Margin %",
    "Which share of sales is left after the cost of the goods?",
    Ratio(
        EARNED,
        Measure(
            "sum",
            over="costed_lines",
            moment="ordered_at",
            value="net",
            condition="not is_cancelled and full_cost is not null",
        ),
    ),
    unit=SHARE,
    better="higher",
    formula="Margin / net sales of the same lines.",
    mind="Over sales, not over cost. Lines without any cost count on neither side.",
    source="Definition of gross margin; rule R5 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
    unlocks="order_lines.cost_amount",
)
