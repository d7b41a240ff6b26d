"""Net Promoter Score (NPS)."""

from __future__ import annotations

from crmetrics.analysis.kpi import Measure, kpi
from crmetrics.vocabulary.unit import SCORE

nps = kpi(
    __name__,
    "Net Promoter Score (NPS)",
    "Would our customers recommend us?",
    Measure("average", over="survey_answers", moment="answered_at", value="points", condition="kind = 'nps'"),
    unit=SCORE,
    better="higher",
    formula="100 x (share of answers 9-10 - share of answers 0-6), from -100 to 100.",
    mind="Every answer counts: who answers several times weighs more.",
    source="Reichheld (2003), Harvard Business Review 81(12), 46-54.",
    needs={"responses": ["score"]},
)
