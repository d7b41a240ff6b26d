"""The people who use the product: added, given rights, linked to employees, disabled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crmetrics.vocabulary.errors import BadValue, CrmetricsError, UnknownName
from crmetrics.vocabulary.language import LANGUAGES, Message, words
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import Number, Rights, sign_in
from crmetrics.web.site import Place, Site
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import NOBODY_YET, People, Person
from crmetrics.workspace.rights import PERMISSIONS, ROLES, SEES, allowed
from crmetrics.workspace.sessions import Sessions
from crmetrics.workspace.tokens import Tokens

_ = words("people")

PLACE: Final = Place("/people", _("People and rights"), 90, "people", group="settings")

RIGHTS: Final[Rights] = dict.fromkeys(
    (
        "/people",
        "/people/{number}",
        "/people/{number}/disable",
        "/people/{number}/enable",
        "/people/{number}/link",
        "/people/{number}/tokens/{token}/end",
    ),
    "people",
)

WORDS: Final[dict[str, Message]] = {
    "people": PLACE.title,
    "people_sub": _("Who may sign in, what each may do, and whose rows each sees."),
    "name": _("Name or e-mail"),
    "email": _("E-mail"),
    "role": _("Role"),
    "sees": _("Sees"),
    "as_role": _("as the role has it: {value}"),
    "as_role_of": _("as the role has it"),
    "personal": _("Personal data"),
    "shown": _("shown"),
    "masked": _("masked"),
    "employee": _("Employee"),
    "employee_sub": _("Whose rows are the person's own. Needed for own rows and rows of the team."),
    "language": _("Language"),
    "add": _("Add somebody"),
    "add_button": _("Add"),
    "first": _("The first one is the administrator, and it is you: you set your password next."),
    "change": _("Change"),
    "change_of": _("Change {name}"),
    "save": _("Save"),
    "state": _("State"),
    "active": _("may sign in"),
    "no_password": _("no password yet"),
    "disabled": _("disabled"),
    "disable": _("Disable"),
    "enable": _("Let sign in again"),
    "link": _("Make a link for a new password"),
    "link_made": _("Give {name} this link. It holds once, for 24 hours, and is not shown again:"),
    "saved_ends": _("What is changed here signs the person out everywhere."),
    "roles": _("What each role may do"),
    "tokens": _("Tokens for programs"),
    "take_back_of": _("Take back: {name}"),
    "take_back": _("Take back"),
    "audit": _("What was done by whom"),
    "yes": _("yes"),
    "no": _("no"),
}


def routes(site: Site) -> APIRouter:
    """The list, and the page of each person."""
    router = APIRouter()
    _listing(router, site)
    _one(router, site)
    _links(router, site)
    return router


def _listing(router: APIRouter, site: Site) -> None:
    @router.get("/people")
    def everybody(request: Request) -> Response:
        return _list(site, request)

    @router.post("/people")
    def add(request: Request) -> Response:
        people, is_first = People(site.state), site.person(request) is NOBODY_YET
        try:
            sent = _given(site, request)
            if is_first and sent["role"] != "admin":
                raise BadValue(_("The first one must be an administrator: nobody else could add the others."))
            person = people.add(**sent)
        except CrmetricsError as error:
            return _list(site, request, error)
        site.note(request, "rights", f"+ {told(person)}")
        secret = Passwords(site.state).make_link(person)
        if is_first:  # from now on one must sign in: who added himself is not locked out
            return RedirectResponse(f"/new-password/{secret}", 303)
        return _person(site, request, person, link=_address(request, secret))


def _one(router: APIRouter, site: Site) -> None:
    @router.get("/people/{number}")
    def person(request: Request, number: Number) -> Response:
        return _person(site, request, People(site.state).by_number(number))

    @router.post("/people/{number}")
    def change(request: Request, number: Number) -> Response:
        people = People(site.state)
        try:
            sent = _given(site, request)
            del sent["name"]
            changed = people.change(number, **sent)
        except CrmetricsError as error:
            return _person(site, request, people.by_number(number), error)
        return _changed(site, request, changed)

    @router.post("/people/{number}/disable")
    def disable(request: Request, number: Number) -> Response:
        now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        return _changed(site, request, People(site.state).change(number, disabled_at=now))

    @router.post("/people/{number}/enable")
    def enable(request: Request, number: Number) -> Response:
        return _changed(site, request, People(site.state).change(number, disabled_at=None))


def _links(router: APIRouter, site: Site) -> None:
    @router.post("/people/{number}/link")
    def link(request: Request, number: Number) -> Response:
        person = People(site.state).by_number(number)
        secret = Passwords(site.state).make_link(person)
        site.note(request, "link", person.name)
        return _person(site, request, person, link=_address(request, secret))

    @router.post("/people/{number}/tokens/{token}/end")
    def take_back(request: Request, number: Number, token: Number) -> Response:
        Tokens(site.state).take_back(token, number)
        site.note(request, "token", f"- {People(site.state).by_number(number).name}: {token}")
        return RedirectResponse(f"/people/{number}", 303)


def _changed(site: Site, request: Request, person: Person) -> Response:
    """What may be seen has changed: every session of the person ends, and who changed himself goes on in a new one."""
    Sessions(site.state).end_all(person.number)
    site.note(request, "rights", told(person))
    response = RedirectResponse(f"/people/{person.number}", 303)
    if person.number == site.person(request).number:
        sign_in(response, request, site, person)
    return response


def told(person: Person) -> str:
    """A person's rights in one line, for the audit."""
    personal = "" if person.sees_personal is None else f", personal {'yes' if person.sees_personal else 'no'}"
    employee = f", employee {person.employee_id}" if person.employee_id else ""
    return (
        f"{person.name}: {person.role}, {person.scope}{personal}{employee}{', disabled' if person.is_disabled else ''}"
    )


def _given(site: Site, request: Request) -> dict[str, Any]:
    sent = {name: str(value).strip() for name, value in site.form(request).items()}
    name = sent.get("name", "")
    personal = {"yes": True, "no": False}.get(sent.get("sees_personal", ""))
    linked = sent.get("employee_id") or site.settings.people.get(name) or None
    return {
        "name": name,
        "email": sent.get("email") or None,
        "role": sent.get("role", ""),
        "sees": sent.get("sees") or None,
        "sees_personal": personal,
        "employee_id": _checked_employee(site, linked),
        "language": sent["language"] if sent.get("language") in LANGUAGES else None,
    }


def _checked_employee(site: Site, employee_id: str | None) -> str | None:
    known = dict(employees(site))
    if employee_id is not None and known and employee_id not in known:
        raise UnknownName(_("There is no employee '{employee}' in the data.", employee=employee_id))
    return employee_id


def employees(site: Site) -> list[tuple[str, str]]:
    """The employees of the data: id and name, in the order of their names; none before the first import."""
    if not site.has_data:
        return []
    with site.catalogue().warehouse(Scope()) as warehouse:
        rows = warehouse.query("select employee_id, name from employees order by name, employee_id")
    return list(zip(rows.values("employee_id"), rows.values("name"), strict=True))


def _address(request: Request, secret: str) -> str:
    return str(request.url.replace(path=f"/new-password/{secret}", query="", fragment=""))


def _list(site: Site, request: Request, error: CrmetricsError | None = None) -> Response:
    named = dict(employees(site))
    shown = [
        {
            "number": each.number,
            "name": each.name,
            "role": ROLES[each.role].title,
            "sees": SEES[each.scope],
            "is_masked": "personal" not in allowed(each.role, each.sees_personal),
            "employee": named.get(each.employee_id or "", each.employee_id or ""),
            "is_disabled": each.is_disabled,
            "has_password": each.has_password,
        }
        for each in People(site.state).all()
    ]
    table = [
        (permission, [each.name for each in ROLES.values() if name in each.may])
        for name, permission in PERMISSIONS.items()
    ]
    return site.page(
        request, "people.html", WORDS, 400 if error else 200, said=error.message if error else None, people=shown,
        roles=ROLES.values(), scopes=SEES, employees=named, permissions=table, given=site.form(request), one=None,
    )  # fmt: skip


def _person(
    site: Site, request: Request, person: Person, error: CrmetricsError | None = None, link: str = ""
) -> Response:
    format_ = site.format(request)
    tokens = [(each.number, each.name, format_.day(each.ends_at)) for each in Tokens(site.state).of(person.number)]
    role = ROLES[person.role]
    return site.page(
        request, "person.html", WORDS, 400 if error else 200, said=error.message if error else None, one=person,
        roles=ROLES.values(), scopes=SEES, employees=dict(employees(site)), tokens=tokens, link=link, of_role=role,
        personal_of_role="personal" in allowed(role.name), given={},
    )  # fmt: skip
