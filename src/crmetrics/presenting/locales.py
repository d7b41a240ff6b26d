"""How four languages write numbers, money and dates: CLDR's rules as constants, so that no locale data must be read.

The tests hold every constant against CLDR itself (Babel). Where the house style differs, the comment says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
NOTHING: Final = "\u2013"
"""What is written for an unknown value."""


@dataclass(frozen=True)
class Scale:
    """A step of short numbers: 1000 is written with the mark "k"."""

    size: float
    mark: str


@dataclass(frozen=True)
class Locale:
    """One language's way of writing. Patterns have the places {n} (number), {s} (sign) and what their names say.

    day       {d} {m} {y}
    spans     a span inside a month, inside a year, and over years; {a} and {b} are its ends
    days      plural category -> words for a number of days; `day_mark` is the short form
    comma     what parts short words that stand one after another; `colon` a label and what it names
    """

    decimal: str
    group: str
    money: str
    percent: str
    points: str
    per_day: str
    scales: tuple[Scale, ...]
    months: tuple[str, ...]
    day: str
    month: str
    quarter: str
    quarter_mark: str
    moment: str
    span_in_month: str
    span_in_year: str
    span: str
    days: MappingProxyType[str, str]
    day_mark: str
    comma: str = ", "
    colon: str = ": "


_EN: Final = Locale(
    decimal=".",
    group=",",
    money="{s}{c}{n}",
    percent="{s}{n}%",
    points="{s}{n}" + NBSP + "pp",
    per_day="{n}/day",
    scales=(Scale(1e12, "T"), Scale(1e9, "B"), Scale(1e6, "M"), Scale(1e3, "k")),  # house style: k, where CLDR has K
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    day="{d} {m} {y}",
    month="{m} {y}",
    quarter="Q{q} {y}",
    quarter_mark="Q{q}",
    moment="{day}, {time}",
    span_in_month="{a}\u2013{b} {m} {y}",
    span_in_year="{a} {am} \u2013 {b} {m} {y}",
    span="{first} \u2013 {last}",
    days=MappingProxyType({"one": "{n} day", "other": "{n} days"}),
    day_mark="{n}" + NBSP + "d",
)
_TR: Final = Locale(
    decimal=",",
    group=".",
    money="{s}{n}" + NBSP + "{c}",  # house style: the sign behind, where CLDR has it in front
    percent="{s}%{n}",
    points="{s}{n}" + NBSP + "puan",
    per_day="{n}/gün",
    scales=(Scale(1e12, NBSP + "Tn"), Scale(1e9, NBSP + "Mr"), Scale(1e6, NBSP + "Mn"), Scale(1e3, NBSP + "B")),
    months=("Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"),
    day="{d} {m} {y}",
    month="{m} {y}",
    quarter="{y} Ç{q}",
    quarter_mark="Ç{q}",
    moment="{day} {time}",
    span_in_month="{a}\u2013{b} {m} {y}",
    span_in_year="{a} {am} \u2013 {b} {m} {y}",
    span="{first} \u2013 {last}",
    days=MappingProxyType({"one": "{n} gün", "other": "{n} gün"}),
    day_mark="{n}" + NBSP + "gün",
)
_UK: Final = Locale(
    decimal=",",
    group=NBSP,
    money="{s}{n}" + NBSP + "{c}",
    percent="{s}{n}" + NBSP + "%",  # house style: a space before the sign
    points="{s}{n}" + NBSP + "в." + NBSP + "п.",
    per_day="{n}/день",
    scales=(Scale(1e12, NBSP + "трлн"), Scale(1e9, NBSP + "млрд"), Scale(1e6, NBSP + "млн"), Scale(1e3, NBSP + "тис.")),
    months=("січ.", "лют.", "бер.", "квіт.", "трав.", "черв.", "лип.", "серп.", "вер.", "жовт.", "лист.", "груд."),
    day="{d} {m} {y}",
    month="{m} {y}",
    quarter="{q}-й кв. {y}",
    quarter_mark="{q} кв.",
    moment="{day}, {time}",
    span_in_month="{a}\u2013{b} {m} {y}",
    span_in_year="{a} {am} \u2013 {b} {m} {y}",
    span="{first} \u2013 {last}",
    days=MappingProxyType({"one": "{n} день", "few": "{n} дні", "many": "{n} днів", "other": "{n} дня"}),
    day_mark="{n}" + NBSP + "дн.",
)
_ZH: Final = Locale(
    decimal=".",
    group=",",
    money="{s}{c}{n}",
    percent="{s}{n}%",
    points="{s}{n}个百分点",
    per_day="{n}/天",
    scales=(Scale(1e12, "万亿"), Scale(1e8, "亿"), Scale(1e4, "万")),
    months=tuple(f"{number}月" for number in range(1, 13)),
    day="{y}年{m}{d}日",
    month="{y}年{m}",
    quarter="{y}年第{q}季度",
    quarter_mark="{q}季度",
    moment="{day} {time}",
    span_in_month="{y}年{m}{a}\u2013{b}日",
    span_in_year="{y}年{am}{a}日\u2013{m}{b}日",
    span="{first}\u2013{last}",
    days=MappingProxyType({"other": "{n}天"}),
    day_mark="{n}天",
    comma="，",
    colon="：",
)

LOCALES: Final = MappingProxyType({"en": _EN, "tr": _TR, "uk": _UK, "zh": _ZH})

SYMBOLS: Final = MappingProxyType(
    {
        "EUR": "€", "USD": "$", "GBP": "£", "TRY": "₺", "UAH": "₴", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩",
        "PLN": "zł", "RUB": "₽", "KZT": "₸", "GEL": "₾", "ILS": "₪", "VND": "₫", "NGN": "₦", "PHP": "₱", "AZN": "₼",
        "BRL": "R$", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$", "HKD": "HK$", "TWD": "NT$", "MXN": "MX$", "SGD": "S$",
    }
)  # fmt: skip
"""Signs of company money: a company reports in one currency, so the narrow sign is not mistaken. Others: their code."""

_WITHOUT_CENTS: Final = frozenset({
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_IN_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """How many decimals a currency's amounts have (ISO 4217)."""
    return 0 if currency in _WITHOUT_CENTS else 3 if currency in _IN_THOUSANDTHS else 2


def plural_category(language: str, number: float) -> str:
    """CLDR's plural category of a number as it is written without needless decimals."""
    if language == "zh":
        return "other"
    if number != int(number):
        return "other"
    whole = abs(int(number))
    if language != "uk":
        return "one" if whole == 1 else "other"
    if whole % 10 == 1 and whole % 100 != 11:
        return "one"
    if 2 <= whole % 10 <= 4 and not 12 <= whole % 100 <= 14:
        return "few"
    return "many"
