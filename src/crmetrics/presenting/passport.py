"""How a figure came about, as lines of label and value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crmetrics.analysis import Answer, Passport
from crmetrics.analysis.choices import Choice
from crmetrics.analysis.provenance import FILTERED
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import GRAIN_WORDS, value_name
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import DIMENSIONS, TABLES
from crmetrics.warehouse.scope import SEGMENT

_ = words("presenting")

TRUST_WORDS: Mapping[str, Message] = {
    "high": _("high"),
    "medium": _("medium"),
    "low": _("low"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its label and its values, one a row; `kind` says how it is set (code: formula or SQL)."""

    name: str
    label: str
    values: tuple[str, ...]
    kind: str = "text"


def lines(answer: Answer[Any], format: Format) -> tuple[Line, ...]:
    """The passport of an answer in the reader's language; empty if it has none."""
    passport = answer.passport
    if passport is None:
        return ()
    found = [*_definition(answer, passport, format), *_rows(passport, format), *_data(passport, format)]
    return tuple(line for line in found if any(line.values))


def chosen(answer: Answer[Any], format: Format) -> tuple[tuple[str, str], ...]:
    """The switches of the definition as asked: label and value, blank where it is off, in the reader's language."""
    return tuple(
        (say(choice.label, format), choice_value(choice, answer.choices[choice.name], format))
        for choice in answer.declared.choices
        if choice.name in answer.choices
    )


def choice_value(choice: Choice, value: Any, format: Format) -> str:
    """A choice's value as people call it."""
    if choice.kind == "by":
        return dimension_name(str(value), format) if value else ""
    if choice.kind == "word" and value in choice.words:
        return say(choice.words[value], format)
    if choice.kind == "flag":
        return format.flag(bool(value))
    return format.number(value) if isinstance(value, int | float) else str(value)


def dimension_name(dimension: str, format: Format) -> str:
    """What a dimension or grain of time is called; a company's own column by its own name."""
    if dimension in GRAIN_WORDS:
        return say(GRAIN_WORDS[dimension], format)
    if dimension in DIMENSIONS:
        return say(DIMENSIONS[dimension].label, format)
    if dimension == SEGMENT:
        return say(_("Segment"), format)
    return dimension.partition(".")[2] or dimension


def column_name(place: str, format: Format) -> str:
    """A "table.column" as people call it: "Deals: Closed"."""
    table, _dot, column = place.partition(".")
    if table not in TABLES or not TABLES[table].has(column):
        return place
    label = TABLES[table].column(column).label
    return f"{format.named(say(TABLES[table].label, format), say(label, format))} ({place})"


def _definition(answer: Answer[Any], passport: Passport, format: Format) -> Iterator[Line]:
    def line(name: str, label: Message, *values: str, kind: str = "text") -> Line:
        return Line(name, say(label, format), values, kind)

    yield line("formula", _("Formula"), _spoken(answer, passport.formula, format), kind="code")
    yield line(
        "choices", _("Choices"), *(format.named(label, value) for label, value in chosen(answer, format) if value)
    )
    yield line("mind", _("Keep in mind"), _spoken(answer, passport.mind, format))
    yield line("reads", _("Data read"), _spoken(answer, passport.reads, format))
    if answer.period is not None:
        yield line("period", _("Period"), format.span(answer.period.start, answer.period.last_day))
    if answer.before_period is not None:
        before = answer.before_period
        yield line("before", _("Compared with"), format.span(before.start, before.last_day))
    if passport.driving_date is not None:
        yield line("date", _("Date"), column_name(passport.driving_date, format))
    yield line("zone", _("Time zone"), passport.zone)
    yield line("currency", TABLES["orders"].column("currency").label, answer.currency)
    yield line("filters", _("Filters"), *filters(answer, passport, format))
    if passport.rate_date is not None:
        yield line("rates", _("Rates of the day"), passport.rate_date)


def _spoken(answer: Answer[Any], message: Message, format: Format) -> str:
    """A text of the definition for people: where it names a switch by its code, the switch is called as on the page."""

    def called(match: re.Match[str]) -> str:
        choice = answer.declared.choice(match[1])
        return f"\u201c{say(choice.label, format)}\u201d" if choice is not None else match[1]

    return re.sub(r"`([^`]*)`", called, say(message, format))


def filters(answer: Answer[Any], passport: Passport, format: Format) -> Iterator[str]:
    """What an answer is filtered by, a dimension each: "Segment: Champions"."""
    for dimension, values in passport.filters.items():
        names = answer.names.get(FILTERED + dimension, {})
        shown = (value_name(dimension, value, names, format) for value in values)
        yield format.named(dimension_name(dimension, format), format.listed(shown))


def _rows(passport: Passport, format: Format) -> Iterator[Line]:
    def left_out() -> Iterator[str]:
        for each in passport.rows_left_out:
            amount = format.money(each.amount) if each.amount is not None else ""
            yield format.named(format.count(each.rows), format.listed((say(each.reason, format), amount)))

    yield Line("used", say(_("Rows used"), format), (format.count(passport.rows_used),))
    yield Line("left_out", say(_("Rows left out"), format), tuple(left_out()))
    derived = (
        format.named(column_name(place, format), format.count(count)) for place, count in passport.derived.items()
    )
    yield Line("derived", say(_("Values worked out at import"), format), tuple(derived))
    gaps = {place: share for place, share in passport.filled.items() if share < 1}
    filled = (format.named(column_name(place, format), format.percent(share)) for place, share in gaps.items())
    yield Line("filled", say(_("Filled"), format), tuple(filled))
    yield Line("trust", say(_("Trust"), format), (trust_words(passport, format),))


def _data(passport: Passport, format: Format) -> Iterator[Line]:
    yield Line("as_of", say(_("Data up to"), format), (format.moment(passport.as_of),))
    version = _(
        "{version}, published {published}",
        version=passport.data_version,
        published=passport.data_published_at,
    )
    yield Line("data", say(_("Data version"), format), (say(version, format),))
    yield Line("version", say(_("Definition"), format), (f"{passport.key}, v{passport.definition_version}",))
    yield Line("source", say(_("Source"), format), (say(passport.source, format),))
    yield Line("engine", say(_("Engine"), format), (passport.engine,))
    yield Line("sql", say(_("SQL"), format), passport.statements, "code")


def trust_words(passport: Passport, format: Format) -> str:
    """The trust mark in words: "medium: 12 cases"."""
    return format.named(say(TRUST_WORDS[passport.trust], format), say(passport.trust_reason, format))
