"""Median time to close."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import DAYS

time_to_close = kpi(
    __name__,
    "Median time to close",
    "Within how many days are half of the won deals closed?",
    Measure("median", over="deal_cycles", moment="closed_at", value="days", condition="is_won"),
    unit=DAYS,
    better="lower",
    formula="Median of the days from creation to close of the deals won in the period.",
    mind=(
        "The slowest deals are still open and not in it. Lost ones are not either. This is the one figure of sales.cycle_length, "
        "which also tells quartiles, the deals still open, and business days."
    ),
    source="Rule R10 of docs/rules.md.",
    needs={"deals": ["closed_at", "is_won", "created_at"]},
)
