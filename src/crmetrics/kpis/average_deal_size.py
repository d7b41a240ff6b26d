"""Average deal size."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import MONEY

average_deal_size = kpi(
    __name__,
    "Average deal size",
    "How large is a deal that was won?",
    Measure("average", over="deals", moment="closed_at", value="amount", condition="is_won"),
    unit=MONEY,
    better="higher",
    formula="Sum of the amounts of deals won / number of deals won with an amount.",
    mind="Deals without an amount are left out: blank is not zero. A few large deals pull it up.",
)
