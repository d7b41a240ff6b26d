"""What stands on a page, ready for its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from crmetrics.analysis import Entry
from crmetrics.analysis.own_kpis import AREA as OWN
from crmetrics.catalogue import AREAS
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import ShownTable
from crmetrics.presenting.words import alphabetical, say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit

_ = words("web")
notes = words("notes")

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
    OWN: notes("Own KPIs"),
}


def menu(entries: tuple[Entry, ...], format: Format, here: str = "") -> list[tuple[str, list[tuple[str, str]], bool]]:
    """The analyses by area: (area, [(key, title), ...], whether `here`, the key of the page, is one of them)."""
    found = []
    for area, own in areas_in_order(entries, format):
        titles = [(entry.declared.key, say(entry.declared.title, format)) for entry in own]
        found.append((area, titles, any(key == here for key, _title in titles)))
    return found


def areas_in_order(entries: tuple[Entry, ...], format: Format) -> Iterator[tuple[str, list[Entry]]]:
    """The areas that hold an analysis, the company's own KPIs at the end, each with its analyses in the order of their titles."""
    for area in (*AREAS, OWN):
        own = [entry for entry in entries if entry.declared.area == area]
        if own:
            in_order = sorted(own, key=lambda entry: alphabetical(say(entry.declared.title, format), format.language))
            yield say(AREA_NAMES[area], format), in_order


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
