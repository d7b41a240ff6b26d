"""What the data at hand can answer, and what would unlock the rest."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.answers_view import as_data, at_hand, by_area, unlocking
from crmetrics.web.files import json_of
from crmetrics.web.site import Place, Site

_ = words("home")

PLACE: Final = Place("/answers", _("What your data can answer"), 39, group="upkeep")
RIGHTS: Final[Rights] = dict.fromkeys(("/answers", "/answers.json"), SIGNED_IN)

WORDS: Final[dict[str, Message]] = {
    "answers": PLACE.title,
    "answers_sub": _(
        "What can be asked of the data at hand, what would say too little, and which column would unlock the rest."
    ),
    "ready": _("can be answered"),
    "thin_state": _("stand on too few rows"),
    "locked_state": _("are locked"),
    "thin": _("Few data"),
    "locked": _("Locked"),
    "unlock": _("What would unlock more"),
    "unlock_sub": _("The table or column that is missing, and the analyses that wait for it first."),
    "nothing_locked": _("Nothing is locked: every analysis can be answered."),
    "column": _("Missing"),
    "meaning": _("What it is"),
    "unlocks": _("Would unlock"),
    "unlocks_count": _("{n} analysis", "{n} analyses"),
    "tables": _("The tables at hand"),
    "table": _("Table"),
    "source": _("Source"),
    "rows": _("Rows"),
    "span": _("From – to"),
    "age": _("Age"),
    "linked": _("With a known customer"),
    "absent": _("Not there: {tables}."),
    "by_area": _("By area"),
    "by_month": _("By month"),
    "all": _("All analyses"),
}


def routes(site: Site) -> APIRouter:
    """The page, and the same as data."""
    router = APIRouter()

    @router.get("/answers")
    def answers(request: Request) -> Response:
        catalogue, format_, viewer = site.catalogue(), site.format(request), site.viewer(request)
        found = catalogue.entries(viewer)
        absent = (
            name for name, table in TABLES.items() if not catalogue.engine.profile.rows(name) and not table.is_shared
        )
        return site.page(
            request,
            "answers.html",
            WORDS,
            tally={state: sum(each.state == state for each in found) for state in ("ready", "thin", "locked")},
            unlocking=unlocking(found, format_),
            tables=at_hand(catalogue.ask("data.coverage", viewer=viewer), format_),
            absent=format_.listed(say(TABLES[name].label, format_) for name in absent),
            areas=by_area(found, format_),
        )

    @router.get("/answers.json")
    def answers_as_data(request: Request) -> Response:
        catalogue, format_, viewer = site.catalogue(), site.format(request), site.viewer(request)
        found = catalogue.entries(viewer)
        told = {
            "analyses": [as_data(each, format_) for each in found],
            "unlocking": [each.as_data() for each in unlocking(found, format_)],
            "tables": [each.as_data() for each in at_hand(catalogue.ask("data.coverage", viewer=viewer), format_)],
        }
        return json_of(told)

    return router
