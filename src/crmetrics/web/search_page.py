"""The search: customers, deals and questions by their names, numbers and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis.search import hits_of, suggested
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.vocabulary.unit import MONEY, Figure
from crmetrics.warehouse.masking import PERSONS
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.files import json_of
from crmetrics.web.records import customer_address, deal_address
from crmetrics.web.site import Place, Site
from crmetrics.web.sought import found_by

_ = words("customer")

PLACE: Final = Place("/customers", _("Search"), 25)
RIGHTS: Final[Rights] = dict.fromkeys(("/customers", "/customers.json"), SIGNED_IN)

LONGEST: Final = 200
MOST: Final = 20
KINDS: Final[dict[str, Message]] = {"customers": _("Customers"), "deals": _("Deals"), "analyses": _("Questions")}
_PAGES: Final[Mapping[str, Callable[[str], str]]] = {"customers": customer_address, "deals": deal_address}

SUGGESTED: Final[dict[str, Message]] = {"customers": _("Latest customers"), "deals": _("Largest open deals")}
EXAMPLES: Final = (_("churn"), _("funnel"), _("target"), _("margin"))
"""Words by which questions are found, in the reader's language."""

WORDS: Final[dict[str, Message]] = {
    "search": PLACE.title,
    "search_sub": _("A customer or a deal by name or number, or a question in any language."),
    "find": _("Find"),
    "such_as": _("Questions are found by words such as"),
    "cut": _("Only the first {n} are shown. Type more of the name."),
    "none": _("Nothing that you may see has these words in its name."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind under its title; `is_cut`: there is more."""

    kind: str
    title: str
    links: list[dict[str, str]]
    is_cut: bool = False


def routes(site: Site) -> APIRouter:
    """The page of the search, and what it found as data."""
    router = APIRouter()

    @router.get("/customers.json")
    def as_data(request: Request) -> Response:
        return json_of({group.kind: group.links for group in _found(site, request)})

    @router.get("/customers")
    def page(request: Request) -> Response:
        format, typed = site.format(request), _typed(request)
        is_begun = bool(typed.strip())
        groups = _found(site, request) if is_begun else _suggested(site, request, format)
        return site.page(
            request,
            "search.html",
            WORDS,
            groups=[group for group in groups if group.links],
            most=MOST,
            examples=[] if is_begun else [say(each, format) for each in EXAMPLES],
            typed=typed,
        )

    return router


def _typed(request: Request) -> str:
    return request.query_params.get("q", "")[:LONGEST]


def _found(site: Site, request: Request) -> list[Group]:
    """What holds the words typed: customers, deals, analyses."""
    typed, format, groups = _typed(request), site.format(request), []
    if not typed.strip():
        return []
    catalogue, viewer = site.catalogue(), site.viewer(request)
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        for table, address in _PAGES.items():
            hits = hits_of(warehouse, table, typed, MOST + 1)
            told = [_link(hit.name, format.listed((hit.id, hit.more)), address(hit.id)) for hit in hits]
            groups.append(Group(table, say(KINDS[table], format), told[:MOST], len(told) > MOST))
    entries = [each.declared for each in found_by(catalogue.entries(viewer), typed, format)]
    told = [_link(say(each.title, format), say(each.question, format), f"/a/{each.key}") for each in entries]
    groups.append(Group("analyses", say(KINDS["analyses"], format), told[:MOST], len(told) > MOST))
    return _seen(site, request, groups)


def _suggested(site: Site, request: Request, format: Format) -> list[Group]:
    """What to begin with before anything is typed."""
    if not site.has_data:
        return []
    groups = []
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        for table, address in _PAGES.items():
            rows = suggested(warehouse, table)
            links = [_link(row.name, format.listed((row.id, _told(row.told, format))), address(row.id)) for row in rows]
            groups.append(Group(table, say(SUGGESTED[table], format), links))
    return _seen(site, request, groups)


def _seen(site: Site, request: Request, groups: list[Group]) -> list[Group]:
    """The same; that persons are named among them is written down."""
    if any(group.links for group in groups if group.kind in PERSONS):
        site.saw(request, "search")
    return groups


def _told(value: Any, format: Format) -> str:
    if isinstance(value, datetime):
        return format.day(local_day(value, format.zone))
    return "" if value is None else format.figure(Figure(float(value), MONEY))


def _link(name: str, more: str, address: str) -> dict[str, str]:
    return {"name": name, "more": more, "href": address}
