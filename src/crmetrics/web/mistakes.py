"""What a mistake looks like: a sentence on a page, or to a program the same sentence as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import (
    BadSettings,
    BadValue,
    BeingStopped,
    Busy,
    CrmetricsError,
    NoState,
    NotAllowed,
    NotSignedIn,
    NoWorkspace,
    TooManyTries,
    UnknownName,
)
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.web.admission import who
from crmetrics.web.frame import address_with, bare_frame
from crmetrics.web.headers import with_headers
from crmetrics.web.site import Site

_ = words("web")

WORDS: Final[dict[str, Message]] = {
    "error": _("This cannot be shown"),
    "back": _("Back to all analyses"),
    "again": _("Try again"),
    "unreadable": _(
        "The settings of this workspace cannot be read, so nothing can be shown. Whoever looks after it finds out what is "
        "wrong with: crmetrics list"
    ),
    "fault": _("This is a fault of crmetrics itself, not of yours. What happened stands in the log of the server."),
}

_FILES: Final = (".json", ".csv", ".xlsx", ".png", ".svg")
_STATUSES: Final = (
    (UnknownName, 404),
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (TooManyTries, 429),
    (Busy, 409),
)
_AGAIN: Final = {"Retry-After": "10"}
"""Of what passes: in so many seconds it may be asked again."""


def tell_mistakes(app: FastAPI, site: Site) -> None:
    """Have every mistake told in words, in the reader's language, in the form that who asks can read."""

    @app.exception_handler(CrmetricsError)
    def mistaken(request: Request, error: CrmetricsError) -> Response:
        return _answered(request, site, error, _shown)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        return _answered(request, site, _refusal(request, error), _shown_as(error.status_code, error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        names = ".".join(str(each) for each in first["loc"][1:])
        told = BadValue(_("'{name}' is not as expected: {problem}.", name=names, problem=str(first["msg"])))
        return _answered(request, site, told, _shown_as(HTTPStatus.UNPROCESSABLE_ENTITY, {}))

    @app.exception_handler(Exception)
    def fallen(request: Request, error: Exception) -> Response:
        # it is raised again after this, for the log; nothing is looked up, for what has failed may fail again
        format = _unsettled(request, site)
        told = say(WORDS["fault"], format)
        return with_headers(_bare(request, site, format, told, HTTPStatus.INTERNAL_SERVER_ERROR, {}))


def _refusal(request: Request, error: HTTPException) -> CrmetricsError:
    """What the framework refuses, in our words."""
    path = request.url.path
    if error.status_code == HTTPStatus.NOT_FOUND:
        return UnknownName(_("There is nothing at '{path}'.", path=path))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return BadValue(_("'{path}' does not take {method}.", path=path, method=request.method))
    return BadValue(_("What was sent cannot be read: {problem}", problem=str(error.detail)))


def _shown_as(status: int, headers: Mapping[str, str]) -> Callable[[Request, Site, CrmetricsError], Response]:
    """How a mistake is shown that has its status already: as a page to who looks at pages, else as a problem."""

    def shown(request: Request, site: Site, told: CrmetricsError) -> Response:
        is_for_a_page = not _is_program(request) and who(site, request) is not None
        return (_page if is_for_a_page else _problem)(request, site, told, status, headers)

    return shown


def _answered(
    request: Request, site: Site, error: CrmetricsError, shown: Callable[[Request, Site, CrmetricsError], Response]
) -> Response:
    """The mistake as `shown` tells it. Settings that cannot be read, and an end that has begun, are told instead: then nobody and
    nothing can be looked up."""
    try:
        if not isinstance(error, BadSettings | BeingStopped):
            return shown(request, site, error)
    except (BadSettings, BeingStopped) as instead:
        error = instead
    return _not_now(request, site, error)


def _shown(request: Request, site: Site, error: CrmetricsError) -> Response:
    status = _status(error)
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooManyTries) else {}
    if _is_program(request):
        return _problem(request, site, error, status, headers)
    if isinstance(error, NotSignedIn):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        going_on = f"?{urlencode({'next': asked})}" if request.method == "GET" and asked != "/" else ""
        return RedirectResponse(f"/sign-in{going_on}", 303)
    if isinstance(error, NoWorkspace) and request.method == "GET" and site.may(request, "import"):
        # there is nothing to look at before something is imported, in the language that was asked for
        chosen = request.query_params.get("language")
        return RedirectResponse(f"/import?language={chosen}" if chosen in LANGUAGES else "/import", 303)
    return _page(request, site, error, status, headers)


def _not_now(request: Request, site: Site, error: CrmetricsError) -> Response:
    """What stands on every page while nothing can be looked up. What a setting says is not everybody's to know."""
    format = _unsettled(request, site)
    may_know = isinstance(error, NoState | BeingStopped) or _may_know(request, site)
    sentence = say(error.message if may_know else WORDS["unreadable"], format)
    return _bare(request, site, format, sentence, HTTPStatus.SERVICE_UNAVAILABLE, _AGAIN)


def _unsettled(request: Request, site: Site) -> Format:
    """How a page is written that must do without settings and without knowing who asks."""
    asked = request.query_params.get("language") or request.cookies.get("language") or site.language
    return format_for(asked if asked in LANGUAGES else "en", "EUR")


def _bare(
    request: Request, site: Site, format: Format, sentence: str, status: HTTPStatus, headers: Mapping[str, str]
) -> Response:
    """A sentence to who asks, without anything that must be looked up."""
    if _is_program(request):
        return _as_problem(sentence, status, headers)
    template, frame = site.templates.get_template("message.html"), bare_frame(request, format, WORDS)
    page = template.render({**frame, "sentence": sentence, "again": address_with(request)})
    return HTMLResponse(page, status, dict(headers))


def _may_know(request: Request, site: Site) -> bool:
    """Whether who asks may be told what a setting says: who sits before this machine, or who defines."""
    if site.access.is_local:
        return True
    try:
        person = who(site, request)
    except BadSettings:
        return False
    return person is not None and person.may("define")


def _page(request: Request, site: Site, error: CrmetricsError, status: int, headers: Mapping[str, str]) -> Response:
    page = site.page(request, "message.html", WORDS, status, sentence=say(error.message, site.format(request)))
    page.headers.update(headers)
    return page


def _is_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path.endswith(_FILES) or bool(request.headers.get("authorization"))


def _problem(request: Request, site: Site, error: CrmetricsError, status: int, headers: Mapping[str, str]) -> Response:
    return _as_problem(say(error.message, site.format(request)), status, headers)


def _as_problem(sentence: str, status: int, headers: Mapping[str, str]) -> Response:
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
    # half a sign, as JSON lets it be sent, can be named in no answer
    body = json.dumps(told, ensure_ascii=False).encode(errors="replace")
    return Response(body, status, headers, "application/problem+json")


def _status(error: CrmetricsError) -> int:
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 400
