"""Overdue tasks."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import COUNT

overdue_tasks = kpi(
    __name__,
    "Overdue tasks",
    "How many follow-ups are late and still not done?",
    Measure(
        "count",
        over="activities",
        moment="due_at",
        condition="done_at is null and coalesce(outcome, '') <> 'cancelled'",
    ),
    unit=COUNT,
    better="lower",
    formula="Activities due in the period, and by now, that are not done.",
    mind="As it stands now: what is done late leaves the figure of the month in which it was due.",
    needs={"activities": ["due_at"]},
)
