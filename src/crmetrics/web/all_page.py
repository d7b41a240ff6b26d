"""The list of all that can be asked."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.pages import listing
from crmetrics.web.site import Place, Site

_ = words("web")

PLACE: Final = Place("/", _("What can be asked"), 20)

RIGHTS: Final[Rights] = {"/": SIGNED_IN, "/a": SIGNED_IN}

WORDS: Final[dict[str, Message]] = {
    "all": PLACE.title,
    "all_sub": _("Every analysis with the question it answers. A locked one names the column that would unlock it."),
    "find": _("Find"),
    "none_found": _("No analysis has these words in its title or question."),
    "locked": _("Locked"),
}


def routes(site: Site) -> APIRouter:
    """The list, and the address above those of the analyses, which leads to it."""
    router = APIRouter()

    @router.get("/")
    def home(request: Request) -> Response:
        entries = site.catalogue().entries(site.viewer(request))
        return site.page(request, "catalogue.html", WORDS, areas=listing(entries, site.format(request)))

    @router.get("/a")
    def all_analyses() -> Response:
        return RedirectResponse("/")

    return router
