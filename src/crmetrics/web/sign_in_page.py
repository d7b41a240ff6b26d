"""Signing in and out, and setting a password by a link."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.web.admission import OPEN, Rights, address_of, remember_visit, sign_in, sign_out, visit_of, who
from crmetrics.web.company_sign_in import CompanyServer, SignInRefused, company_server
from crmetrics.web.people_page import told
from crmetrics.web.site import Site
from crmetrics.workspace.company_sign_ins import CompanySignIns
from crmetrics.workspace.passwords import SHORTEST, Passwords
from crmetrics.workspace.people import NOBODY_YET, People, Person
from crmetrics.workspace.tries import Tries

_ = words("people")

RIGHTS: Final[Rights] = dict.fromkeys(
    ("/sign-in", "/sign-out", "/new-password/{secret}", "/sign-in/company", "/sign-in/company/back"), OPEN
)

WORDS: Final[dict[str, Message]] = {
    "sign_in": _("Sign in"),
    "name": _("Name or e-mail"),
    "password": _("Password"),
    "company_sign_in": _("Sign in with the company's account"),
    "or": _("or"),
    "forgotten": _("Forgotten your password? An administrator can make you a link for a new one."),
    "new_password": _("Set your password"),
    "new_password_sub": _("For {name}. Whoever is signed in with the old one is signed out."),
    "again": _("The same again"),
    "rule": _(
        "At least {least} signs. Several words that do not belong together are easy to remember and hard to guess."
    ),
    "set": _("Set password and sign in"),
}


def routes(site: Site) -> APIRouter:
    """Signing in, signing out, and the page behind a link for a new password."""
    router = APIRouter()
    _signing_in(router, site)
    _company(router, site)
    _new_password(router, site)

    @router.post("/sign-out")
    def out(request: Request) -> Response:
        person = who(site, request)
        if person is not None and person is not NOBODY_YET:
            site.note(request, "sign_out")
        response = RedirectResponse("/sign-in", 303)
        sign_out(response, request, site)
        return response

    return router


def _shown(site: Site, request: Request, going_on: str, name: str = "", said: Message | None = None) -> Response:
    status, at_company = 401 if said is not None else 200, bool(site.settings.sign_in.get("issuer"))
    return site.page(
        request, "sign_in.html", WORDS, status, next=going_on, name=name, said=said, company_sign_in=at_company
    )


def _signing_in(router: APIRouter, site: Site) -> None:
    @router.get("/sign-in")
    def form(request: Request) -> Response:
        going_on = safe_address(request.query_params.get("next", ""))
        return RedirectResponse(going_on, 303) if who(site, request) else _shown(site, request, going_on)

    @router.post("/sign-in")
    def check(request: Request) -> Response:
        sent = site.form(request)
        name, password = str(sent.get("name", ""))[:200], str(sent.get("password", ""))
        going_on, address = safe_address(str(sent.get("next", ""))), address_of(request)
        tries = Tries(site.state)
        tries.begin(name, address)
        person = Passwords(site.state).person(name, password)
        if person is None:
            site.audit.note(name, "refused", "", address)
            return _shown(site, request, going_on, name, _("Name or password is wrong."))
        tries.succeeded(name, address)
        return _let_in(site, request, person, going_on)


def _let_in(site: Site, request: Request, person: Person, going_on: str, about: str = "") -> Response:
    site.audit.note(person.name, "sign_in", about, address_of(request))
    response = RedirectResponse(going_on, 303)
    sign_in(response, request, site, person)
    return response


def _company(router: APIRouter, site: Site) -> None:
    """Signing in at the company's own server: there, and back."""

    def server() -> CompanyServer:
        found = company_server(site.settings.sign_in)
        if found is None:
            raise UnknownName(_("No sign-in server of the company is set up."))
        return found

    def back(request: Request) -> str:
        return str(request.url.replace(path="/sign-in/company/back", query="", fragment=""))

    @router.get("/sign-in/company")
    def there(request: Request) -> Response:
        begun = CompanySignIns(site.state).begin(visit_of(request), safe_address(request.query_params.get("next", "")))
        try:
            response = RedirectResponse(server().address(begun, back(request)), 303)
        except SignInRefused as error:
            return _shown(site, request, "/", said=error.message)
        remember_visit(response, request)
        return response

    @router.get("/sign-in/company/back")
    def and_back(request: Request) -> Response:
        given, address = request.query_params, address_of(request)
        begun, before = (
            CompanySignIns(site.state).take(visit_of(request), given.get("state", "")),
            People(site.state).all(),
        )
        try:
            if begun is None or not given.get("code"):
                raise SignInRefused(_("This sign-in was not begun here, took too long, or was cancelled. Try again."))
            person = server().person(People(site.state), server().claims(begun, back(request), given["code"]))
        except SignInRefused as error:
            site.audit.note("", "refused", str(error), address)
            return _shown(site, request, "/", said=error.message)
        if person not in before:  # new here, or of another employee: the server gives rights, too
            site.audit.note(person.name, "rights", told(person), address)
        return _let_in(site, request, person, begun.going_on, server().issuer)


def _new_password(router: APIRouter, site: Site) -> None:
    def shown(request: Request, secret: str, said: Message | None = None) -> Response:
        person = Passwords(site.state).linked(secret)
        return site.page(
            request, "new_password.html", WORDS, 400 if said else 200, secret=secret, name=person.name, said=said,
            least=SHORTEST,
        )  # fmt: skip

    @router.get("/new-password/{secret}")
    def form(request: Request, secret: str) -> Response:
        return shown(request, secret)

    @router.post("/new-password/{secret}")
    def save(request: Request, secret: str) -> Response:
        try:
            password = twice(site, request)
            person = Passwords(site.state).use_link(secret, password)
        except BadValue as error:
            return shown(request, secret, error.message)
        site.audit.note(person.name, "password", person.name, address_of(request))
        response = RedirectResponse("/", 303)
        sign_in(response, request, site, person)
        return response


def twice(site: Site, request: Request) -> str:
    """The new password of a form that asks for it twice; BadValue if the two differ."""
    sent = site.form(request)
    if sent.get("password") != sent.get("again"):
        raise BadValue(_("The two passwords are not the same."))
    return str(sent.get("password", ""))


def safe_address(address: str) -> str:
    """An address of ours to go on to; the first page for anything that could lead elsewhere."""
    is_ours = address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()
    return address if is_ours else "/"
