"""Key figures as the first page shows them: value, change, target, weight, and the course before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.analysis.opening import opens
from crmetrics.analysis.reading import read_choices
from crmetrics.findings import Briefing, Line
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period, months_later
from crmetrics.vocabulary.unit import Figure
from crmetrics.web.asking import FILTER

_ = words("home")

STATUSES: Final[dict[str, tuple[str, Message]]] = {
    "on": ("good", _("On target")),
    "close": ("warn", _("Close")),
    "behind": ("bad", _("Behind")),
}
TRUST: Final[dict[str, tuple[int, Message]]] = {
    "high": (3, _("high")),
    "medium": (2, _("medium")),
    "low": (1, _("low")),
}
COURSES: Final[dict[str, Message]] = {
    "day": _("{figure} by day"),
    "week": _("{figure} by week"),
    "month": _("{figure} by month"),
    "quarter": _("{figure} by quarter"),
    "year": _("{figure} by year"),
}
_WIDE, _HIGH, _EDGE = 104.0, 30.0, 4.0
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}


@dataclass(frozen=True)
class Spark:
    """The course of a figure as the path of a small line; blank strings where there is nothing to draw."""

    path: str
    target: str
    x: float
    y: float


@dataclass(frozen=True)
class KeyFigure:
    """One tile. `state` is told, few, unknown or locked; `tone` of the change: good, bad, or blank within the usual swing."""

    label: str
    href: str
    state: str
    value: str
    pill: tuple[str, str] | None
    change: str
    tone: str
    beside: str
    n: str
    trust: tuple[int, str] | None
    spark: Spark | None


@dataclass(frozen=True)
class Bar:
    """One step of the course of the main figure: its name, its value in words, where it stands in the drawing, its rows."""

    name: str
    value: str
    x: float
    y: float
    height: float
    is_last: bool
    href: str | None


def key_figures(told: Briefing, filters: Sequence[tuple[str, str]], format: Format) -> list[KeyFigure]:
    """The tiles of a briefing; `filters` are the parts of its address that each link carries on."""
    return [_tile(told, line, _address(told, line, filters), format) for line in told.lines]


def _address(told: Briefing, line: Line, filters: Sequence[tuple[str, str]]) -> str:
    asked = [*filters]
    if line.declared.takes_period:
        asked += [("period", str(told.period)), ("compare", told.compare)]
    return f"/a/{line.declared.key}" + (f"?{urlencode(asked)}" if asked else "")


def _tile(told: Briefing, line: Line, href: str, format: Format) -> KeyFigure:
    values = line.row.as_dict()
    status, n = line.status, values["n"]
    state = status if status in ("few", "locked") else "told"
    if state == "few" and (n or 0) >= SHOWN_FROM and told.period.start < told.today:
        state = "unknown"
    value = format.short(line.unit, line.value("value")) if state == "told" else ""
    is_unusual = line.verdict in ("better", "worse")
    return KeyFigure(
        label=say(line.declared.title, format),
        href=href,
        state=state,
        value=value,
        pill=(STATUSES[status][0], say(STATUSES[status][1], format)) if status in STATUSES else None,
        change=_change(values["change"], format) if state == "told" else "",
        tone=("good" if line.verdict == "better" else "bad") if is_unusual else "",
        beside=_beside(told, line, state, format),
        n=say(_("n {n}", n=int(n)), format) if n else "",
        trust=(TRUST[values["trust"]][0], say(TRUST[values["trust"]][1], format)) if values["trust"] else None,
        spark=_spark(values["series"], line.value("target"), format) if state == "told" else None,
    )


def _change(change: Any, format: Format) -> str:
    if not isinstance(change, Figure) or change.value is None:
        return ""
    text = format.figure(change)
    return f"+{text}" if isinstance(change.value, float) and change.value > 0 and text[0] not in "+\u2212" else text


def _beside(told: Briefing, line: Line, state: str, format: Format) -> str:
    """What stands under the value: against which period, target, swing; or why there is no value."""
    if state == "few":
        n = line.row.as_dict()["n"]
        if told.period.start >= told.today:
            return say(_("The period has not begun."), format)
        return say(_("{n} case in this period", "{n} cases in this period", n=int(n or 0)), format)
    if state == "unknown":
        return say(_("cannot be told for this period"), format)
    if state == "locked":
        return say(_("needs {column}", column=line.row.as_dict()["missing"]), format)
    parts = []
    if line.declared.takes_period and line.value("change") is not None:
        parts.append(say(_("against {period}", period=told.before), format))
    elif line.declared.takes_period and line.value("before") in (None, 0):
        parts.append(say(_("nothing to compare with"), format))
    elif not line.declared.takes_period:
        parts.append(say(_("state of {day}", day=told.today - timedelta(days=1)), format))
    if line.value("target") is not None:
        parts.append(say(_("target {value}", value=_short(line, line.value("target"), format)), format))
        if told.is_running and line.declared.is_additive:
            parts.append(say(_("by now {value}", value=_short(line, line.value("expected"), format)), format))
    elif line.verdict is not None and (swing := _swing(line, format)):
        parts.append(say(_("usual {swing}", swing=swing), format))
    return " · ".join(parts)


def _swing(line: Line, format: Format) -> str:
    swing = line.row.as_dict()["swing"]
    if not isinstance(swing, Figure) or swing.value is None:
        return ""
    return "\u00b1" + format.value(swing.unit, swing.value).lstrip("+")


def _short(line: Line, value: float | None, format: Format) -> str:
    return format.short(line.unit, value)


def _spark(series: Sequence[float | None], target: float | None, format: Format) -> Spark | None:
    known = [value for value in series if value is not None]
    if len(known) < 2 or series[-1] is None:
        return None
    low, high = min(known), max(known)
    if target is not None and low - (high - low) <= target <= high + (high - low):
        low, high = min(low, target), max(high, target)
    step = (_WIDE - 2 * _EDGE) / (len(series) - 1)

    def place(value: float) -> float:
        return round(_HIGH - _EDGE - (value - low) / ((high - low) or 1.0) * (_HIGH - 2 * _EDGE), 1)

    path, is_broken = [], True
    for number, value in enumerate(series):
        if value is not None:
            path.append(f"{'M' if is_broken else 'L'}{round(_EDGE + number * step, 1)} {place(value)}")
        is_broken = value is None
    is_near = target is not None and low <= target <= high
    line = f"M{_EDGE} {place(target)}H{_WIDE - _EDGE}" if target is not None and is_near else ""
    return Spark("".join(path), line, round(_EDGE + (len(series) - 1) * step, 1), place(series[-1]))


@dataclass(frozen=True)
class Course:
    """The course of the main figure as bars in a drawing of 100 by 100, with its target line and the value at its top.

    area, time  of which area the figure is, and the days that the bars span: notes on dates stand on them
    """

    title: str
    reading: str
    label: str
    bars: tuple[Bar, ...]
    target: float | None
    top: str
    area: str
    time: TimeAxis


def main_course(told: Briefing, filters: Sequence[tuple[str, str]], format: Format) -> Course | None:
    """The last steps of the figure that the page opens with; None where there are fewer than three, or some below zero."""
    line = told.main
    series = () if line is None else line.row.as_dict()["series"] or ()
    grain = None if line is None else line.row.as_dict()["grain"]
    if line is None or len([value for value in series if value is not None]) < 3 or not grain:
        return None
    if min(value for value in series if value is not None) < 0:
        return None
    target = line.value("target") if not told.is_running or line.declared.is_additive else None
    high = max([*(value for value in series if value is not None), target or 0.0]) or 1.0
    step = 100 / len(series)
    bars, spans = [], [_step_of(told.period, grain, place - len(series) + 1) for place in range(len(series))]
    for place, value in enumerate(series):
        height = round((value or 0.0) / high * 100, 2)
        shown = format.value(line.unit, value)
        is_last = place == len(series) - 1
        left, href = round(place * step + step * 0.18, 2), _rows_of(line, value, spans[place], filters)
        bars.append(Bar(format.period(spans[place]), shown, left, 100 - height, height, is_last, href))
    title = say(COURSES[grain](figure=line.declared.title), format)
    said = ""
    if target is not None:
        reached = sum(value is not None and value >= target for value in series)
        told_ = _("Dashed: target {value}. {n} of {all} reached it.", value=line.figure("target"), n=reached)
        said = say(told_(all=len(series)), format)
    label = f"{title}. " + "; ".join(f"{bar.name}: {bar.value}" for bar in bars)
    height = None if target is None else round(100 - target / high * 100, 2)
    time = TimeAxis(tuple(span.start for span in spans), spans[-1].end, is_columns=True)
    return Course(title, said, label, tuple(bars), height, format.short(line.unit, high), line.declared.area, time)


def _rows_of(line: Line, value: float | None, span: Period, filters: Sequence[tuple[str, str]]) -> str | None:
    """Where the rows of one step are opened; None where there are none."""
    if not value or "value" not in opens(line.declared, read_choices(line.declared, {})):
        return None
    asked = [*filters, ("period", str(span)), ("cell", "value")]
    return f"/a/{line.declared.key}/rows?{urlencode(asked)}"


def _step_of(period: Period, grain: str, back: int) -> Period:
    """The step of a course that lies so many steps before (a negative number) the one that the period ends in."""
    if grain in _MONTHS:
        months = _MONTHS[grain]
        first = period.last_day
        start = months_later(date(first.year, (first.month - 1) // months * months + 1, 1), back * months)
        return Period(start, months_later(start, months), months)
    days = _DAYS[grain]
    start = period.end + timedelta(days=(back - 1) * days)
    return Period(start, start + timedelta(days=days))


def filters_of(params: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parts of an address that filter."""
    return [(name, value) for name, value in params if name.startswith(FILTER)]
