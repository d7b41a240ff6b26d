"""What a rule is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from crmetrics.vocabulary.language import Message

Aspect = Literal["completeness", "validity", "consistency", "uniqueness", "timeliness"]
"""What is judged of data: whether it is there, possible, free of contradiction, there once, and there in time."""

ASPECTS: Final[tuple[Aspect, ...]] = get_args(Aspect)


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold for the rows of a table.

    table, column  what it speaks of; the analyses that need the column are those that a fault spoils
    aspect         under what it is counted
    holds          SQL condition: true where it holds, false where it is broken, null where it does not matter
    says           what is wrong where it is broken
    rows           SQL of the rows that are judged (what stands after `from`); blank: the rows of the table, by their own columns
    reads          the other tables that it looks into; without one of them there is nothing to judge
    """

    table: str
    column: str
    aspect: Aspect
    holds: str
    says: Message
    rows: str = ""
    reads: tuple[str, ...] = ()
