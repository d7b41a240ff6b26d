"""What stands on the page of one answer, ready for its template."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from markupsafe import Markup
from starlette.datastructures import QueryParams

from crmetrics.analysis import Answer, Row
from crmetrics.analysis.kept import Asked
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.frame import Drawing
from crmetrics.presenting.letters import width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.order import Sort, order_of
from crmetrics.presenting.passport import lines, trust_words
from crmetrics.presenting.table import Header, ShownTable, show
from crmetrics.presenting.tiles import tiles
from crmetrics.presenting.words import say, say_safely
from crmetrics.web.asking import address
from crmetrics.web.pages import ROWS, SENTENCE, column_classes

FILES: Final = ("xlsx", "csv", "json")
PICTURES: Final = ("png", "svg")
WIDE_FROM: Final = 14
"""A chart of so many steps takes the whole width: what stands beside it goes below."""
LETTERS_BESIDE: Final = 92
"""So many letters a line of a table has room for where something stands beside it."""
ORDERS_KEPT: Final = 64

Links = Callable[[str, Row], str | None]


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell as it is printed, and where it leads, if anywhere."""

    text: str
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: where a click on it leads, and how the rows are sorted by it now."""

    header: Header
    address: str
    sorted: str


@dataclass
class Orders:
    """The orders in which rows were shown a moment ago: another page of them is not sorted again."""

    _kept: OrderedDict[tuple[Asked, str, str], Sequence[int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, asked: Asked, answer: Answer[Any], format: Format, sort: Sort) -> Sequence[int]:
        """The places of an answer's rows in an order; as `order_of`."""
        key = (asked, format.language, str(sort))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = order_of(answer, format, sort)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > ORDERS_KEPT:
                self._kept.popitem(last=False)
        return found


def sheet(
    answer: Answer[Any], asked: Asked, given: QueryParams, format: Format, orders: Orders, links: Links
) -> dict[str, Any]:
    """Everything on the page that comes from the answer itself."""
    sort = Sort.of(given.get("sort", ""))
    order = orders.of(asked, answer, format, sort) if sort and len(answer.rows) else None
    pages = max(1, -(-len(answer.rows) // ROWS))
    page = min(_number(given.get("page", "1")), pages)
    table = show(answer, format, start=(page - 1) * ROWS, count=ROWS, order=order)
    drawn = drawings(answer, format)
    return {
        "answer": answer,
        "title": say(answer.declared.title, format),
        "question": say(answer.declared.question, format),
        "period": format.period(answer.period) if answer.period else "",
        "compared": format.period(answer.before_period) if answer.before_period else "",
        "as_of": format.day(answer.today),
        "findings": [(finding.tone, say_safely(finding.message, format)) for finding in answer.findings],
        "notes": [(note.kind, say_safely(note.message, format)) for note in answer.notes],
        "locked": say(answer.locked.message, format) if answer.locked else "",
        "tiles": tiles(answer, format),
        "charts": [chart_of(drawing) for drawing in drawn],
        "is_wide": _letters(table) > LETTERS_BESIDE or any(drawing.steps > WIDE_FROM for drawing in drawn),
        "table": table,
        "heads": _heads(answer, given, table, sort),
        "cells": _cells(answer, table, links),
        "total": _total(answer, table, links),
        "set_as": column_classes(table),
        "meanings": [(head.label, head.meaning) for head in table.headers if head.meaning],
        "passport": lines(answer, format),
        "trust": trust_words(answer.passport, format) if answer.passport else "",
        "trust_level": {"high": 3, "medium": 2, "low": 1}.get(answer.passport.trust, 0) if answer.passport else 0,
        "files": {ending: address(answer.key, given, _OF_PAGE, f".{ending}") for ending in FILES},
        "with_bom": address(answer.key, given, {**_OF_PAGE, "bom": "1"}, ".csv"),
        "pictures": [
            (drawing.title, [(ending, _picture(answer.key, given, place, ending)) for ending in PICTURES])
            for place, drawing in enumerate(drawn)
        ],
        "pages": [
            (number, address(answer.key, given, {"page": number if number > 1 else None}), number == page)
            for number in _near(page, pages)
        ],
    }


_OF_PAGE: Final = {"page": None, "choose": None, "effects": None}


def _letters(table: ShownTable) -> int:
    """How many letters the widest line of a table may need, sentences broken, with the gaps between columns."""
    first = (table.headers and [header.label for header in table.headers], *table.rows[:40])
    longest = (max(min(width(row[place]), SENTENCE) for row in first) for place in range(len(table.headers)))
    return sum(each + 2 for each in longest)


def _picture(key: str, given: QueryParams, place: int, ending: str) -> str:
    return address(key, given, {**_OF_PAGE, "sort": None, "chart": place + 1 if place else None}, f".{ending}")


def _heads(answer: Answer[Any], given: QueryParams, table: ShownTable, sort: Sort | None) -> list[Head]:
    found = []
    for header in table.headers:
        is_by = sort is not None and sort.column == header.name
        # figures are mostly sorted to see the largest, names to find one
        turned = sort.turned() if sort is not None and is_by else Sort(header.name, header.is_number)
        told = ("descending" if sort.is_down else "ascending") if sort is not None and is_by else ""
        found.append(Head(header, address(answer.key, given, {"sort": turned, "page": None}), told))
    return found


def _cells(answer: Answer[Any], table: ShownTable, links: Links) -> list[list[SheetCell]]:
    names = [header.name for header in table.headers]
    rows = zip(table.rows, table.places, strict=True)
    return [
        [SheetCell(text, links(name, row)) for text, name in zip(texts, names, strict=True)]
        for texts, row in ((texts, answer.rows[place]) for texts, place in rows)
    ]


def _total(answer: Answer[Any], table: ShownTable, links: Links) -> list[SheetCell]:
    row = answer.total
    if table.total is None or row is None:
        return []
    pairs = zip(table.total, table.headers, strict=True)
    return [SheetCell(text, links(header.name, row)) for text, header in pairs]


def chart_of(drawing: Drawing) -> dict[str, Any]:
    """A chart as its place in a page has it."""
    # "<" is written so that no text of the data can end the script element it stands in
    spec = json.dumps(drawing.spec, ensure_ascii=False, allow_nan=False, default=str).replace("<", "\\u003c")
    height = drawing.spec.get("height")
    return {
        "title": drawing.title,
        "reading": drawing.reading,
        "label": drawing.label,
        "spec": Markup(spec),
        "height": int(height) + 40 if isinstance(height, int | float) else 220,
    }


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdigit() and len(text) < 9 else 1


def _near(page: int, pages: int) -> list[int]:
    """The first, the last and the neighbouring pages; nothing where there is but one."""
    return [] if pages == 1 else sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
