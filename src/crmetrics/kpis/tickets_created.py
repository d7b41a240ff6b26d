"""New tickets."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

tickets_created = kpi(
    __name__,
    "New tickets",
    "How many requests came in?",
    Measure("count", over="tickets", moment="created_at", condition="not coalesce(is_spam, false)"),
    unit=COUNT,
    better="lower",
    formula="Tickets by the moment they were created, spam left out.",
    mind="More customers make more tickets: hold it against their number.",
    needs={"tickets": ["created_at"]},
)
