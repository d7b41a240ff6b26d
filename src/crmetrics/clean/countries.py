"""Countries by their names in several languages, as codes by ISO 3166-1."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

from crmetrics.clean.values import as_folded

LANGUAGES: Final = ("en", "tr", "uk", "ru", "zh", "de", "fr", "es")
OTHER_NAMES: Final = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "abd": "US", "amerika": "US", "сша": "US",
    "美国": "US", "uk": "GB", "u.k.": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "ingiltere": "GB", "англія": "GB", "англия": "GB", "英国": "GB", "eire": "IE", "korea": "KR",
    "south korea": "KR", "güney kore": "KR", "türkiye": "TR", "turkey": "TR", "türkiye cumhuriyeti": "TR", "турция": "TR",
    "україна": "UA", "украина": "UA", "ukrayna": "UA", "中华人民共和国": "CN", "中国": "CN", "китай": "CN", "çin": "CN", "prc": "CN",
    "p.r. china": "CN", "rsa": "ZA", "uae": "AE", "bae": "AE", "оае": "AE", "оаэ": "AE", "holland": "NL", "hollanda": "NL",
    "голландия": "NL", "almanya": "DE", "фрн": "DE", "россия": "RU", "росія": "RU", "rusya": "RU", "kktc": "CY",
    "czech republic": "CZ", "белоруссия": "BY", "молдавия": "MD", "bosna": "BA", "makedonya": "MK", "viet nam": "VN",
}  # fmt: skip
"""Names beside those of the Unicode CLDR that people write."""


def country_code(text: str) -> str | None:
    """The code of a country by its name, its code of two or three letters, in any capitals; None if it is none we know."""
    return _codes().get(_plain(text))


@cache
def _codes() -> dict[str, str]:
    from babel import Locale
    from babel.core import get_global

    found: dict[str, str] = {}
    for language in reversed(LANGUAGES):
        names = Locale(language).territories
        found.update({_plain(name): code for code, name in names.items() if len(code) == 2 and code.isalpha()})
    aliases = get_global("territory_aliases")
    found.update(
        {_plain(old): new[0] for old, new in aliases.items() if len(old) == 3 and old.isalpha() and len(new) == 1}
    )
    codes = {code for code in found.values() if code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB")}
    found = {name: code for name, code in found.items() if code in codes}
    found.update({_plain(name): code for name, code in OTHER_NAMES.items()})
    # a code is nobody's name: "in" is India and "no" is Norway, where a country stands
    found.update({code.lower().replace("ı", "i"): code for code in codes})
    return found


def _plain(text: str) -> str:
    wide = unicodedata.normalize("NFKC", text).replace("’", "'")
    return " ".join(as_folded(wide).replace("&", " and ").split())
