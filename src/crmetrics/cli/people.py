"""The people who use the product, and what was done by whom, from the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click

from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.errors import NoWorkspace
from crmetrics.vocabulary.language import LANGUAGES, words
from crmetrics.vocabulary.period import utc_now

if TYPE_CHECKING:
    from crmetrics.workspace.people import Person
    from crmetrics.workspace.state import State

_ = words("people")

ROLES: Final = ("admin", "manager", "analyst", "rep", "viewer")
SCOPES: Final = ("self", "team", "all")
ADDRESS: Final = "http://127.0.0.1:8765"

_ADDRESS = click.option(
    "--address", default=ADDRESS, show_default=True, help="Where the pages are reached, for the link."
)
_ROLE = click.option("--role", type=click.Choice(ROLES), required=True, help="What the person may do.")


@click.group()
def user() -> None:
    """Add the people who use the product, and give them rights."""


@user.command("add")
@click.argument("name")
@_ROLE
@click.option("--sees", type=click.Choice(SCOPES), help="Whose rows he or she sees. [default: by role]")
@click.option("--employee", metavar="ID", help="Which employee of the data it is.")
@click.option("--email", help="E-mail address, by which one may sign in too.")
@click.option("--speaks", type=click.Choice(LANGUAGES), help="Language of the pages.")
@click.option("--link", "is_link", is_flag=True, help="Print a link for setting the password instead of asking for it.")
@_ADDRESS
@in_workspace
def add(
    here: Here, name: str, role: str, sees: str | None, employee: str | None, email: str | None, speaks: str | None,
    is_link: bool, address: str,
) -> None:  # fmt: skip
    """Add somebody. The password is asked for; without a terminal, or with --link, a link for setting it is printed."""
    from crmetrics.workspace.passwords import SHORTEST, Passwords, check_password
    from crmetrics.workspace.people import People, Person

    state = _state(here)
    is_asked = not is_link and sys.stdin.isatty()
    password = ""
    if is_asked:
        prompt = here.say(_("Password (at least {least} signs)", least=SHORTEST))
        password = click.prompt(prompt, hide_input=True, confirmation_prompt=True)
        check_password(Person(0, name, "viewer", email), password)
    linked = employee or here.settings.people.get(name)
    person = People(state).add(name, role, sees=sees, employee_id=linked, email=email, language=speaks)
    _note(state, "rights", f"+ {person.name}: {person.role}, {person.scope}")
    if is_asked:
        Passwords(state).set(person, password)
        click.echo(here.say(_("{name} may sign in.", name=person.name)))
    else:
        _print_link(here, state, person, address)


@user.command("list")
@in_workspace
def listed(here: Here) -> None:
    """List everybody: role, whose rows are seen, linked employee, state."""
    from crmetrics.presenting.letters import padded, width
    from crmetrics.workspace.people import People
    from crmetrics.workspace.rights import ROLES as DECLARED
    from crmetrics.workspace.rights import SEES

    rows = [
        (
            each.name,
            here.say(DECLARED[each.role].title),
            here.say(SEES[each.scope]),
            each.employee_id or "-",
            here.say(
                _("disabled") if each.is_disabled else _("may sign in") if each.has_password else _("no password yet")
            ),
        )
        for each in People(_state(here)).all()
    ]
    wide = [max((width(row[place]) for row in rows), default=0) for place in range(5)]
    for row in rows:
        click.echo("  ".join(padded(cell, size) for cell, size in zip(row, wide, strict=True)).rstrip())
    if not rows:
        click.echo(here.say(_("Nobody has been added yet. Add an administrator: crmetrics user add NAME --role admin")))


@user.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--sees", type=click.Choice((*SCOPES, "role")), help="Whose rows are seen; role: as the role has it.")
@click.option("--employee", metavar="ID", help="Which employee of the data it is.")
@in_workspace
def change_role(here: Here, name: str, role: str, sees: str | None, employee: str | None) -> None:
    """Change what somebody may do. He or she is signed out everywhere."""
    values: dict[str, object] = {"role": role}
    if sees:
        values["sees"] = None if sees == "role" else sees
    if employee is not None:
        values["employee_id"] = employee or None
    _change(here, name, **values)


@user.command("disable")
@click.argument("name")
@in_workspace
def disable(here: Here, name: str) -> None:
    """Let somebody sign in no more; sessions and tokens end at once."""
    _change(here, name, disabled_at=utc_now())


@user.command("enable")
@click.argument("name")
@in_workspace
def enable(here: Here, name: str) -> None:
    """Let somebody sign in again."""
    _change(here, name, disabled_at=None)


@user.command("reset-link")
@click.argument("name")
@_ADDRESS
@in_workspace
def reset_link(here: Here, name: str, address: str) -> None:
    """Print a link by which somebody sets a new password: once, within 24 hours."""
    from crmetrics.workspace.people import People

    state = _state(here)
    person = People(state).named(name)
    _note(state, "link", person.name)
    _print_link(here, state, person, address)


@click.command()
@click.option("--count", type=click.IntRange(1, 100_000), default=50, show_default=True, help="So many of the latest.")
@click.option("--who", default="", help="Of this person only.")
@click.option("--kind", default="", help="Of this kind only, such as sign_in, export or personal.")
@in_workspace
def audit(here: Here, count: int, who: str, kind: str) -> None:
    """Show what was done by whom: sign-ins, personal data seen, exports, changes. The latest last."""
    from crmetrics.presenting.history import doer
    from crmetrics.presenting.letters import harmless
    from crmetrics.workspace.audit import Audit

    format_ = here.format()
    for each in reversed(Audit(_state(here)).latest(count, who=who, kind=kind)):
        line = f"{format_.moment(each.at)}  {each.kind:<10}  {doer(each.who, format_)}  {each.about}  {each.address}"
        click.echo(harmless(line).rstrip())


def _change(here: Here, name: str, **values: object) -> None:
    from crmetrics.workspace.people import People
    from crmetrics.workspace.sessions import Sessions

    state = _state(here)
    people = People(state)
    changed = people.change(people.named(name).number, **values)
    Sessions(state).end_all(changed.number)
    state_of = ", disabled" if changed.is_disabled else ""
    _note(state, "rights", f"{changed.name}: {changed.role}, {changed.scope}{state_of}")
    click.echo(here.say(_("{name} is changed, and signed out everywhere.", name=changed.name)))


def _print_link(here: Here, state: State, person: Person, address: str) -> None:
    from crmetrics.workspace.passwords import Passwords

    secret = Passwords(state).make_link(person)
    click.echo(here.say(_("{name} sets the password here, once, within 24 hours:", name=person.name)))
    click.echo(f"{address.rstrip('/')}/new-password/{secret}")


def _note(state: State, kind: str, about: str) -> None:
    from crmetrics.workspace.audit import KINDS, TERMINAL, Audit

    Audit(state).note(TERMINAL, next(one for one in KINDS if one == kind), about)


def _state(here: Here) -> State:
    from crmetrics.workspace.state import open_state

    if not here.folder.is_dir():
        raise NoWorkspace(
            _("'{folder}' is not a folder. Name the workspace with --workspace DIR.", folder=str(here.folder))
        )
    return open_state(here.folder)
