"""What must be known to read predicted values: who foretold them, how that did on held-out time, and what they are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from crmetrics.analysis import Note
from crmetrics.customers.future_values import Foreseen
from crmetrics.customers.purchase_histories import FEWEST, FEWEST_REPEATERS, Buying
from crmetrics.models.buying_contest import BuyingContest
from crmetrics.models.foretold import Foretold
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import CHANGE, DATE, RATIO, SHARE, Figure

_ = words("customers")

RELATED: Final = 0.3
A_YEAR: Final = range(360, 373)
"""So many days are a year: twelve months, or 52 or 53 weeks."""
BASELINES: Final[dict[str, Message]] = {
    "rate": _("each at his own rate"),
    "mean": _("all at the mean rate"),
    "zero": _("nobody buys again"),
}
"""What the baselines are called inside a sentence."""


def value_notes(seen: Foreseen, money: str) -> Iterator[Note]:
    """The notes of an answer of predicted values; `money` is what was asked for."""
    buying = seen.buying
    if not buying.is_enough and buying.customers >= FEWEST and buying.repeaters >= FEWEST_REPEATERS:
        message = _(
            "Nobody bought again before {day}, from which on models are tested: the history is too short to foretell what"
            " each will bring. Ask customers.clv_formula instead.",
            day=Figure(buying.cut, DATE),
        )
        yield Note(message, "few")
        return
    if not buying.is_enough:
        yield Note(
            _(
                "Only {customers} customers, {repeaters} of whom bought again; {least} and {again} are needed to foretell"
                " what each will bring. Ask customers.clv_formula instead.",
                customers=buying.customers,
                repeaters=buying.repeaters,
                least=FEWEST,
                again=FEWEST_REPEATERS,
            ),
            "few",
        )
        return
    if buying.test is not None:
        yield from _tested(buying, buying.test)
    if buying.spend_refused is not None:
        message = _("{why} So a customer's own mean, drawn to the mean of all, is taken.", why=buying.spend_refused)
        yield Note(message, "warn")
    if abs(buying.relation) > RELATED:
        yield Note(
            _(
                "How often customers buy and how much they spend at a purchase go together (correlation {r}): the values of"
                " the most frequent buyers may be off.",
                r=Figure(buying.relation, RATIO),
            ),
            "warn",
        )
    yield _of_money(seen, money)


def _tested(buying: Buying, test: BuyingContest) -> Iterator[Note]:
    """Who foretold, how that did, and who could not."""
    named = {each.name: each for each in test.tests}
    used = named[buying.used]
    if buying.model is None:
        message = _(
            "No model foretold better than a plain baseline on held-out time, so {baseline}: chances and intervals are not told.",
            baseline=BASELINES[buying.baseline.name],
        )
        yield Note(message, "warn")
    yield Note(_test_of(buying, used, named["rate"]))
    if buying.values is not None:
        yield Note(
            _(
                "In money: rank correlation {rho}, against {base} at the own rate; of the true best fifth {found} were among"
                " the fifth foretold best, against {of_rate}.",
                rho=Figure(buying.values[0].spearman, RATIO),
                base=Figure(buying.values[1].spearman, RATIO),
                found=Figure(buying.values[0].found, SHARE),
                of_rate=Figure(buying.values[1].found, SHARE),
            )
        )
    for title, why in test.refused:
        yield Note(_("{model} could not be used: {why}", model=title, why=why))


def _test_of(buying: Buying, used: Foretold, rate: Foretold) -> Message:
    shown: dict[str, Any] = {
        "day": Figure(buying.cut, DATE),
        "expected": round(used.expected),
        "happened": round(used.happened),
        "bias": Figure(used.bias, CHANGE),
        "rmse": Figure(used.rmse, RATIO),
        "base": Figure(rate.rmse, RATIO),
    }
    if buying.model is None:
        return _(
            "Tested on the time from {day} on: {expected} purchases foretold, {happened} came ({bias}); error of a customer {rmse}.",
            **shown,
        )
    return _(
        "Tested on the time from {day} on: {model} foretold {expected} purchases, {happened} came ({bias}); error of a customer"
        " {rmse}, against {base} where each goes on at his own rate.",
        model=used.name,
        **shown,
    )


def _of_money(seen: Foreseen, money: str) -> Note:
    rate = Figure(seen.rate, SHARE)
    if seen.is_margin:
        return Note(_("Of what customers pay {rate} is margin, returns taken off.", rate=rate))
    if money == "margin":
        uncosted = Figure(seen.buying.spending.uncosted, SHARE)
        message = _("{share} of the sales have no cost, so values are net sales, not margin.", share=uncosted)
        return Note(message, "warn")
    return Note(_("Values are net sales, not margin; {rate} of what customers pay stays after returns.", rate=rate))


def of_no_year(period: Period) -> tuple[Note, ...]:
    """That rates of a year need one: who bought within a quarter bought at least once in it, which is four times a year."""
    if period.days in A_YEAR:
        return ()
    message = _(
        "{n} day tells no rates of a year, so no lifetime value is told. Ask for twelve months, such as last-12-months.",
        "{n} days tell no rates of a year, so no lifetime value is told. Ask for twelve months, such as last-12-months.",
        n=period.days,
    )
    return (Note(message, "warn"),)
