"""What became of a file that came into a watched folder, in a line."""

from __future__ import annotations

from pathlib import Path

from crmetrics.presenting.letters import harmless
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.workspace.arrivals import Arrival

_ = words("history")


def told_arrival(arrival: Arrival, format: Format) -> str:
    """One line: taken, not taken and why, or of no kind that is known."""
    return say(_told(arrival), format)


def _told(arrival: Arrival) -> Message:
    name = harmless(Path(arrival.file).name)
    if arrival.outcome == "failed":
        return _("{file} was not imported and stays where it is: {problem}", file=name, problem=arrival.problem or "")
    if arrival.problem is not None:
        return arrival.problem
    if arrival.version is None:
        return _("{file}: nothing new.", file=name)
    return _("{file} is imported: version {version}.", file=name, version=arrival.version)
