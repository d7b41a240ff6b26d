"""What every page has: the workspace behind it, who asks, in which language, and the frame around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from starlette.datastructures import FormData

from crmetrics.analysis.kept import Answers
from crmetrics.analysis.kpi_file import NAME as OWN_KPIS
from crmetrics.analysis.own_kpis import readable_own_kpis
from crmetrics.catalogue import OpenCatalogue, current_version, open_workspace
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.presenting.words import without_cells
from crmetrics.vocabulary.errors import BadDatabase, NoState, NotAllowed, NotSignedIn
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.warehouse.scope import Viewer
from crmetrics.warehouse.versions import Versions
from crmetrics.web.admission import Access, address_of, lacking, remember_visit, who
from crmetrics.web.assets import asset
from crmetrics.web.desk import Desk
from crmetrics.web.frame import frame_of
from crmetrics.web.watching import Seen
from crmetrics.web.works import Progress, Work, Works
from crmetrics.workspace.audit import Audit, Kind
from crmetrics.workspace.people import Person
from crmetrics.workspace.rights import Permission
from crmetrics.workspace.settings import Settings, read_settings
from crmetrics.workspace.state import State, open_state
from crmetrics.workspace.state_server import GONE

people = words("people")


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
                # what of the own KPIs a hand has broken must not take every page down
                self._open, self._opened_at = open_workspace(self.folder, self._answers, readable_own_kpis), now
            return self._open

    def _settled_by(self) -> tuple[Path, Path]:
        return self.folder / "crmetrics.toml", self.folder / OWN_KPIS

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
        """The product's own state: people, saved views, targets. NoState while its database cannot be reached."""
        try:
            return open_state(self.folder)
        except BadDatabase:  # why, and where it is, is not everybody's to know
            raise NoState(GONE) from None

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

    def told(self, request: Request, message: Message) -> Message:
        """A message as who asks may hear it: without what stands in files, if he may not see personal data."""
        return message if self.may(request, "personal") else without_cells(message)

    def begin(
        self, request: Request, title: Message, work: Callable[[Progress], Message], kind: Kind, about: str
    ) -> None:
        """Begin a work on the data for who asks; it goes into the audit once it is done. Busy if another one is going on."""
        person, address = self.person(request), address_of(request)

        def done(progress: Progress) -> Message:
            said = work(progress)
            self.audit.note(person.name, kind, about, address)
            return said

        self.works.start(title, done, person.number)

    def work(self, request: Request) -> Work | None:
        """The work at hand, or what came of the last one of who asks, as he may hear of it."""
        last = self.works.told_to(self.person(request).number)
        if last is None:
            return None
        said, wrong = (each and self.told(request, each) for each in (last.said, last.wrong))
        return replace(last, said=said, wrong=wrong)

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

    def page(
        self, request: Request, template: str, words: Mapping[str, Message], status: int = 200, **shown: Any
    ) -> HTMLResponse:
        """A page in its frame; `words` are those that its template says by name."""
        frame = frame_of(self, request, self.format(request), words)
        html = self.templates.get_template(template).render({**frame, **shown})
        response = HTMLResponse(html, status_code=status)
        if request.query_params.get("language") in LANGUAGES:
            response.set_cookie(
                "language", request.query_params["language"], max_age=31_536_000, samesite="lax", httponly=True
            )
        remember_visit(response, request)
        return response
