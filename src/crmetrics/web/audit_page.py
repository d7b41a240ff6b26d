"""What was done by whom, to be read."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.presenting.history import doer
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import Rights
from crmetrics.web.site import Place, Site
from crmetrics.workspace.audit import KINDS

_ = words("people")

PLACE: Final = Place("/audit", _("What was done by whom"), 91, "people", group="settings")
RIGHTS: Final[Rights] = {"/audit": "people"}
SHOWN: Final = 100

WORDS: Final[dict[str, Message]] = {
    "audit": PLACE.title,
    "people": _("People and rights"),
    "audit_sub": _(
        "Sign-ins, views of personal data, exports, changes of definitions, settings and rights. The latest first."
    ),
    "who": _("Who"),
    "what": _("What"),
    "about": _("About"),
    "when": _("When"),
    "address": _("Address"),
    "everybody": _("everybody"),
    "everything": _("everything"),
    "show": _("Show"),
    "older": _("Older"),
    "nothing": _("Nothing yet."),
    "filters": _("Filters"),
}


def routes(site: Site) -> APIRouter:
    """The page."""
    router = APIRouter()

    @router.get("/audit")
    def page(request: Request) -> Response:
        given, format_ = request.query_params, site.format(request)
        who, kind, before = given.get("who", "").strip(), given.get("kind", ""), given.get("before", "")
        deeds = site.audit.latest(
            SHOWN + 1, before=int(before) if before.isdecimal() and len(before) < 16 else None, who=who, kind=kind
        )
        rows = [
            (
                format_.moment(each.at),
                doer(each.who, format_),
                next((KINDS[one] for one in KINDS if one == each.kind), None),
                each,
            )
            for each in deeds[:SHOWN]
        ]
        kept = {name: value for name, value in (("who", who), ("kind", kind)) if value}
        older = f"/audit?{urlencode({**kept, 'before': deeds[SHOWN - 1].number})}" if len(deeds) > SHOWN else ""
        return site.page(request, "audit.html", WORDS, rows=rows, kinds=KINDS, who=who, kind=kind, older=older)

    return router
