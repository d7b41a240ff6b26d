"""Who is let in: every address has a declared right, and every form proves that it came from one of our pages.

A page with a form. In its module, beside `routes(site)`:

    RIGHTS: Final[Rights] = {"/targets": SIGNED_IN, "POST /targets": "targets", "/targets/{key}": SIGNED_IN}

names for each address, as it stands in the route, who may ask it: OPEN (anybody), SIGNED_IN, or one of
workspace.rights.PERMISSIONS. "POST /targets" is for that method alone. An address that is not named is for administrators
only, and a test fails that names it.

In the template each form that is sent with method="post" carries the token:

    <form method="post" action="/targets"><input type="hidden" name="csrf" value="{{ csrf }}"> ... </form>

The route has nothing to check: the token, the sign-in and the right are checked before it runs, and an error is shown. It reads
what was sent by `site.form(request)`, also in a plain `def`:

    @router.post("/targets")
    def save(request: Request) -> Response:
        amount = str(site.form(request).get("amount", ""))
        ...
        return RedirectResponse("/targets", 303)

`site.person(request)` is who asks, `site.may(request, "targets")` whether he may (to show a button or not),
`site.viewer(request)` whose rows he sees: it must go with every question, and with nothing else may rows be read.

What goes into the audit: exports (addresses whose right is "export") and analyses that name customers are noted by themselves.
Another page that names persons says `site.saw(request, "customer C17")`; a change of a definition, target or setting says
`site.note(request, "definition", "what became what")`. Work on the data that takes its time is begun by `site.begin(...)`, which
writes it down once it is done.

A large file is not read before its sender is known: its form is sent to an address that carries the token itself,
action="/import/upload?csrf={{ csrf }}" enctype="multipart/form-data"; the route then is `async def` and reads `request.form()`
or `request.stream()` itself, within limits of its own. A script sends the token as the header X-CSRF, from
`<meta name="csrf">`. With an API token (Authorization: Bearer crm_...) no form token is needed. Do not declare parameters by
Form() or File(): FastAPI would read them before anything is checked.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import Depends, Request
from fastapi import Path as InAddress
from fastapi.responses import Response
from starlette.datastructures import FormData

from crmetrics.vocabulary.errors import BadValue, NotAllowed, NotSignedIn
from crmetrics.vocabulary.language import words
from crmetrics.web.watching import watch
from crmetrics.workspace.people import NOBODY_YET, People, Person
from crmetrics.workspace.rights import PERMISSIONS, Permission
from crmetrics.workspace.sessions import ABSOLUTE, Sessions
from crmetrics.workspace.tokens import Tokens

if TYPE_CHECKING:
    from crmetrics.web.site import Site

Number = Annotated[int, InAddress(ge=0, lt=2**53)]
"""The number of a person, token or view in an address: greater ones than the database of the product can compare are refused."""

_ = words("people")

OPEN: Final = "open"
SIGNED_IN: Final = "signed_in"
Right = Literal["open", "signed_in"] | Permission
Rights = Mapping[str, Right]

SESSION: Final = "crmetrics_session"
VISIT: Final = "crmetrics_visit"
LARGEST_FORM: Final = 2_000_000  # bytes; what is larger is a file, and read by its own page
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Access:
    """How the pages are reached.

    is_local  from this machine alone: while nobody has been added, who sits before it is the administrator
    hosts     the names and addresses under which it may be asked, without a port; empty: any
    """

    is_local: bool = True
    hosts: frozenset[str] = frozenset()

    def knows(self, host: str) -> bool:
        """Whether a Host header names us."""
        address, is_closed, _port = host.partition("]")
        name = address + is_closed if host.startswith("[") else host.partition(":")[0]
        return not self.hosts or name.lower() in self.hosts


def cookie_name(request: Request, name: str) -> str:
    """Over https a browser itself sees to it that nobody else can set the cookie."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def set_cookie(response: Response, request: Request, name: str, value: str, seconds: int | None) -> None:
    """A cookie that no script reads and no other site sends along with a form."""
    is_https = request.url.scheme == "https"
    response.set_cookie(
        cookie_name(request, name), value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=is_https
    )


def sign_in(response: Response, request: Request, site: Site, person: Person) -> None:
    """Start a new session for a person; the one that the browser had before ends, so that none can be planted on him."""
    old = request.cookies.get(cookie_name(request, SESSION))
    if old:
        Sessions(site.state).end(old)
    browser = request.headers.get("user-agent", "")
    secret = Sessions(site.state).start(person, address_of(request), browser)
    set_cookie(response, request, SESSION, secret, int(ABSOLUTE.total_seconds()))
    response.delete_cookie(cookie_name(request, VISIT), path="/", secure=request.url.scheme == "https", httponly=True)


def sign_out(response: Response, request: Request, site: Site) -> None:
    """End the session."""
    Sessions(site.state).end(request.cookies.get(cookie_name(request, SESSION), ""))
    response.delete_cookie(cookie_name(request, SESSION), path="/", secure=request.url.scheme == "https", httponly=True)


def address_of(request: Request) -> str:
    """From where somebody asks."""
    return request.client.host if request.client else ""


def who(site: Site, request: Request) -> Person | None:
    """Who asks, None if that is not known; looked up once for a request."""
    if not hasattr(request.state, "person"):
        request.state.person = _looked_up(site, request)
    found: Person | None = request.state.person
    return found


def _looked_up(site: Site, request: Request) -> Person | None:
    given = request.headers.get("authorization", "")
    if given:  # a token that does not hold is not made good by a cookie
        return Tokens(site.state).person(given[len(_BEARER) :].strip()) if given.lower().startswith(_BEARER) else None
    secret = request.cookies.get(cookie_name(request, SESSION))
    found = Sessions(site.state).person(secret) if secret else None
    if found is None and site.access.is_local and not _is_passed_on(request) and People(site.state).is_empty():
        return NOBODY_YET
    return found


def _is_passed_on(request: Request) -> bool:
    """Whether a proxy stands between: then it is not this machine alone that asks."""
    return any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host", "via"))


def csrf_of(request: Request) -> str:
    """The token of this browser's forms: a print of its session, or of its visit while nobody is signed in."""
    secret = request.cookies.get(cookie_name(request, SESSION)) or visit_of(request)
    return hmac.new(secret.encode(), b"csrf", "sha256").hexdigest()


def visit_of(request: Request) -> str:
    """The secret of a browser in which nobody is signed in; a new one if it has none, given to it by `remember_visit`."""
    known = request.cookies.get(cookie_name(request, VISIT))
    if known:
        return known
    if not hasattr(request.state, "visit"):
        request.state.visit = secrets.token_urlsafe(32)
    return str(request.state.visit)


def remember_visit(response: Response, request: Request) -> None:
    """Give the browser what its forms' token is a print of, if it had nothing."""
    visit = getattr(request.state, "visit", None)
    if visit:
        set_cookie(response, request, VISIT, visit, None)


async def sent(request: Request) -> None:
    """Read a form of usual size once, so that the guard and the route both know what it says."""
    if request.method in _SAFE or _is_proved_aside(request):
        return
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_FORM:
        raise BadValue(_("What was sent is too large for a form, or does not say how large it is."))
    request.state.form = await request.form(max_files=10, max_fields=2_000)


def _is_proved_aside(request: Request) -> bool:
    return "x-csrf" in request.headers or "csrf" in request.query_params


def guard(site: Site, rights: Rights) -> Callable[..., None]:
    """What runs before every route of a room: who asks, whether he may, and whether his own page sent it."""

    def admitted(request: Request, _sent: Annotated[None, Depends(sent)]) -> None:
        path = getattr(request.scope.get("route"), "path", "")
        needed = rights.get(f"{request.method} {path}") or rights.get(path)
        if needed != OPEN:
            _check(site, request, needed)
        if request.method not in _SAFE and not request.headers.get("authorization"):
            _check_form(request)
        if needed != OPEN:
            watch(site, request, is_export=needed == "export")

    return admitted


def _check(site: Site, request: Request, needed: Right | None) -> None:
    person = who(site, request)
    if person is None:
        raise NotSignedIn(_("Sign in first."))
    if needed is None:
        if person.role != "admin":
            raise NotAllowed(_("Only administrators may open this."))
    elif needed != OPEN and needed != SIGNED_IN and not person.may(needed):
        raise NotAllowed(lacking(needed))


def lacking(permission: Permission) -> Any:
    """The sentence for who has not a permission."""
    return _(
        "This needs the right to {permission}. You do not have it; an administrator can give it.",
        permission=PERMISSIONS[permission],
    )


def _check_form(request: Request) -> None:
    form: FormData = getattr(request.state, "form", FormData())
    given = request.headers.get("x-csrf") or request.query_params.get("csrf") or str(form.get("csrf", ""))
    is_foreign = request.headers.get("sec-fetch-site") == "cross-site"
    if is_foreign or not hmac.compare_digest(given.encode(), csrf_of(request).encode()):
        raise NotAllowed(
            _("This form is too old, or another site sent it. Go back, load the page again and send it again.")
        )
