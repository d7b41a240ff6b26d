"""Why a customer is more or less likely to be lost than the average one, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.classifier import Classifier
from crmetrics.models.design import Features, kept
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import CHANGE, COUNT, DAYS, MONEY, RATIO, SHARE, Figure

_ = words("customers")

Reasons = Mapping[str, NDArray[Any]]

REASONS: Final = ("reason_1", "reason_2", "reason_3")
NOTABLE: Final = 0.05
"""What moves the odds by less than a twentieth is not worth a word."""
LOGARITHMS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(("overdue", "recency", "tenure", "days_late", "categories", "seats"), np.expm1),
    **dict.fromkeys(("orders", "basket", "price"), np.exp),
    "price_change": np.expm1,
}
"""Features that were learned as logarithms -> their values; of the price its change, -0.5 = half."""

SAID: Final = {
    "overdue": (_("{value} times the usual gap since the last purchase"), RATIO),
    "recency": (_("last purchase {value} ago"), DAYS),
    "orders": (_("days with a purchase: {value}"), COUNT),
    "basket": (_("{value} a purchase"), MONEY),
    "returns": (_("{value} of the goods sent back"), SHARE),
    "discount": (_("{value} discount"), SHARE),
    "categories": (_("categories bought from: {value}"), COUNT),
    "tenure": (_("customer for {value}"), DAYS),
    "open_complaints": (_("open complaints: {value}"), COUNT),
    "complaints": (_("complaints lately: {value}"), COUNT),
    "satisfaction": (_("last satisfaction {value} of the scale"), SHARE),
    "days_late": (_("an invoice {value} late"), DAYS),
    "price": (_("pays {value} a month"), MONEY),
    "price_change": (_("price {value} against the window before"), CHANGE),
    "seats": (_("seats: {value}"), COUNT),
    "starts": (_("contracts begun or changed lately: {value}"), COUNT),
}
PACES: Final = {
    "pace": (_("days with a purchase: {now}, in the window before: {before}"), COUNT),
    "spend": (_("spent {now}, in the window before {before}"), MONEY),
    "tickets": (_("requests: {now}, in the window before: {before}"), COUNT),
    "contacts": (_("contacts: {now}, in the window before: {before}"), COUNT),
    "visits": (_("visits: {now}, in the window before: {before}"), COUNT),
    "uses": (_("uses: {now}, in the window before: {before}"), COUNT),
    "opens": (_("opened messages: {now}, in the window before: {before}"), COUNT),
}
"""What is learned as a change is told as it was: of nothing before no change can be told (R6)."""
UNKNOWN: Final = {
    "satisfaction": _("satisfaction never asked"),
    "days_late": _("no invoice fell due"),
    "price": _("price unknown"),
    "seats": _("seats unknown"),
}
NOTHING: Final = _("unknown")
IN_TIME: Final = _("no invoice late")
STEPS: Final = {
    "open_complaints": "settle",
    "complaints": "settle",
    "satisfaction": "ask",
    "returns": "ask",
    "days_late": "pay",
    "discount": "value",
    "price_change": "value",
    "price": "value",
    "uses": "help",
}
"""What speaks most for the loss -> the next step; for all else it is to get in touch."""
IS_SO: Final[dict[str, Callable[[float], bool]]] = {
    **dict.fromkeys(
        ("open_complaints", "complaints", "returns", "days_late", "discount", "price_change"), lambda x: x > 0
    ),
    "satisfaction": lambda x: x <= CONTENT,
}
"""Without a complaint there is none to be settled, however much its absence speaks for the loss."""
CONTENT: Final = 0.5
"""Up to the middle of its scale an answer asks what went wrong."""


def no_reasons(customers: int) -> Reasons:
    """No word on any customer."""
    return {place: np.full(customers, None, dtype=object) for place in REASONS}


def reasons_of(classifier: Classifier, features: Features, paces: Features, shown: NDArray[np.int64]) -> Reasons:
    """The three features that move a customer's chance most, as "sign|feature|value", for the customers shown.

    Shapes: features of n customers, of paces how often now and before (n, 2); shown (k,) places among
        them. Columns (n,) back, None where there is none.
    """
    learned = {column.feature for column in classifier.design.columns}
    names = sorted(learned)
    found = {place: np.full(len(next(iter(features.values()))), None, dtype=object) for place in REASONS}
    if not names or not len(shown):
        return found
    few = {name: features[name][shown] for name in names}
    contributions = classifier.contributions(few)
    weighed = np.stack([contributions[name] for name in names], axis=1)
    order = np.argsort(-np.abs(weighed), axis=1, kind="stable")
    for row, customer in enumerate(shown):
        for place, column in zip(REASONS, order[row], strict=False):
            moved = weighed[row, column]
            if abs(moved) > NOTABLE:
                name = names[column]
                value = (
                    kept(few[name][row], LOGARITHMS.get(name, float))
                    if name not in paces
                    else _both(paces[name][customer])
                )
                found[place][customer] = f"{'+' if moved > 0 else '-'}|{name}|{value}"
    return found


def _both(pair: NDArray[np.float64]) -> str:
    return "/".join(f"{each:.6g}" for each in np.nan_to_num(pair))


def in_words(reason: str | None) -> Message | None:
    """A reason as it is kept, in words with its sign: an arrow up speaks for the loss, one down against it."""
    if reason is None:
        return None
    sign, name, value = reason.split("|", 2)
    return _("{sign} {reason}", sign={"+": "↑", "-": "↓"}[sign], reason=_said(name, value))


def _said(name: str, value: str) -> Message:
    if name == "plan":
        return _("plan {value}", value=value) if value else _("plan unknown")
    if name in PACES:
        text, unit = PACES[name]
        now, before = (Figure(round(float(each)) if unit is COUNT else float(each), unit) for each in value.split("/"))
        return text(now=now, before=before)
    text, unit = SAID[name]
    if not value:
        return UNKNOWN.get(name, text(value=NOTHING))
    number = float(value)
    if name == "days_late" and round(number) <= 0:
        return IN_TIME
    return text(value=Figure(round(number) if unit is COUNT else number, unit))


def next_step(reasons: tuple[str | None, ...], is_large: bool) -> str:
    """The word of the next step: by what speaks most for the loss; where it is silence alone, a call for large stakes, else a letter."""
    for reason in reasons:
        if reason and reason.startswith("+"):
            _sign, name, value = reason.split("|", 2)
            if name in STEPS and (name not in IS_SO or (value and IS_SO[name](float(value)))):
                return STEPS[name]
    return "call" if is_large else "write"
