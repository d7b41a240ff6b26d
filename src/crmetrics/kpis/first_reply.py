"""First reply."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import DAYS

first_reply = kpi(
    __name__,
    "First reply",
    "How long does a customer wait for the first reply?",
    Measure("median", over="ticket_replies", moment="first_reply_at", value="days"),
    unit=DAYS,
    better="lower",
    formula="Median of the time from ticket to first reply, by the moment of the reply; nights and weekends count.",
    mind="Tickets that still wait are not in it: while many wait, it looks quicker than it is.",
    source="Rule R10 of docs/rules.md.",
    needs={"tickets": ["first_reply_at", "created_at"]},
)
