"""The list of all that can be asked, cut to the words typed."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.analysis import Entry
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.answers_view import as_data, by_area
from crmetrics.web.files import json_of
from crmetrics.web.site import Place, Site
from crmetrics.web.sought import found_by

_ = words("home")

PLACE: Final = Place("/analyses", _("All analyses"), 20)
RIGHTS: Final[Rights] = dict.fromkeys(("/analyses", "/analyses.json", "/a"), SIGNED_IN)

WORDS: Final[dict[str, Message]] = {
    "all": PLACE.title,
    "all_sub": _("Every analysis with the question it answers. A locked one names the column that would unlock it."),
    "answers": _("What your data can answer"),
    "find": _("Find"),
    "find_hint": _("a word in any language"),
    "show": _("Show"),
    "none_found": _("No analysis is called by these words, in any language."),
    "locked": _("Locked"),
    "thin": _("Few data"),
}


def routes(site: Site) -> APIRouter:
    """The list, the same as data, and the address above those of the analyses, which leads to it."""
    router = APIRouter()

    def asked(request: Request) -> tuple[str, tuple[Entry, ...]]:
        typed = request.query_params.get("q", "").strip()
        entries = site.catalogue().entries(site.viewer(request))
        return typed, found_by(entries, typed, site.format(request)) if typed else entries

    @router.get("/analyses")
    def listed(request: Request) -> Response:
        typed, found = asked(request)
        return site.page(request, "catalogue.html", WORDS, areas=by_area(found, site.format(request)), typed=typed)

    @router.get("/analyses.json")
    def listed_as_data(request: Request) -> Response:
        told = [as_data(each, site.format(request)) for each in asked(request)[1]]
        return json_of(told)

    @router.get("/a")
    def all_analyses() -> Response:
        return RedirectResponse("/analyses")

    return router
