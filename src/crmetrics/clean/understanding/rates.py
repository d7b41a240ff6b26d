"""In which direction a file quotes currencies: company money for one of them, or of them for one of company money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from types import MappingProxyType
from typing import Final

IN_DOLLARS: Final[Mapping[str, float]] = MappingProxyType({
    "USD": 1.0, "EUR": 1.15, "GBP": 1.4, "CHF": 1.08, "CAD": 0.8, "AUD": 0.75, "NZD": 0.68, "SGD": 0.74, "PLN": 0.27,
    "CZK": 0.045, "HUF": 0.0035, "RON": 0.24, "SEK": 0.11, "NOK": 0.12, "DKK": 0.155, "CNY": 0.147, "HKD": 0.128,
    "TWD": 0.032, "JPY": 0.0085, "KRW": 0.00085, "INR": 0.015, "BRL": 0.27, "MXN": 0.058, "ZAR": 0.075, "AED": 0.272,
    "SAR": 0.267, "ILS": 0.28, "TRY": 0.15, "UAH": 0.05, "RUB": 0.018, "KZT": 0.0035, "GEL": 0.42, "AZN": 0.7,
})  # fmt: skip
"""What one of a currency was worth in dollars in the last decades, about."""

RESTLESS: Final = frozenset(("TRY", "UAH", "RUB", "KZT", "BRL", "ZAR", "AZN"))
STEADY_SPREAD, RESTLESS_SPREAD = 0.08, 0.4
"""How far rates were off these in those years, as decimal logarithms."""
DECIDED: Final = 4.0
"""The logarithm of how many times likelier one direction must be."""
PAIR: Final = re.compile(r"([A-Z]{3})\s?[/\-_]?\s?([A-Z]{3})")


@dataclass(frozen=True, slots=True)
class Direction:
    """`is_inverse`: the file gives units of the currency for one of company money. `is_sure`: its values show it."""

    is_inverse: bool
    is_sure: bool


def direction_of(rates: Mapping[str, float], company: str) -> Direction:
    """Tell the direction from what the currencies were worth; as a rule a file gives company money for one of them."""
    evidence = sum(_evidence(code, rate, company) for code, rate in rates.items())
    return Direction(evidence < -DECIDED, abs(evidence) >= DECIDED)


def pair_of(text: str) -> tuple[str, str] | None:
    """EUR and USD of EURUSD or EUR/USD: dollars for one euro. None if it is no pair of currencies that are known."""
    found = PAIR.fullmatch(text.strip().upper())
    return (found[1], found[2]) if found and {found[1], found[2]} <= IN_DOLLARS.keys() else None


def is_as_named(pair: tuple[str, str], rate: float) -> bool:
    """Whether a rate may be what the name of its pair says, or nobody can tell."""
    return _evidence(pair[0], rate, pair[1]) > -DECIDED


def _evidence(code: str, rate: float, company: str) -> float:
    """How much a rate speaks for company money for one of the currency (above 0), or for the other way round."""
    if code == company or not {code, company} <= IN_DOLLARS.keys() or rate <= 0:
        return 0.0
    expected, found = log10(IN_DOLLARS[code] / IN_DOLLARS[company]), log10(rate)
    spread = RESTLESS_SPREAD if {code, company} & RESTLESS else STEADY_SPREAD
    return ((found + expected) ** 2 - (found - expected) ** 2) / (2 * spread**2)
