"""Texts for people: English in the code, Turkish, Ukrainian and Chinese in .po files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LANGUAGES: Final = ("en", "tr", "uk", "zh")
SHARED: Final = "crmetrics"
"""The domain of words that no single area owns."""

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """A text in English with {named} values, translated and filled in only when it is shown.

    A value may be a plain text or number, another Message, or a `vocabulary.unit.Figure` (a number with its unit, written
    in the reader's own way). `plural` is the English plural; which form is shown is decided by the value named "n".
    """

    text: str
    domain: str = SHARED
    values: Mapping[str, object] = field(default_factory=lambda: _NOTHING, hash=False)
    plural: str | None = None

    def __call__(self, **values: object) -> Message:
        """The same text with (more of) its values filled in."""
        return Message(self.text, self.domain, {**self.values, **values}, self.plural)

    def __str__(self) -> str:
        """English, for logs and for programmers; people are shown `presenting.words.say`."""
        template = self.text if self.plural is None or self.values.get("n") == 1 else self.plural
        return fill(template, {name: str(value) for name, value in self.values.items()})


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one domain: `_ = words("sales")`, then `_("Win rate")`."""

    domain: str

    def __call__(self, text: str, /, plural: str | None = None, **values: object) -> Message:
        """Mark a text as translatable; the text must stand here literally, for it is collected from the source."""
        return Message(text, self.domain, values or _NOTHING, plural)


def words(domain: str) -> Words:
    """The marker of translatable texts for one domain (an area's name, or "crmetrics" for shared words)."""
    return Words(domain)


def written(message: Message) -> dict[str, Any]:
    """A message as JSON can hold it, to be told later in whatever language; `read_back` makes it again."""
    values = {name: _written(value) for name, value in message.values.items()}
    return {"text": message.text, "domain": message.domain, "values": values, "plural": message.plural}


def read_back(told: Mapping[str, Any]) -> Message:
    """The message that `written` has written."""
    values = {name: read_back(value) if isinstance(value, dict) else value for name, value in told["values"].items()}
    return Message(told["text"], told["domain"], values, told.get("plural"))


def _written(value: object) -> object:
    if isinstance(value, Message):
        return written(value)
    # whole numbers stay such: they decide between singular and plural
    return value if value is None or isinstance(value, str | int | float) else str(value)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values into {named} places. Nothing in a value is read as a place, and an unknown place stays as it is."""
    parts = template.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        filled.append(values[name] + rest if closed and name in values else "{" + part)
    return "".join(filled)


def translated(message: Message, language: str) -> str:
    """The template of a message in a language, in the right plural form, its {places} not yet filled.

    A text without a translation is shown in English (`make check` lets none through).
    """
    n = message.values.get("n")
    count = n if isinstance(n, int) else getattr(n, "value", None)
    if language == "en":
        return message.text if message.plural is None or count == 1 else message.plural
    for domain in (message.domain, SHARED):
        catalog = _catalog(language, domain)
        entry = catalog.get(message.text) if catalog else None
        if entry is None or not entry.string or catalog is None:
            continue
        if isinstance(entry.string, str):
            return entry.string
        form = int(catalog.plural_forms and _plural_form(catalog, count))
        return str(entry.string[form])
    return message.text if message.plural is None or count == 1 else message.plural


def _plural_form(catalog: Catalog, count: object) -> int:
    from gettext import c2py

    return int(c2py(catalog.plural_expr)(int(count) if isinstance(count, int | float) else 0))


@cache
def _catalog(language: str, domain: str) -> Catalog | None:
    """The .po file of a language and domain, read once; no compile step, so a fresh clone speaks all four languages."""
    from babel.messages.pofile import read_po

    path = resources.files("crmetrics") / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)
