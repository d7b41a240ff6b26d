"""Where the demo company stands: the words, the money and the habits of its country, read from places/<language>.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import LANGUAGES, words

_ = words("demo")

SMALLEST: Final = 500
"""Order lines below which the planted facts would no longer stand out."""


@dataclass(frozen=True)
class Habits:
    """How the company is called and how its systems write dates, numbers, yes and no, and "not given"."""

    company: str
    source: str
    country: str
    zone: str
    delimiter: str
    decimal: str
    thousands: str
    day: str
    moment: str
    missing: str
    yes: str
    no: str
    phone: str
    phone_digits: int
    tax_prefix: str
    tax_digits: int
    mail_person: str
    mail_company: str
    name_joint: str
    is_family_first: bool
    is_form_first: bool
    bot: str
    bad_dates: list[str]
    bad_amounts: list[str]


@dataclass(frozen=True)
class Currency:
    """A currency beside the company's own.

    `scale` turns the price list (in euro) into it; `rate` is its price in company currency on the first day and `drift`
    what it gains a year. A rate of 0: nobody ever wrote one down.
    """

    code: str
    scale: float
    rate: float = 0.0
    drift: float = 0.0


@dataclass(frozen=True)
class Money:
    """The company's currency, what its prices do in a year, and the two foreign currencies it sells in."""

    currency: str
    price_scale: float
    price_growth: float
    vat_percent: int
    second: Currency
    third: Currency

    @property
    def codes(self) -> list[str]:
        return [self.currency, self.second.code, self.third.code]


@dataclass(frozen=True)
class Place:
    """The demo company's country and language. `values` hold the local word of every canonical one."""

    language: str
    habits: Habits
    money: Money
    holidays: Mapping[str, str]
    lists: Mapping[str, list[str]]
    cities: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    headers: Mapping[str, str]

    def header(self, column: str) -> str:
        """What the company's own system writes over a canonical column."""
        return self.headers[column.removeprefix("custom.")]


@cache
def place(language: str) -> Place:
    """Read a country's words. Raises UnknownName for a language without a demo company."""
    if language not in LANGUAGES:
        raise UnknownName(
            _(
                'There is no demo company in "{language}". Choose one of: {languages}.',
                language=language,
                languages=", ".join(LANGUAGES),
            )
        )
    text = (resources.files(__package__) / "places" / f"{language}.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    lists, money = read["lists"], read["money"]
    cities = lists.pop("cities")
    second, third = Currency(**money.pop("second")), Currency(**money.pop("third"))
    return Place(
        language=language,
        habits=Habits(**read["place"]),
        money=Money(**money, second=second, third=third),
        holidays=read["holidays"],
        lists=lists,
        cities=cities,
        values=read["values"],
        headers=read["headers"],
    )
