"""How the numbers of a column are written, decided on all of its values: decimal mark, thousands, money, percent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from crmetrics.clean.understanding.dates import counted_of
from crmetrics.clean.understanding.evidence import Evidence, Shape
from crmetrics.clean.understanding.readings import MOST, Code, Form, Reading

MONEY: Final = r"(?:US\$|[$€£¥￥₺₴₽₹₸元]|TL|TRY|USD|EUR|GBP|UAH|CNY|RMB|RUB|PLN|KZT|грн\.?|руб\.?|тенге|zł|人民币)"
GROUP: Final = "[.,'’\u00a0\u2009\u202f ]"
SCALES: Final = {
    "k": 3, "тис": 3, "тыс": 3, "bin": 3, "千": 3, "万": 4, "萬": 4, "m": 6, "mn": 6, "mio": 6, "mln": 6, "млн": 6, "milyon": 6,
    "百万": 6, "亿": 8, "億": 8, "b": 9, "bn": 9, "mlrd": 9, "млрд": 9, "milyar": 9,
}  # fmt: skip
"""Words for thousands behind a number, and their power of ten."""
DOUBTED: Final = "b"
"""It is a billion in English, and a thousand (bin) in Turkish."""

_DIGITS: Final = rf"(?:\d+(?:{GROUP}\d{{3}})*|\d*)(?:[.,]\d+)?"
_SCALE: Final = rf"({'|'.join(sorted(SCALES, key=len, reverse=True))})"
NUMBER: Final = re.compile(
    rf"\(?[-+−]?\s*{MONEY}?\s*[-+−]?{_DIGITS}\s*(?:{_SCALE}\.?)?\s*{MONEY}?\s*[-−]?\)?\s*[%％]?", re.IGNORECASE
)
SCIENTIFIC: Final = re.compile(r"-?\d(?:[.,]\d+)?[eE][-+]?\d+")
SIGN: Final = re.compile(MONEY, re.IGNORECASE)
FAR: Final = 5
"""So many times greater than any other value is a number that stands for "not given"."""
NINES: Final = (999.0, 9999.0, 99999.0, 999999.0)
LEAST_TIMES: Final = 3
LEAST_SHARE: Final = 0.005
"""A number that stands for "not given" does so often."""


def numbers_of(column: Evidence, given: Sequence[tuple[str, int]], shapes: Sequence[Shape]) -> Reading | None:
    """How the numbers of a column are written; None if it holds none."""
    whole = sum(shape.rows for shape in shapes)
    read = [shape for shape in shapes if is_number(shape.example)]
    if sum(shape.rows for shape in read) < MOST * whole:
        return None
    padded = [shape.example for shape in read if _is_padded(shape.example)]
    if padded:
        return Reading(Form.CODE, evidence=padded[0])
    decimal, evidence, others = _decimal_mark(read)
    scales = _scales(given, read)
    signs = tuple(dict.fromkeys(found[0].upper().strip(".") for shape in read if (found := SIGN.search(shape.example))))
    if any("%" in shape.pattern or "％" in shape.pattern for shape in read):
        return Reading(Form.SHARE, decimal=decimal, evidence=read[0].example)
    doubted = next((word for word, _power in scales if word.lower() == DOUBTED), "")
    if doubted and not others:
        shown = (shape.example for shape in read if _scale(shape.example) == doubted)
        evidence = next(shown, evidence)
    if signs:
        form = Form.MONEY
    else:
        form = Form.NUMBER if scales or any(mark in shape.example for shape in read for mark in ".,eE") else Form.WHOLE
    return Reading(
        form, decimal=decimal, evidence=evidence or read[0].example, others=others, scales=scales, doubted=doubted,
        signs=signs, code=_code(column), counted=counted_of(column),
    )  # fmt: skip


def is_number(text: str) -> bool:
    """Whether a text is a number, however it is written."""
    plain = text.strip()
    if not any(sign.isdigit() for sign in plain):
        return False
    return bool(NUMBER.fullmatch(plain) or SCIENTIFIC.fullmatch(plain))


def _is_padded(text: str) -> bool:
    """007 is a code, not a number; so is what no number has so many digits as."""
    digits = text.lstrip("-+")
    return (len(digits) > 1 and digits[0] == "0" and digits.isdigit()) or (digits.isdigit() and len(digits) > 15)


def _scales(given: Sequence[tuple[str, int]], shapes: Iterable[Shape]) -> tuple[tuple[str, int], ...]:
    """The words for thousands behind the numbers, as they are written."""
    texts = (*(shape.example for shape in shapes), *(value for value, _times in given))
    found = dict.fromkeys(word for text in texts if (word := _scale(text)))
    return tuple((word, SCALES[word]) for word in found)


def _scale(text: str) -> str:
    """The word for thousands behind a number, in small letters; blank if there is none."""
    matched = NUMBER.fullmatch(text.strip())
    return (matched[1] or "").lower() if matched else ""


def _decimal_mark(shapes: Iterable[Shape]) -> tuple[str, str, tuple[str, ...]]:
    """The decimal mark of most values that tell one, the value that decided, and the other mark where both are possible."""
    rows: dict[str, int] = {}
    shown: dict[str, str] = {}
    for shape in shapes:
        mark = _mark(shape.example)
        if mark:
            rows[mark] = rows.get(mark, 0) + shape.rows
            shown.setdefault(mark, shape.example)
    decided = [mark for mark in rows if mark != "?"]
    if decided:
        mark = max(decided, key=lambda one: (rows[one], one))
        return mark, shown[mark], ()
    if "?" in rows:
        return ".", shown["?"], (",",)
    return "", "", ()


def _mark(text: str) -> str:
    """The decimal mark that a number shows; ? where it is that or one of thousands, blank where there is none."""
    marks = re.findall(r"(?<=\d)[.,](?=\d)", text)
    if not marks:
        return ""
    last = (
        max(text.rfind("."), text.rfind(","))
        if text[-1:].isdigit()
        else max(match.start() for match in re.finditer(r"[.,](?=\d)", text))
    )
    behind = text[last + 1 :]
    after = len(behind) - len(behind.lstrip("0123456789"))
    if len(set(marks)) == 2:
        return text[last]
    if len(marks) > 1:
        return "," if marks[0] == "." else "."
    if after != 3 or text[:last].lstrip("-+$€£¥₺₴ ").lstrip("0") == "":
        return text[last]
    return "?"


def _code(column: Evidence) -> Code | None:
    """A number that stands for "not given": -1 where nothing else is below 0, or 999 far beyond all others; often so."""
    enough = max(LEAST_TIMES, LEAST_SHARE * column.filled)
    if len(column.least) == 2 and column.distinct > 2:
        (first, times), (second, _times) = column.least
        if first in (-1.0, -9.0, -99.0, -999.0, -9999.0) and second >= 0 and times >= enough:
            return Code(f"{first:.0f}", times, second)
    if len(column.most) == 2 and column.distinct > 2:
        (first, times), (second, _times) = column.most
        if first in NINES and first > FAR * max(abs(second), 1.0) and times >= enough:
            return Code(f"{first:.0f}", times, second)
    return None
