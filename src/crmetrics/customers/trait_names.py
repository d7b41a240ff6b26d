"""What traits of customers are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from crmetrics.analysis import Note
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import DATE, Figure

_ = words("customers")

IS_OR_IS_NOT: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "not_written_to": _("Marketing not allowed"),
        "bought_once": _("Only one purchase so far"),
        "new_customer": _("First purchase within half a year"),
        "buys_less": _("Fewer purchases in the last half-year than in the one before"),
        "silent": _("No purchase for half a year"),
        "returned_goods": _("Goods returned within a year"),
        "complained": _("A complaint within 90 days"),
        "complained_again": _("Several complaints within a year"),
        "open_ticket": _("A request still open"),
        "unhappy": _("Not satisfied in the last answer"),
        "paid_late": _("An invoice paid a week late or more"),
        "no_contact": _("No contact for 90 days"),
        "new_subscriber": _("Subscribed within half a year"),
    }
)

ONE_OF_SEVERAL: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "source": _("Source: {value}"),
        "kind": _("Kind: {value}"),
        "region": _("Region: {value}"),
        "industry": _("Industry: {value}"),
        "size_band": _("Size: {value}"),
        "loyalty_tier": _("Loyalty tier: {value}"),
        "channel": _("Last channel: {value}"),
        "plan": _("Plan: {value}"),
    }
)

KINDS: Final[Mapping[str, Message]] = MappingProxyType({"person": _("person"), "company": _("company")})


def named(trait: str, answer: str) -> Message:
    """A trait for people; of one with several values, its value too."""
    if trait in IS_OR_IS_NOT:
        return IS_OR_IS_NOT[trait]
    return ONE_OF_SEVERAL[trait](value=KINDS.get(answer, answer) if trait == "kind" else answer)


def answers_told(answers: dict[str, tuple[int, int]]) -> list[str]:
    """The answers worth a row: of yes and no the yes; of two others the one that loses more, for the other says the same."""
    if set(answers) <= {"yes", "no"}:
        return ["yes"] if "yes" in answers else []
    if len(answers) == 2:
        return [max(answers, key=lambda answer: (answers[answer][1] / answers[answer][0], answer))]
    return sorted(answers)


def note_of_small(small: int) -> tuple[Note, ...]:
    """How many traits too few customers have, or have not."""
    message = _(
        "{n} trait was not tried: fewer than 30 customers have it, or have it not.",
        "{n} traits were not tried: fewer than 30 customers have them, or have them not.",
        n=small,
    )
    return (Note(message),) if small else ()


def note_of_known(known_on: date, start: date) -> tuple[Note, ...]:
    """Of which day the traits are, where that is not the first of the period."""
    if known_on >= start:
        return ()
    told = _(
        "Told is what was known on {day}: from then on those lost bought nothing, so what is newer may follow from the leaving."
    )
    return (Note(told(day=Figure(known_on, DATE))),)
