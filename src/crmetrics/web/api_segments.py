"""The REST API of segments: those that who asks may see, each with the question that finds its customers."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from crmetrics.web.admission import SIGNED_IN, Number, Rights
from crmetrics.web.api import part_of
from crmetrics.web.files import marked_json
from crmetrics.web.openapi import answers, parts
from crmetrics.web.segments_page import Listed, counted, segments_of
from crmetrics.web.site import Site

RIGHTS: Final[Rights] = dict.fromkeys(("/api/segments", "/api/segments/{number}"), SIGNED_IN)

_TEXTS: Final = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
_SEGMENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["number", "title", "is_shared", "may_change", "kind", "customers", "why_not", "question"],
    "properties": {
        "number": {"type": "integer", "description": "By it answers are filtered: where.segment=NUMBER."},
        "title": {"type": "string"},
        "is_shared": {"type": "boolean"},
        "may_change": {"type": "boolean"},
        "kind": {
            "type": "string",
            "enum": ["question", "list"],
            "description": "question: whoever it finds in the data as they are; list: those of the day on which it was kept.",
        },
        "customers": {"type": ["integer", "null"], "description": "How many of them you see now."},
        "why_not": {"type": ["string", "null"], "description": "Why that is not known."},
        "question": {
            "type": "object",
            "required": ["key", "cell", "at", "period", "as_of", "where", "choices"],
            "properties": {
                "key": {"type": "string"},
                "cell": {"type": "string", "description": "The column whose figure was opened."},
                "at": {**_TEXTS, "description": "In whose row it stands; none: that of the total."},
                "period": {"type": ["string", "null"]},
                "as_of": {"type": ["string", "null"]},
                "where": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": ["string", "null"]}},
                },
                "choices": _TEXTS,
            },
        },
    },
}
_LISTED: Final = {
    "type": "object",
    "required": ["segments", "count"],
    "properties": {"segments": {"type": "array", "items": _SEGMENT}, "count": {"type": "integer"}},
}


def routes(site: Site) -> APIRouter:
    """The addresses of segments."""
    router = APIRouter(prefix="/api")

    @router.get(
        "/segments",
        tags=["segments"],
        summary="Your segments of customers and the shared ones, by title",
        openapi_extra={"parameters": [*parts()], **answers("200", "The segments", _LISTED)},
    )
    def listed(request: Request) -> Response:
        start, count = part_of(request)
        found = segments_of(site, request).all() if site.has_data else ()
        told = [_told(each, site, request) for each in counted(site, request, found[start : start + count])]
        return marked_json(request, site, {"segments": told, "count": len(found)})

    @router.get(
        "/segments/{number}",
        tags=["segments"],
        summary="One segment of customers",
        openapi_extra=answers("200", "The segment", _SEGMENT),
    )
    def one(request: Request, number: Number) -> Response:
        (found,) = counted(site, request, [segments_of(site, request).find(str(number))])
        return marked_json(request, site, _told(found, site, request))

    return router


def _told(listed: Listed, site: Site, request: Request) -> dict[str, Any]:
    segment, question = listed.segment, listed.segment.question
    return {
        "number": segment.number,
        "title": segment.title,
        "is_shared": segment.is_shared,
        "may_change": segment.owner == site.person(request).number,
        "kind": "question" if segment.ids is None else "list",
        "customers": listed.count,
        "why_not": listed.wrong or None,
        "question": {
            "key": question.key,
            "cell": question.column,
            "at": dict(question.at),
            "period": question.period or None,
            "as_of": question.as_of or None,
            "where": {name: list(values) for name, values in question.where.items()},
            "choices": dict(question.choices),
        },
    }
