"""One person, as text for whoever decides about his or her data."""

from __future__ import annotations

from typing import Final

from crmetrics.intake.person import Person
from crmetrics.presenting.letters import harmless, padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema import TABLES

_ = words("history")

SHOWN: Final = 12


def told_person(person: Person, format: Format) -> str:
    """Who is meant, under which ids, and how many rows of which tables are about the person."""
    texts = sorted(person.texts)
    more = len(texts) - SHOWN
    said = ", ".join(harmless(text) for text in texts[:SHOWN]) + (f", + {format.count(more)}" if more > 0 else "")
    ids = ", ".join(harmless(id_) for table, id_ in sorted(person.ids) if table == "customers")
    lines = [
        say(_("Customer {ids}: {texts}", ids=ids, texts=said or "-"), format),
        *(f"  {line}" for line in _tables(person, format)),
    ]
    return "\n".join(lines)


def _tables(person: Person, format: Format) -> list[str]:
    labels = {name: say(TABLES[name].label, format) for name in TABLES if person.rows.get(name)}
    wide = max((width(label) for label in labels.values()), default=0)
    return [f"{padded(label, wide)}  {format.count(person.rows[name]):>10}" for name, label in labels.items()]
