"""Won deals."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

won_deals = kpi(
    __name__,
    "Won deals",
    "How many deals were won?",
    Measure("count", over="deals", moment="closed_at", condition="is_won"),
    unit=COUNT,
    better="higher",
    formula="Deals won, by their close.",
    mind="Open deals are in no period yet.",
)
