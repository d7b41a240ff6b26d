"""Countries as readers call them. The data hold codes by ISO 3166-1, which stay the values of filters, addresses and files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"})
"""Codes to which the CLDR gives names, and which are no countries."""


def country_name(code: str, language: str) -> str:
    """What a country is called in a language (CLDR); the text itself where it is the code of none."""
    return countries(language).get(code, code)


def country_names(codes: set[str], language: str) -> Mapping[str, str]:
    """The names of those that are codes of countries."""
    known = countries(language)
    return {code: known[code] for code in sorted(codes) if code in known}


@cache
def countries(language: str) -> Mapping[str, str]:
    """All countries: code -> what it is called in a language."""
    from babel import Locale  # its data are read only where a country is shown

    return {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
