"""Numbers, money, shares, days, dates and spans in the reader's language."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmetrics.presenting.locales import LOCALES, MINUS, NBSP, NOTHING, SYMBOLS, Locale, minor_digits, plural_category
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import LANGUAGES, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure, Unit

_ = words("presenting")

WHOLE_MONEY_FROM: Final = 1000
"""From this amount on nobody needs the cents."""

_LOOSE: Final = {Unit.QUANTITY: 2, Unit.SCORE: 2, Unit.RATIO: 2, Unit.DAYS: 1}
"""Units written with as many decimals as they need, up to so many."""
FEW_BESIDE: Final = 6
"""So few figures are read one beside another: those that differ must not look alike."""
_PERCENTS: Final = frozenset({Unit.SHARE, Unit.POINTS, Unit.CHANGE})
NUMERIC: Final = frozenset(set(Unit) - {Unit.TEXT, Unit.FLAG, Unit.DATE, Unit.MOMENT})
"""Units of numbers, which stand at the right of their column."""


@lru_cache(maxsize=64)
def format_for(language: str, currency: str, zone: str = "UTC") -> Format:
    """The format of a language; UnknownName for one that is not spoken."""
    if language not in LANGUAGES:
        raise UnknownName(
            _(
                "'{language}' is not a language of the product. There are: {names}.",
                language=language,
                names=", ".join(LANGUAGES),
            )
        )
    return Format(language, currency, zone)


@dataclass(frozen=True)
class Format:
    """Writes values in a language, money in the company's currency, moments in its zone; what is unknown as "–"."""

    language: str
    currency: str
    zone: str = "UTC"

    def value(self, unit: Unit, value: Any, decimals: int | None = None) -> str:
        """A value by its unit, in full. `decimals` None: as many as the value needs."""
        if value is None or value != value:
            return NOTHING
        return self._writers[unit](value, decimals)

    def short(self, unit: Unit, value: Any) -> str:
        """A value by its unit, short: for tiles, axes and marks (€104.6k)."""
        if value is None or value != value:
            return NOTHING
        if unit is Unit.MONEY:
            return self.short_money(value)
        if unit is Unit.MONEY_PER_DAY:
            return self.locale.per_day.format(n=self.short_money(value))
        if unit in (Unit.COUNT, Unit.QUANTITY) and abs(value) >= 10 * self.locale.scales[-1].size:
            return self.short_number(value)
        return self.value(unit, value)

    def figure(self, figure: Figure) -> str:
        """A figure inside a sentence: days in words, whole percents without decimals."""
        value = figure.value
        if value is None or value != value:
            return NOTHING
        if figure.digits is not None:
            return self.value(figure.unit, value, figure.digits)
        if isinstance(value, int | float) and figure.unit is Unit.DAYS:
            return self.days_in_words(value)
        if isinstance(value, int | float) and figure.unit in _PERCENTS:
            return self.value(figure.unit, value, 0 if abs(value * 100 - round(value * 100)) < 0.05 else 1)
        return self.value(figure.unit, value)

    def number(self, value: float, decimals: int | None = None, most: int = 2) -> str:
        """A number: exactly `decimals` decimals, or as few as it needs up to `most`."""
        sign, digits = self._digits(value, most if decimals is None else decimals, 0 if decimals is None else decimals)
        return sign + digits

    def count(self, value: float, decimals: int | None = None) -> str:
        """A whole number."""
        return self.number(value, decimals or 0)

    def money(self, value: float, decimals: int | None = None) -> str:
        """An amount in company currency; cents only below a thousand, and only where there are any."""
        if decimals is None:
            decimals = self._money_decimals((value,))
        return self._money(*self._digits(value, decimals, decimals))

    def short_money(self, value: float) -> str:
        """An amount in thousands, millions (10,000s in Chinese)."""
        sign, digits, mark = self._short(value)
        return self._money(sign, digits + mark)

    def short_number(self, value: float) -> str:
        """A number in thousands, millions (10,000s in Chinese)."""
        return "".join(self._short(value))

    def percent(self, value: float, decimals: int | None = None) -> str:
        """A share: 0.121 is 12.1 %. Nothing and all are written without decimals."""
        if decimals is None:
            decimals = 0 if value in (0, 1) else 1
        sign, digits = self._digits(value, decimals, decimals, percent=True)
        return self.locale.percent.format(s=sign, n=digits)

    def change(self, value: float, decimals: int | None = None) -> str:
        """A relative change, always with its sign: +5.0 %."""
        sign, digits = self._percent_digits(value, decimals)
        return self.locale.percent.format(s=sign, n=digits)

    def points(self, value: float, decimals: int | None = None) -> str:
        """A difference of two shares in percentage points, with its sign: −8.7 pp."""
        sign, digits = self._percent_digits(value, decimals)
        return self.locale.points.format(s=sign, n=digits)

    def per_day(self, value: float, decimals: int | None = None) -> str:
        """Money per day."""
        return self.locale.per_day.format(n=self.money(value, decimals))

    def days(self, value: float, decimals: int | None = None) -> str:
        """A number of days with its short mark: 2.6 d."""
        return self.locale.day_mark.format(n=self.number(value, decimals, most=1))

    def days_in_words(self, value: float) -> str:
        """A number of days in a sentence: 2.6 days."""
        category = plural_category(self.language, round(value, 1))
        forms = self.locale.days
        return forms.get(category, forms["other"]).format(n=self.number(value, most=1)).replace(" ", NBSP)

    def flag(self, value: bool, _decimals: int | None = None) -> str:
        """Yes or no."""
        return _YES_NO[self.language][0 if value else 1]

    def day(self, day: date, _decimals: int | None = None) -> str:
        """A day: 22 Nov 2026."""
        return self.locale.day.format(d=day.day, m=self.locale.months[day.month - 1], y=day.year)

    def month(self, day: date) -> str:
        """The month of a day: Nov 2026."""
        return self.locale.month.format(m=self.locale.months[day.month - 1], y=day.year)

    def quarter(self, day: date) -> str:
        """The quarter of a day: Q4 2026."""
        return self.locale.quarter.format(q=(day.month + 2) // 3, y=day.year)

    def moment(self, moment: datetime, _decimals: int | None = None) -> str:
        """A UTC moment in the company's zone, to the minute."""
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))
        return self.locale.moment.format(day=self.day(local), time=f"{local:%H:%M}")

    def span(self, first: date, last: date) -> str:
        """From a day to a day, both inside: 16–22 Nov 2026."""
        if first == last:
            return self.day(first)
        month = self.locale.months[first.month - 1]
        places = {"a": first.day, "am": month, "b": last.day, "m": self.locale.months[last.month - 1], "y": last.year}
        if first.year != last.year:
            return self.locale.span.format(first=self.day(first), last=self.day(last))
        if first.month != last.month:
            return self.locale.span_in_year.format(**places)
        return self.locale.span_in_month.format(**places)

    def period(self, period: Period) -> str:
        """A period as people say it: 2026, Q4 2026, Nov 2026, Dec 2025 – Nov 2026, 16–22 Nov 2026."""
        start, last = period.start, period.last_day
        if start.day != 1 or (last + timedelta(days=1)).day != 1:
            return self.span(start, last)
        months = (last.year - start.year) * 12 + last.month - start.month + 1
        if months % 12 == 0 and start.month == 1:
            return str(start.year) if months == 12 else f"{start.year}\u2013{last.year}"
        if months == 3 and start.month % 3 == 1:
            return self.quarter(start)
        if months == 1:
            return self.month(start)
        return self.locale.span.format(first=self.month(start), last=self.month(last))

    def grain(self, text: str) -> str:
        """A grain of time as rows are grouped by it ("2026", "2026-Q4", "2026-11", "2026-11-05"); others as is."""
        if match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            return self.locale.quarter.format(q=match[2], y=match[1])
        if match := re.fullmatch(r"(\d{4})-(\d\d)", text):
            return self.locale.month.format(m=self.locale.months[int(match[2]) - 1], y=match[1])
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return self.day(date.fromisoformat(text))
        return text

    def listed(self, texts: Iterable[str]) -> str:
        """Short texts one after another, without the blank ones: "Bursa, Turkey"."""
        return self.locale.comma.join(filter(None, texts))

    def named(self, label: str, value: str) -> str:
        """A value behind its label: "Owner: Ana"."""
        return f"{label}{self.locale.colon}{value}"

    def decimals(self, unit: Unit, values: Iterable[Any]) -> int | None:
        """How many decimals a column needs, so that all its values are written alike; None where the unit says it."""
        known = [float(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]
        if unit in (Unit.MONEY, Unit.MONEY_PER_DAY):
            return self._money_decimals(known)
        if unit in _LOOSE:
            most = _LOOSE[unit] + (0 if len(known) > FEW_BESIDE else _more_digits(known, _LOOSE[unit]))
            shown = [round(value, most) for value in known]
            return next((few for few in range(most) if all(value == round(value, few) for value in shown)), most)
        return None

    @cached_property
    def locale(self) -> Locale:
        """The language's way of writing."""
        return LOCALES[self.language]

    @cached_property
    def symbol(self) -> str:
        """The sign of the company's currency, or its code."""
        return SYMBOLS.get(self.currency, self.currency)

    @cached_property
    def _writers(self) -> dict[Unit, Callable[[Any, int | None], str]]:
        return {
            Unit.TEXT: lambda value, _decimals: str(value),
            Unit.FLAG: self.flag,
            Unit.COUNT: self.count,
            Unit.QUANTITY: self.number,
            Unit.SCORE: self.number,
            Unit.RATIO: self.number,
            Unit.SHARE: self.percent,
            Unit.POINTS: self.points,
            Unit.CHANGE: self.change,
            Unit.MONEY: self.money,
            Unit.MONEY_PER_DAY: self.per_day,
            Unit.DAYS: self.days,
            Unit.DATE: self.day,
            Unit.MOMENT: self.moment,
        }

    @cached_property
    def _marks(self) -> dict[int, str]:
        return str.maketrans({",": self.locale.group, ".": self.locale.decimal})

    def _digits(
        self, value: float, most: int, least: int, *, percent: bool = False, is_signed: bool = False
    ) -> tuple[str, str]:
        """Sign and digits: the float's shortest decimal, rounded half to even as CLDR does."""
        exact = Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))
        if not exact.is_finite():
            return "", NOTHING
        if percent:
            exact = exact.scaleb(2)
        digits = f"{abs(exact):,.{most}f}"
        if least < most and "." in digits:
            whole, _dot, decimals = digits.partition(".")
            kept = decimals.rstrip("0").ljust(least, "0")
            digits = f"{whole}.{kept}" if kept else whole
        is_zero = not digits.strip("0,.")
        sign = "" if is_zero else MINUS if exact < 0 else "+" if is_signed else ""
        return sign, digits.translate(self._marks)

    def _percent_digits(self, value: float, decimals: int | None) -> tuple[str, str]:
        decimals = 1 if decimals is None else decimals
        return self._digits(value, decimals, decimals, percent=True, is_signed=True)

    def _short(self, value: float) -> tuple[str, str, str]:
        """Sign, digits and mark of a short number."""
        size = abs(float(value))
        for scale in self.locale.scales:
            most = self._short_decimals(size, scale.size)
            # 999,960 is 1M and not 1,000k: what rounds up to the next scale belongs to it
            if round(size / scale.size, 1) >= 1:
                sign, digits = self._digits(float(value) / scale.size, most, 0)
                return sign, digits, scale.mark
        decimals = 0 if size >= 100 or size == round(size) else 2
        return *self._digits(value, decimals, decimals), ""

    def _short_decimals(self, size: float, scale: float) -> int:
        """Two decimals for what is small beside its scale, one for thousands and for ten of a scale and more."""
        if scale == 1e3:
            return 1
        return 2 if size < 10 * scale else 1

    def _money(self, sign: str, digits: str) -> str:
        symbol = self.symbol
        if self.locale.money.startswith("{s}{c}") and symbol[-1].isalpha():
            symbol += NBSP  # CHF 104,600
        return self.locale.money.format(s=sign, c=symbol, n=digits)

    def _money_decimals(self, amounts: Iterable[float]) -> int:
        known = list(amounts)
        if any(abs(amount) >= WHOLE_MONEY_FROM for amount in known) or all(amount == int(amount) for amount in known):
            return 0
        return minor_digits(self.currency)


def _more_digits(values: list[float], digits: int) -> int:
    """How many more digits, at most two, tell values apart that differ by more than a thousandth of their size."""
    apart = [
        (one, other)
        for place, one in enumerate(values)
        for other in values[place + 1 :]
        if abs(one - other) > 1e-3 * max(abs(one), abs(other))
    ]
    return next(
        (more for more in (0, 1) if all(round(a, digits + more) != round(b, digits + more) for a, b in apart)), 2
    )


_YES_NO: Final = {"en": ("yes", "no"), "tr": ("evet", "hayır"), "uk": ("так", "ні"), "zh": ("是", "否")}
