"""What every page has: the workspace behind it, who asks, in which language, and the frame around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.datastructures import FormData

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Answers
from crmetrics.analysis.reading import read_choices
from crmetrics.catalogue import OpenCatalogue, current_version, open_workspace
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import NotAllowed, NotSignedIn
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.warehouse.scope import Viewer
from crmetrics.warehouse.versions import Versions
from crmetrics.web.admission import Access, address_of, csrf_of, lacking, remember_visit, who
from crmetrics.web.asking import asking_of
from crmetrics.web.assets import asset
from crmetrics.web.desk import Desk
from crmetrics.web.pages import menu
from crmetrics.web.watching import Seen
from crmetrics.web.works import Works
from crmetrics.workspace.audit import Audit, Kind
from crmetrics.workspace.people import NOBODY_YET, Person
from crmetrics.workspace.rights import Permission
from crmetrics.workspace.settings import Settings, read_settings
from crmetrics.workspace.state import State, open_state

_ = words("web")
people = words("people")

_HTML_LANGUAGES: Final = {"zh": "zh-Hans"}
LANGUAGE_NAMES: Final = (("en", "EN"), ("tr", "TR"), ("uk", "УК"), ("zh", "中"))

FRAME: Final[dict[str, Message]] = {
    "analyses": _("Analyses"),
    "skip": _("Skip to content"),
    "theme": _("Light or dark"),
    "language": _("Language"),
    "main": _("Main"),
    "zone": _("Times in {zone}"),
    "reaches": _("Data up to {moment}, version {version}"),
    "sign_out": people("Sign out"),
    "me": people("My account"),
    "nobody_yet": people("Nobody has been added yet: whoever sits before this machine is the administrator."),
    "add_people": people("Add people"),
    "not_linked": people("You are not linked to an employee yet, so no rows are yours. An administrator can link you."),
}
"""The words of the frame. Each page brings its own beside them."""
GROUPS: Final[dict[str, Message]] = {"upkeep": _("Data upkeep"), "settings": _("Settings")}
"""What the menu names less often than what is asked each week, below it and in this order."""


def templates() -> Environment:
    """The templates; every value is escaped."""
    found = Environment(
        loader=PackageLoader("crmetrics.web"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["asset"] = asset
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the menu names, in this order among the others, to those who have the permission that it needs.

    group   a key of GROUPS: it stands below the areas, under this title. Blank: it stands first of all
    """

    address: str
    title: Message
    order: int
    needs: Permission | None = None
    group: str = ""


@dataclass
class Site:
    """The workspace behind the pages; a newly published version is taken up at the next question."""

    folder: Path
    language: str | None = None
    places: tuple[Place, ...] = ()
    access: Access = field(default_factory=Access)
    templates: Environment = field(default_factory=templates)
    desk: Desk = field(default_factory=Desk)
    works: Works = field(default_factory=Works)
    _open: OpenCatalogue | None = None
    _opened_at: tuple[int, ...] = ()
    _lock: Lock = field(default_factory=Lock)
    _seen: Seen = field(default_factory=Seen)
    _answers: Answers = field(default_factory=Answers)

    def catalogue(self) -> OpenCatalogue:
        """The catalogue on the current version, by the settings and the own KPIs as they stand now."""
        stamps = [path.stat().st_mtime_ns if path.is_file() else 0 for path in self._settled_by()]
        now = (current_version(self.folder).number, *stamps)
        with self._lock:
            if self._open is None or self._opened_at != now:
                self._open, self._opened_at = open_workspace(self.folder, self._answers), now
            return self._open

    def _settled_by(self) -> tuple[Path, Path]:
        return self.folder / "crmetrics.toml", self.folder / "kpis.toml"

    @property
    def has_data(self) -> bool:
        """Whether anything has been imported yet."""
        return Versions(self.folder / "versions").current() is not None

    @property
    def settings(self) -> Settings:
        """The settings, also before the first import."""
        return self.catalogue().settings if self.has_data else read_settings(self.folder / "crmetrics.toml")

    @cached_property
    def state(self) -> State:
        """The product's own state: people, saved views, targets."""
        return open_state(self.folder)

    def person(self, request: Request) -> Person:
        """Who asks; NotSignedIn if that is not known."""
        found = who(self, request)
        if found is None:
            raise NotSignedIn(people("Sign in first."))
        return found

    def may(self, request: Request, permission: Permission) -> bool:
        """Whether who asks has a permission."""
        return self.person(request).may(permission)

    def need(self, request: Request, permission: Permission) -> None:
        """NotAllowed, which is shown as a page, if who asks has not a permission."""
        if not self.may(request, permission):
            raise NotAllowed(lacking(permission))

    @property
    def audit(self) -> Audit:
        """What was done by whom."""
        return Audit(self.state)

    def note(self, request: Request, kind: Kind, about: str = "") -> None:
        """Write into the audit what who asks has done."""
        self.audit.note(self.person(request).name, kind, about, address_of(request))

    def saw(self, request: Request, about: str) -> None:
        """Write into the audit that who asks sees personal data of something: once an hour, and not of who sees them masked."""
        person = self.person(request)
        if person.may("personal") and self._seen.is_new(person.name, about):
            self.note(request, "personal", about)

    def form(self, request: Request) -> FormData:
        """What a form has sent; empty if nothing."""
        found: FormData = getattr(request.state, "form", FormData())
        return found

    def viewer(self, request: Request) -> Viewer:
        """Who asks, and what he may see. Every question of every page goes through here."""
        return self.person(request).viewer()

    def speaks(self, request: Request) -> str:
        """The language of a page: that of the address, of the last choice, of the command, of the workspace."""
        asked = request.query_params.get("language") or request.cookies.get("language")
        if not asked:
            person = who(self, request)
            asked = (person.language if person else None) or self.language
        return asked if asked in LANGUAGES else self.settings.language or "en"

    def format(self, request: Request) -> Format:
        """How numbers and dates are written on a page."""
        settings = self.settings
        return format_for(self.speaks(request), settings.currency or "EUR", settings.zone or "UTC")

    def ask(self, request: Request, key: str) -> Answer[Any]:
        """The answer to an address, for who asks it."""
        catalogue = self.catalogue()
        declared = catalogue.find(key)
        asked = asking_of(declared, request.query_params, catalogue.settings.zone)
        # read here, so that no part of an address becomes another argument of the question
        choices = read_choices(declared, {name: value for name, value in asked.choices.items() if name != "bom"})
        return catalogue.ask(
            key,
            viewer=self.viewer(request),
            period=asked.period,
            compare=asked.compare,
            as_of=asked.as_of,
            where=asked.where,
            **choices,
        )

    def page(
        self, request: Request, template: str, words: Mapping[str, Message], status: int = 200, **shown: Any
    ) -> HTMLResponse:
        """A page in its frame; `words` are those that its template says by name."""
        format_ = self.format(request)
        settings, person = self.settings, who(self, request)
        catalogue = self.catalogue() if self.has_data else None

        def said(message: Message | str, **values: Any) -> str:
            if isinstance(message, Message):
                return say(message(**values), format_)
            return say((words[message] if message in words else FRAME[message])(**values), format_)

        html = self.templates.get_template(template).render(
            say=said,
            language=format_.language,
            html_language=_HTML_LANGUAGES.get(format_.language, format_.language),
            languages=[(code, name, address_with(request, language=code)) for code, name in LANGUAGE_NAMES],
            places=[(each.address, said(each.title)) for each in self._places(person, "")],
            rooms=[
                (said(title), [(each.address, said(each.title)) for each in places])
                for group, title in GROUPS.items()
                if (places := self._places(person, group))
            ],
            menu=menu(catalogue.entries(person.viewer()), format_, request.url.path.removeprefix("/a/"))
            if person and catalogue
            else (),
            person=person,
            is_nobody_yet=person is NOBODY_YET,
            is_not_linked=person is not None and person.scope != "all" and person.employee_id is None,
            csrf=csrf_of(request),
            path="/changes" if request.url.path == "/" else request.url.path,
            company=settings.company or "crmetrics",
            zone=settings.zone,
            reaches=format_.moment(catalogue.engine.profile.reaches) if catalogue else "",
            version=catalogue.engine.profile.number if catalogue else 0,
            **shown,
        )
        response = HTMLResponse(html, status_code=status)
        if request.query_params.get("language") in LANGUAGES:
            response.set_cookie(
                "language", request.query_params["language"], max_age=31_536_000, samesite="lax", httponly=True
            )
        remember_visit(response, request)
        return response

    def _places(self, person: Person | None, group: str) -> list[Place]:
        """The rooms of a group that the menu names to a person."""
        named = [each for each in self.places if each.group == group]
        return [each for each in named if person and (each.needs is None or person.may(each.needs))]


def address_with(request: Request, **changed: str) -> str:
    """The page's own address with some parts changed."""
    return str(request.url.include_query_params(**changed).replace(scheme="", netloc="")).removeprefix("//") or "/"
