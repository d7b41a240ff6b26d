"""Customer satisfaction (CSAT)."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, Ratio, kpi
from crmetrics.vocabulary.unit import SHARE

satisfaction = kpi(
    __name__,
    "Customer satisfaction (CSAT)",
    "Which share of the answers is satisfied?",
    Ratio(
        Measure(
            "count",
            over="survey_answers",
            moment="answered_at",
            value="score",
            condition="kind = 'csat' and is_satisfied",
        ),
        Measure("count", over="survey_answers", moment="answered_at", value="score", condition="kind = 'csat'"),
    ),
    unit=SHARE,
    better="higher",
    formula="Answers of at least 80 % of the scale / answers; scales where low is good are turned first.",
    mind="Who is very pleased or very angry answers more often than the rest.",
    source="Own definition.",
    needs={"responses": ["score", "scale_max"]},
)
