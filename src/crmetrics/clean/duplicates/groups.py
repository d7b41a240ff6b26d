"""Groups of records that are taken for one customer: links of pairs, the strongest first, never over a contradiction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crmetrics.clean.duplicates.found import Pair

MERGE_FROM: Final = 0.99
ASK_FROM: Final = 0.5

SLIP_FROM: Final = 8
"""A number of fewer signs is another number where one sign is another."""

Telling = tuple[str | None, str | None]
"""What two records of one customer cannot differ in: tax number and birth date, None where unknown."""

UNKNOWN: Final[Telling] = (None, None)


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are taken for one.

    ids   all of them, those that are asked about among them; in their order
    sure  the parts of them that are sure: each becomes one record by a merge of what is sure
    """

    number: int
    ids: tuple[str, ...]
    pairs: tuple[Pair, ...]
    sure: tuple[tuple[str, ...], ...]

    @property
    def is_sure(self) -> bool:
        """Whether nothing about it needs to be asked."""
        return self.sure == (self.ids,)

    @property
    def score(self) -> float:
        """How likely its weakest link is one: as likely as all of it is at least."""
        return min(pair.probability for pair in self.pairs)


@dataclass(frozen=True)
class Limits:
    """From which probability a pair is merged, and from which it is asked about."""

    merge: float = MERGE_FROM
    ask: float = ASK_FROM


def groups_of(
    pairs: Sequence[Pair],
    telling: Mapping[str, Telling],
    apart: Collection[tuple[str, str]] = (),
    limits: Limits | None = None,
) -> list[Group]:
    """The groups, those with the most certain links first. A group is cut at its weakest links while any two of its records
    contradict each other or were decided to be apart.

    Two records with another tax number or birth date may still stand in one group, but then people are asked: where the pair
    itself is as certain as a merge in spite of that, for it weighed the difference; and where they were compared, found likely,
    and the difference is a slip of the pen.
    """
    limits = limits or Limits()
    kept_apart = {frozenset(two) for two in apart}
    links = sorted(
        (
            pair
            for pair in pairs
            if pair.probability >= limits.ask and frozenset((pair.left, pair.right)) not in kept_apart
        ),
        key=lambda pair: (-pair.score, pair.left, pair.right),
    )
    wide = _Union(
        telling, kept_apart, {frozenset((each.left, each.right)): each.probability >= limits.merge for each in links}
    )
    sure = _Union(telling, kept_apart, {})
    for pair in links:
        if pair.probability >= limits.merge and pair.is_backed:
            sure.join(pair.left, pair.right)
    held = [pair for pair in links if wide.join(pair.left, pair.right)]
    return _told(held, wide, sure, limits)


def _told(held: Sequence[Pair], wide: _Union, sure: _Union, limits: Limits) -> list[Group]:
    by_group: dict[str, list[Pair]] = {}
    for pair in held:
        by_group.setdefault(wide.root(pair.left), []).append(pair)
    groups = []
    for number, found in enumerate(by_group.values(), 1):
        ids = tuple(sorted({one for pair in found for one in (pair.left, pair.right)}))
        parts: dict[str, list[str]] = {}
        for one in ids:
            parts.setdefault(sure.root(one), []).append(one)
        certain = tuple(tuple(part) for part in parts.values() if len(part) > 1)
        told = tuple(
            pair.proposed("sure" if sure.root(pair.left) == sure.root(pair.right) else "review") for pair in found
        )
        groups.append(Group(number, ids, told, certain))
    return groups


class _Union:
    """Records joined into groups in which no two contradict each other.

    linked  pairs that may differ in one thing, as they were compared: True where in whatever way, else by a slip of the pen
    """

    def __init__(
        self,
        telling: Mapping[str, Telling],
        apart: Collection[frozenset[str]],
        linked: Mapping[frozenset[str], bool],
    ) -> None:
        self._telling, self._apart, self._linked = telling, apart, linked
        self._above: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._kept_apart = {one for two in apart for one in two}

    def root(self, one: str) -> str:
        """The record that stands for the group of one."""
        above = self._above.setdefault(one, one)
        while above != self._above[above]:
            self._above[above] = self._above[self._above[above]]
            above = self._above[above]
        return above

    def join(self, left: str, right: str) -> bool:
        """Join the groups of two records; False where any two of their records contradict each other."""
        one, other = self.root(left), self.root(right)
        if one == other:
            return True
        ours, theirs = self._members.get(one, [one]), self._members.get(other, [other])
        if any(self._contradict(each, another) for each in ours for another in theirs):
            return False
        self._above[other] = one
        self._members[one] = [*ours, *theirs]
        self._members.pop(other, None)
        return True

    def _contradict(self, left: str, right: str) -> bool:
        both = frozenset((left, right))
        if left in self._kept_apart and both in self._apart:
            return True
        ours, theirs = self._telling.get(left, UNKNOWN), self._telling.get(right, UNKNOWN)
        different = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None and a != b]
        if not different:
            return False
        is_certain = self._linked.get(both)
        return is_certain is None or len(different) > 1 or not (is_certain or is_slip(*different[0]))


def is_slip(left: str, right: str) -> bool:
    """Whether two numbers or days differ by one sign, or by two neighbours that changed places; short ones never do."""
    if len(left) != len(right) or len(left) < SLIP_FROM:
        return False
    at = [place for place, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    if len(at) == 1:
        return True
    return len(at) == 2 and at[1] == at[0] + 1 and left[at[0]] == right[at[1]] and left[at[1]] == right[at[0]]
