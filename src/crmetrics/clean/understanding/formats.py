"""How the values of a column are written, decided on all of them, with the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from crmetrics.clean.understanding.dates import MISSING_DAYS, dates_of
from crmetrics.clean.understanding.evidence import Evidence
from crmetrics.clean.understanding.figures import numbers_of
from crmetrics.clean.understanding.headers import folded
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL, Form, Reading

__all__ = ["NUMERIC", "TEMPORAL", "Form", "Reading", "folded_missing", "reading_of"]

MISSING: Final = (
    "select", "n/a", "na", "n.a.", "none", "null", "nan", "nil", "-", "--", "---", ".", "?", "unknown", "undefined", "not given",
    "not available", "#n/a", "#yok", "yok", "belirtilmemiş", "bilinmiyor", "boş", "girilmedi", "seçiniz", "немає", "не вказано",
    "невідомо", "нет", "не указано", "неизвестно", "нет данных", "无", "未知", "暂无", "未填写", "空", "-select-", "please select",
)  # fmt: skip
"""Words that mean "not given" in exports."""
_FOLDED: Final = frozenset(map(folded, MISSING))

YES_NO: Final = frozenset(map(folded, (
    "true", "false", "yes", "no", "y", "n", "t", "f", "evet", "hayır", "e", "h", "doğru", "yanlış", "так", "ні", "да", "нет",
    "是", "否", "对", "错", "1", "0",
)))  # fmt: skip
GIVEN_OR_NOT: Final = (("var", "yok"), ("有", "无"), ("є", "немає"))
"""Words for yes, and those that mean no beside them, and "not given" elsewhere."""
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE: Final = re.compile(r"\+?[\d\s().-]{7,}(?:\s?(?:x|ext\.?)\s?\d+)?")
URL: Final = re.compile(r"https?://\S+|www\.\S+")


def reading_of(column: Evidence) -> Reading:
    """Decide how a column is to be read, from its values alone."""
    if flags := _flags(column):
        return flags
    missing = tuple(dict.fromkeys(value for value in _shown(column) if folded_missing(value)))
    given = [(value, times) for value, times in column.values if value not in missing]
    shapes = tuple(shape for shape in column.shapes if shape.example not in missing)
    if not shapes:
        return Reading(Form.TEXT if column.longest > 100 else Form.BLANK, missing=missing)
    found = dates_of(column, shapes) or numbers_of(column, given, shapes) or _patterns(column, given)
    if found.form in TEMPORAL:
        missing += tuple(dict.fromkeys(value for value in _shown(column) if MISSING_DAYS.fullmatch(value)))
    return replace(found, missing=missing)


def _flags(column: Evidence) -> Reading | None:
    """Yes and no, where hardly anything else stands: нет is no beside да, and "not given" beside other words."""
    words = {folded(value): value for value, _times in column.values}
    yes_no = (
        YES_NO
        | {folded(no) for yes, no in GIVEN_OR_NOT if folded(yes) in words}
        | {folded(yes) for yes, no in GIVEN_OR_NOT if folded(no) in words}
    )
    flags = [value for value in words if value in yes_no]
    missing = tuple(value for word, value in words.items() if word not in yes_no and word in _FOLDED)
    # "no" alone, or "нет" alone, may as well be a word for nothing
    is_sure = any(word not in _FOLDED for word in flags)
    if not is_sure or len(flags) > 4 or len(flags) + len(missing) < column.distinct or len(words) < len(flags):
        return None
    return Reading(Form.FLAG, missing=missing, evidence=words[flags[0]])


def _shown(column: Evidence) -> Iterator[str]:
    """The common values, and an example of each way of writing."""
    yield from (value for value, _times in column.values)
    yield from (shape.example for shape in column.shapes)


def folded_missing(value: str) -> bool:
    """Whether a value is a word for "not given"."""
    return folded(value) in _FOLDED


# ── other texts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _patterns(column: Evidence, given: Sequence[tuple[str, int]]) -> Reading:
    first = given[0][0] if given else ""
    for form, pattern in ((Form.EMAIL, EMAIL), (Form.URL, URL), (Form.PHONE, PHONE)):
        if column.share(pattern, of_values=True) >= 0.9:
            return Reading(form, evidence=first)
    has_digits = sum(times for value, times in given if any(sign.isdigit() for sign in value))
    whole = sum(times for _value, times in given) or 1
    if column.longest <= 64 and has_digits > 0.6 * whole and not any(" " in value for value, _times in given[:20]):
        return Reading(Form.CODE, evidence=first)
    if column.longest > 80 or (column.distinct > 50 and sum(" " in value for value, _times in given) > 0.9 * len(given)
                               and column.longest > 60):  # fmt: skip
        return Reading(Form.TEXT, evidence=first)
    return Reading(Form.WORD, evidence=first)
