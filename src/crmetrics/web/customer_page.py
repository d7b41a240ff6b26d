"""One customer on one page, and the search that leads there."""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis.one_customer import customer_of
from crmetrics.presenting.json import plain
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.customer_view import customer_shown
from crmetrics.web.outlook import outlook_of
from crmetrics.web.site import Site

_ = words("customer")

RIGHTS: Final[Rights] = {
    "/customers/{customer:path}": SIGNED_IN,
    "/customers/{customer:path}.json": SIGNED_IN,
}

WORDS: Final[dict[str, Message]] = {
    "customers": _("Customers"),
    "outlook": _("Outlook"),
    "working": _("Being worked out: this comes by itself."),
    "load": _("Look again"),
    "by_month": _("Bought by month"),
    "by_month_sub": _("Net sales of the last 24 months"),
    "timeline": _("Timeline"),
    "no_timeline": _("Nothing is recorded here."),
    "bought": _("Bought most"),
    "orders": _("{n} order", "{n} orders"),
    "people": _("People"),
    "open_deals": _("Open deals"),
    "open_tickets": _("Open requests"),
    "profile": _("Profile"),
    "as_table": _("Show as table"),
}


def routes(site: Site) -> APIRouter:
    """The page, and the same as data."""
    router = APIRouter()

    def scope(request: Request) -> Scope:
        return Scope(site.viewer(request))

    @router.get("/customers/{customer:path}.json")
    def as_data(request: Request, customer: str) -> Response:
        with site.catalogue().warehouse(scope(request)) as warehouse:
            found = customer_of(warehouse, customer)
        site.saw(request, customer)
        told = {name: getattr(found, name) for name in found.__slots__ if name not in ("timeline", "names")}
        told["timeline"] = [{name: getattr(each, name) for name in each.__slots__} for each in found.timeline]
        text = json.dumps(plain(told, site.format(request)), ensure_ascii=False, allow_nan=False)
        return Response(text, media_type="application/json")

    @router.get("/customers/{customer:path}")
    def page(request: Request, customer: str) -> Response:
        kind = request.query_params.get("kind", "")
        with site.catalogue().warehouse(scope(request)) as warehouse:
            found = customer_of(warehouse, customer, kind)
        site.saw(request, customer)
        shown = customer_shown(found, kind, site.format(request))
        known = outlook_of(site, request, customer, site.format(request))
        return site.page(request, "customer.html", WORDS, **shown, outlook=known, customer=customer)

    return router
