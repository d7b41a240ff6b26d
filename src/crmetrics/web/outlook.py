"""What the analyses say of one customer: his segment, his rhythm, his value, his risk and the next step."""

from __future__ import annotations

from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from crmetrics.analysis import Answer
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells, headers
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError
from crmetrics.warehouse.scope import Filter
from crmetrics.web.site import Site

PATIENCE: Final = 0.8
"""Seconds for which answers are waited for in all; what models have yet to learn comes at the next look."""

OUTLOOKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("customers.rfm", ("segment", "previous_segment", "changed_on", "rfm")),
    ("customers.purchase_gap", ("state", "gap", "last_on", "next_on")),
    ("customers.churn_risk", ("p", "band", "stake", "reason_1", "reason_2", "reason_3", "next_step")),
    ("customers.clv_historic", ("value", "net_sales", "margin", "grade")),
    ("customers.clv_predicted", ("p_alive", "expected_purchases", "clv", "low", "high")),
)
"""The analyses that have a row for each customer, and the columns of it that are shown."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one analysis says. `facts` are labels with values; without any, `said` tells why, or the answer is `is_waiting`."""

    key: str
    title: str
    href: str
    facts: tuple[tuple[str, str], ...] = ()
    said: str = ""
    is_waiting: bool = False


def outlook_of(site: Site, request: Request, customer: str, format: Format) -> list[Outlook]:
    """Ask all of them for one customer, at the desk, and show those that are there in good time."""
    catalogue, viewer = site.catalogue(), site.viewer(request)
    where, until = (Filter("customer", (customer,)),), monotonic() + PATIENCE
    begun = []
    for key, columns in OUTLOOKS:
        if catalogue.known(key) is not None:
            asked = catalogue.question(key, viewer=viewer, where=where)
            begun.append((asked, columns, site.desk.ask(asked, viewer.name, partial(catalogue.answer, asked))))
    found = []
    for asked, columns, task in begun:
        title = say(catalogue.find(asked.key).title, format)
        href = f"/a/{asked.key}?{urlencode({'where.customer': customer})}"
        try:
            answer = task.answer.result(timeout=max(0.0, until - monotonic()))
        except NotYet:
            found.append(Outlook(asked.key, title, href, is_waiting=True))
            continue
        except CrmetricsError as error:
            found.append(Outlook(asked.key, title, href, said=say(error.message, format)))
        else:
            found.append(_told(answer, columns, title, href, format))
        site.desk.forget(asked)
    return found


def _told(answer: Answer[Any], columns: tuple[str, ...], title: str, href: str, format: Format) -> Outlook:
    if answer.locked or not len(answer.rows):
        why = answer.locked.message if answer.locked else None
        notes = [say(note.message, format) for note in answer.notes[:1]]
        return Outlook(answer.key, title, href, said=say(why, format) if why else " ".join(notes))
    cells, row = Cells(answer, format), answer.rows[0]
    labels = {head.name: head.label for head in headers(answer, format)}
    facts = tuple(
        (labels[name], cells.text(cells.all_columns[name], row)) for name in columns if row.as_dict()[name] is not None
    )
    return Outlook(answer.key, title, href, facts)
