"""Regions and towns whose names are written in several ways: each as it is written most often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from crmetrics.clean.values import as_folded

KINDS: Final = re.compile(
    r"(?:\s+(?:обл\.?|область|oblast|oblasti|ili|eyaleti|province|prov\.?|край|район|р-н)|(?<=.{2})(?:省|市|自治区|特别行政区))$"
)
"""Words for what a place is, behind its name."""
BEFORE: Final = re.compile(r"^(?:м\.|г\.|місто|город|city of)\s*")


def usual_places(counted: Mapping[str, int]) -> dict[str, str]:
    """Spellings of the same place (ISTANBUL, İstanbul; Київська обл., Київська область) and the commonest one of them.

    counted  each spelling with its rows. Those that are the commonest themselves are left out.
    """
    alike: dict[str, list[tuple[int, str]]] = {}
    for spelling, rows in counted.items():
        alike.setdefault(plain_place(spelling), []).append((rows, spelling))
    usual = {}
    for spellings in alike.values():
        # of equally common ones, that of capitals and small letters
        best = max(spellings, key=lambda one: (one[0], not (one[1].isupper() or one[1].islower()), one[1]))[1]
        usual.update({spelling: best for _rows, spelling in spellings if spelling != best})
    return usual


def plain_place(spelling: str) -> str:
    """A place's name without capitals, superfluous blanks and the word for what it is."""
    text = " ".join(as_folded(spelling).replace("’", "'").split())
    return BEFORE.sub("", KINDS.sub("", text)) or text
