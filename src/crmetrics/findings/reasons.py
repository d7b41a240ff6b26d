"""Where most of a change comes from: the one group that moved as the whole did, and more than all others together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.metric import reading_of
from crmetrics.vocabulary.country import Country
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import MONEY, Figure
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.schema import COUNTRIES

_ = words("home")

GROUPS: Final = ("team", "region", "country", "channel", "customer_kind", "category", "owner")
"""By these a change is looked through, in this order, where the company's data have them and the figure can be told by them."""
ENOUGH_GROUPS: Final = 3
MOST: Final = 0.5


def reason(
    declared: Analysis, profile: Profile, ask: Callable[[str], Answer[Any]], moved: float
) -> tuple[str, Message] | None:
    """(dimension, sentence) of the group that more than half of a change of money comes from; None if no group stands out.

    ask    the figure by a dimension, with its comparison
    moved  the change of the whole, with its sign
    """
    possible = declared.groupings(profile)
    for dimension in (each for each in GROUPS if each in possible):
        answer = ask(dimension)
        if answer.locked is not None or answer.before is None:
            continue
        parts = _moved(answer)
        if len(parts) < ENOUGH_GROUPS:
            continue
        most = max(parts, key=lambda party: parts[party] * (1 if moved > 0 else -1))
        if most is not None and parts[most] / moved > MOST:
            name = Country(most) if dimension in COUNTRIES else answer.names.get("party", {}).get(most, most)
            return dimension, _("most of it at {group}: {money}", group=name, money=Figure(abs(parts[most]), MONEY))
    return None


def _moved(answer: Answer[Any]) -> dict[str | None, float]:
    """By how much each group moved."""
    moved: dict[str | None, float] = {}
    for sign, rows in ((1, answer.rows), (-1, answer.before.rows if answer.before else ())):
        for row in rows:
            party = row.as_dict()["party"]
            moved[party] = moved.get(party, 0.0) + sign * (reading_of(answer, row).value or 0.0)
    return moved
