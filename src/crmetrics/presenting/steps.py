"""Steps of time: the groups of a question over time in full order, missing ones included, and their labels on an axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from crmetrics.presenting.numbers import Format
from crmetrics.vocabulary.period import months_later, text_of

_MOST_LABELS: Final = 12
_MOST: Final = 2000
"""More steps than that are a fault in the data (a year 0219), not a time to be drawn."""


def first_day(text: str, grain: str) -> date | None:
    """The first day of a step as rows are grouped by it ("2026", "2026-Q4", "2026-11", "2026-11-05"); None for others."""
    try:
        if grain == "year":
            return date(int(text), 1, 1)
        if grain == "quarter":
            return date(int(text[:4]), 3 * int(text[6:]) - 2, 1)
        return date.fromisoformat(text if len(text) == 10 else f"{text}-01")
    except ValueError:
        return None


def without_gaps(texts: Sequence[str], grain: str) -> list[str]:
    """All steps from the first to the last, so that a month without rows is seen as a gap."""
    days = [day for text in texts if (day := first_day(text, grain)) is not None]
    if not days:
        return list(texts)
    steps = []
    for day in _steps(min(days), max(days), grain):
        steps.append(text_of(day, grain))
        if len(steps) > _MOST:
            return list(texts)
    return steps


def _steps(first: date, last: date, grain: str) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day = next_day(day, grain)


def next_day(first: date, grain: str) -> date:
    """The first day of the step after the one that begins on a day."""
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain, 0)
    return months_later(first, months) if months else first + timedelta(days=7 if grain == "week" else 1)


def label_places(texts: Sequence[str], grain: str) -> list[int]:
    """Which of many steps carry a label: at most a dozen, months and quarters where a year or its parts begin."""
    last = len(texts) - 1
    days = [first_day(str(text), grain) for text in texts] if grain in ("month", "quarter") else []
    for every in (1, 3, 6, 12, 24, 60, 120, 240) if days else ():
        places = [
            place for place, day in enumerate(days) if day is not None and (day.month - 1 + 12 * day.year) % every == 0
        ]
        if len(places) <= _MOST_LABELS:
            return places
    every = max(1, -(-(last + 1) // _MOST_LABELS))
    return list(range(0, last + 1, every))


def axis_labels(texts: Sequence[str], grain: str, format: Format) -> list[list[str]]:
    """Labels of two lines: the step, and below it the year (of days and weeks the month) where a new one begins."""
    labels, known = [], ""
    for text in texts:
        day = first_day(text, grain)
        if day is None or grain == "year":
            labels.append([text, ""])
            continue
        month = format.locale.months[day.month - 1]
        if grain == "month":
            upper, lower = month, str(day.year)
        elif grain == "quarter":
            upper, lower = format.locale.quarter_mark.format(q=(day.month + 2) // 3), str(day.year)
        else:
            upper, lower = str(day.day), format.month(day)
        labels.append([upper, lower if lower != known else ""])
        known = lower
    return labels
