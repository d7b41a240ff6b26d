"""Who may do what: the roles, what each brings, and what must be allowed to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, get_args

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.scope import Sees

_ = words("people")

RoleName = Literal["admin", "manager", "analyst", "rep", "viewer"]
Permission = Literal["personal", "export", "share", "targets", "import", "clean", "define", "people"]

PERMISSIONS: Final[Mapping[Permission, Message]] = MappingProxyType(
    {
        "personal": _("see names, e-mails and telephone numbers of customers"),
        "export": _("take figures and lists away as files"),
        "share": _("share dashboards, filters and notes with everybody"),
        "targets": _("set targets"),
        "import": _("import data"),
        "clean": _("merge duplicates and correct data"),
        "define": _("change definitions and settings, make KPIs"),
        "people": _("add people, give rights, read the audit"),
    }
)
"""What not everybody may do. Asking questions, own dashboards and own saved filters need no permission but signing in."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role: what it is called, whose rows it sees unless said otherwise of a person, and what it may do."""

    name: RoleName
    title: Message
    sees: Sees
    may: frozenset[Permission]


_EVERYTHING: Final = frozenset(get_args(Permission))

ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        each.name: each
        for each in (
            Role("admin", _("Administrator"), "all", _EVERYTHING),
            Role("manager", _("Sales manager"), "team", frozenset({"personal", "export", "share", "targets"})),
            Role("analyst", _("Analyst"), "all", _EVERYTHING - {"people", "targets"}),
            Role("rep", _("Sales representative"), "self", frozenset({"personal", "export"})),
            Role("viewer", _("Reader"), "all", frozenset()),
        )
    }
)

SEES: Final[Mapping[Sees, Message]] = MappingProxyType(
    {"self": _("own rows"), "team": _("rows of the team"), "all": _("all rows")}
)


def role_of(name: str) -> Role:
    """The role of that name; UnknownName with those that there are."""
    if name not in ROLES:
        raise UnknownName(_("'{role}' is not a role. There are: {roles}.", role=name, roles=", ".join(ROLES)))
    return ROLES[name]


def sees_of(name: str) -> Sees:
    """The scope of that name; UnknownName with those that there are."""
    found = next((each for each in SEES if each == name), None)
    if found is None:
        raise UnknownName(_("'{scope}' is not a scope. There are: {scopes}.", scope=name, scopes=", ".join(SEES)))
    return found


def allowed(role: RoleName, sees_personal: bool | None = None) -> frozenset[Permission]:
    """What a role may do. `sees_personal` says otherwise of one person; who may not see personal data cannot clean them either."""
    may = ROLES[role].may
    if sees_personal is not None:
        may = may | {"personal"} if sees_personal else may - {"personal"}
    return may if "personal" in may else may - {"clean"}
