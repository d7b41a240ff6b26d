"""What stands on a page, ready for its template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup
from starlette.datastructures import QueryParams

from crmetrics.analysis import Analysis, Answer, Entry
from crmetrics.analysis.choices import Choice
from crmetrics.catalogue import AREAS
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import choice_value, dimension_name, lines, trust_words
from crmetrics.presenting.table import ShownTable, show
from crmetrics.presenting.tiles import tiles
from crmetrics.presenting.words import alphabetical, say, say_safely
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.profile import Profile
from crmetrics.web.asking import FILTER, address

_ = words("web")

ROWS: Final = 200
"""So many rows stand on a page; the rest on the next ones."""

SENTENCE: Final = 28
"""A text longer than this is a sentence: its column keeps room for some words a line."""

AREA_NAMES: Final[Mapping[str, Message]] = {
    "kpis": _("At a glance"),
    "customers": _("Customers"),
    "sales": _("Sales"),
    "finance": _("Finance"),
    "marketing": _("Marketing"),
    "service": _("Service"),
    "data": _("Data"),
    "actions": _("Actions"),
}

PERIODS: Final[tuple[tuple[str, Message], ...]] = (
    ("last-12-months", _("Last 12 months")),
    ("last-month", _("Last month")),
    ("last-quarter", _("Last quarter")),
    ("last-year", _("Last year")),
    ("last-90-days", _("Last 90 days")),
    ("this-month", _("This month")),
    ("year-to-date", _("Year to date")),
)

COMPARES: Final[tuple[tuple[str, Message], ...]] = (
    ("", _("nothing")),
    ("previous", _("previous period")),
    ("year", _("same period last year")),
)


@dataclass(frozen=True)
class Option:
    """One value of a list to choose from."""

    value: str
    shown: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """One thing to choose on a page."""

    name: str
    label: str
    options: tuple[Option, ...]
    value: str = ""


def menu(entries: tuple[Entry, ...], format: Format, here: str = "") -> list[tuple[str, list[tuple[str, str]], bool]]:
    """The analyses by area: (area, [(key, title), ...], whether `here`, the key of the page, is one of them)."""
    found = []
    for area, own in _by_area(entries, format):
        titles = [(entry.declared.key, say(entry.declared.title, format)) for entry in own]
        found.append((area, titles, any(key == here for key, _title in titles)))
    return found


def _by_area(entries: tuple[Entry, ...], format: Format) -> Iterator[tuple[str, list[Entry]]]:
    """The areas that hold an analysis, each with its analyses in the order of their titles."""
    for area in AREAS:
        own = [entry for entry in entries if entry.declared.area == area]
        if own:
            in_order = sorted(own, key=lambda entry: alphabetical(say(entry.declared.title, format), format.language))
            yield say(AREA_NAMES[area], format), in_order


def listing(entries: tuple[Entry, ...], format: Format) -> list[tuple[str, list[dict[str, Any]]]]:
    """The page of all analyses: area, and for each its question, and what would unlock it."""
    found = []
    for area, own in _by_area(entries, format):
        shown = [
            {
                "key": entry.declared.key,
                "title": say(entry.declared.title, format),
                "question": say(entry.declared.question, format),
                "locked": say(entry.locked.message, format) if entry.locked else "",
            }
            for entry in own
        ]
        found.append((area, shown))
    return found


def answer_page(answer: Answer[Any], given: QueryParams, format: Format, profile: Profile, page: int) -> dict[str, Any]:
    """Everything on the page of one answer."""
    pages = max(1, -(-len(answer.rows) // ROWS))
    page = min(page, pages)
    table = show(answer, format, start=(page - 1) * ROWS, count=ROWS)
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
        "charts": [_chart(drawing) for drawing in drawings(answer, format)],
        "table": table,
        "set_as": column_classes(table),
        "passport": lines(answer, format),
        "trust": trust_words(answer.passport, format) if answer.passport else "",
        "trust_level": {"high": 3, "medium": 2, "low": 1}.get(answer.passport.trust, 0) if answer.passport else 0,
        "fields": list(_fields(answer.declared, answer, given, format, profile)),
        "filters": list(_filters(answer, given, format)),
        "addresses": {
            ending: address(answer.key, given, {"page": None}, f".{ending}") for ending in ("json", "csv", "xlsx")
        },
        "pages": [
            (number, address(answer.key, given, {"page": number}), number == page) for number in _near(page, pages)
        ],
    }


def column_classes(table: ShownTable) -> list[str]:
    """How the cells of each column are set: numbers at the right, days in one line, sentences with room for a few words."""
    found = []
    for place, head in enumerate(table.headers):
        if head.is_number:
            found.append("n")
        elif head.unit in (Unit.DATE, Unit.MOMENT):
            found.append("day")
        else:
            found.append("long" if any(len(row[place]) > SENTENCE for row in table.rows) else "")
    return found


def _chart(drawing: Any) -> dict[str, Any]:
    # "<" is written so that no text of the data can end the script element it stands in
    spec = json.dumps(drawing.spec, ensure_ascii=False, allow_nan=False, default=str).replace("<", "\\u003c")
    return {"title": drawing.title, "reading": drawing.reading, "label": drawing.label, "spec": Markup(spec)}


def _fields(
    declared: Analysis, answer: Answer[Any], given: QueryParams, format: Format, profile: Profile
) -> Iterator[Field]:
    if declared.takes_period:
        chosen = given.get("period") or str(declared.period)
        known = [Option(value, say(shown, format), value == chosen) for value, shown in PERIODS]
        if chosen not in dict(PERIODS):
            known.insert(0, Option(chosen, format.period(answer.period) if answer.period else chosen, True))
        yield Field("period", say(_("Period"), format), tuple(known))
        compare = given.get("compare") or ""
        yield Field(
            "compare",
            say(_("Compare with"), format),
            tuple(Option(value, say(shown, format), value == compare) for value, shown in COMPARES),
        )
    for choice in declared.choices:
        yield _field(choice, declared, answer, format, profile)


def _field(choice: Choice, declared: Analysis, answer: Answer[Any], format: Format, profile: Profile) -> Field:
    now = answer.choices.get(choice.name, choice.default)
    label = say(choice.label, format)
    if choice.kind == "by":
        groups = [Option("none", say(_("nothing"), format), now == "")]
        groups += [Option(name, dimension_name(name, format), name == now) for name in declared.groupings(profile)]
        return Field(choice.name, label, tuple(groups))
    if choice.kind == "word":
        return Field(
            choice.name,
            label,
            tuple(Option(word, choice_value(choice, word, format), word == now) for word in choice.words),
        )
    if choice.kind == "flag":
        answers = (("false", _("no")), ("true", _("yes")))
        return Field(
            choice.name,
            label,
            tuple(Option(value, say(shown, format), (value == "true") == bool(now)) for value, shown in answers),
        )
    return Field(choice.name, label, (), str(now))


def _filters(answer: Answer[Any], given: QueryParams, format: Format) -> Iterator[tuple[str, str, str]]:
    """The filters that are set: dimension, value, and the address without it."""
    for name, value in given.multi_items():
        if name.startswith(FILTER):
            shown = value or say(_("(blank)"), format)
            yield dimension_name(name.removeprefix(FILTER), format), shown, address(answer.key, given, {name: None})


def _near(page: int, pages: int) -> list[int]:
    """The first, the last and the neighbouring pages; nothing where there is but one."""
    return [] if pages == 1 else sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
