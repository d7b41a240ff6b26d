"""A message as a sentence in the reader's language, its values written by their units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from crmetrics.presenting.countries import country_name
from crmetrics.presenting.numbers import Format
from crmetrics.vocabulary.country import Country
from crmetrics.vocabulary.language import Message, fill, translated
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure


def say(message: Message, format: Format) -> str:
    """The message in the format's language: translated, in the right plural form, its values written by their units."""
    values = {name: text_of(value, format) for name, value in message.values.items()}
    return fill(translated(message, format.language), values)


def say_safely(message: Message, format: Format) -> Markup:
    """The message as HTML: everything escaped, figures strong, so that the eye finds the amount first."""
    values = {name: str(_markup_of(value, format)) for name, value in message.values.items()}
    return Markup(fill(str(escape(translated(message, format.language))), values))


def without_cells(message: Message) -> Message:
    """The message without what stands in cells of files, for who may not see personal data: messages call that `value`."""
    values = {
        name: "…" if name == "value" else without_cells(value) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
    return Message(message.text, message.domain, values, message.plural)


def text_of(value: Any, format: Format) -> str:
    """A value of a message as text: figures by their unit, messages translated, whole numbers with their thousands."""
    if isinstance(value, Figure):
        return format.figure(value)
    if isinstance(value, Message):
        return say(value, format)
    if isinstance(value, Country):
        return country_name(value.code, format.language)
    if isinstance(value, bool):
        return format.flag(value)
    if isinstance(value, int | float):
        return format.number(value)
    if isinstance(value, datetime):
        return format.moment(value)
    if isinstance(value, date):
        return format.day(value)
    if isinstance(value, Period):
        return format.period(value)
    return "" if value is None else str(value)


_AFTER_LATIN: Final = ord("z") + 1
_ALPHABETS: Final[Mapping[str, str]] = {
    "tr": "abcçdefgğhıijklmnoöprsştuüvyz",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}


def alphabetical(text: str, language: str) -> tuple[int, ...]:
    """A key that sorts titles as readers of a language look them up; Chinese by sound, as GB 2312 orders the usual letters."""
    if language == "zh":
        return tuple(text.lower().encode("gb18030"))
    if language == "tr":
        text = text.replace("I", "ı").replace("İ", "i")
    # letters of the alphabet stand after signs and figures, and in Ukrainian after Latin ones
    places = {letter: place for place, letter in enumerate(_ALPHABETS.get(language, ""), _AFTER_LATIN)}
    return tuple(places.get(letter, ord(letter)) for letter in text.lower())


def _markup_of(value: Any, format: Format) -> Markup:
    if isinstance(value, Figure):
        return Markup("<strong>{}</strong>").format(format.figure(value))
    if isinstance(value, Message):
        return say_safely(value, format)
    return escape(text_of(value, format))
