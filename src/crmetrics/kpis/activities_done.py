"""Activities done."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

activities_done = kpi(
    __name__,
    "Activities done",
    "How much was done?",
    Measure(
        "count",
        over="activities",
        moment="done_at",
        condition="coalesce(outcome, '') <> 'cancelled' and not (kind = 'note' and owner_id is null)",
    ),
    unit=COUNT,
    better="higher",
    formula="Calls, e-mails, meetings, visits, tasks and the like by the moment they were done.",
    mind="Counts effort, not result. Notes that nobody signed are left out.",
    needs={"activities": ["created_at"]},
)
