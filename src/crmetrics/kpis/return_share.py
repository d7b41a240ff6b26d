"""Returns."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, Ratio, kpi
from crmetrics.vocabulary.unit import SHARE

return_share = kpi(
    __name__,
    "Returns",
    "Which share of what was sold came back?",
    Ratio(
        Measure(
            "sum",
            over="ordered_lines",
            moment="ordered_at",
            value="-net",
            condition="not is_cancelled and quantity < 0",
        ),
        Measure(
            "sum",
            over="ordered_lines",
            moment="ordered_at",
            value="net",
            condition="not is_cancelled and quantity > 0",
        ),
    ),
    unit=SHARE,
    better="lower",
    formula="Net amount of the returned lines / net amount of the sold lines of the same period.",
    mind="A return counts on its own day, so it may belong to a sale of an earlier period.",
    source="Rule R8 of docs/rules.md.",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount", "quantity"]},
)
