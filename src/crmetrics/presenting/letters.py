"""Text on a terminal: how wide it stands there, cut and padded to a width; what could steer the terminal taken out."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_ORDERS_OF_READING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def harmless(text: str) -> str:
    """Text without control characters and marks that turn the order of reading; a line break becomes a blank."""
    if text.isprintable() and not (_ORDERS_OF_READING & set(text)):
        return text
    return "".join(
        " " if letter in "\n\r\t" else letter
        for letter in text
        if letter in "\n\r\t\u00a0"
        or (unicodedata.category(letter) not in ("Cc", "Cs") and letter not in _ORDERS_OF_READING)
    )


@lru_cache(maxsize=8192)
def width(text: str) -> int:
    """How many terminal columns a text takes: two for a Chinese letter, none for a combining mark."""
    return sum(_letter_width(letter) for letter in text)


@lru_cache(maxsize=4096)
def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, most: int) -> str:
    """The text in at most so many columns, with an ellipsis where something is missing."""
    if width(text) <= most:
        return text
    kept, used = [], 0
    for letter in text:
        used += _letter_width(letter)
        if used > most - 1:
            break
        kept.append(letter)
    return "".join(kept) + "…"


def padded(text: str, wide: int, *, right: bool = False) -> str:
    """The text filled up with blanks to a width; at the right for numbers."""
    blanks = " " * (wide - width(text))
    return blanks + text if right else text + blanks


def wrapped(text: str, most: int) -> list[str]:
    """The text in lines of at most so many columns; Chinese breaks anywhere, other scripts between words."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > most:
            lines.append(line.rstrip())
            line = ""
        while width(piece) > max(most, 2):
            head = _fitting(piece, max(most, 2))
            lines.append(line + head)
            line, piece = "", piece[len(head) :]
        line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> list[str]:
    """What a line may break after: words with their blank, single wide letters."""
    pieces, word = [], ""
    for letter in text:
        if letter == " " or _letter_width(letter) == 2:
            pieces.append(word + letter)
            word = ""
        else:
            word += letter
    return [*pieces, word] if word else pieces


def _fitting(text: str, most: int) -> str:
    used = 0
    for position, letter in enumerate(text):
        used += _letter_width(letter)
        if used > most:
            return text[:position]
    return text
