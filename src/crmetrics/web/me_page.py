"""My account: password, language, tokens for programs, where I am signed in."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.vocabulary.errors import BadValue, CrmetricsError
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.web.admission import SIGNED_IN, Number, Rights, address_of, sign_in
from crmetrics.web.sign_in_page import twice
from crmetrics.web.site import Site
from crmetrics.workspace.passwords import SHORTEST, Passwords
from crmetrics.workspace.people import NOBODY_YET, People, Person
from crmetrics.workspace.rights import PERMISSIONS, ROLES, SEES
from crmetrics.workspace.sessions import Sessions
from crmetrics.workspace.tokens import LONGEST, Tokens
from crmetrics.workspace.tries import Tries

_ = words("people")

RIGHTS: Final[Rights] = dict.fromkeys(
    ("/me", "/me/password", "/me/language", "/me/tokens", "/me/tokens/{number}/end", "/me/sessions/end"), SIGNED_IN
)
DAYS: Final = 90
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")
)  # fmt: skip
"""In this order: each of them says of itself that it is also those after it."""
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip

WORDS: Final[dict[str, Message]] = {
    "my_account": _("My account"),
    "you_are": _("{name}, {role}. You see {rows}."),
    "you_may": _("You may"),
    "may_ask": _("ask every question and keep your own dashboards"),
    "employee": _("Employee"),
    "nobody": _("not linked"),
    "language": _("Language"),
    "as_browser": _("as the company has it"),
    "save": _("Save"),
    "password": _("Password"),
    "old_password": _("Password until now"),
    "new_password": _("New password"),
    "again": _("The same again"),
    "rule": _(
        "At least {least} signs. Several words that do not belong together are easy to remember and hard to guess."
    ),
    "set_password": _("Set password"),
    "password_sub": _("Everywhere else you are signed out."),
    "tokens": _("Tokens for programs"),
    "tokens_sub": _(
        "With a token a program asks in your name and sees what you see. Send it as Authorization: Bearer."
    ),
    "token_name": _("What uses it"),
    "token_days": _("Holds for, days"),
    "make_token": _("Make token"),
    "token_made": _("Copy this token now. It is not shown again:"),
    "made_on": _("Made"),
    "ends_on": _("Holds until"),
    "used_on": _("Last used"),
    "never": _("never"),
    "take_back": _("Take back"),
    "take_back_of": _("Take back: {name}"),
    "none_yet": _("None yet."),
    "sessions": _("Where you are signed in"),
    "browser": _("Browser"),
    "address": _("Address"),
    "seen": _("Last seen"),
    "end_others": _("Sign out everywhere else"),
}


def routes(site: Site) -> APIRouter:
    """The page and its forms."""
    router = APIRouter()

    @router.get("/me")
    def page(request: Request) -> Response:
        return RedirectResponse("/people", 303) if site.person(request) is NOBODY_YET else _page(site, request)

    @router.post("/me/language")
    def language(request: Request) -> Response:
        person, chosen = site.person(request), str(site.form(request).get("language", ""))
        People(site.state).change(person.number, language=chosen if chosen in LANGUAGES else None)
        response = RedirectResponse("/me", 303)
        response.delete_cookie("language")  # the choice of the person now holds in every browser
        return response

    _passwords(router, site)
    _tokens(router, site)
    return router


def _passwords(router: APIRouter, site: Site) -> None:
    @router.post("/me/password")
    def password(request: Request) -> Response:
        person, address = site.person(request), address_of(request)
        try:
            new = twice(site, request)
            if person.has_password:
                _check_old(site, person, str(site.form(request).get("old", "")), address)
            Passwords(site.state).set(person, new)
        except BadValue as error:
            return _page(site, request, error)
        site.note(request, "password", person.name)
        return _again(site, request, person)

    @router.post("/me/sessions/end")
    def end_sessions(request: Request) -> Response:
        person = site.person(request)
        Sessions(site.state).end_all(person.number)
        site.note(request, "sign_out", "*")
        return _again(site, request, person)


def _check_old(site: Site, person: Person, old: str, address: str) -> None:
    tries = Tries(site.state)
    tries.begin(person.name, address)
    if Passwords(site.state).person(person.name, old) is None:
        raise BadValue(_("The password until now is wrong."))
    tries.succeeded(person.name, address)


def _again(site: Site, request: Request, person: Person) -> Response:
    response = RedirectResponse("/me", 303)
    sign_in(response, request, site, person)
    return response


def _tokens(router: APIRouter, site: Site) -> None:
    @router.post("/me/tokens")
    def make(request: Request) -> Response:
        sent, person = site.form(request), site.person(request)
        name, days = str(sent.get("name", "")), str(sent.get("days", ""))
        try:
            secret = Tokens(site.state).make(person.number, name, int(days) if days.isdecimal() else 0)
        except BadValue as error:
            return _page(site, request, error)
        site.note(request, "token", name)
        return _page(site, request, secret=secret)

    @router.post("/me/tokens/{number}/end")
    def take_back(request: Request, number: Number) -> Response:
        Tokens(site.state).take_back(number, site.person(request).number)
        site.note(request, "token", f"- {number}")
        return RedirectResponse("/me", 303)


def browser_name(told: str) -> str:
    """A browser and its system by what it tells of itself: Firefox, Windows."""
    browser = next((name for mark, name in _BROWSERS if mark in told), "")
    system = next((name for mark, name in _SYSTEMS if mark in told), "")
    return ", ".join(part for part in (browser, system) if part) or told[:40]


def _page(site: Site, request: Request, error: CrmetricsError | None = None, secret: str = "") -> Response:
    person, format_ = site.person(request), site.format(request)
    role = ROLES[person.role]
    tokens: list[dict[str, Any]] = [
        {
            "number": each.number,
            "name": each.name,
            "made": format_.day(each.made_at),
            "ends": format_.day(each.ends_at),
            "used": format_.moment(each.used_at) if each.used_at else "",
        }
        for each in Tokens(site.state).of(person.number)
    ]
    sessions = [
        (browser_name(each.browser), each.address, format_.moment(each.seen_at))
        for each in Sessions(site.state).of(person.number)
    ]
    return site.page(
        request,
        "me.html",
        WORDS,
        400 if error else 200,
        said=error.message if error else None,
        role=role.title,
        rows=SEES[person.scope],
        may=[PERMISSIONS[each] for each in PERMISSIONS if person.may(each)],
        tokens=tokens,
        sessions=sessions,
        secret=secret,
        days=DAYS,
        longest=LONGEST,
        least=SHORTEST,
    )
