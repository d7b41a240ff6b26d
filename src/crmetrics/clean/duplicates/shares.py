"""How often each level of agreement is met among pairs of the same customer (m), and among pairs of different ones (u)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmetrics.clean.duplicates.fields import Field


@dataclass(frozen=True, slots=True)
class Shares:
    """The weights of a model: m and u of each field, in the order of its levels, and the share of matches among all pairs.

    is_learned  whether they come from the company's own pairs: only then does a value's frequency there say anything
    """

    m: Mapping[str, Sequence[float]]
    u: Mapping[str, Sequence[float]]
    match: float
    is_learned: bool = False

    def uses_frequencies(self, field: Field) -> bool:
        """Whether agreement on a rare value of the field weighs more than on a frequent one."""
        return self.is_learned and any(level.by_chance for level in field.levels)


def defaults_of(fields: Sequence[Field], match: float) -> Shares:
    """The default weights."""
    return Shares(
        {field.name: [level.m for level in field.levels] for field in fields},
        {field.name: [level.u for level in field.levels] for field in fields},
        match,
    )


def of_one(shares: Sequence[float]) -> list[float]:
    """Shares that sum to 1."""
    total = sum(shares)
    return [share / total for share in shares]
