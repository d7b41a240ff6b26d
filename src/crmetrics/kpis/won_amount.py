"""Won amount."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import MONEY

won_amount = kpi(
    __name__,
    "Won amount",
    "How much money is in the deals that were won?",
    Measure("sum", over="deals", moment="closed_at", value="amount", condition="is_won"),
    unit=MONEY,
    better="higher",
    formula="Sum of the amounts of deals won, by their close.",
    mind="A deal without an amount is left out and counted: blank is not zero.",
)
