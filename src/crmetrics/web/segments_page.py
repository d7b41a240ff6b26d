"""Segments of customers: kept from the rows behind a figure, listed beside the kept views, renamed, shared, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import QueryParams

from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue, CrmetricsError
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SIGNED_IN, Number, Rights
from crmetrics.web.asking import asking_of
from crmetrics.web.rows_page import cell_of, of_the_question, of_the_rows
from crmetrics.web.site import Site
from crmetrics.workspace.segments import Opened, Segment, Segments

_ = words("segments")

RIGHTS: Final[Rights] = dict.fromkeys(("/segments", "/segments/{number}/change"), SIGNED_IN)
LISTED: Final = "/boards#segments"

WORDS: Final[dict[str, Message]] = {
    "segments": _("Segments"),
    "segments_sub": _(
        "Customers under a name of yours, to filter any answer by. Everybody sees those among his own rows."
    ),
    "segment_customers": _("{n} customer", "{n} customers"),
    "segment_fixed": _("as on the day it was kept"),
    "segment_change": _("Change: {title}"),
    "segment_remove": _("Remove this segment"),
    "no_segments": _("None yet. Open a figure that counts customers, and keep those behind it."),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as it is listed: how many customers it has now, or the sentence that says why that is not known."""

    segment: Segment
    count: int | None
    wrong: str


def segments_of(site: Site, request: Request) -> Segments:
    """The segments as who asks has them."""
    return Segments(site.state, site.person(request).number)


def listed(site: Site, request: Request) -> list[Listed]:
    """The segments that who asks may see, each with how many of its customers he sees; none before the first import."""
    return counted(site, request, segments_of(site, request).all()) if site.has_data else []


def counted(site: Site, request: Request, segments: Sequence[Segment]) -> list[Listed]:
    """Segments with how many of their customers who asks sees now."""
    catalogue, viewer, found = site.catalogue(), site.viewer(request), []
    for segment in segments:
        try:
            found.append(Listed(segment, catalogue.segments.count(segment, viewer), ""))
        except CrmetricsError as error:
            found.append(Listed(segment, None, say(error.message, site.format(request))))
    return found


def routes(site: Site) -> APIRouter:
    """The forms that keep a segment and change it."""
    router = APIRouter()

    @router.post("/segments")
    def keep(request: Request) -> Response:
        form = site.form(request)
        title, kind = str(form.get("title", "")), str(form.get("kind", "question"))
        if kind not in ("question", "list"):
            raise BadValue(_("'{kind}' is not a way to keep a segment: question or list was expected.", kind=kind[:40]))
        if form.get("shared"):
            site.need(request, "share")
        question = _opened(site, str(form.get("key", "")), str(form.get("query", "")))
        # worked out once before it is kept: what cannot be answered is no segment
        ids = site.catalogue().segments.found(question, Scope(site.viewer(request)), title)
        kept = Segment(0, title, question, ids if kind == "list" else None, bool(form.get("shared")))
        segments_of(site, request).keep(kept)
        return RedirectResponse(LISTED, 303)

    @router.post("/segments/{number}/change")
    def change(request: Request, number: Number) -> Response:
        form, mine = site.form(request), segments_of(site, request)
        what = str(form.get("what", ""))
        if what == "rename":
            mine.rename(number, str(form.get("title", "")))
        elif what in ("share", "unshare"):
            site.need(request, "share")
            mine.share(number, what == "share")
        elif what == "remove":
            mine.remove(number)
        else:
            raise BadValue(_("'{what}' is not something that can be done with a segment.", what=what[:40]))
        return RedirectResponse(LISTED, 303)

    return router


def _opened(site: Site, key: str, query: str) -> Opened:
    """The figure that an address of rows opens; UnknownName or BadValue for what it should not say."""
    given = QueryParams(of_the_rows(QueryParams(parse_qsl(query, keep_blank_values=True))))
    catalogue = site.catalogue()
    asked = asking_of(catalogue.find(key), of_the_question(given), catalogue.settings.zone)
    cell = cell_of(given)
    return Opened(
        key,
        cell.column,
        f"/a/{key}/rows?{urlencode(given.multi_items())}",
        dict(cell.at),
        asked.period or "",
        asked.as_of.isoformat() if asked.as_of else "",
        {each.dimension: each.values for each in asked.where},
        dict(asked.choices),
    )
