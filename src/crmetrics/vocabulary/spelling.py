"""Texts in another spelling: as they are compared when somebody looks for something, and as a file can be called."""

from __future__ import annotations

import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans(dict.fromkeys("’ʼ‘`", "'"))


def folded(text: str) -> str:
    """Small letters without marks, the Turkish ı and İ as i, one apostrophe: either way of typing finds either."""
    text = text.translate(_APOSTROPHES)
    small = unicodedata.normalize("NFKD", text.replace("İ", "i").replace("I", "i").casefold()).replace("ı", "i")
    return "".join(letter for letter in small if not unicodedata.combining(letter))


def file_name(text: str) -> str:
    """A text as a file can be called on every system: letters, digits, - and _; all else is _."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in text)
