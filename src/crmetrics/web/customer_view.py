"""What stands on the page of a customer, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crmetrics.analysis.one_customer import Customer
from crmetrics.analysis.timeline import Happening
from crmetrics.presenting.countries import country_name
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.vocabulary.unit import DATE, DAYS, MONEY
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.profile_view import profile_lines
from crmetrics.web.records import deal_address
from crmetrics.web.timeline_view import ORDERS, QUOTED, Happened, kinds_shown, line

_ = words("customer")

KIND_NAMES: Final[Mapping[str, Message]] = {
    "order": _("Orders"),
    "deal": _("Deals"),
    "contact": _("Contacts"),
    "ticket": _("Requests"),
    "feedback": _("Feedback"),
    "money": _("Payments"),
    "contract": _("Subscriptions"),
}
HAPPENED: Final[Happened] = {
    **ORDERS,
    ("deal", "created"): _("Deal {id} created"),
    ("deal", "won"): _("Deal {id} won"),
    ("deal", "lost"): _("Deal {id} lost"),
    ("deal", "quoted"): QUOTED,
    ("ticket", "asked"): _("Request {id}"),
    ("ticket", "complained"): _("Complaint {id}"),
    ("ticket", "resolved"): _("Request {id} resolved"),
    ("money", "paid"): _("Invoice {id} paid"),
    ("contract", "started"): _("Subscription {id} started"),
    ("contract", "ended"): _("Subscription {id} ended"),
}
_AT_THE_TOP: Final = frozenset({"customer_id", "name", "currency"})


def customer_shown(found: Customer, kind: str, format: Format) -> dict[str, Any]:
    """Everything on the page but what the analyses say."""
    return {
        "name": str(found.profile.get("name") or found.customer_id),
        "sub": _subtitle(found, format),
        "facts": _facts(found, format),
        "profile": profile_lines(TABLES["customers"], found.profile, found.names, format, _AT_THE_TOP),
        "months": _bars(found, format),
        "bought": [
            (name or say(_("(blank)"), format), format.value(MONEY, net), orders) for name, net, orders in found.bought
        ],
        "contacts": [{each: told or "" for each, told in contact.items()} for contact in found.contacts],
        "deals": [_deal(deal, found, format) for deal in found.open_deals],
        "tickets": [_ticket(ticket, format) for ticket in found.open_tickets],
        "kinds": kinds_shown(KIND_NAMES, kind, format),
        "timeline": [line(each, HAPPENED, format, _leads_to(each)) for each in found.timeline],
    }


def _subtitle(found: Customer, format: Format) -> str:
    told = found.profile
    parts = [str(told[name]) for name in ("industry", "city") if told.get(name)]
    if told.get("country"):
        parts.append(country_name(str(told["country"]), format.language))
    if told.get("size_band"):
        parts.append(say(_("{size} people", size=str(told["size_band"])), format))
    if told.get("created_at"):
        since = format.day(local_day(told["created_at"], format.zone))
        parts.append(say(_("known since {day}", day=since), format))
    if told.get("owner_id"):
        owner = found.names.get(str(told["owner_id"]), str(told["owner_id"]))
        parts.append(say(_("owner {name}", name=owner), format))
    return format.listed(parts)


def _facts(found: Customer, format: Format) -> list[tuple[str, str, str]]:
    """The row of figures: label, value, and what it is held against."""
    value, shown = found.value, format.value
    year, before = float(value["year"] or 0), float(value["year_before"] or 0)
    facts = [
        (say(_("Bought, 24 months"), format), shown(MONEY, value["net"] or 0.0), _count(value["orders"] or 0, format))
    ]
    change = format.change(year / before - 1) if before > 0 else ""
    against = say(_("{change} against the 12 before", change=change), format) if change else ""
    facts.append((say(_("Last 12 months"), format), shown(MONEY, year), against))
    if value["costed"]:
        share = format.percent(float(value["margin"] or 0) / float(value["costed"]))
        facts.append((say(_("Margin, 24 months"), format), share, shown(MONEY, value["margin"])))
    if found.silent_days is not None:
        gap = say(_("median gap {days}", days=format.days_in_words(found.gap)), format) if found.gap else ""
        facts.append((say(_("Since the last order"), format), shown(DAYS, found.silent_days), gap))
    return facts


def _count(orders: int, format: Format) -> str:
    return say(_("{n} order in all", "{n} orders in all", n=orders), format)


def _bars(found: Customer, format: Format) -> list[dict[str, Any]]:
    """The months as bars of a picture 100 high, with a text for each; returns reach below the line as nothing."""
    most = max((net for _month, net in found.by_month), default=0.0)
    width = 100 / max(1, len(found.by_month))
    bars = []
    for place, (month, net) in enumerate(found.by_month):
        height = 0.0 if most <= 0 else max(0.0, net) / most * 100
        told = f"{format.grain(month)}: {format.value(MONEY, net)}"
        bars.append(
            {
                "x": round(place * width, 2),
                "width": round(width * 0.7, 2),
                "y": round(100 - height, 2),
                "height": round(height, 2),
                "told": told,
                "month": format.grain(month),
                "net": format.value(MONEY, net),
            }
        )
    return bars


def _deal(deal: Mapping[str, Any], found: Customer, format: Format) -> dict[str, str]:
    owner = str(deal["owner_id"] or "")
    return {
        "name": str(deal["name"] or deal["deal_id"]),
        "href": deal_address(str(deal["deal_id"])),
        "stage": str(deal["stage"] or ""),
        "amount": format.value(MONEY, deal["amount"]),
        "due": format.value(DATE, deal["expected_close_on"]),
        "owner": found.names.get(owner, owner),
    }


def _ticket(ticket: Mapping[str, Any], format: Format) -> dict[str, Any]:
    return {
        "id": str(ticket["ticket_id"]),
        "name": str(ticket["subject"] or ticket["category"] or ticket["ticket_id"]),
        "since": format.day(local_day(ticket["created_at"], format.zone)),
        "is_complaint": bool(ticket["is_complaint"]),
    }


def _leads_to(each: Happening) -> str:
    """A deal has a page of its own."""
    return deal_address(each.id) if each.kind == "deal" and each.what != "quoted" else ""
