"""The REST API: what can be asked, the answers, the rows behind them; the same rights and the same scope as on the pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from crmetrics.analysis import Answer, Entry
from crmetrics.analysis.own_kpis import mark_of
from crmetrics.catalogue import AREAS
from crmetrics.presenting.json import as_object
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import dimension_name
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.profile import Profile
from crmetrics.web.admission import OPEN, SIGNED_IN, Rights
from crmetrics.web.openapi import description
from crmetrics.web.rows_page import opening
from crmetrics.web.site import Site
from crmetrics.workspace.rights import PERMISSIONS

_ = words("api")

MOST: Final = 10_000
"""So many rows are given at once; the next ones by `page`."""
USUAL: Final = 1_000

RIGHTS: Final[Rights] = {
    "/api/openapi.json": OPEN,
    "/api/catalogue": SIGNED_IN,
    "/api/catalogue/{key}": SIGNED_IN,
    "/api/ask/{key}": "export",
    "/api/ask/{key}/rows": "export",
    "/api/me": SIGNED_IN,
}


def routes(site: Site) -> APIRouter:
    """The addresses under /api that ask."""
    router = APIRouter(prefix="/api")
    _listing(router, site)
    _asking(router, site)

    @router.get("/me", tags=["people"], summary="Who asks, and what he may see and do")
    def me(request: Request) -> Response:
        person = site.person(request)
        told = {
            "name": person.name,
            "role": person.role,
            "sees": person.scope,
            "employee_id": person.employee_id,
            "may": [permission for permission in PERMISSIONS if person.may(permission)],
        }
        return _told(request, site, lambda format: told)

    return router


def _listing(router: APIRouter, site: Site) -> None:

    @router.get("/openapi.json", include_in_schema=False)
    def described(request: Request) -> Response:
        app: FastAPI = request.app
        return _told(request, site, lambda format: description(app, site.catalogue(), format), by_viewer=False)

    @router.get("/catalogue", tags=["catalogue"], summary="Everything that can be asked, and what it takes")
    def catalogue(request: Request) -> Response:
        def entries(format: Format) -> Any:
            opened = site.catalogue()
            found = opened.entries(site.viewer(request))
            return {"areas": list(AREAS), "entries": [_entry(each, opened.engine.profile, format) for each in found]}

        return _told(request, site, entries)

    @router.get("/catalogue/{key}", tags=["catalogue"], summary="One question: its choices, columns and definition")
    def entry(request: Request, key: str) -> Response:
        opened = site.catalogue()
        opened.find(key)
        found = next(each for each in opened.entries(site.viewer(request)) if each.declared.key == key)
        return _told(request, site, lambda format: _entry(found, opened.engine.profile, format))


def _asking(router: APIRouter, site: Site) -> None:
    @router.get("/ask/{key}", tags=["ask"], summary="Ask a question")
    def ask(request: Request, key: str) -> Response:
        start, count = _part(request)
        return _told(request, site, lambda format: _answer(site.ask(request, key), format, start, count))

    @router.get("/ask/{key}/rows", tags=["ask"], summary="The very rows behind a figure")
    def rows(request: Request, key: str) -> Response:
        start, count = _part(request)

        def opened(format: Format) -> Any:
            found = opening(site, request, key, start, count)
            told = _answer(found.rows, format, 0, count)
            return {**told, "count": found.count}

        return _told(request, site, opened)


def _told(request: Request, site: Site, told: Any, by_viewer: bool = True) -> Response:
    """JSON with the mark of what it was made of: the same mark sent back gets 304 and costs no work."""
    format = site.format(request)
    made_of = [
        site.catalogue().engine.profile.number,
        str(request.url),
        format.language,
        repr(site.catalogue().settings),
        mark_of(site.catalogue().own),
    ]
    if by_viewer:
        made_of.append(repr(site.person(request)))  # his name and rights, and so his rows
    mark = f'"{sha256(json.dumps(made_of, default=str).encode()).hexdigest()[:32]}"'
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": mark})
    body = json.dumps(told(format), ensure_ascii=False, allow_nan=False)
    return Response(body, media_type="application/json", headers={"ETag": mark})


def _part(request: Request) -> tuple[int, int]:
    """From which row and how many: `page`, from 1, of `rows` rows each."""
    page, rows = (
        _number(request, name, usual, most) for name, usual, most in (("page", 1, 10**9), ("rows", USUAL, MOST))
    )
    return (page - 1) * rows, rows


def _number(request: Request, name: str, usual: int, most: int) -> int:
    given = request.query_params.get(name, str(usual))
    if not (given.isascii() and given.isdigit() and len(given) < 12 and 1 <= int(given) <= most):
        raise BadValue(
            _("'{value}' does not do for {name}: a whole number from 1 to {most}.", value=given, name=name, most=most)
        )
    return int(given)


def _answer(answer: Answer[Any], format: Format, start: int, count: int) -> Mapping[str, Any]:
    """The answer with a part of its rows, and how many there are."""
    whole = answer.rows
    part = whole.taken(range(start, min(start + count, len(whole))))
    told = as_object(replace(answer, result=replace(answer.result, rows=part)), format)
    return {**told, "count": len(whole)}


def _entry(entry: Entry, profile: Profile, format: Format) -> dict[str, Any]:
    declared = entry.declared
    return {
        "key": declared.key,
        "area": declared.area,
        "title": say(declared.title, format),
        "question": say(declared.question, format),
        "formula": say(declared.formula, format),
        "mind": say(declared.mind, format),
        "source": declared.source,
        "definition_version": declared.version,
        "state": entry.state,
        "missing": entry.locked.missing if entry.locked else None,
        "period": declared.period,
        "headline": declared.headline or None,
        "choices": [
            {
                "name": each.name,
                "label": say(each.label, format),
                "kind": each.kind,
                "default": each.default,
                "options": [{"value": word, "label": say(label, format)} for word, label in each.words.items()]
                or (
                    [{"value": by, "label": dimension_name(by, format)} for by in declared.groupings(profile)]
                    if each.kind == "by"
                    else []
                ),
                "low": each.low,
                "high": each.high,
            }
            for each in declared.choices
        ],
        "columns": [
            {"name": each.name, "label": say(each.label, format), "unit": each.unit.value}
            for each in declared.row.columns
        ],
    }
