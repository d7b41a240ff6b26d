"""The search: customers, deals and questions by their names, numbers and words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis.search import hits_of
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.records import customer_address, deal_address
from crmetrics.web.site import Place, Site
from crmetrics.web.sought import found_by

_ = words("customer")

PLACE: Final = Place("/customers", _("Search"), 25)
RIGHTS: Final[Rights] = dict.fromkeys(("/customers", "/customers.json"), SIGNED_IN)

LONGEST: Final = 200
KINDS: Final[dict[str, Message]] = {"customers": _("Customers"), "deals": _("Deals"), "analyses": _("Questions")}
_PAGES: Final[Mapping[str, Callable[[str], str]]] = {"customers": customer_address, "deals": deal_address}

WORDS: Final[dict[str, Message]] = {
    "search": PLACE.title,
    "search_sub": _("A customer or a deal by name or number, or a question in any language."),
    "find": _("Find"),
    "none": _("Nothing that you may see has these words in its name."),
}


def routes(site: Site) -> APIRouter:
    """The page of the search, and what it found as data."""
    router = APIRouter()

    @router.get("/customers.json")
    def as_data(request: Request) -> Response:
        return Response(json.dumps(dict(_found(site, request)), ensure_ascii=False), media_type="application/json")

    @router.get("/customers")
    def page(request: Request) -> Response:
        format = site.format(request)
        groups = [(say(KINDS[kind], format), hits) for kind, hits in _found(site, request) if hits]
        typed = request.query_params.get("q", "")[:LONGEST]
        return site.page(request, "search.html", WORDS, groups=groups, typed=typed)

    return router


def _found(site: Site, request: Request) -> list[tuple[str, list[dict[str, str]]]]:
    typed = request.query_params.get("q", "")[:LONGEST]
    format = site.format(request)
    if not typed.strip():
        return []
    catalogue, viewer = site.catalogue(), site.viewer(request)
    groups = []
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        for table in ("customers", "deals"):
            hits = hits_of(warehouse, table, typed)
            told = [
                {
                    "name": hit.name,
                    "more": ", ".join(filter(None, (hit.id, hit.more))),
                    "href": _PAGES[table](hit.id),
                }
                for hit in hits
            ]
            groups.append((table, told))
    entries = found_by(catalogue.entries(viewer), typed, format)
    told = [
        {
            "name": say(each.declared.title, format),
            "more": say(each.declared.question, format),
            "href": f"/a/{each.declared.key}",
        }
        for each in entries[:20]
    ]
    return [*groups, ("analyses", told)]
