"""Texts made comparable: casing by language, letters that only look alike, accents and scripts taken away."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TURKISH: Final = frozenset("İıŞşĞğ")
"""Letters that tell Turkish: a text with one of them has its I and i in the Turkish way."""

_TURKISH_CASE: Final = str.maketrans({"I": "ı", "İ": "i"})

_CYRILLIC_AS_LATIN: Final = dict(zip("аеіјорсухѕԁһ", "aeijopcyxsdh", strict=True)) | dict(
    zip("АВЕІЈКМНОРСТХУЅ", "ABEIJKMHOPCTXYS", strict=True)
)
"""Cyrillic letters that look like a Latin one."""

_TO_LATIN: Final = str.maketrans(_CYRILLIC_AS_LATIN)
_TO_CYRILLIC: Final = str.maketrans({latin: cyrillic for cyrillic, latin in _CYRILLIC_AS_LATIN.items()})

_SPELLED: Final = str.maketrans(
    dict(
        zip(
            "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяъыэё",
            [
                "a",
                "b",
                "v",
                "h",
                "g",
                "d",
                "e",
                "ye",
                "zh",
                "z",
                "y",
                "i",
                "yi",
                "y",
                "k",
                "l",
                "m",
                "n",
                "o",
                "p",
                "r",
                "s",
                "t",
                "u",
                "f",
                "kh",
                "ts",
                "ch",
                "sh",
                "shch",
                "'",
                "yu",
                "ya",
                "'",
                "y",
                "e",
                "yo",
            ],
            strict=True,
        )
    )
    | {"ь": "", "ъ": "", "ı": "i", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
"""How a Cyrillic letter is spelled in Latin ones (the Ukrainian rule of 2010), and Latin letters that are no letter with a mark."""

_WORD: Final = re.compile(r"[^\W_]+")
_LATIN: Final = re.compile(r"[A-Za-z]")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04FF]")


def folded(text: str, is_turkish: bool = False) -> str:
    """A text for "equal": one form of every letter, look-alikes mended, lower case by language, words parted by one blank.

    `is_turkish` says that I and i are those of Turkish; a text that has letters of that language only is read so in any case.
    """
    text = text.replace("'", "").replace("’", "")
    if text.isascii():
        lowered = text.translate(_TURKISH_CASE).lower() if is_turkish else text.lower()
        return " ".join(_WORD.findall(lowered))
    text = mended(unicodedata.normalize("NFKC", text))
    if is_turkish or not _TURKISH.isdisjoint(text):
        text = text.translate(_TURKISH_CASE)
    return " ".join(_WORD.findall(unicodedata.normalize("NFC", text.lower())))


def mended(text: str) -> str:
    """A text in which letters of another script that only look right are those of the word's own script.

    A word of look-alikes alone ("СОСА" in Cyrillic letters) is told by the other words beside it.
    """
    if not (_LATIN.search(text) and _CYRILLIC.search(text)):
        return text
    words = _WORD.findall(text)
    has_latin = any(_is_surely(word, _LATIN, _TO_CYRILLIC) for word in words)
    has_cyrillic = any(_is_surely(word, _CYRILLIC, _TO_LATIN) for word in words)
    return _WORD.sub(lambda found: _mended_word(found[0], has_latin, has_cyrillic), text)


def _is_surely(word: str, own: re.Pattern[str], other: dict[int, str]) -> bool:
    """Whether a word has a letter of its script that no letter of the other one looks like."""
    return any(own.match(letter) and ord(letter) not in other for letter in word)


def _mended_word(word: str, has_latin: bool, has_cyrillic: bool) -> str:
    latin, cyrillic = _is_surely(word, _LATIN, _TO_CYRILLIC), _is_surely(word, _CYRILLIC, _TO_LATIN)
    if latin and not cyrillic:
        return word.translate(_TO_LATIN)
    if cyrillic and not latin:
        return word.translate(_TO_CYRILLIC)
    if not latin and not cyrillic and has_latin != has_cyrillic:
        return word.translate(_TO_LATIN if has_latin else _TO_CYRILLIC)
    return word


def plain(text: str) -> str:
    """A folded text for "near": without accents, Cyrillic spelled in Latin letters; Chinese stays as it is."""
    if text.isascii():
        return text
    spelled = text.translate(_SPELLED)
    if spelled.isascii():
        return spelled
    parts = unicodedata.normalize("NFD", spelled)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
