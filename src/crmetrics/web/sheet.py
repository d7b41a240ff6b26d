"""What stands on the page of one answer, ready for its template."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from markupsafe import Markup, escape
from starlette.datastructures import QueryParams

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Asked
from crmetrics.presenting.annotations import annotated
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.frame import Drawing
from crmetrics.presenting.letters import width
from crmetrics.presenting.links import Links, linked
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.order import Sort, order_of
from crmetrics.presenting.passport import lines, trust_words
from crmetrics.presenting.table import Header, ShownTable, show
from crmetrics.presenting.tiles import tiles
from crmetrics.presenting.words import say, say_safely
from crmetrics.vocabulary.language import words
from crmetrics.web.asking import address
from crmetrics.web.files import FILES
from crmetrics.web.pages import ROWS, SENTENCE, column_classes
from crmetrics.workspace.annotations import Annotation

_ = words("web")

PICTURES: Final = ("png", "svg")
WIDE_FROM: Final = 14
"""A chart of so many steps takes the whole width: what stands beside it goes below."""
LETTERS_BESIDE: Final = 92
"""So many letters a line of a table has room for where something stands beside it."""
ORDERS_KEPT: Final = 64
OF_KEYS: Final = _("The arrow keys go from value to value.")
OF_KEYS_OPENING: Final = _("The arrow keys go from value to value, Enter opens the rows.")
"""How a chart is read with the keyboard."""


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: where a click on it leads, and how the rows are sorted by it now."""

    header: Header
    address: str
    sorted: str


Key = TypeVar("Key", bound=Hashable)
Held = TypeVar("Held")


class Recent(Generic[Key, Held]):
    """What was made a moment ago, by all that it was made from."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._held: OrderedDict[Key, Held] = OrderedDict()

    def of(self, key: Key, make: Callable[[], Held]) -> Held:
        """What is held under a key, or else made now and held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made


@dataclass(frozen=True)
class Shown:
    """What was made for a page a moment ago: another order or page of the rows neither sorts nor draws again."""

    orders: Recent[tuple[Asked, Format, Sort], Sequence[int]] = field(default_factory=lambda: Recent(64))
    drawn: Recent[tuple[Asked, Format], tuple[Drawing, ...]] = field(default_factory=lambda: Recent(64))


def sheet(
    answer: Answer[Any],
    asked: Asked,
    given: QueryParams,
    format: Format,
    kept: Shown,
    links: Links,
    notes: Sequence[Annotation] = (),
) -> dict[str, Any]:
    """Everything on the page that comes from the answer itself; `notes` on dates are put onto its charts over time."""
    sort = Sort.of(given.get("sort", ""))
    order = None
    if sort and len(answer.rows):
        order = kept.orders.of((asked, format, sort), lambda: order_of(answer, format, sort))
    pages = max(1, -(-len(answer.rows) // ROWS))
    page = min(_number(given.get("page", "1")), pages)
    table = show(answer, format, start=(page - 1) * ROWS, count=ROWS, order=order)
    drawn = kept.drawn.of((asked, format), lambda: drawings(answer, format))
    return {
        "answer": answer,
        **_told(answer, format),
        **_trusted(answer, format),
        "charts": [chart_of(linked(annotated(drawing, notes, format), answer, links), format) for drawing in drawn],
        "takes_notes": any(drawing.time for drawing in drawn),
        "is_wide": _letters(table) > LETTERS_BESIDE or any(drawing.steps > WIDE_FROM for drawing in drawn),
        "table": table,
        "heads": _heads(answer, given, table, sort),
        "body": _body(answer, table, links),
        "total": _total(answer, table, links),
        "meanings": [(head.label, head.meaning) for head in table.headers if head.meaning],
        **_files(answer.key, given, drawn),
        "pages": [
            (number, address(answer.key, given, {"page": number if number > 1 else None}), number == page)
            for number in _near(page, pages)
        ],
    }


def _told(answer: Answer[Any], format: Format) -> dict[str, Any]:
    """What is said of the answer, above its chart and beside it."""
    return {
        "title": say(answer.declared.title, format),
        "question": say(answer.declared.question, format),
        "period": format.period(answer.period) if answer.period else "",
        "compared": format.period(answer.before_period) if answer.before_period else "",
        "as_of": format.day(answer.today),
        "findings": [(finding.tone, say_safely(finding.message, format)) for finding in answer.findings],
        "notes": [(note.kind, say_safely(note.message, format)) for note in answer.notes],
        "locked": say(answer.locked.message, format) if answer.locked else "",
        "tiles": tiles(answer, format),
    }


_OF_PAGE: Final = {"page": None, "choose": None, "effects": None}


def _files(key: str, given: QueryParams, drawn: Sequence[Drawing]) -> dict[str, Any]:
    """Where the same is taken away, as data and as pictures."""
    return {
        "files": {ending: address(key, given, _OF_PAGE, f".{ending}") for ending in FILES},
        "with_bom": address(key, given, {**_OF_PAGE, "bom": "1"}, ".csv"),
        "pictures": [
            (drawing.title, [(ending, _picture(key, given, place, ending)) for ending in PICTURES])
            for place, drawing in enumerate(drawn)
        ],
    }


def _trusted(answer: Answer[Any], format: Format) -> dict[str, Any]:
    passport = answer.passport
    return {
        "passport": lines(answer, format),
        "trust": trust_words(passport, format) if passport else "",
        "trust_level": {"high": 3, "medium": 2, "low": 1}.get(passport.trust, 0) if passport else 0,
    }


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


def _body(answer: Answer[Any], table: ShownTable, links: Links) -> Markup:
    """The rows as HTML. Written here and not in the template, where thousands of cells take several times as long."""
    classes = column_classes(table)
    tags = [_tag(header, classes[place], place) for place, header in enumerate(table.headers)]
    names = [header.name for header in table.headers]
    written = []
    for texts, place in zip(table.rows, table.places, strict=True):
        row = answer.rows[place]
        cells = (_cell(tag, text, links(name, row)) for tag, text, name in zip(tags, texts, names, strict=True))
        written.append(f"<tr>{''.join(cells)}</tr>")
    return Markup("".join(written))


def _total(answer: Answer[Any], table: ShownTable, links: Links) -> Markup | None:
    row = answer.total
    if table.total is None or row is None:
        return None
    tags = (_tag(header, "n" if header.is_number else "", place) for place, header in enumerate(table.headers))
    names = (header.name for header in table.headers)
    cells = (_cell(tag, text, links(name, row)) for tag, text, name in zip(tags, table.total, names, strict=True))
    return Markup(f"<tr>{''.join(cells)}</tr>")


def _tag(header: Header, class_: str, place: int) -> str:
    """How a cell of a column begins; on a small screen it tells what the column is called."""
    label = f' data-l="{escape(header.label)}"' if place else ""
    return f'<td class="{class_}"{label}>' if class_ else f"<td{label}>"


def _cell(tag: str, text: str, href: str | None) -> str:
    shown = escape(text)
    return f'{tag}<a class="q" href="{escape(href)}">{shown}</a></td>' if href else f"{tag}{shown}</td>"


def chart_of(drawing: Drawing, format: Format) -> dict[str, Any]:
    """A chart as its place in a page has it."""
    # "<" is written so that no text of the data can end the script element it stands in
    spec = json.dumps(drawing.spec, ensure_ascii=False, allow_nan=False, default=str).replace("<", "\\u003c")
    height = drawing.spec.get("height")
    return {
        "title": drawing.title,
        "reading": drawing.reading,
        "label": drawing.label,
        "by_keys": say(OF_KEYS_OPENING if drawing.leads else OF_KEYS, format),
        "spec": Markup(spec),
        "height": int(height) + 40 if isinstance(height, int | float) else 220,
        "notes": drawing.notes,
    }


def _number(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def _near(page: int, pages: int) -> list[int]:
    """The first, the last and the neighbouring pages; nothing where there is but one."""
    return [] if pages == 1 else sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
