"""From a file's text to a typed value: SQL that gives NULL for what cannot be read, and does no more than a format needs.

A value is first read the quick way, from the text as it stands in the file. Only what cannot be read so is trimmed, held
against the texts that mean "not given", and taken apart. So a function takes two pieces of SQL: `raw`, the text as it
stands (an alias, for it is written several times), and `text`, the same trimmed (worked out only where it is needed).
"""

from __future__ import annotations

from typing import Final

from crmetrics.clean.mapping import NUMBERS, Formats
from crmetrics.clean.moments import day, moment
from crmetrics.clean.numbers import BLANKS, currency, first_of, number
from crmetrics.warehouse.expression import literal
from crmetrics.warehouse.schema import Column, Type

_TRUE: Final = ("true", "yes", "y", "t", "1", "on", "evet", "e", "doğru", "так", "да", "是", "对", "真", "有")
_FALSE: Final = (
    "false", "no", "n", "f", "0", "off", "hayır", "h", "yanlış", "ні", "нi", "нет", "否", "不是", "不", "错", "假", "无",
)  # fmt: skip


def trimmed(raw: str, missing: tuple[str, ...]) -> str:
    """Trim a raw text; NULL where nothing is left or where it is one of the texts that mean "not given"."""
    # Trimming signs beyond the plain blank is slow, and a search for them is not.
    return tidy(f"case when {is_untidy(raw)} then trim({raw}, '{BLANKS}') else {raw} end", missing)


def tidy(raw: str, missing: tuple[str, ...]) -> str:
    """The same of a text that needs no trimming."""
    return without(f"nullif({raw}, '')", missing)


def is_untidy(raw: str) -> str:
    """Whether a text begins or ends with a sign to be trimmed."""
    # Searching costs ten times a comparison, and most texts begin and end with a plain letter, digit or sign.
    plain = f"{raw} between '!' and chr(127) and {raw}[-1] between '!' and '~'"
    return f"case when {plain} then false else regexp_matches({raw}, '^[{BLANKS}]|[{BLANKS}]$') end"


def without(text: str, missing: tuple[str, ...]) -> str:
    """NULL where a text is one of those that mean "not given", as they are written or all lower or upper case."""
    for word in dict.fromkeys(form for one in missing for form in (one, one.lower(), one.upper())):
        text = f"nullif({text}, {literal(word)})"
    return text


def folded(text: str) -> str:
    """SQL of a text as words are compared: capitals count as small letters, and İ, I, ı and i are one."""
    return f"replace(lower({text}), 'ı', 'i')"


def as_folded(text: str) -> str:
    """What `folded` makes of a text."""
    return text.replace("İ", "i").lower().replace("ı", "i")


def may_look_given(missing: tuple[str, ...]) -> bool:
    """Whether a text that means "not given" could be read as a value, such as 0 or 9999-12-31."""
    return any(sign.isdigit() for word in missing for sign in word)


def typed(raw: str, text: str, kind: Type, column: Column | None, formats: Formats, zone: str) -> str:
    """Read a text as the type of its column.

    `zone` is the zone in which the file's moments are written; moments come out in UTC. A text of a column with choices
    comes out in lower case, a currency in upper case.
    """
    if kind in NUMBERS:
        return number(raw, text, kind, formats)
    if kind is Type.MOMENT:
        return moment(raw, text, formats, zone)
    if kind is Type.DATE:
        return day(raw, text, formats, zone)
    if kind is Type.FLAG:
        return first_of(raw, flag(raw), flag(text))
    if kind is Type.TIME:
        return f"try_cast({text} as time)"
    if column is not None and column.choices:
        return first_of(raw, choice(raw, column.choices), choice(text, column.choices))
    if column is not None and column.name == "currency":
        return currency(text, formats)
    return text


def can_fail(kind: Type, column: Column | None) -> bool:
    """Whether a given text may be unreadable as this type."""
    return kind is not Type.TEXT or (column is not None and bool(column.choices))


def flag(text: str) -> str:
    """Read yes and no, in the four languages."""
    yes, no = (", ".join(literal(as_folded(word)) for word in group) for group in (_TRUE, _FALSE))
    return f"case when {folded(text)} in ({yes}) then true when {folded(text)} in ({no}) then false end"


def choice(text: str, choices: tuple[str, ...]) -> str:
    """Read a word out of a closed list: lower case, "Best Case" and "best-case" are best_case."""
    listed = ", ".join(map(literal, choices))
    joined = f"replace(replace(lower({text}), ' ', '_'), '-', '_')"
    return f"case when lower({text}) in ({listed}) then lower({text}) when {joined} in ({listed}) then {joined} end"
