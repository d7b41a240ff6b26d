"""Texts as they are compared when a person looks for something: however it was typed, it is found."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """Small letters without marks; the Turkish ı and İ as i, so that either way of typing finds either."""
    small = unicodedata.normalize("NFKD", text.replace("İ", "i").replace("I", "i").casefold()).replace("ı", "i")
    return "".join(letter for letter in small if not unicodedata.combining(letter))
