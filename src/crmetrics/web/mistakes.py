"""What a mistake looks like: a sentence on a page, or to a program the same sentence as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import (
    BadValue,
    CrmetricsError,
    NotAllowed,
    NotSignedIn,
    NoWorkspace,
    TooManyTries,
    UnknownName,
)
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import who
from crmetrics.web.site import Site

_ = words("web")

WORDS: Final[dict[str, Message]] = {
    "error": _("This cannot be shown"),
    "back": _("Back to all analyses"),
}

_FILES: Final = (".json", ".csv", ".xlsx", ".png", ".svg")
_STATUSES: Final = ((UnknownName, 404), (NotSignedIn, 401), (NotAllowed, 403), (TooManyTries, 429))


def tell_mistakes(app: FastAPI, site: Site) -> None:
    """Have every mistake told in words, in the reader's language, in the form that who asks can read."""

    @app.exception_handler(CrmetricsError)
    def mistaken(request: Request, error: CrmetricsError) -> Response:
        status = _status(error)
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooManyTries) else {}
        if _is_program(request):
            return _problem(request, site, error, status, headers)
        if isinstance(error, NotSignedIn):
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            going_on = f"?{urlencode({'next': asked})}" if request.method == "GET" and asked != "/" else ""
            return RedirectResponse(f"/sign-in{going_on}", 303)
        if isinstance(error, NoWorkspace) and request.method == "GET" and site.may(request, "import"):
            return RedirectResponse("/import", 303)  # there is nothing to look at before something is imported
        page = site.page(request, "message.html", WORDS, status, sentence=say(error.message, site.format(request)))
        page.headers.update(headers)
        return page

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.NOT_FOUND:
            told: CrmetricsError = UnknownName(_("There is nothing at '{path}'.", path=request.url.path))
        else:
            told = BadValue(_("'{path}' does not take {method}.", path=request.url.path, method=request.method))
        headers = dict(error.headers or {})
        if _is_program(request) or who(site, request) is None:
            return _problem(request, site, told, error.status_code, headers)
        page = site.page(
            request, "message.html", WORDS, error.status_code, sentence=say(told.message, site.format(request))
        )
        page.headers.update(headers)
        return page

    @app.exception_handler(RequestValidationError)
    def misread(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        names = ".".join(str(each) for each in first["loc"][1:])
        told = BadValue(_("'{name}' is not as expected: {problem}.", name=names, problem=str(first["msg"])))
        return _problem(request, site, told, 422, {})


def _is_program(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path.endswith(_FILES) or bool(request.headers.get("authorization"))


def _problem(request: Request, site: Site, error: CrmetricsError, status: int, headers: dict[str, str]) -> Response:
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": say(error.message, site.format(request)),
    }
    return Response(json.dumps(told, ensure_ascii=False), status, headers, "application/problem+json")


def _status(error: CrmetricsError) -> int:
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 400
