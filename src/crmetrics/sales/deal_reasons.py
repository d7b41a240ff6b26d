"""Why the chance of a deal is higher or lower than that of an average deal, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.classifier import Classifier
from crmetrics.models.design import Features, kept
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import DAYS, RATIO, Figure
from crmetrics.warehouse.rows import Rows

_ = words("sales")

Reasons = Mapping[str, NDArray[Any]]

NOTABLE: Final = 0.05
"""What moves the odds by less than a twentieth is not worth a word."""
PLACES: Final = ("up_1", "up_2", "down_1", "down_2")
LOGARITHMS: Final = {"age": np.expm1, "stay": np.expm1, "silence": np.expm1, "amount": np.exp}


def no_reasons(deals: int) -> Reasons:
    """No word on any deal."""
    return {place: np.full(deals, None, dtype=object) for place in PLACES}


def reasons_of(classifier: Classifier, states: Rows, features: Features, shown: NDArray[np.int64]) -> Reasons:
    """The two features that raise a deal's chance most and the two that lower it most, as "feature|value", for the deals shown.

    Shapes: states and features of n deals; shown (k,) places among them. Columns (n,) back, None where there is none.
    """
    few = {name: values[shown] for name, values in features.items()}
    contributions = classifier.contributions(few)
    names = sorted(contributions)
    found = {place: np.full(len(states), None, dtype=object) for place in PLACES}
    if not names:
        return found
    weighed = np.stack([contributions[name] for name in names], axis=1)
    order = np.argsort(weighed, axis=1, kind="stable")
    for row, deal in enumerate(shown):
        for place, column in zip(PLACES, (*order[row, :-3:-1], *order[row, :2]), strict=False):
            moved = weighed[row, column] * (1 if place.startswith("up") else -1)
            if moved > NOTABLE:
                found[place][deal] = (
                    f"{names[column]}|{kept(few[names[column]][row], LOGARITHMS.get(names[column], float))}"
                )
    return found


NUMBERS: Final = {
    "age": (_("{value} old"), DAYS),
    "stay": (_("{value} times the usual time in its stage"), RATIO),
    "silence": (_("{value} without talking to the customer"), DAYS),
    "amount": (_("{value} times the owner's usual amount"), RATIO),
}
WORDS: Final = {
    "stage": (_("stage {value}"), _("stage unknown")),
    "source": (_("source {value}"), _("source unknown")),
    "industry": (_("industry {value}"), _("industry unknown")),
    "team": (_("team {value}"), _("team unknown")),
}
UNKNOWN: Final = {
    "age": _("date of creation unknown"),
    "stay": _("usual time in its stage unknown"),
    "silence": _("last talk unknown"),
    "amount": _("amount unknown"),
}
FLAGS: Final = {
    "next_step": (_("no next step planned"), _("a next step is planned")),
    "quote": (_("no quote sent yet"), _("quote sent")),
}


def in_words(reasons: Sequence[str | None]) -> Message | None:
    """Reasons as they are kept, in words; None where there is none."""
    said = [_said(each) for each in reasons if each]
    if not said:
        return None
    return said[0] if len(said) == 1 else _("{first}; {second}", first=said[0], second=said[1])


def _said(reason: str) -> Message:
    name, _bar, value = reason.partition("|")
    if name in WORDS:
        known, unknown = WORDS[name]
        return known(value=value) if value else unknown
    if name in FLAGS:
        return FLAGS[name][float(value) > 0]
    if name == "pushes":
        n = int(float(value))
        never = _("its close was never put off")
        return _("its close was put off {n} time", "its close was put off {n} times", n=n) if n else never
    text, unit = NUMBERS[name]
    return text(value=Figure(float(value), unit)) if value else UNKNOWN[name]
