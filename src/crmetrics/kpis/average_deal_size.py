"""Amount per won deal."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import MONEY

average_deal_size = kpi(
    __name__,
    "Amount per won deal",
    "How much is a won deal worth on average?",
    Measure("average", over="deals", moment="closed_at", value="amount", condition="is_won"),
    unit=MONEY,
    better="higher",
    formula="Sum of the amounts of deals won / number of deals won with an amount.",
    mind=(
        "Deals without an amount are left out: blank is not zero. A few large deals pull it up: the median of sales.deal_size "
        "tells what is typical."
    ),
)
