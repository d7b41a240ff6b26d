"""What the data at hand can answer, ready for its page: analyses by area, what would unlock more, the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from crmetrics.analysis import Answer, Entry
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.unit import DAYS, SHARE
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.pages import areas_in_order
from crmetrics.web.sought import sought_as


@dataclass(frozen=True)
class Listed:
    """One analysis in the list. `state` is ready, thin or locked; `locked` says by what; `sought` are the words it is found by."""

    key: str
    title: str
    question: str
    state: str
    locked: str
    sought: str


@dataclass(frozen=True)
class Unlocks:
    """A table or column that is missing, what it is, and the analyses that wait for it: (key, title)."""

    missing: str
    label: str
    meaning: str
    analyses: tuple[tuple[str, str], ...]

    def as_data(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "missing": self.missing,
            "label": self.label,
            "analyses": [key for key, _title in self.analyses],
        }


@dataclass(frozen=True)
class AtHand:
    """One table of the data at hand, in words."""

    table: str
    source: str
    rows: str
    span: str
    age: str
    linked: str

    def as_data(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def as_data(entry: Entry, format: Format) -> dict[str, Any]:
    """One analysis as plain values."""
    return {
        "key": entry.declared.key,
        "title": say(entry.declared.title, format),
        "question": say(entry.declared.question, format),
        "area": entry.declared.area,
        "state": entry.state,
        "missing": entry.locked.missing if entry.locked else None,
        "locked": say(entry.locked.message, format) if entry.locked else None,
    }


def by_area(entries: tuple[Entry, ...], format: Format) -> list[tuple[str, list[Listed]]]:
    """The analyses by area, each in the order of the reader's alphabet."""
    return [
        (
            area,
            [
                Listed(
                    each.declared.key,
                    say(each.declared.title, format),
                    say(each.declared.question, format),
                    each.state,
                    say(each.locked.message, format) if each.locked else "",
                    sought_as(each.declared),
                )
                for each in own
            ],
        )
        for area, own in areas_in_order(entries, format)
    ]


def unlocking(entries: tuple[Entry, ...], format: Format) -> list[Unlocks]:
    """What is missing, that which would unlock most first. An analysis is counted where it lacks something first."""
    waiting: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for each in entries:
        if each.locked is not None:
            waiting[each.locked.missing].append((each.declared.key, say(each.declared.title, format)))
    return [
        Unlocks(missing, *_named(missing, format), tuple(waiting[missing]))
        for missing in sorted(waiting, key=lambda name: (-len(waiting[name]), name))
    ]


def _named(missing: str, format: Format) -> tuple[str, str]:
    """What a table or column is called, and what it is."""
    name, _dot, column = missing.partition(".")
    if name not in TABLES:
        return missing, ""
    table = TABLES[name]
    if not column or not table.has(column):
        return say(table.label, format), ""
    found = table.column(column)
    meaning = found.meaning if isinstance(found.meaning, Message) else None
    return format.named(say(table.label, format), say(found.label, format)), say(meaning, format) if meaning else ""


def at_hand(coverage: Answer[Any], format: Format) -> list[AtHand]:
    """The tables that are there, those with most rows first."""
    rows = sorted(coverage.rows, key=lambda row: -(row.as_dict()["rows"] or 0)) if coverage.locked is None else []
    return list(_tables(rows, format))


def _tables(rows: list[Any], format: Format) -> Iterator[AtHand]:
    for row in rows:
        values = row.as_dict()
        first, last, name, linked = values["first"], values["last"], values["table_name"], values["linked_share"]
        yield AtHand(
            table=say(name, format) if isinstance(name, Message) else str(name),
            source=values["source"] or "",
            rows=format.count(values["rows"] or 0),
            span=format.span(first, last) if first and last and first <= last else "",
            age=format.value(DAYS, values["age"]) if values["age"] is not None else "",
            linked=format.value(SHARE, linked) if linked is not None else "",
        )
