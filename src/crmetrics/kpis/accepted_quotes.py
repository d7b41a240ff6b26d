"""Accepted quotes."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, Ratio, kpi
from crmetrics.vocabulary.unit import SHARE

accepted_quotes = kpi(
    __name__,
    "Accepted quotes",
    "Which share of the answered quotes was accepted?",
    Ratio(
        Measure("count", over="quotes", moment="sent_at", condition="accepted_at is not null"),
        Measure(
            "count", over="quotes", moment="sent_at", condition="accepted_at is not null or rejected_at is not null"
        ),
    ),
    unit=SHARE,
    better="higher",
    formula="Quotes accepted / quotes accepted or rejected, by the day they were sent.",
    mind="Every revision is a quote of its own; quotes without an answer are left out.",
    needs={"quotes": ["sent_at"]},
)
