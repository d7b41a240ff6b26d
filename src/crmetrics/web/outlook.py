"""What the analyses say of one customer or one deal: asked together, shown as soon as they are there."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from crmetrics.analysis import Answer, Row
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells, headers
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Filter
from crmetrics.web.site import Site

_ = words("customer")

WORDS: Final[dict[str, Message]] = {
    "outlook": _("Outlook"),
    "working": _("Being worked out: this comes by itself."),
    "load": _("Look again"),
}
PATIENCE: Final = 0.8
"""Seconds for which answers are waited for in all; what models have yet to learn comes at the next look."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question that has a row for what a page is about, and the columns of it that are shown.

    where      the filters under which it is asked
    at         the column and value by which its row is found; None: the first one
    otherwise  what an answer without such a row means; None: its first note says
    is_noted   whether the first note is shown beside the facts, for it says how they came about
    """

    key: str
    columns: tuple[str, ...]
    where: tuple[Filter, ...] = ()
    at: tuple[str, str] | None = None
    otherwise: Message | None = None
    is_noted: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one analysis says. `facts` are labels with values; without any, `said` tells why, or the answer is `is_waiting`."""

    key: str
    title: str
    href: str
    facts: tuple[tuple[str, str], ...] = ()
    said: str = ""
    note: str = ""
    is_waiting: bool = False


def outlook_of(site: Site, request: Request, looks: Sequence[Look], format: Format) -> list[Outlook]:
    """Ask all of them, at the desk, and show those that are there in good time."""
    catalogue, viewer = site.catalogue(), site.viewer(request)
    until = monotonic() + PATIENCE
    begun = []
    for look in looks:
        if catalogue.known(look.key) is not None:
            asked = catalogue.question(look.key, viewer=viewer, where=look.where)
            begun.append((look, asked, site.desk.ask(asked, viewer.name, partial(catalogue.answer, asked))))
    found = []
    for look, asked, task in begun:
        title = say(catalogue.find(look.key).title, format)
        filters = {f"where.{each.dimension}": each.values for each in look.where}
        href = f"/a/{look.key}" + (f"?{urlencode(filters, doseq=True)}" if filters else "")
        try:
            answer = task.answer.result(timeout=max(0.0, until - monotonic()))
        except NotYet:
            found.append(Outlook(look.key, title, href, is_waiting=True))
            continue
        except CrmetricsError as error:
            found.append(Outlook(look.key, title, href, said=say(error.message, format)))
        else:
            found.append(_told(answer, look, title, href, format))
        site.desk.forget(asked)
    return found


def _told(answer: Answer[Any], look: Look, title: str, href: str, format: Format) -> Outlook:
    notes = [say(note.message, format) for note in answer.notes[:1]]
    row = None if answer.locked else _row(answer, look)
    if row is None:
        why = answer.locked.message if answer.locked else look.otherwise
        return Outlook(answer.key, title, href, said=say(why, format) if why else " ".join(notes))
    cells = Cells(answer, format)
    labels = {head.name: head.label for head in headers(answer, format)}
    told = row.as_dict()
    facts = tuple(
        (labels[name], cells.text(cells.all_columns[name], row)) for name in look.columns if told[name] is not None
    )
    if not facts:
        return Outlook(answer.key, title, href, said=" ".join(notes))
    return Outlook(answer.key, title, href, facts, note=" ".join(notes) if look.is_noted else "")


def _row(answer: Answer[Any], look: Look) -> Row | None:
    if look.at is None:
        return answer.rows[0] if len(answer.rows) else None
    column, value = look.at
    values = answer.rows.values(column)
    return answer.rows[values.index(value)] if value in values else None
