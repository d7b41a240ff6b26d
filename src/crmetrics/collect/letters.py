"""Which encoding the letters of a text speak for, where it is not Unicode."""

from __future__ import annotations

import re
from typing import Final

CANDIDATES: Final = ("cp1252", "cp1254", "cp1251", "gb18030")
"""What programs of the speakers of our languages write where they do not write Unicode."""

FEW: Final = 0.1
"""Share of odd words that names and typing errors explain."""

CHAOS_APART: Final = 0.05
"""Difference in charset-normalizer's measure of chaos that tells two encodings apart."""

WORD: Final = re.compile(r"[^\W\d_]+")
RISE_WITHIN: Final = re.compile(r"[a-zà-ÿа-яіїєґ][A-ZÀ-ÞА-ЯІЇЄҐ]")
LATIN: Final = re.compile(r"[A-Za-z]")
BETWEEN_LATIN: Final = re.compile(r"[a-z][^\x00-\x7f]+[a-z]")

CYRILLIC: Final = frozenset("абвгґдеєёжзиіїйклмнопрстуўфхцчшщъыьэюя")
NEVER_WESTERN: Final = frozenset("¤¥¦¨¯¸¹¶")
NEVER_CYRILLIC: Final = frozenset("ЂЃѓЉЊЌЋЏђљњќћџЈј‚„†‡‰‹›¤¦¬¶•")

SAME_ANYWHERE: Final = frozenset(
    western
    for western, cyrillic in zip(
        bytes(range(0x80, 0x100)).decode("cp1252", "replace"),
        bytes(range(0x80, 0x100)).decode("cp1251", "replace"),
        strict=True,
    )
    if western == cyrillic
)
"""Signs that tell nothing, such as “ and –."""

TURKISH: Final = frozenset("ğışĞİŞ".encode("cp1254"))
"""The bytes that cp1254 and cp1252 read differently."""

ICELANDIC: Final = frozenset("áéíóúæÁÉÍÓÚÆ".encode("cp1252"))
"""Letters that no Turkish word has, and that stand beside ð, ý and þ where those bytes mean these."""


def likely_encodings(evidence: bytes, seen: frozenset[int]) -> list[str]:
    """The encodings that lines with other letters than ASCII may be written in; one, if they tell.

    `seen` are all the bytes beyond ASCII of the whole text, of which `evidence` is a part.
    """
    # Lines with the same letters say nothing new.
    evidence = b"\n".join(dict.fromkeys(evidence.splitlines()))
    oddness = {encoding: _oddness(evidence, encoding) for encoding in CANDIDATES}
    likely = [encoding for encoding in CANDIDATES if oddness[encoding] <= FEW]
    if "cp1252" in likely or "cp1254" in likely:
        western = _western_or_turkish(evidence, seen)
        same = [encoding for encoding in ("cp1251",) if _reads_alike(seen, encoding, western[0])]
        others = [found for found in likely if found not in ("cp1252", "cp1254", *same)]
        likely = western + others
        if not others:
            return likely
    return _least_chaos(evidence, likely) if len(likely) > 1 else likely


def _western_or_turkish(evidence: bytes, seen: frozenset[int]) -> list[str]:
    if not seen & TURKISH:
        return ["cp1252"]
    turkish, icelandic = (sum(map(evidence.count, map(_single, letters))) for letters in (TURKISH, ICELANDIC))
    return ["cp1254"] if turkish > 3 * icelandic else ["cp1252", "cp1254"]


def _single(byte: int) -> bytes:
    return bytes((byte,))


def _reads_alike(seen: frozenset[int], one: str, other: str) -> bool:
    """Whether the bytes of a text, signs such as “ and – alone, mean the same in two encodings."""
    text = bytes(seen)
    return text.decode(one, "replace") == text.decode(other, "replace")


def _oddness(evidence: bytes, encoding: str) -> float:
    """Share of words and signs that the speakers of an encoding's languages do not write."""
    try:
        text = evidence.decode(encoding)
    except UnicodeDecodeError:
        return 1.0
    words = [word for word in WORD.findall(text) if not word.isascii()]
    signs = [sign for sign in text if not sign.isascii() and not sign.isalpha() and sign not in SAME_ANYWHERE]
    if encoding == "gb18030":
        odd = sum(map(_is_odd_chinese, words))
    elif encoding == "cp1251":
        odd = sum(map(_is_odd_cyrillic, words)) + sum(sign in NEVER_CYRILLIC for sign in signs)
    else:
        odd = sum(map(_is_odd_latin, words)) + sum(sign in NEVER_WESTERN for sign in signs)
    return odd / max(len(words) + len(signs), 1)


def _is_odd_latin(word: str) -> bool:
    others = sum(not letter.isascii() for letter in word)
    return (len(word) > 1 and others > 0.7 * len(word)) or RISE_WITHIN.search(word) is not None


def _is_odd_cyrillic(word: str) -> bool:
    return (
        LATIN.search(word) is not None or RISE_WITHIN.search(word) is not None or not CYRILLIC.issuperset(word.lower())
    )


def _is_odd_chinese(word: str) -> bool:
    """Rare characters, or one within a Latin word: pairs of letters of another encoding look like these."""
    characters = [character for character in word if not character.isascii()]
    rare = sum(not b"\xb0" <= character.encode("gb18030") < b"\xd8" for character in characters)
    return rare > 0.3 * len(characters) or BETWEEN_LATIN.search(word) is not None


def _least_chaos(evidence: bytes, likely: list[str]) -> list[str]:
    from charset_normalizer import from_bytes

    chaos = {found.encoding: found.chaos for found in from_bytes(evidence, cp_isolation=likely)}
    least = min(chaos.values(), default=0.0)
    return [encoding for encoding in likely if chaos.get(encoding, 1.0) <= least + CHAOS_APART] or likely
