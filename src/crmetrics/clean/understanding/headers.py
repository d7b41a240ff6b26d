"""The words of a column's head, or of a file's name, as meanings: "Sipariş Tarihi", "order_date" and "订单日期" are order and date."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
NOTHING: Final = "filler"
CAMEL: Final = re.compile(r"(?<=[a-zа-яіїєґ0-9])(?=[A-ZА-ЯІЇЄҐ])|(?<=[A-Z])(?=[A-Z][a-z])")
TOKEN: Final = re.compile(r"[\u3400-\u9fff]+|[^\W_]+(?:['’][^\W_]+)?|[#№%]")
HAN: Final = re.compile(r"[\u3400-\u9fff]")
LONGEST: Final = 4
"""Words of the longest phrase."""
LEAST_PART: Final = 2
"""Letters of the shortest word that is found within a longer one, as no in invoiceno."""
FOREIGN: Final = 0.6
"""The share of a file's heads of which no word is known from which on its language is none of ours. Lists of a whole system in a
language of ours have 0.4 at most, in German 0.68 to 0.93."""


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a head means: its meanings, and how many of its words are not known."""

    words: frozenset[str]
    unknown: int = 0


@dataclass(frozen=True)
class Lexicon:
    """Words by their meaning: whole ones, and stems that may end in any way."""

    whole: dict[str, str]
    stems: dict[str, str]
    things: frozenset[str]
    """The meanings that name whose something is: customer, order, product."""

    def meanings(self, head: str) -> Meanings:
        """The meanings of a head; a word that is not known counts, a filler does not."""
        found: set[str] = set()
        unknown = 0
        tokens = list(_tokens(head))
        at = 0
        while at < len(tokens):
            size, meaning = self._phrase(tokens, at)
            if meaning:
                found.add(meaning)
            else:
                parts = self._parts(tokens[at])
                # of a Chinese word at least its known parts tell
                known = parts or self._known_parts(tokens[at])
                found.update(known)
                unknown += not parts
            at += size
        return Meanings(frozenset(found - {NOTHING}), unknown)

    def _phrase(self, tokens: list[str], at: int) -> tuple[int, str | None]:
        """The longest phrase that begins here, with its number of words."""
        for size in range(min(LONGEST, len(tokens) - at), 0, -1):
            phrase = " ".join(tokens[at : at + size])
            if meaning := self.whole.get(phrase):
                return size, meaning
            # dealname is deal and name, not deal with an ending
            if not (size == 1 and self._parts(phrase)) and (meaning := self._by_stem(phrase)):
                return size, meaning
        return 1, None

    def _by_stem(self, phrase: str) -> str | None:
        """By its beginning; the ending that a language adds holds no further word."""
        for end in range(len(phrase), max(phrase.rfind(" "), 1), -1):
            if meaning := self.stems.get(phrase[:end]):
                return meaning
        return None

    def _parts(self, token: str) -> set[str]:
        """The meanings of a token written without gaps, such as stockcode or 订单日期; none if a part is not known."""
        known = self.whole if not HAN.search(token) else {**self.whole, **self.stems}
        best: list[list[str] | None] = [[]] + [None] * len(token)
        for end in range(1, len(token) + 1):
            # long words first: fewer parts explain more
            for start in range(end):
                before, part = best[start], token[start:end]
                is_word = len(part) >= LEAST_PART or HAN.search(part)
                if before is not None and is_word and part in known:
                    current = best[end]
                    if current is None or len(before) + 1 < len(current):
                        best[end] = [*before, known[part]]
        return set(best[-1] or ())

    def _known_parts(self, token: str) -> set[str]:
        """The meanings of the words within a Chinese token of which not all is known."""
        if not HAN.search(token):
            return set()
        known = {**self.whole, **self.stems}
        return {meaning for word, meaning in known.items() if len(word) > 1 and word in token}


def folded(text: str) -> str:
    """A text in lower case, whatever its language: İ and I are i, ı too; wide letters are narrow, accents on i go."""
    lower = unicodedata.normalize("NFKC", text).replace("İ", "i").replace("I", "i").lower()
    return lower.replace("i̇", "i").replace("ı", "i").replace("’", "'")


@cache
def lexicon() -> Lexicon:
    """The words that we know."""
    sections = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    whole: dict[str, str] = {}
    stems: dict[str, str] = {}
    for words in sections.values():
        for meaning, forms in words.items():
            for form in forms:
                plain = " ".join(_tokens(form.rstrip("*"))) or folded(form)
                # the first meaning that claims a word keeps it
                (stems if form.endswith("*") else whole).setdefault(plain, meaning)
                if form.endswith("*"):
                    whole.setdefault(plain, meaning)
    return Lexicon(whole, stems, frozenset(sections["whose"]))


def meanings_of(head: str) -> Meanings:
    """The meanings of a column's head."""
    return lexicon().meanings(head)


def are_foreign(heads: Sequence[Meanings]) -> bool:
    """Whether the heads of a file are in a language that we do not know, so that the few known words are hardly what they seem."""
    return sum(not head.words for head in heads) >= FOREIGN * len(heads)


def _tokens(head: str) -> Iterator[str]:
    spaced = CAMEL.sub(" ", head)
    for token in TOKEN.findall(folded(spaced)):
        yield from _without_digits(token)


def _without_digits(token: str) -> Iterable[str]:
    """`phone1` is phone; a number alone says nothing."""
    plain = token.strip("0123456789")
    return (plain,) if plain else ()
