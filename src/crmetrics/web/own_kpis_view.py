"""What the form of a KPI offers and shows: tables, their columns and dates, the figure as it would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from crmetrics.analysis import Answer
from crmetrics.analysis.measure import Measure, columns_of, tables_of
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import ShownTable, show
from crmetrics.presenting.words import say, say_safely
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import Kind
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.noted import noted_drawings
from crmetrics.web.pages import column_classes
from crmetrics.web.sheet import chart_of
from crmetrics.workspace.annotations import Annotation

_ = words("notes")

KINDS: Final[dict[Kind, Message]] = {
    Kind.TEXT: _("text"),
    Kind.NUMBER: _("number"),
    Kind.DATE: _("day"),
    Kind.MOMENT: _("moment"),
    Kind.FLAG: _("yes or no"),
}
VIEWS: Final = (
    *("purchases", "ordered_lines", "sales_lines", "costed_lines", "closed_deals", "deal_cycles", "lost_deals"),
    *("lead_contacts", "quote_waits", "ticket_replies", "survey_answers", "new_buyers"),
)
"""The facts that are offered: those whose rows are things that people count. Another can still be named in the file."""

WORKED_OUT: Final[dict[str, Message]] = {
    "net": _("Net amount, returns and discounts taken off"),
    "tax": _("Tax"),
    "list_value": _("Value at list prices"),
    "cost": _("Cost of goods"),
    "full_cost": _("Cost, estimated where none is known"),
    "is_unconverted": _("No exchange rate is known"),
    "is_estimated": _("The cost is estimated"),
    "is_service": _("A service"),
    "closed_by": _("Owner at the close"),
    "days": _("Days it took"),
    "reason": _("Reason"),
    "stage": _("Stage"),
    "stage_no": _("Number of the stage"),
    "began_at": _("Began"),
    "sent_at": _("Sent"),
    "replied_at": _("First reply"),
    "is_satisfied": _("Satisfied"),
    "points": _("Points"),
}
"""What is called how that a fact works out and no table has."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A figure as it would be, ready for its template; why there is none `locked` says."""

    title: str
    period: str
    locked: str
    notes: tuple[Any, ...]
    chart: Any
    table: ShownTable | None
    set_as: tuple[str, ...]


@cache
def dates_of(over: str) -> tuple[str, ...]:
    """The dates of a table or fact that can place its rows in a period; none for one that there is not."""
    found = []
    for name, kind in _columns(over).items():
        if kind in (Kind.DATE, Kind.MOMENT):
            try:
                Measure("count", over, name).home  # noqa: B018  a date that a view works out itself has none
            except BadValue:
                continue
            found.append(name)
    return tuple(found)


def tables_listed(over: str, format: Format) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The tables and the facts to choose from, each with what its rows are called; `over`, the one chosen, is among them."""
    tables = [(name, say(table.label, format)) for name, table in TABLES.items() if dates_of(name)]
    names = dict.fromkeys((*VIEWS, *([over] if over in facts() else [])))
    views = [(name, say(TABLES[facts()[name].grain].label, format)) for name in names if dates_of(name)]
    return tables, views


def columns_listed(over: str, format: Format) -> list[tuple[str, str, str]]:
    """The columns of a table or fact: name, kind, what it is called; none for a table that there is not."""
    if not _columns(over):
        return []
    labels = WORKED_OUT | {
        each.name: each.label for table in reversed(tables_of(over)) for each in TABLES[table].columns
    }
    return [
        (name, say(KINDS.get(kind, Message("")), format), say(labels[name], format) if name in labels else "")
        for name, kind in _columns(over).items()
        if name != "company_rate"
    ]


def _columns(over: str) -> Mapping[str, Kind]:
    """The columns of a table or fact; none of one that there is not, or that cannot be read."""
    try:
        return columns_of(over)
    except BadValue:
        return {}


def preview_of(answer: Answer[Any], format: Format, notes: Sequence[Annotation]) -> Preview:
    """The answer of a KPI that is not kept yet."""
    drawn = () if answer.locked else noted_drawings(answer, notes, format)
    table = None if answer.locked else show(answer, format)
    return Preview(
        say(answer.declared.title, format),
        format.period(answer.period) if answer.period else "",
        say(answer.locked.message, format) if answer.locked else "",
        tuple(say_safely(note.message, format) for note in answer.notes) if not answer.locked else (),
        chart_of(drawn[0], format) if drawn else None,
        table,
        tuple(column_classes(table)) if table else (),
    )
