"""One deal on one page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.analysis.one_deal import Deal, deal_of
from crmetrics.presenting.json import plain
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Scope
from crmetrics.web import outlook, timeline_view
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.deal_view import deal_shown
from crmetrics.web.files import json_of
from crmetrics.web.outlook import Look, Outlook, outlook_of
from crmetrics.web.records import is_number
from crmetrics.web.site import Site

_ = words("deal")

RIGHTS: Final[Rights] = {
    "/deals/{deal:path}": SIGNED_IN,
    "/deals/{deal:path}.json": SIGNED_IN,
}

WORDS: Final[dict[str, Message]] = {
    **outlook.WORDS,
    **timeline_view.WORDS,
    "deals": _("Deals"),
    "stands_out": _("What stands out"),
    "stages": _("History of stages"),
    "no_stages": _("There is no stage history of this deal: when it came to its stage, and from where, is not known."),
    "stage": _("Stage"),
    "since": _("Since"),
    "days": _("Days"),
    "usual": _("Median of won deals"),
    "now": _("now"),
    "longer": _("longer than half of the won deals"),
    "mark": _("The line marks the median of won deals."),
    "products": _("Products"),
    "product": _("Product"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "amount": _("Amount"),
    "quotes": _("Quotes"),
    "no_quotes": _("No quote is recorded."),
    "planned": _("Planned"),
    "no_planned": _("Nothing is planned."),
    "late": _("overdue"),
    "profile": _("Profile"),
}
LOOKS: Final = (
    Look("sales.win_probability", ("p", "stage_rate", "up", "down", "expected_amount"), is_noted=True),
    Look(
        "sales.stale_deals",
        ("reasons", "days", "limit", "silence", "silence_limit"),
        otherwise=_("It is not stale: neither its stage nor silence nor its date says so."),
    ),
)
"""The analyses that have a row for each open deal, and the columns of it that are shown."""


def routes(site: Site) -> APIRouter:
    """The page, and the same as data."""
    router = APIRouter()

    @router.get("/deals/{deal:path}.json")
    def as_data(request: Request, deal: str) -> Response:
        if is_number(site, request, "deals", f"{deal}.json"):
            return page(request, f"{deal}.json")
        return json_of(deal_as_data(site, request, deal))

    @router.get("/deals/{deal:path}")
    def page(request: Request, deal: str) -> Response:
        kind = request.query_params.get("kind", "")
        found = _found(site, request, deal, kind)
        shown = deal_shown(found, kind, site.format(request))
        return site.page(request, "deal.html", WORDS, **shown, outlook=_outlook(site, request, found))

    return router


def deal_as_data(site: Site, request: Request, deal: str) -> Any:
    """All that is recorded of a deal, as JSON has it; who saw it is noted."""
    found = _found(site, request, deal)
    told = {
        name: getattr(found, name) for name in found.__slots__ if name not in ("stays", "slips", "timeline", "names")
    }
    told |= {name: [asdict(each) for each in getattr(found, name)] for name in ("stays", "timeline")}
    return plain({**told, "slips": asdict(found.slips), "days_in_stage": found.days_in_stage}, site.format(request))


def _found(site: Site, request: Request, deal: str, kind: str = "") -> Deal:
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        found = deal_of(warehouse, deal, kind)
    site.saw(request, f"deal {deal}")
    return found


def _outlook(site: Site, request: Request, found: Deal) -> list[Outlook]:
    """A decided deal has nothing before it."""
    if not found.is_open:
        return []
    looks = [
        Look(each.key, each.columns, at=("deal_id", found.deal_id), otherwise=each.otherwise, is_noted=each.is_noted)
        for each in LOOKS
    ]
    return outlook_of(site, request, looks, site.format(request))
