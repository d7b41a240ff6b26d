"""The application: addresses, headers, and what a mistake looks like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from jinja2 import Environment, PackageLoader, select_autoescape

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Answers
from crmetrics.catalogue import OpenCatalogue, current_version, open_workspace, read_choices
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import CrmetricsError, UnknownName
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.web.asking import asking_of, hidden
from crmetrics.web.assets import chart_library, static_file, theme_script
from crmetrics.web.pages import answer_page, listing, menu

_ = words("web")

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_KEPT: Final = {"Cache-Control": "private, max-age=86400"}
_TYPES: Final = {"style.css": "text/css", "page.js": "text/javascript"}
_HTML_LANGUAGES: Final = {"zh": "zh-Hans"}


@dataclass
class Site:
    """The workspace behind the pages; a newly published version is taken up at the next question."""

    folder: Path
    language: str | None
    templates: Environment
    _open: OpenCatalogue | None = None
    _lock: Lock = field(default_factory=Lock)
    _answers: Answers = field(default_factory=Answers)

    def catalogue(self) -> OpenCatalogue:
        """The catalogue on the current version."""
        number = current_version(self.folder).number
        with self._lock:
            if self._open is None or self._open.engine.profile.number != number:
                self._open = open_workspace(self.folder, self._answers)
            return self._open

    def speaks(self, request: Request) -> str:
        """The language of a page: that of the address, of the last choice, of the command, of the workspace."""
        asked = request.query_params.get("language") or request.cookies.get("language") or self.language
        return asked if asked in LANGUAGES else self.catalogue().settings.language or "en"

    def format(self, request: Request) -> Format:
        """How numbers and dates are written on a page."""
        settings = self.catalogue().settings
        return format_for(self.speaks(request), settings.currency, settings.zone)

    def page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """A page in its frame."""
        format_ = self.format(request)
        catalogue = self.catalogue()

        def said(message: Message | str, **values: Any) -> str:
            return say(message(**values) if isinstance(message, Message) else WORDS[message](**values), format_)

        html = self.templates.get_template(template).render(
            say=said,
            language=format_.language,
            html_language=_HTML_LANGUAGES.get(format_.language, format_.language),
            languages=[(code, name, address_with(request, language=code)) for code, name in LANGUAGE_NAMES],
            menu=menu(catalogue.entries(), format_, request.url.path.removeprefix("/a/")),
            path=request.url.path,
            company=catalogue.settings.company or "crmetrics",
            zone=catalogue.settings.zone,
            reaches=format_.moment(catalogue.engine.profile.reaches),
            version=catalogue.engine.profile.number,
            **shown,
        )
        response = HTMLResponse(html, status_code=status)
        if request.query_params.get("language") in LANGUAGES:
            response.set_cookie(
                "language", request.query_params["language"], max_age=31_536_000, samesite="lax", httponly=True
            )
        return response


LANGUAGE_NAMES: Final = (("en", "EN"), ("tr", "TR"), ("uk", "УК"), ("zh", "中"))

WORDS: Final[dict[str, Message]] = {
    "analyses": _("Analyses"),
    "all": _("What can be asked"),
    "all_sub": _("Every analysis with the question it answers. A locked one names the column that would unlock it."),
    "find": _("Find"),
    "none_found": _("No analysis has these words in its title or question."),
    "passport": _("How this is worked out"),
    "filters": _("Filters"),
    "show": _("Show"),
    "skip": _("Skip to content"),
    "table": _("All rows"),
    "rows": _("{n} row", "{n} rows"),
    "pages": _("Pages"),
    "locked": _("Locked"),
    "locked_sub": _("This question cannot be answered from the data at hand."),
    "theme": _("Light or dark"),
    "language": _("Language"),
    "main": _("Main"),
    "zone": _("Times in {zone}"),
    "reaches": _("Data up to {moment}, version {version}"),
    "remove": _("Remove the filter"),
    "state": _("State at {day}"),
    "compared": _("compared with {period}"),
    "before": _("before: {value}"),
    "incomplete": _("not ended yet"),
    "nothing": _("No rows."),
    "error": _("This cannot be shown"),
    "back": _("Back to all analyses"),
    "as_table": _("The same rows stand in the table below."),
    "trust": _("Trust"),
}


def address_with(request: Request, **changed: str) -> str:
    """The page's own address with some parts changed."""
    return str(request.url.include_query_params(**changed).replace(scheme="", netloc="")).removeprefix("//") or "/"


def application(folder: Path, language: str | None = None) -> FastAPI:
    """The application over one workspace folder; pages speak `language`, or what their reader chooses."""
    templates = Environment(
        loader=PackageLoader("crmetrics.web"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    site = Site(folder, language, templates)
    app = FastAPI(title="crmetrics", docs_url=None, redoc_url=None, openapi_url=None)
    _exporting(app, site)  # before the pages: their addresses end in what they give
    _answering(app, site)
    _assets(app, site)

    @app.middleware("http")
    async def with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.exception_handler(CrmetricsError)
    def mistaken(request: Request, error: CrmetricsError) -> Response:
        sentence = say(error.message, site.format(request))
        if request.url.path.endswith(".json"):
            return Response(_json({"error": sentence}), status_code=400, media_type="application/json")
        return site.page(
            request, "message.html", status=404 if isinstance(error, UnknownName) else 400, sentence=sentence
        )

    return app


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _answering(app: FastAPI, site: Site) -> None:
    @app.get("/")
    def home(request: Request) -> Response:
        return site.page(request, "catalogue.html", areas=listing(site.catalogue().entries(), site.format(request)))

    @app.get("/a/{key}")
    def page(request: Request, key: str) -> Response:
        answer = _answer(site, request, key)
        given = request.query_params
        number = given.get("page", "1")
        shown = answer_page(
            answer,
            given,
            site.format(request),
            site.catalogue().engine.profile,
            int(number) if number.isdigit() and int(number) else 1,
        )
        names = [field.name for field in shown["fields"]]
        return site.page(request, "analysis.html", **shown, carried=hidden(given, *names, "page", "language"))


def _exporting(app: FastAPI, site: Site) -> None:
    @app.get("/a/{key}.json")
    def as_json(request: Request, key: str) -> Response:
        from crmetrics.presenting.json import as_json

        return Response(as_json(_answer(site, request, key), site.format(request)), media_type="application/json")

    @app.get("/a/{key}.csv")
    def as_csv(request: Request, key: str) -> Response:
        from crmetrics.presenting.csv import csv_parts

        parts = csv_parts(_answer(site, request, key), site.format(request), has_bom="bom" in request.query_params)
        return StreamingResponse(parts, media_type="text/csv; charset=utf-8", headers=_saved_as(key, "csv"))

    @app.get("/a/{key}.xlsx")
    def as_xlsx(request: Request, key: str) -> Response:
        from crmetrics.presenting.xlsx import as_xlsx

        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return Response(
            as_xlsx(_answer(site, request, key), site.format(request)), media_type=kind, headers=_saved_as(key, "xlsx")
        )


def _saved_as(key: str, ending: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{key}.{ending}"'}


def _answer(site: Site, request: Request, key: str) -> Answer[Any]:
    catalogue = site.catalogue()
    declared = catalogue.find(key)
    asked = asking_of(declared, request.query_params, catalogue.settings.zone)
    # read here, so that no part of an address becomes another argument of the question
    choices = read_choices(declared, {name: value for name, value in asked.choices.items() if name != "bom"})
    return catalogue.ask(
        key, period=asked.period, compare=asked.compare, as_of=asked.as_of, where=asked.where, **choices
    )


def _assets(app: FastAPI, site: Site) -> None:
    @app.get("/static/charts.js")
    def charts() -> Response:
        return Response(chart_library(site.folder), media_type="text/javascript", headers=_KEPT)

    @app.get("/static/theme.js")
    def theme() -> Response:
        return Response(theme_script(), media_type="text/javascript", headers=_KEPT)

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _TYPES:
            return Response(status_code=404)
        return Response(static_file(name), media_type=_TYPES[name], headers=_KEPT)

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)

    @app.get("/a")
    def all_analyses() -> Response:
        return RedirectResponse("/")
