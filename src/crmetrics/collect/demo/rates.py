"""Exchange rates of the demo company: the second currency has one for every working day, the third has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import Flags, Ints, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.sheet import Amount, Cell, Day, Pick, Sheet

ONE: Final = 10_000
"""Rates are whole ten-thousandths, so that money times rate stays exact: cents times rate are millionths."""
_BEFORE: Final = 14


@dataclass(frozen=True)
class Rates:
    """The rate of the second currency on every day from `first`: that of the last working day not after it."""

    first: int
    by_day: Ints
    rated_on: Ints

    @classmethod
    def draw(cls, blueprint: Blueprint) -> Rates:
        rng, span, second = blueprint.draws("rates"), blueprint.span, blueprint.place.money.second
        days = np.arange(span.first - _BEFORE, span.last)
        is_weekday = (days + 3) % 7 < 5
        walk = np.cumsum(np.where(is_weekday, 0.0035 * rng.standard_normal(len(days)), 0.0))
        drawn = whole(ONE * second.rate * np.exp(np.log1p(second.drift) * (days - span.first) / 365.25 + walk))
        last_weekday = np.maximum.accumulate(np.where(is_weekday, np.arange(len(days)), 0))
        return cls(int(days[0]), drawn[last_weekday], days[is_weekday])

    @property
    def latest(self) -> int:
        return int(self.by_day[-1])

    def company_units(self, cents: Ints, currency: Ints, days: Ints) -> Ints:
        """Money of a day in millionths of the company's currency; 0 in the third currency, which has no rate."""
        place = np.minimum(days - self.first, len(self.by_day) - 1)
        rate = np.where(currency == 1, self.by_day[place], ONE)
        return np.where(currency == 2, 0, cents * rate)


def is_unconverted(currency: Ints) -> Flags:
    """Whether money in this currency has no rate."""
    has_none: Flags = currency == 2
    return has_none


def rates_sheet(blueprint: Blueprint, rates: Rates) -> Sheet:
    """The list of rates."""
    count = len(rates.rated_on)
    cells: dict[str, Cell] = {
        "currency": Pick([blueprint.place.money.second.code], np.zeros(count, dtype=np.int64)),
        "rated_on": Day(rates.rated_on),
        "rate_to_company": Amount(rates.by_day[rates.rated_on - rates.first], places=4),
    }
    return Sheet("exchange_rates", ("currency", "rated_on"), count, cells)
