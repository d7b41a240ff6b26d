"""What a mapping file says of how values are written: decimal mark, dates, thousands, signs of money, zone."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from crmetrics.clean.mapping import Formats
from crmetrics.clean.moments import COUNTED
from crmetrics.vocabulary.errors import BadMapping
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import is_zone

_ = words("understanding")

FORMAT_KEYS: Final = ("decimal", "dates", "missing", "scales", "signs", "last_year", "zone")
POWERS: Final = {10**power: power for power in range(1, 13)}


@dataclass(frozen=True)
class FormatReader:
    """Reads the formats below one place of a mapping file; `wrong` makes the error of a key and a problem."""

    body: MappingOf[str, object]
    wrong: Callable[[str, Message], BadMapping]

    def formats(self, default: Formats) -> Formats:
        """The formats that are said, over those of the file. Raises BadMapping."""
        body = self.body
        decimal = body.get("decimal", default.decimal)
        if decimal not in (".", ","):
            raise self.wrong("decimal", _("'{value}' is neither . nor , .", value=str(decimal)))
        dates = self.texts("dates", default.dates)
        for one in dates:
            self._check_date(one)
        return Formats(
            str(decimal),
            dates,
            self.texts("missing", default.missing),
            self._scales() if "scales" in body else default.scales,
            self._signs() if "signs" in body else default.signs,
            self._last_year() if "last_year" in body else default.last_year,
            self._zone() if "zone" in body else default.zone,
        )

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """A text, or a list of texts."""
        value = self.body.get(key, default)
        many = [value] if isinstance(value, str) else value
        if not isinstance(many, list | tuple) or not all(isinstance(one, str) for one in many):
            raise self.wrong(key, _("'{value}' is neither a text nor a list of texts.", value=str(value)))
        return tuple(many)

    def _pairs(self, key: str) -> MappingOf[str, object]:
        value = self.body[key]
        if not isinstance(value, dict):
            raise self.wrong(
                key, _("'{value}' is no table such as {example}.", value=str(value), example="{ k = 1000 }")
            )
        return value

    def _scales(self) -> tuple[tuple[str, int], ...]:
        found = []
        for word, times in self._pairs("scales").items():
            if not isinstance(times, int) or times not in POWERS or not word.strip(". ").isalpha():
                problem = _(
                    "'{word} = {value}' is no word for thousands. Write it like k = 1000 or \"万\" = 10000.",
                    word=word,
                    value=str(times),
                )
                raise self.wrong("scales", problem)
            found.append((word.strip(". "), POWERS[times]))
        return tuple(found)

    def _signs(self) -> tuple[tuple[str, str], ...]:
        pairs = self._pairs("signs")
        for sign, code in pairs.items():
            if not isinstance(code, str) or not (len(code) == 3 and code.isascii() and code.isupper()):
                problem = _(
                    '\'{sign} = {value}\' names no currency. Write it like "$" = "USD".', sign=sign, value=str(code)
                )
                raise self.wrong("signs", problem)
        return tuple((sign, str(code)) for sign, code in pairs.items())

    def _last_year(self) -> int:
        value = self.body["last_year"]
        if not isinstance(value, int) or isinstance(value, bool) or not 1900 <= value <= 2199:
            raise self.wrong("last_year", _("'{value}' is no year such as 2030.", value=str(value)))
        return value

    def _zone(self) -> str:
        value = self.body["zone"]
        if not isinstance(value, str) or not is_zone(value):
            raise self.wrong("zone", no_zone(str(value)))
        return value

    def _check_date(self, text: str) -> None:
        if text in COUNTED:
            return
        moment = datetime(2026, 11, 21, 17, 30, 59)
        try:
            read = datetime.strptime(moment.strftime(text), text) if "%" in text else None  # noqa: DTZ007  no moment comes of it
        except ValueError:
            read = None
        if read is None or (read.month, read.day) != (11, 21):
            problem = _(
                "'{value}' is not a date format with year, month and day. Write it like %d.%m.%Y or %Y-%m-%d %H:%M.",
                value=text,
            )
            raise self.wrong("dates", problem)


def no_zone(value: str) -> Message:
    """What is told of a zone that is none."""
    return _("'{value}' is not a time zone. Write it like Europe/Istanbul.", value=value)
