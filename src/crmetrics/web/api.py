"""The REST API: what can be asked, the answers, the rows behind them; the same rights and the same scope as on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from crmetrics.analysis import Answer, Entry
from crmetrics.analysis.own_kpis import mark_of as mark_of_own
from crmetrics.catalogue import AREAS
from crmetrics.presenting.json import as_object
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import dimension_name
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.scope import SEGMENT
from crmetrics.web.admission import OPEN, SIGNED_IN, Rights, who
from crmetrics.web.answering import Answering
from crmetrics.web.asking import FILTER
from crmetrics.web.files import json_of, mark_of, marked_json, unchanged
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
        return marked_json(request, site, told)

    return router


def _listing(router: APIRouter, site: Site) -> None:

    @router.get("/openapi.json", include_in_schema=False)
    def described(request: Request) -> Response:
        app, is_known = request.app, who(site, request) is not None
        return _told(
            request, site, lambda format: description(app, site.catalogue(), format, has_own=is_known), by_viewer=False
        )

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
    answering = Answering(site)

    @router.get("/ask/{key}", tags=["ask"], summary="Ask a question")
    async def ask(request: Request, key: str) -> Response:
        start, count = part_of(request)
        mark = await run_in_threadpool(_mark, request, site)

        def shown(answer: Answer[Any]) -> Response:
            return _marked(_answer(answer, site.format(request), start, count), mark)

        # worked out at the desk: programs that ask slow questions hold no thread that pages need
        return unchanged(request, mark) or await answering.shown(request, key, shown)

    @router.get("/ask/{key}/rows", tags=["ask"], summary="The very rows behind a figure")
    def rows(request: Request, key: str) -> Response:
        start, count = part_of(request)

        def opened(format: Format) -> Any:
            found = opening(site, request, key, start, count)
            told = _answer(found.rows, format, 0, count)
            return {**told, "count": found.count}

        return _told(request, site, opened)


def _told(request: Request, site: Site, told: Callable[[Format], Any], by_viewer: bool = True) -> Response:
    """JSON with the mark of what it was made of: the same mark sent back gets 304 and costs no work."""
    mark = _mark(request, site, by_viewer)
    return unchanged(request, mark) or _marked(told(site.format(request)), mark)


def _marked(told: Any, mark: str) -> Response:
    answer = json_of(told)
    answer.headers["ETag"] = mark
    return answer


def _mark(request: Request, site: Site, by_viewer: bool = True) -> str:
    """The mark of all that an answer may hang on."""
    catalogue = site.catalogue()
    made_of: list[object] = [
        catalogue.engine.profile.number,
        str(request.url),
        site.speaks(request),
        catalogue.settings,
        mark_of_own(catalogue.own),
    ]
    # his name and rights, and so his rows; of the description only whether who asks is known
    made_of.append(site.person(request) if by_viewer else who(site, request) is not None)
    if (
        by_viewer and FILTER + SEGMENT in request.query_params
    ):  # renamed, shared no more or removed: then the answer is another one
        made_of.append(catalogue.segments.titles(site.viewer(request)))
    return mark_of(*made_of)


def part_of(request: Request) -> tuple[int, int]:
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
        "source": say(declared.source, format),
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
