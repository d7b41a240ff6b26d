"""How the numbers and dates of a column are written, decided on all of its values, with the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Final

from crmetrics.clean.understanding.evidence import Evidence, Shape

MOST: Final = 0.97
"""Share of the values that must be of a kind; the others are errors or words for "not given"."""

MISSING: Final = (
    "select", "n/a", "na", "n.a.", "none", "null", "nan", "nil", "-", "--", "---", ".", "?", "unknown", "undefined", "not given",
    "not available", "#n/a", "#yok", "yok", "belirtilmemiş", "bilinmiyor", "boş", "girilmedi", "seçiniz", "немає", "не вказано",
    "невідомо", "нет", "не указано", "неизвестно", "нет данных", "无", "未知", "暂无", "未填写", "空", "-select-", "please select",
)  # fmt: skip
"""Words that mean "not given" in exports."""

MISSING_NUMBERS: Final = ("-1", "999", "9999", "99999", "-999", "-9999")
MISSING_DAYS: Final = re.compile(
    r"(?:0000-00-00|1900-01-0[01]|9999-12-31|01[./]01[./]1900|31[./]12[./]9999)(?: 00:00:00)?"
)

MONEY: Final = r"(?:[$€£¥₺₴₽₹元]|TL|TRY|USD|EUR|GBP|UAH|CNY|RMB|грн\.?|руб\.?)"
GROUP: Final = "[.,'’\u00a0\u202f ]"
NUMBER: Final = re.compile(
    rf"\(?[-+−]?\s*{MONEY}?\s*[-+−]?(\d+(?:{GROUP}\d{{3}})*|\d*)([.,]\d+)?\s*{MONEY}?\s*[-−]?\)?\s*%?", re.IGNORECASE
)
SCIENTIFIC: Final = re.compile(r"-?\d(?:[.,]\d+)?[eE][-+]?\d+")
TEN_THOUSANDS: Final = re.compile(r"[-+]?[\d.,]+\s*[万亿kKmM]")
TIMES: Final = {
    "": "",
    "99:99": "%H:%M",
    "9:99": "%H:%M",
    "99:99:99": "%H:%M:%S",
    "9:99:99": "%H:%M:%S",
    "99:99 a": "%I:%M %p",
    "9:99 a": "%I:%M %p",
    "99:99:99 a": "%I:%M:%S %p",
    "9:99:99 a": "%I:%M:%S %p",
}
FRACTION: Final = re.compile(r"(99:99:99)\.9+$")
OFFSET: Final = re.compile(r"\s?(?:[Zz]|[+-]99:?99|[+-]99)$")
ISO: Final = re.compile(r"9999-99-99(?:[Ta ]?\s?99:99(?::99(?:\.9+)?)?)?\s?(?:[Za]|UTC|[+-]99(?::?99)?)?")
THREE_PARTS: Final = re.compile(r"(9{1,4})([./-])(9{1,2})\2(9{1,4})")
ENGLISH_MONTH: Final = re.compile(r"(9{1,2})([ -])a\2(9{2,4})|a (9{1,2}), (9{4})")
CHINESE_DAY: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?")
EPOCH: Final = re.compile(r"1\d{9}(?:\d{3})?")


class Form(Enum):
    """What the values of a column look like."""

    BLANK = "nothing"
    FLAG = "yes or no"
    WHOLE = "whole numbers"
    NUMBER = "numbers"
    MONEY = "money"
    SHARE = "percent"
    DATE = "days"
    MOMENT = "moments"
    EMAIL = "e-mail addresses"
    PHONE = "phone numbers"
    URL = "addresses of pages"
    CODE = "codes"
    WORD = "words"
    TEXT = "texts"


NUMERIC: Final = frozenset((Form.WHOLE, Form.NUMBER, Form.MONEY, Form.SHARE))
TEMPORAL: Final = frozenset((Form.DATE, Form.MOMENT))

YES_NO: Final = frozenset((
    "true", "false", "yes", "no", "y", "n", "t", "f", "evet", "hayır", "hayir", "так", "ні", "да", "нет", "是", "否", "1", "0",
))  # fmt: skip
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE: Final = re.compile(r"\+?[\d\s().-]{7,}(?:\s?(?:x|ext\.?)\s?\d+)?")
URL: Final = re.compile(r"https?://\S+|www\.\S+")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is to be read.

    dates       strptime forms; none: ISO
    decimal     the decimal mark of its numbers, where they show one
    missing     the words among its values that mean "not given"
    evidence    why, for people: an example of the shape, or the value that decided
    others      the forms that would fit as well; where there are some, nobody but the user can tell
    swapped     rows written in a second form of day and month, as Excel leaves them
    """

    form: Form
    dates: tuple[str, ...] = ()
    decimal: str = ""
    missing: tuple[str, ...] = ()
    evidence: str = ""
    others: tuple[str, ...] = ()
    swapped: int = 0


def reading_of(column: Evidence) -> Reading:
    """Decide how a column is to be read, from its values alone."""
    missing = tuple(value for value, _times in column.values if folded_missing(value))
    given = [(value, times) for value, times in column.values if value not in missing]
    shapes = tuple(shape for shape in column.shapes if shape.example not in missing)
    if not shapes:
        return Reading(Form.TEXT if column.longest > 100 else Form.BLANK, missing=missing)
    if 0 < column.distinct - len(missing) <= 2 and {value.casefold() for value, _times in given} <= YES_NO:
        return Reading(Form.FLAG, missing=missing, evidence=given[0][0])
    found = _dates(column, shapes) or _numbers(given, shapes) or _patterns(column, given)
    return Reading(found.form, found.dates, found.decimal, missing, found.evidence, found.others, found.swapped)


def folded_missing(value: str) -> bool:
    """Whether a value is a word for "not given"."""
    return value.casefold() in MISSING


# ── days and moments ───────────────────────────────────────────────────────────────────────────────────────────────────


def _dates(column: Evidence, shapes: Sequence[Shape]) -> Reading | None:
    whole = sum(shape.rows for shape in shapes)
    iso = sum(shape.rows for shape in shapes if ISO.fullmatch(shape.pattern) and _is_a_day(shape.example))
    if iso >= MOST * whole:
        has_time = any(":" in shape.pattern for shape in shapes)
        return Reading(Form.MOMENT if has_time else Form.DATE, evidence=shapes[0].example)
    forms: dict[str, int] = {}
    deciding: dict[str, str] = {}
    undecided: set[tuple[str, ...]] = set()
    for shape in shapes:
        for form, rows, evidence in _forms_of(column, shape):
            if "|" in form:
                undecided.add(tuple(form.split("|")))
            else:
                deciding.setdefault(form, evidence)
            forms[form] = forms.get(form, 0) + rows
    if sum(forms.values()) < MOST * whole or not forms:
        return None
    return _one_reading(forms, deciding)


def _one_reading(forms: dict[str, int], deciding: dict[str, str]) -> Reading:
    """Forms of one column agree: a shape that fits two ways is read as the values that fit one way only are."""
    decided = {form: rows for form, rows in forms.items() if "|" not in form}
    firsts = {form[:2] for form in decided if form[:2] in ("%d", "%m")}
    chosen: dict[str, int] = dict(decided)
    others: tuple[str, ...] = ()
    for form, rows in forms.items():
        if "|" in form:
            options = form.split("|")
            agreeing = [option for option in options if option[:2] in firsts]
            if not agreeing:
                others = tuple(options[1:])
            best = max(agreeing, key=lambda one: decided.get(one, 0)) if agreeing else options[0]
            chosen[best] = chosen.get(best, 0) + rows
    order = sorted(chosen, key=lambda form: (-chosen[form], form))
    has_time = any("%H" in form or "%I" in form for form in order)
    both = {"%d", "%m"} <= firsts
    swapped = min(sum(rows for form, rows in decided.items() if form[:2] == first) for first in firsts) if both else 0
    evidence = deciding.get(order[0], "")
    return Reading(
        Form.MOMENT if has_time else Form.DATE, tuple(order), evidence=evidence, others=others, swapped=swapped
    )


def _forms_of(column: Evidence, shape: Shape) -> Iterator[tuple[str, int, str]]:
    """(strptime form, or two with | between them; rows; the value that decided) of one shape."""
    day, time = _split(shape.pattern)
    if time is None:
        return
    tail = f" {time}" if time else ""
    if found := THREE_PARTS.fullmatch(day):
        yield from _three_parts(column, shape, found, tail)
    elif ENGLISH_MONTH.fullmatch(day):
        form = _english_month(shape.example.split(":")[0].rsplit(" ", 1)[0] if tail else shape.example)
        if form:
            yield form + tail, shape.rows, shape.example
    elif CHINESE_DAY.fullmatch(shape.example):
        yield "%Y年%m月%d日", shape.rows, shape.example
    elif day == "99999999" and not tail and _is_compact_day(column, shape):
        yield "%Y%m%d", shape.rows, shape.example


def _three_parts(column: Evidence, shape: Shape, found: re.Match[str], tail: str) -> Iterator[tuple[str, int, str]]:
    first, mark, _second, third = found.groups()
    values = _values_of(column, shape)
    parts = [[int(part) for part in re.split(r"[./-]", value.split(" ")[0])] for value in values]
    parts = [each for each in parts if len(each) == 3]
    if len(first) == 4:
        yield mark.join(("%Y", "%m", "%d")) + tail, shape.rows, shape.example
        return
    year = "%Y" if len(third) == 4 else "%y"
    day_first, month_first = mark.join(("%d", "%m", year)) + tail, mark.join(("%m", "%d", year)) + tail
    first_day = next((value for value, each in zip(values, parts, strict=False) if each[0] > 12), "")
    second_day = next((value for value, each in zip(values, parts, strict=False) if each[1] > 12), "")
    if first_day and second_day:
        later = sum(1 for each in parts if each[1] > 12)
        share = later / max(later + sum(1 for each in parts if each[0] > 12), 1)
        yield day_first, round(shape.rows * (1 - share)), first_day
        yield month_first, round(shape.rows * share), second_day
    elif first_day:
        yield day_first, shape.rows, first_day
    elif second_day:
        yield month_first, shape.rows, second_day
    elif mark == ".":
        # a point between day and month is written by no one who writes the month first
        yield day_first, shape.rows, shape.example
    else:
        yield f"{day_first}|{month_first}", shape.rows, shape.example


def _split(pattern: str) -> tuple[str, str | None]:
    """A shape as that of its day, and the strptime form of its time; None if that is no time."""
    plain = OFFSET.sub("", FRACTION.sub(r"\1", pattern)) if ":" in pattern else pattern
    for mark in (" ", "T", "a"):
        day, _mark, time = plain.partition(mark)
        if time in TIMES and ":" in time:
            return day, TIMES[time] + (".%f" if FRACTION.search(pattern) else "")
    return plain, ""


def _values_of(column: Evidence, shape: Shape) -> list[str]:
    wanted = shape.pattern
    listed = (value for value in column.keys or (value for value, _times in column.values))
    return [value for value in listed if re.sub(r"\d", "9", re.sub(r"[^\W\d_]+", "a", value)) == wanted]


def _english_month(text: str) -> str:
    for form in ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"):
        try:
            datetime.strptime(text, form)  # noqa: DTZ007  # only whether it fits
        except ValueError:
            continue
        return form
    return ""


def _is_compact_day(column: Evidence, shape: Shape) -> bool:
    values = _values_of(column, shape)[:500]
    days = sum(_is_a_day(f"{value[:4]}-{value[4:6]}-{value[6:]}") for value in values)
    return bool(values) and days >= MOST * len(values)


def _is_a_day(text: str) -> bool:
    try:
        return 1900 <= date.fromisoformat(text[:10]).year <= 2100
    except ValueError:
        return bool(MISSING_DAYS.fullmatch(text))


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _numbers(given: Sequence[tuple[str, int]], shapes: Sequence[Shape]) -> Reading | None:
    whole = sum(shape.rows for shape in shapes)
    read = [shape for shape in shapes if _is_number(shape.example)]
    if sum(shape.rows for shape in read) < MOST * whole:
        return None
    if any(_is_padded(shape.example) for shape in read):
        return Reading(Form.CODE, evidence=next(shape.example for shape in read if _is_padded(shape.example)))
    decimal, evidence, others = _decimal_mark([shape.example for shape in read])
    if any("%" in shape.pattern for shape in read):
        return Reading(Form.SHARE, decimal=decimal, evidence=read[0].example)
    if any(re.search(MONEY, shape.example, re.IGNORECASE) for shape in read):
        return Reading(Form.MONEY, decimal=decimal, evidence=evidence or read[0].example, others=others)
    is_whole = not any(mark in shape.example for shape in read for mark in ".,eE")
    return Reading(
        Form.WHOLE if is_whole else Form.NUMBER, decimal=decimal, evidence=evidence or read[0].example, others=others
    )


def _is_number(text: str) -> bool:
    plain = text.strip()
    if not any(sign.isdigit() for sign in plain):
        return False
    return bool(NUMBER.fullmatch(plain) or SCIENTIFIC.fullmatch(plain) or TEN_THOUSANDS.fullmatch(plain))


def _is_padded(text: str) -> bool:
    """007 is a code, not a number; so is what no number has so many digits as."""
    digits = text.lstrip("-+")
    return (len(digits) > 1 and digits[0] == "0" and digits.isdigit()) or (digits.isdigit() and len(digits) > 15)


def _decimal_mark(examples: Iterable[str]) -> tuple[str, str, tuple[str, ...]]:
    """The decimal mark, the value that decided, and the other mark where both are possible."""
    points: dict[str, str] = {}
    for text in examples:
        marks = re.findall(r"(?<=\d)[.,](?=\d)", text)
        if not marks:
            continue
        last = max(text.rfind("."), text.rfind(","))
        behind = text[last + 1 :]
        after = len(behind) - len(behind.lstrip("0123456789"))
        if len(set(marks)) == 2:
            points.setdefault(text[last], text)
        elif len(marks) > 1:
            points.setdefault("," if marks[0] == "." else ".", text)
        elif after != 3 or text[:last].lstrip("-+$€£¥₺₴ ").lstrip("0") == "":
            points.setdefault(text[last], text)
        else:
            points.setdefault("?", text)
    decided = [mark for mark in points if mark != "?"]
    if decided:
        return decided[0], points[decided[0]], ()
    if "?" in points:
        return ".", points["?"], (",",)
    return "", "", ()


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
