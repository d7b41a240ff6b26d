"""New deals."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

created_deals = kpi(
    __name__,
    "New deals",
    "How many deals were opened?",
    Measure("count", over="deals", moment="created_at"),
    unit=COUNT,
    better="higher",
    formula="Deals by the moment they were created.",
    mind="Says nothing of their size or chance.",
)
