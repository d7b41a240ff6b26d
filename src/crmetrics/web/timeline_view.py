"""Lines of a timeline as a page has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crmetrics.analysis.timeline import Happening
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.vocabulary.unit import MONEY
from crmetrics.warehouse.schema import CHOICE_LABELS

_ = words("customer")

Happened = Mapping[tuple[str, str], Message]

ORDERS: Final[Happened] = {
    ("order", "ordered"): _("Order {id}"),
    ("order", "returned"): _("Return {id}"),
    ("order", "cancelled"): _("Order {id} cancelled"),
}
WORDS: Final[dict[str, Message]] = {
    "timeline": _("Timeline"),
    "no_timeline": _("Nothing is recorded here."),
}
QUOTED: Final = _("Quote {id} sent")
ALL: Final = _("All")
_OF_DAYS: Final = frozenset({"money", "contract"})


def kinds_shown(names: Mapping[str, Message], kind: str, format: Format) -> list[tuple[str, str, bool]]:
    """The choice of a timeline's kinds: value, label, whether it is the one chosen."""
    return [("", say(ALL, format), not kind)] + [
        (each, say(name, format), each == kind) for each, name in names.items()
    ]


def line(each: Happening, happened: Happened, format: Format, href: str = "") -> dict[str, Any]:
    """One line; `happened` are the words of what has more to say than its own name."""
    message = happened.get((each.kind, each.what))
    if message is not None:
        what = say(message(id=each.id), format)
    elif each.kind == "feedback":
        name = say(CHOICE_LABELS[each.what], format) if each.what in CHOICE_LABELS else each.what
        score = format.number(float(each.id)) if each.id else ""
        what = say(_("{survey}: {score}", survey=name, score=score), format) if score else name
    else:
        what = say(CHOICE_LABELS[each.what], format) if each.what in CHOICE_LABELS else each.what
    day = each.at.date() if each.kind in _OF_DAYS else local_day(each.at, format.zone)
    return {
        "day": format.day(day),
        "iso": day.isoformat(),
        "what": what,
        "href": href,
        "said": each.said or "",
        "amount": format.value(MONEY, each.amount) if each.amount is not None else "",
        "tone": each.tone,
    }
