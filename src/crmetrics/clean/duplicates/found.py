"""What comparing finds: pairs of records with what speaks for and against each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from crmetrics.vocabulary.language import Message

Proposal = Literal["sure", "review"]


@dataclass(frozen=True, slots=True)
class Reason:
    """What one field says of a pair, in bits: 10 for a thousand times as likely among duplicates, -10 for the opposite."""

    field: Message
    said: Message
    bits: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records compared.

    score        the bits of all fields together
    probability  how likely they are the same customer, the rarity of duplicates counted in
    reasons      the weightiest first
    is_backed    whether two things that are of one customer agree: a name and a city are those of many
    """

    left: str
    right: str
    score: float
    probability: float
    reasons: tuple[Reason, ...]
    is_backed: bool = True
    proposal: Proposal = "review"

    def proposed(self, proposal: Proposal) -> Pair:
        """The same pair with what is proposed."""
        return replace(self, proposal=proposal)


@dataclass(frozen=True, slots=True)
class Found:
    """What comparing a table's records found.

    pairs       those of some likelihood, the surest first
    telling     tax number and birth date of the records in them
    compared    pairs that were looked at
    is_learned  whether the weights were learned from the company's own records
    """

    table: str
    records: int
    pairs: tuple[Pair, ...]
    telling: Mapping[str, tuple[str | None, str | None]]
    compared: int
    is_learned: bool
