"""One customer on one page, and the search that leads there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis.one_customer import Customer, customer_of
from crmetrics.presenting.json import plain
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Filter, Scope
from crmetrics.web import outlook, timeline_view
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.customer_view import customer_shown
from crmetrics.web.files import json_of
from crmetrics.web.outlook import Look, outlook_of
from crmetrics.web.records import is_number
from crmetrics.web.site import Site

_ = words("customer")

RIGHTS: Final[Rights] = {
    "/customers/{customer:path}": SIGNED_IN,
    "/customers/{customer:path}.json": SIGNED_IN,
}

WORDS: Final[dict[str, Message]] = {
    **outlook.WORDS,
    **timeline_view.WORDS,
    "customers": _("Customers"),
    "by_month": _("Bought by month"),
    "by_month_sub": _("Net sales of the last 24 months"),
    "bought": _("Bought most"),
    "orders": _("{n} order", "{n} orders"),
    "people": _("People"),
    "open_deals": _("Open deals"),
    "open_tickets": _("Open requests"),
    "profile": _("Profile"),
    "as_table": _("Show as table"),
}

OUTLOOKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("customers.rfm", ("segment", "previous_segment", "changed_on", "rfm")),
    ("customers.purchase_gap", ("state", "gap", "last_on", "next_on")),
    ("customers.churn_risk", ("p", "band", "stake", "reason_1", "reason_2", "reason_3", "next_step")),
    ("customers.clv_historic", ("value", "net_sales", "margin", "grade")),
    ("customers.clv_predicted", ("p_alive", "expected_purchases", "clv", "low", "high")),
)
"""The analyses that have a row for each customer, and the columns of it that are shown."""


def routes(site: Site) -> APIRouter:
    """The page, and the same as data."""
    router = APIRouter()

    @router.get("/customers/{customer:path}.json")
    def as_data(request: Request, customer: str) -> Response:
        if is_number(site, request, "customers", f"{customer}.json"):
            return page(request, f"{customer}.json")
        return json_of(customer_as_data(site, request, customer))

    @router.get("/customers/{customer:path}")
    def page(request: Request, customer: str) -> Response:
        kind = request.query_params.get("kind", "")
        found = _found(site, request, customer, kind)
        shown = customer_shown(found, kind, site.format(request))
        where = (Filter("customer", (customer,)),)
        known = outlook_of(site, request, [Look(*each, where) for each in OUTLOOKS], site.format(request))
        return site.page(request, "customer.html", WORDS, **shown, outlook=known, customer=customer)

    return router


def customer_as_data(site: Site, request: Request, customer: str) -> Any:
    """All that is recorded of a customer, as JSON has it; who saw it is noted."""
    found = _found(site, request, customer)
    told = {name: getattr(found, name) for name in found.__slots__ if name not in ("timeline", "names")}
    return plain({**told, "timeline": [asdict(each) for each in found.timeline]}, site.format(request))


def _found(site: Site, request: Request, customer: str, kind: str = "") -> Customer:
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        found = customer_of(warehouse, customer, kind)
    site.saw(request, customer)
    return found
