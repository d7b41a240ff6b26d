"""What stands on the page of a deal, ready for its template."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from crmetrics.analysis.one_deal import Deal, Stay
from crmetrics.presenting.countries import country_name
from crmetrics.presenting.locales import NOTHING
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.vocabulary.unit import DATE, MONEY, SHARE
from crmetrics.warehouse.schema import CHOICE_LABELS, TABLES
from crmetrics.web.deal_steps import sentences, what
from crmetrics.web.profile_view import money_in, profile_lines
from crmetrics.web.records import customer_address
from crmetrics.web.timeline_view import ORDERS, QUOTED, Happened, kinds_shown, line

_ = words("deal")

KIND_NAMES: Final[Mapping[str, Message]] = {
    "stage": _("Stages"),
    "change": _("Changes"),
    "quote": _("Quotes"),
    "contact": _("Contacts"),
    "note": _("Notes"),
    "order": _("Orders"),
}
HAPPENED: Final[Happened] = {
    **ORDERS,
    ("stage", "created"): _("Created"),
    ("stage", "entered"): _("Stage {id}"),
    ("stage", "won"): _("Won"),
    ("stage", "lost"): _("Lost"),
    ("quote", "quoted"): QUOTED,
    ("quote", "accepted"): _("Quote {id} accepted"),
    ("quote", "rejected"): _("Quote {id} rejected"),
}
CHANGED: Final = _("{field}: {before} → {now}")
_APART: Final = frozenset(
    {"deal_id", "customer_id", "owner_id", "name", "amount", "currency", "stage", "is_won", "expected_close_on",
     "loss_reason", "source", "campaign_id", "probability"}
)  # fmt: skip


def deal_shown(found: Deal, kind: str, format: Format) -> dict[str, Any]:
    """Everything on the page but what the analyses say."""
    return {
        "name": str(found.record.get("name") or found.deal_id),
        "number": found.deal_id if found.record.get("name") else "",
        "state": _status(found, format),
        "customer": _customer(found, format),
        "sub": _owner(found, format),
        "sentences": sentences(found, format),
        "facts": _facts(found, format),
        "stays": _stays(found, format),
        "products": [_product(each, found, format) for each in found.products],
        "quotes": [_quote(each, found.today, format) for each in found.quotes],
        "planned": [_step(each, found, format) for each in found.planned],
        "profile": _profile(found, format),
        "kinds": kinds_shown(KIND_NAMES, kind, format),
        "timeline": _timeline(found, kind, format),
    }


def _status(found: Deal, format: Format) -> tuple[str, str]:
    if found.is_open:
        return "acc", say(_("Open"), format)
    return ("good", say(_("Won"), format)) if found.record["is_won"] else ("bad", say(_("Lost"), format))


def _customer(found: Deal, format: Format) -> dict[str, str]:
    """Who the deal is with; without a link where nothing else is known of him, or may be seen."""
    told = found.customer
    if not told:
        return {"name": "", "href": "", "said": say(_("No customer recorded"), format)}
    number = str(told["customer_id"])
    if len(told) == 1:
        said = say(_("Customer {id}, of whom nothing else is recorded that you may see", id=number), format)
        return {"name": "", "href": "", "said": said}
    country = country_name(str(told["country"]), format.language) if told.get("country") else ""
    where = "".join(format.locale.comma + str(part) for part in (told.get("city"), country) if part)
    return {"name": str(told.get("name") or number), "href": customer_address(number), "said": where}


def _owner(found: Deal, format: Format) -> str:
    owner = found.owner
    if not owner:
        return say(_("no owner"), format)
    name = str(owner.get("name") or owner["owner_id"])
    if not owner.get("team"):
        return say(_("owner {name}", name=name), format)
    return say(_("owner {name}, team {team}", name=name, team=str(owner["team"])), format)


def _facts(found: Deal, format: Format) -> list[tuple[str, str, str]]:
    """The row of figures: label, value, and what it is held against."""
    return [_amount(found, format), _stage(found, format), _close(found, format), _age(found, format)]


def _amount(found: Deal, format: Format) -> tuple[str, str, str]:
    amount, currency = found.record.get("amount"), found.record.get("currency")
    label = say(_("Amount"), format)
    if amount is None:
        return label, NOTHING, say(_("not recorded"), format)
    against = ""
    if currency and currency != format.currency:
        against = format.value(MONEY, found.worth)
        if found.worth is None:
            against = say(_("no exchange rate of {currency} is known", currency=str(currency)), format)
    return label, money_in(currency, amount, format), against


def _stage(found: Deal, format: Format) -> tuple[str, str, str]:
    label, stage = say(_("Stage"), format), str(found.record["stage"])
    days, stay = found.days_in_stage, found.stay
    if not found.is_open:
        last = next((each for each in reversed(found.stays) if each.days is not None), None)
        return label, stage, say(_("before that {stage}", stage=last.stage), format) if last else ""
    if days is None or stay is None:
        return label, stage, say(_("since when is not known"), format)
    if stay.usual_days is None:
        return label, stage, _days(days, format)
    values = {"days": _days(days, format), "usual": _days(stay.usual_days, format)}
    return label, stage, say(_("{days}, median of won deals {usual}", **values), format)


def _close(found: Deal, format: Format) -> tuple[str, str, str]:
    due, closed = found.record.get("expected_close_on"), found.record.get("closed_at")
    if found.is_open or closed is None:
        against = say(_("not recorded"), format)
        if due is not None:
            days = format.days_in_words(abs((due - found.today).days))
            is_past = due < found.today
            against = say(_("{days} ago", days=days) if is_past else _("in {days}", days=days), format)
        return say(_("Expected close"), format), format.value(DATE, due), against
    planned = say(_("expected {day}", day=format.day(due)), format) if due else ""
    return say(_("Closed"), format), format.day(local_day(closed, format.zone)), planned


def _age(found: Deal, format: Format) -> tuple[str, str, str]:
    created, closed = found.record.get("created_at"), found.record.get("closed_at")
    label = say(_("Open for") if found.is_open else _("Was open for"), format)
    if created is None:
        return label, NOTHING, say(_("when it was created is not known"), format)
    until = found.as_of if found.is_open else closed
    since = say(_("since {day}", day=format.day(local_day(created, format.zone))), format)
    return label, _days((until - created).total_seconds() / 86400, format) if until else NOTHING, since


def _days(days: float, format: Format) -> str:
    """Days in words; below ten with a decimal, for there it matters."""
    return format.days_in_words(round(max(0.0, days), 1 if days < 10 else 0))


def _stays(found: Deal, format: Format) -> list[dict[str, Any]]:
    """The visits of stages with bars, of which the longest is 100 wide; the mark is what is usual."""
    known = [value for each in found.stays for value in (each.days, each.usual_days) if value is not None]
    most = max(known, default=0.0) or 1.0
    return [
        {
            "stage": each.stage,
            "kind": each.kind,
            "since": format.day(local_day(each.entered_at, format.zone)),
            "days": _visit(each, format),
            "usual": _days(each.usual_days, format) if each.usual_days is not None and each.days is not None else "",
            "width": round(max(0.0, each.days or 0.0) / most * 100, 2),
            "mark": None if each.usual_days is None or each.days is None else round(each.usual_days / most * 100, 2),
            "is_long": each.days is not None and each.usual_days is not None and each.days > each.usual_days,
            "is_running": each.left_at is None and each.days is not None,
        }
        for each in found.stays
    ]


def _visit(each: Stay, format: Format) -> str:
    if each.days is None:
        return ""
    return say(_("passed through"), format) if each.left_at and each.days * 1440 < 1 else _days(each.days, format)


def _product(each: Mapping[str, Any], found: Deal, format: Format) -> dict[str, str]:
    currency = found.record.get("currency")
    return {
        "name": str(each["name"] or NOTHING),
        "quantity": format.number(float(each["quantity"])) if each["quantity"] is not None else "",
        "price": money_in(currency, each["unit_price"], format),
        "amount": money_in(currency, each["amount"], format),
    }


def _quote(each: Mapping[str, Any], today: date, format: Format) -> dict[str, str]:
    if each["accepted_at"]:
        tone, state = "good", _("accepted on {day}", day=format.day(local_day(each["accepted_at"], format.zone)))
    elif each["rejected_at"]:
        tone, state = "bad", _("rejected on {day}", day=format.day(local_day(each["rejected_at"], format.zone)))
    elif each["sent_at"] is None:
        tone, state = "", _("a draft")
    elif each["expires_on"] is not None and each["expires_on"] < today:
        tone, state = "warn", _("expired on {day}", day=format.day(each["expires_on"]))
    else:
        tone, state = "", _("waiting for an answer")
    return {
        "id": str(each["quote_id"]),
        "sent": format.day(local_day(each["sent_at"], format.zone)) if each["sent_at"] else NOTHING,
        "amount": money_in(each["currency"], each["amount"], format),
        "state": say(state, format),
        "tone": tone,
        "reason": str(each["reject_reason"] or ""),
    }


def _step(each: Mapping[str, Any], found: Deal, format: Format) -> dict[str, Any]:
    due = local_day(each["due_at"], format.zone) if each["due_at"] else None
    owner = str(each["owner_id"] or "")
    return {
        "what": what(each, format),
        "day": format.day(due) if due else say(_("without a day"), format),
        "is_late": due is not None and due < found.today,
        "owner": found.names.get(owner, owner),
    }


def _profile(found: Deal, format: Format) -> list[tuple[str, str]]:
    record, lines = found.record, []
    for label, value in ((_("Source"), found.source), (_("Campaign"), found.campaign)):
        if value:
            lines.append((say(label, format), str(value)))
    if record.get("probability") is not None and found.is_open:
        lines.append((say(_("Win probability as typed"), format), format.value(SHARE, record["probability"])))
    if record.get("loss_reason"):
        lines.append((say(TABLES["deals"].column("loss_reason").label, format), str(record["loss_reason"])))
    return lines + profile_lines(TABLES["deals"], record, found.names, format, _APART)


def _timeline(found: Deal, kind: str, format: Format) -> list[dict[str, Any]]:
    """What happened, the changes among it; the latest first."""
    lines = [(each.at, line(each, HAPPENED, format)) for each in found.timeline]
    if kind in ("", "change"):
        lines += [(each["changed_at"], _change(each, found, format)) for each in found.changes]
    return [shown for _at, shown in sorted(lines, key=lambda each: each[0], reverse=True)]


def _change(each: Mapping[str, Any], found: Deal, format: Format) -> dict[str, Any]:
    field = str(each["field_name"])
    before, now = (_value(field, each[side], found, format) for side in ("old_value", "new_value"))
    label = say(TABLES["deals"].column(field).label, format) if TABLES["deals"].has(field) else field
    day = local_day(each["changed_at"], format.zone)
    told = say(CHANGED(field=label, before=before, now=now), format)
    return {"day": format.day(day), "iso": day.isoformat(), "what": told, "tone": "info"}


def _value(field: str, text: str | None, found: Deal, format: Format) -> str:
    """A value of a history, in which anything may stand, as people read it."""
    if not text:
        return NOTHING
    try:
        if field == "amount":
            return money_in(found.record.get("currency"), float(Decimal(text)), format)
        if field == "probability":
            return format.value(SHARE, float(Decimal(text)))
        if field == "expected_close_on":
            return format.day(date.fromisoformat(text[:10]))
    except (ValueError, InvalidOperation):
        return text
    if field == "owner_id":
        return found.names.get(text, text)
    return say(CHOICE_LABELS[text], format) if text in CHOICE_LABELS else text
