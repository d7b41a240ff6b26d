"""The REST API of notes on dates: listed, written and removed, with the rights of the page."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.web.admission import SIGNED_IN, Number, Rights
from crmetrics.web.files import json_of, marked_json
from crmetrics.web.noted import KNOWN, TypedNote, annotations_of, keep_note, remove_note
from crmetrics.web.openapi import answers
from crmetrics.web.sent_objects import object_sent
from crmetrics.web.site import Site
from crmetrics.workspace.annotations import LONGEST, Annotation

_ = words("annotations")

RIGHTS: Final[Rights] = {
    "GET /api/notes": SIGNED_IN,
    "POST /api/notes": SIGNED_IN,
    "/api/notes/{number}": SIGNED_IN,
}
LARGEST: Final = 10_000  # bytes of a note
_DAY: Final = {"type": "string", "format": "date"}
_SENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["text", "first"],
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "first": _DAY,
        "last": {**_DAY, "description": "Left out: it is on one day."},
        "areas": {
            "type": "array",
            "items": {"type": "string", "enum": list(KNOWN)},
            "description": "The areas on whose charts it stands. None: on all.",
        },
        "is_shared": {"type": "boolean", "default": False},
    },
}
_TOLD: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["number", "text", "first", "last", "areas", "is_shared", "written_by", "may_change"],
    "properties": {
        **_SENT["properties"],
        "number": {"type": "integer"},
        "written_by": {"type": "string"},
        "may_change": {"type": "boolean"},
    },
}


_LISTED: Final = {"type": "object", "properties": {"notes": {"type": "array", "items": _TOLD}}}
_BODY: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": _SENT}}}}


def routes(site: Site) -> APIRouter:
    """The addresses of notes."""
    router = APIRouter(prefix="/api")

    @router.get(
        "/notes",
        tags=["notes"],
        summary="Your notes on dates and the shared ones, the latest first",
        openapi_extra=answers("200", "The notes", _LISTED),
    )
    def listed(request: Request) -> Response:
        notes = annotations_of(site, request)
        return marked_json(request, site, {"notes": [_told(note, notes.may_change(note)) for note in notes.all()]})

    @router.post(
        "/notes",
        status_code=201,
        tags=["notes"],
        summary="Write a note on a date",
        openapi_extra={**_BODY, **answers("201", "The note as it was kept", _TOLD)},
    )
    async def write(request: Request) -> Response:
        typed = await _sent(request)
        kept = await run_in_threadpool(keep_note, site, request, typed)
        return json_of(_told(kept, True), 201)

    @router.delete("/notes/{number}", tags=["notes"], summary="Remove a note on a date")
    def remove(request: Request, number: Number) -> Response:
        gone = remove_note(site, request, number)
        return json_of(_told(gone, True))

    return router


async def _sent(request: Request) -> TypedNote:
    """What was sent, a JSON object; BadValue for anything else, and for parts of another kind."""
    given = await object_sent(request, LARGEST)
    if given is None:
        raise BadValue(_("Send one note as a JSON object of at most {most} bytes.", most=LARGEST))
    texts = [given.get(name) or "" for name in ("text", "first", "last")]
    areas, is_shared = given.get("areas") or [], given.get("is_shared") or False
    kinds = [*texts, *(areas if isinstance(areas, list) else [None])]
    if not all(isinstance(each, str) for each in kinds) or not isinstance(is_shared, bool):
        raise BadValue(
            _("A note has text, first and last as texts, areas as a list of texts, is_shared as true or false.")
        )
    text, first, last = texts
    return TypedNote(text, first, last, tuple(areas), is_shared)


def _told(note: Annotation, may_change: bool) -> dict[str, Any]:
    return {
        "number": note.number,
        "text": note.text,
        "first": note.first.isoformat(),
        "last": note.last.isoformat(),
        "areas": list(note.areas),
        "is_shared": note.is_shared,
        "written_by": note.written_by,
        "may_change": may_change,
    }
