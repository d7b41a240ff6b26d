"""What happened, line by line: of a customer, of a deal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

SHOWN_EVENTS: Final = 60
"""So many lines are shown, the latest."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline. `what` is what happened in the words of its kind; `said` a text from the data, or nothing."""

    at: Any
    kind: str
    what: str
    id: str
    said: str | None
    amount: float | None
    tone: str
