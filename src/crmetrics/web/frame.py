"""The frame around every page: the menu, the languages, who is signed in, and how far the data reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request

from crmetrics.analysis.own_kpis import faults_of
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import csrf_of, who
from crmetrics.web.pages import menu
from crmetrics.workspace.people import NOBODY_YET, Person

if TYPE_CHECKING:
    from crmetrics.web.site import Site

_ = words("web")
people = words("people")
notes = words("notes")

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
    "unread_kpis": notes("Not all own KPIs can be read, and those are missing here."),
    "see_kpis": notes("See what is wrong"),
}
"""The words of the frame. Each page brings its own beside them."""
GROUPS: Final[dict[str, Message]] = {"upkeep": _("Data upkeep"), "settings": _("Settings")}
"""What the menu names less often than what is asked each week, below it and in this order."""


def bare_frame(request: Request, format: Format, own: Mapping[str, Message]) -> dict[str, Any]:
    """What a template is given that needs neither data nor settings nor a person; `own` are the words of the page."""
    return {
        "say": _sayer(own, format),
        "comma": format.locale.comma,
        "colon": format.locale.colon,
        "language": format.language,
        "html_language": _HTML_LANGUAGES.get(format.language, format.language),
        "languages": [(code, name, address_with(request, language=code)) for code, name in LANGUAGE_NAMES],
        "csrf": csrf_of(request),
        "path": "/changes" if request.url.path == "/" else request.url.path,
        "company": "crmetrics",
    }


def frame_of(site: Site, request: Request, format: Format, own: Mapping[str, Message]) -> dict[str, Any]:
    """What every template is given: the bare frame, what the menu names to who asks, and how far the data reach."""
    settings, person = site.settings, who(site, request)
    told = {
        **bare_frame(request, format, own),
        "places": _named(site, person, "", format),
        "rooms": [
            (say(title, format), named)
            for group, title in GROUPS.items()
            if (named := _named(site, person, group, format))
        ],
        "person": person,
        "is_nobody_yet": person is NOBODY_YET,
        "is_not_linked": person is not None and person.scope != "all" and person.employee_id is None,
        "company": settings.company or "crmetrics",
        "zone": settings.zone,
    }
    return {**told, **_of_data(site, request, person, format)} if site.has_data else told


def _of_data(site: Site, request: Request, person: Person | None, format: Format) -> dict[str, Any]:
    """The part of the frame that there is once something has been imported."""
    catalogue = site.catalogue()
    profile, here = catalogue.engine.profile, request.url.path.removeprefix("/a/")
    return {
        "menu": menu(catalogue.entries(person.viewer()), format, here) if person else (),
        "reaches": format.moment(profile.reaches),
        "version": profile.number,
        "has_unread_kpis": bool(person and person.may("define") and faults_of(catalogue.own)),
    }


def _sayer(own: Mapping[str, Message], format: Format) -> Callable[..., str]:
    """What templates say words with: a message, or the name of one of the page or of the frame."""

    def said(message: Message | str, **values: Any) -> str:
        if isinstance(message, str):
            message = own[message] if message in own else FRAME[message]
        return say(message(**values), format)

    return said


def _named(site: Site, person: Person | None, group: str, format: Format) -> list[tuple[str, str]]:
    """The rooms of a group that the menu names to a person: (address, title)."""
    if person is None:
        return []
    return [
        (place.address, say(place.title, format))
        for place in site.places
        if place.group == group and (place.needs is None or person.may(place.needs))
    ]


def address_with(request: Request, **changed: str) -> str:
    """The page's own address with some parts changed."""
    return str(request.url.include_query_params(**changed).replace(scheme="", netloc="")).removeprefix("//") or "/"
