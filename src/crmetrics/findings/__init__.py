"""What changed and what stands out: the findings of several analyses, the most money first."""

from crmetrics.findings.briefing import Briefing, briefing
from crmetrics.findings.movements import Line, moved_in_words, swing_in_words
from crmetrics.findings.ranking import StandingOut, findings_of, ranked
from crmetrics.findings.watched import WATCHED

__all__ = [
    "WATCHED",
    "Briefing",
    "Line",
    "StandingOut",
    "briefing",
    "findings_of",
    "moved_in_words",
    "ranked",
    "swing_in_words",
]
