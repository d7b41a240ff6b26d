"""What changed and what stands out: the findings of several analyses, the most money first."""

from crmetrics.findings.ranking import WATCHED, StandingOut, ranked, what_stands_out

__all__ = ["WATCHED", "StandingOut", "ranked", "what_stands_out"]
