"""How the days and moments of a column are written, decided on all of its values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from crmetrics.clean.moments import MONTHS
from crmetrics.clean.understanding.evidence import Evidence, Over, Shape
from crmetrics.clean.understanding.readings import MOST, Form, Reading, Swap

MISSING_DAYS: Final = re.compile(
    r"(?:0000-00-00|1900-01-0[01]|9999-12-31|01[./]01[./]1900|31[./]12[./]9999)(?: 00:00:00)?"
)
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
HALVES: Final = re.compile(r"(?i)[ap]\.?m\.?$")
FRACTION: Final = re.compile(r"(99:99:99)\.9+$")
OFFSET: Final = re.compile(r"(\s?)[+-]99(?::?99)?$")
UTC_BEHIND: Final = re.compile(r"(?i)\s?(?:utc|gmt)$|(?<=\d)z$")
ISO: Final = re.compile(r"9999-99-99(?:[Ta ]?\s?99:99(?::99(?:\.9+)?)?)?\s?(?:[Za]|UTC|[+-]99(?::?99)?)?")
THREE_PARTS: Final = re.compile(r"(9{1,4})([./-])(9{1,2})\2(9{1,4})")
NAMED_MONTH: Final = re.compile(r"(9{1,2})([ -])a\.?\2(9{2,4})(?: a\.?)?|a\.? (9{1,2}), (9{4})")
CHINESE_DAY: Final = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")
SERIAL: Final = re.compile(r"9{5}(?:[.,]9+)?")
FIRST_SERIAL, LAST_SERIAL = 20_000, 80_000
"""Days as a spreadsheet counts them, from 1954 to 2119."""
EPOCHS: Final = (("unix", 10, 631_152_000, 4_102_444_800), ("unix-ms", 13, 631_152_000_000, 4_102_444_800_000))
"""Seconds and thousandths since 1970: their digits, and the range from 1990 to 2099."""
AHEAD: Final = 400
"""Days beyond today up to which something is planned."""
_NAMES: Final = frozenset(name for names in MONTHS for name in names)
_ENGLISH: Final = (
    "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip


TURNED: Final = "turned"
"""Stands for the other form of a real date whose day may be a month: only a spreadsheet would have exchanged them."""


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read values: a form, the other form that fits as well, how many rows, and what shows it."""

    form: str
    rows: int
    example: str
    row: int
    other: str = ""


def dates_of(column: Evidence, shapes: Sequence[Shape]) -> Reading | None:
    """How the days of a column are written; None if it holds none."""
    whole = sum(shape.rows for shape in shapes)
    iso = [
        shape for shape in shapes if ISO.fullmatch(shape.pattern) and _is_a_day(shape.example) and not _over(shape, 1)
    ]
    if sum(shape.rows for shape in iso) >= MOST * whole:
        has_time = any(":" in shape.pattern for shape in shapes)
        return Reading(Form.MOMENT if has_time else Form.DATE, evidence=shapes[0].example)
    ways = [way for shape in shapes for way in _ways_of(column, shape)]
    if not ways or sum(way.rows for way in ways) < MOST * whole or all(way.form == "excel" for way in ways):
        return None
    return _one_reading(column, ways)


def counted_of(column: Evidence) -> tuple[str, ...]:
    """The forms in which the numbers of a column would be dates: days of a spreadsheet, or seconds since 1970."""
    if not column.least or not column.most:
        return ()
    least, most = column.least[0][0], column.most[0][0]
    if least >= FIRST_SERIAL and most <= LAST_SERIAL:
        return _systems(most)
    for form, _digits, first, last in EPOCHS:
        if first <= least and most <= last:
            return (form,)
    return ()


def serial_day(count: float, form: str) -> date:
    """The day that a spreadsheet means by a number."""
    origin = date(1899, 12, 30) if form == "excel" else date(1904, 1, 1)
    return origin + timedelta(days=int(count))


def _systems(most: float) -> tuple[str, ...]:
    """Both ways of counting, unless one of them leads far beyond today."""
    last = datetime.now(UTC).date() + timedelta(days=AHEAD)
    return ("excel",) if serial_day(most, "excel-1904") > last else ("excel", "excel-1904")


def _one_reading(column: Evidence, ways: Sequence[_Way]) -> Reading:
    """The ways of one column agree: a shape that fits two ways is read as the values that fit one way only are."""
    if turned := _turned(ways):
        return turned
    ways = [replace(way, other="") if way.other == TURNED else way for way in ways]
    firsts = {_first(way.form) for way in ways if not way.other} & {"%d", "%m"}
    if len(firsts) == 2:
        return _in_both_orders(ways)
    agreeing = [_exchanged(way) if way.other and firsts and _first(way.form) not in firsts else way for way in ways]
    rows: dict[str, int] = {}
    for way in agreeing:
        rows[way.form] = rows.get(way.form, 0) + way.rows
    order = tuple(sorted(rows, key=lambda form: (-rows[form], form)))
    others: tuple[str, ...] = ()
    if not firsts and any(way.other for way in ways):
        others = ("|".join(_in_other_order(form) for form in order),)
    leading = next((way for way in agreeing if way.form == order[0]), agreeing[0])
    return Reading(_form(order), order, evidence=leading.example, others=others, years=_years(column, order))


def _in_both_orders(ways: Sequence[_Way]) -> Reading:
    """Values that are surely day first beside others that are surely month first: of the rest nobody can tell."""
    sides = {first: [way for way in ways if not way.other and _first(way.form) == first] for first in ("%d", "%m")}
    sums = {first: sum(way.rows for way in found) for first, found in sides.items()}
    most, least = sorted(sides, key=lambda first: (-sums[first], first))
    leading = [way if not way.other or _first(way.form) == most else _exchanged(way) for way in ways]
    forms = tuple(dict.fromkeys(way.form for way in leading if _first(way.form) != least))
    both = tuple(dict.fromkeys([*forms, *(way.form for way in sides[least])]))
    other = "|".join(dict.fromkeys(_in_other_order(form) for form in both))
    one, two = sides[most][0], sides[least][0]
    swap = Swap(sums[most], one.example, one.row, sums[least], two.example, two.row)
    return Reading(_form(both), both, evidence=one.example, others=(other,), swap=swap)


def _turned(ways: Sequence[_Way]) -> Reading | None:
    """Real dates of which no day is beyond 12, beside texts of which every day is: a spreadsheet turned those it could.

    It took 01/02/2026 for 2 January and left 13/02/2026 as a text.
    """
    made = [way for way in ways if way.form.startswith("%Y-%m-%d")]
    texts = [way for way in ways if way.form[:2] in ("%d", "%m")]
    days_first = [way for way in texts if way.form.startswith("%d")]
    if not made or not texts or any(way.other for way in texts) or len(days_first) != len(texts):
        return None
    if any(way.other != TURNED for way in made):
        return None
    right = [way.form.replace("%Y-%m-%d", "%Y-%d-%m") for way in made]
    forms = tuple(dict.fromkeys([*(way.form for way in texts), *right]))
    other = "|".join(dict.fromkeys([*(way.form for way in texts), *(way.form for way in made)]))
    swap = Swap(
        sum(way.rows for way in texts), texts[0].example, texts[0].row,
        sum(way.rows for way in made), made[0].example, made[0].row, is_turned=True,
    )  # fmt: skip
    return Reading(_form(forms), forms, evidence=texts[0].example, others=(other,), swap=swap)


def _ways_of(column: Evidence, shape: Shape) -> Iterator[_Way]:
    """The ways to read the values of one shape."""
    if SERIAL.fullmatch(shape.pattern) and _is_serial(column):
        yield _Way("excel", shape.rows, shape.example, shape.row)
        return
    day, time = _split(shape)
    if time is None:
        return
    if found := THREE_PARTS.fullmatch(day):
        yield from _three_parts(shape, found, time)
    elif NAMED_MONTH.fullmatch(day):
        form = _named_month(shape.example, day)
        if form:
            yield _Way(form + time, shape.rows, shape.example, shape.row)
    elif found := CHINESE_DAY.match(shape.example):
        yield _Way("%Y年%m月%d日" + time, shape.rows, shape.example, shape.row)
    elif day == "99999999" and not time and _is_compact_day(column, shape):
        yield _Way("%Y%m%d", shape.rows, shape.example, shape.row)


def _three_parts(shape: Shape, found: re.Match[str], tail: str) -> Iterator[_Way]:
    first, mark, _second, third = found.groups()
    if len(first) == 4:
        form, over = mark.join(("%Y", "%m", "%d")) + tail, _over(shape, 1)
        if over:
            yield _Way(mark.join(("%Y", "%d", "%m")) + tail, over.rows, over.example, over.row)
        could_be_turned = mark == "-" and not over and not _over(shape, 2)
        left = shape.rows - (over.rows if over else 0)
        if left:
            yield _Way(form, left, shape.example, shape.row, TURNED if could_be_turned else "")
        return
    year = "%Y" if len(third) == 4 else "%y"
    day_first, month_first = mark.join(("%d", "%m", year)) + tail, mark.join(("%m", "%d", year)) + tail
    days, months = _over(shape, 0), _over(shape, 1)
    if days:
        yield _Way(day_first, days.rows, days.example, days.row)
    if months:
        yield _Way(month_first, months.rows, months.example, months.row)
    left = shape.rows - (days.rows if days else 0) - (months.rows if months else 0)
    if not left:
        return
    if mark == "." and not months:
        # a point between day and month is written by no one who writes the month first
        yield _Way(day_first, left, shape.example, shape.row)
    else:
        yield _Way(day_first, left, shape.example, shape.row, month_first)


def _split(shape: Shape) -> tuple[str, str | None]:
    """A shape as that of its day, and the strptime form of its time with what is before it; None if that is no time."""
    pattern, behind = shape.pattern, ""
    if ":" not in pattern:
        return pattern.removesuffix("a") if CHINESE_DAY.fullmatch(shape.example) else pattern, ""
    if UTC_BEHIND.search(shape.example):
        gap = " " if " a" in pattern[-2:] else ""
        pattern, behind = pattern[: -len(gap) - 1], ("%Z" if not shape.example.lower().endswith("z") else "%z")
        behind = gap + behind
    elif found := OFFSET.search(pattern):
        pattern, behind = pattern[: found.start()], found[1] + "%z"
    fraction = ".%f" if FRACTION.search(pattern) else ""
    plain = FRACTION.sub(r"\1", pattern)
    for mark in (" ", "T", "a"):
        day, _mark, time = plain.partition(mark)
        if time in TIMES and ":" in time:
            is_halved = TIMES[time].endswith("%p")
            if is_halved and not HALVES.search(shape.example):
                return day, None
            return day, ("T" if mark == "a" else mark) + TIMES[time] + fraction + behind
    return _named_split(plain, fraction + behind)


def _named_split(plain: str, behind: str) -> tuple[str, str | None]:
    """The same where the day is written with blanks: 31 Jan 2026 10:00."""
    for time, form in TIMES.items():
        if time and plain.endswith(f" {time}"):
            return plain[: -len(time) - 1], f" {form}{behind}"
    return plain, None


def _named_month(example: str, day: str) -> str:
    """The form of a day whose month has a name that we know."""
    words = [word.lower().replace("i̇", "i") for word in re.findall(r"[^\W\d_]+", example)]
    name = words[0] if words else ""
    if name in _ENGLISH and len(name) > 3:
        month = "%B"
    elif name in _NAMES:
        month = "%b"
    else:
        return ""
    if day.startswith("a"):
        return f"{month} %d, %Y"
    mark, year = ("-" if "-" in day else " "), re.findall(r"9+", day)[-1]
    return mark.join(("%d", month, "%Y" if len(year) == 4 else "%y"))


def _first(form: str) -> str:
    return form[:2]


def _exchanged(way: _Way) -> _Way:
    return _Way(way.other, way.rows, way.example, way.row, way.form)


def _in_other_order(form: str) -> str:
    """A form with day and month exchanged."""
    is_named = "%b" in form or "%B" in form or form[:2] not in ("%d", "%m")
    return form if is_named else form.translate(str.maketrans("dm", "md"))


def _form(forms: Sequence[str]) -> Form:
    return Form.MOMENT if any("%H" in form or "%I" in form for form in forms) else Form.DATE


def _years(column: Evidence, forms: Sequence[str]) -> int:
    """The greatest year of two digits that would be read as one of this century."""
    if not any("%y" in form for form in forms):
        return 0
    found = (re.match(r"\d{1,2}[./ -][\w.]+[./ -](\d\d)(?!\d)", value) for value in column.keys or dict(column.values))
    years = [int(match[1]) for match in found if match]
    return 2000 + max((year for year in years if year <= 68), default=0)


def _over(shape: Shape, part: int) -> Over | None:
    return shape.over[part]


def _is_serial(column: Evidence) -> bool:
    """Whether the numbers among the values are days as a spreadsheet counts them."""
    return bool(column.least) and column.least[0][0] >= FIRST_SERIAL and column.most[0][0] <= LAST_SERIAL


def _is_compact_day(column: Evidence, shape: Shape) -> bool:
    listed = column.keys or dict(column.values)
    values = [value for value in listed if re.fullmatch(r"\d{8}", value)][:500]
    days = sum(_is_a_day(f"{value[:4]}-{value[4:6]}-{value[6:]}") for value in values)
    return bool(values) and days >= MOST * len(values)


def _is_a_day(text: str) -> bool:
    try:
        return 1900 <= date.fromisoformat(text[:10]).year <= 2100
    except ValueError:
        return bool(MISSING_DAYS.fullmatch(text))
