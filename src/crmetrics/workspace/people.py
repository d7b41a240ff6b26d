"""The people who use the product: what they may do, whose rows they see, which employee they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Boolean, Column, DateTime, Integer, RowMapping, String, Table, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.warehouse.scope import Sees, Viewer
from crmetrics.workspace.rights import ROLES, Permission, RoleName, allowed, role_of, sees_of
from crmetrics.workspace.state import METADATA, State

_ = words("people")

PEOPLE: Final = Table(
    "people",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("name", String(200), nullable=False),
    Column("known_as", String(200), nullable=False, unique=True),
    Column("email", String(200)),
    Column("role", String(20), nullable=False),
    Column("sees", String(10)),
    Column("sees_personal", Boolean),
    Column("employee_id", String(200)),
    Column("language", String(5)),
    Column("password", String(300)),
    Column("subject", String(500), unique=True),
    Column("made_at", DateTime, nullable=False),
    Column("disabled_at", DateTime),
)
"""known_as  the name as it is compared: without case and odd forms of letters
password  an argon2 hash; blank: none yet
subject   who he is at the company's sign-in server"""

CHANGEABLE: Final = frozenset({"email", "role", "sees", "sees_personal", "employee_id", "language", "disabled_at"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. `sees` and `sees_personal` None: as his role has it."""

    number: int
    name: str
    role: RoleName
    email: str | None = None
    sees: Sees | None = None
    sees_personal: bool | None = None
    employee_id: str | None = None
    language: str | None = None
    has_password: bool = False
    is_disabled: bool = False

    @property
    def scope(self) -> Sees:
        """Whose rows he sees."""
        return self.sees or ROLES[self.role].sees

    def may(self, permission: Permission) -> bool:
        """Whether he has this permission."""
        return not self.is_disabled and permission in allowed(self.role, self.sees_personal)

    def viewer(self) -> Viewer:
        """Him as the warehouse knows him. Of a person without an employee who sees his own rows only nothing is shown."""
        if self.scope == "all":
            return Viewer(self.name, "all", is_masked=not self.may("personal"), person=self.number)
        return Viewer(self.name, self.scope, self.employee_id, not self.may("personal"), self.number)


NOBODY_YET: Final = Person(0, "administrator", "admin")
"""Who sits before the machine itself while nobody has been added yet."""


@dataclass(frozen=True, slots=True)
class People:
    """The people of a workspace."""

    state: State

    def add(
        self,
        name: str,
        role: str,
        *,
        email: str | None = None,
        sees: str | None = None,
        sees_personal: bool | None = None,
        employee_id: str | None = None,
        language: str | None = None,
        subject: str | None = None,
    ) -> Person:
        """Add somebody, who has no password yet. BadValue if the name or e-mail is another's, UnknownName for the role or scope."""
        name = name.strip()
        if not name or len(name) > 200 or not name.isprintable():
            raise BadValue(_("'{name}' is not a name. Write a name or an e-mail address.", name=name))
        written = {
            "name": name,
            "known_as": known_as(name),
            "role": role_of(role).name,
            "email": (email or "").strip() or (name if "@" in name else None),
            "sees": sees_of(sees) if sees else None,
            "sees_personal": sees_personal,
            "employee_id": employee_id or None,
            "language": language or None,
            "subject": subject,
            "made_at": utc_now(),
        }
        if written["email"] and self.find(str(written["email"])) is not None:
            raise BadValue(_("'{email}' is somebody else's already.", email=written["email"]))
        try:
            with self.state.begin(PEOPLE) as connection:
                found = connection.execute(insert(PEOPLE).values(written)).inserted_primary_key
        except IntegrityError:
            raise BadValue(_("There is already a user '{name}'. Choose another name.", name=name)) from None
        return self.by_number(int(found[0]) if found else 0)

    def by_number(self, number: int) -> Person:
        """The person of that number; UnknownName if there is none."""
        with self.state.begin(PEOPLE) as connection:
            row = connection.execute(select(PEOPLE).where(PEOPLE.c.number == number)).mappings().first()
        if row is None:
            raise UnknownName(_("There is no user {number}.", number=number))
        return _person(row)

    def find(self, name: str) -> Person | None:
        """The person of that name or e-mail address, None if there is none."""
        with self.state.begin(PEOPLE) as connection:
            by_name = or_(PEOPLE.c.known_as == known_as(name), func.lower(PEOPLE.c.email) == name.strip().lower())
            rows = connection.execute(select(PEOPLE).where(by_name).order_by(PEOPLE.c.number)).mappings().all()
        own = [row for row in rows if row["known_as"] == known_as(name)] or rows
        return _person(own[0]) if own else None

    def named(self, name: str) -> Person:
        """The same; UnknownName with those that there are."""
        found = self.find(name)
        if found is None:
            names = ", ".join(each.name for each in self.all()) or "-"
            raise UnknownName(_("There is no user '{name}'. There are: {names}.", name=name, names=names))
        return found

    def by_subject(self, subject: str) -> Person | None:
        """The person whom the company's sign-in server calls so, None if there is none."""
        with self.state.begin(PEOPLE) as connection:
            row = connection.execute(select(PEOPLE).where(PEOPLE.c.subject == subject)).mappings().first()
        return _person(row) if row is not None else None

    def all(self) -> tuple[Person, ...]:
        """Everybody, the disabled among them, in the order of their adding."""
        with self.state.begin(PEOPLE) as connection:
            return tuple(map(_person, connection.execute(select(PEOPLE).order_by(PEOPLE.c.number)).mappings().all()))

    def is_empty(self) -> bool:
        """Whether nobody has been added yet."""
        with self.state.begin(PEOPLE) as connection:
            return connection.execute(select(PEOPLE.c.number).limit(1)).first() is None

    def change(self, number: int, **values: Any) -> Person:
        """Change what is known of somebody: email, role, sees, sees_personal, employee_id, language, disabled_at.

        BadValue if no administrator who can sign in would be left, or if the e-mail is another's: by it people sign in.
        """
        if unknown := values.keys() - CHANGEABLE:
            raise UnknownName(_("A user has no '{name}' that could be changed.", name=min(unknown)))
        if "role" in values:
            values["role"] = role_of(values["role"]).name
        if values.get("sees"):
            values["sees"] = sees_of(values["sees"])
        if values.get("email"):
            holder = self.find(values["email"])
            if holder is not None and holder.number != number:
                raise BadValue(_("'{email}' is somebody else's already.", email=values["email"]))
        loses = values.get("role", "admin") != "admin" or values.get("disabled_at") is not None
        with self.state.begin(PEOPLE) as connection:
            if loses:
                others = select(PEOPLE.c.number).where(
                    PEOPLE.c.role == "admin", PEOPLE.c.disabled_at.is_(None), PEOPLE.c.number != number
                )
                own = connection.execute(select(PEOPLE).where(PEOPLE.c.number == number)).mappings().first()
                if own and own["role"] == "admin" and connection.execute(others.limit(1)).first() is None:
                    raise BadValue(
                        _("'{name}' is the only administrator. Make somebody else one first.", name=own["name"])
                    )
            connection.execute(update(PEOPLE).where(PEOPLE.c.number == number).values(values))
        return self.by_number(number)

    def link_subject(self, number: int, subject: str) -> None:
        """Remember whom the company's sign-in server means."""
        with self.state.begin(PEOPLE) as connection:
            connection.execute(update(PEOPLE).where(PEOPLE.c.number == number).values(subject=subject))


def known_as(name: str) -> str:
    """A name as it is compared: ANNA and anna are one."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def _person(row: RowMapping | Mapping[str, Any]) -> Person:
    return Person(
        row["number"],
        row["name"],
        cast(RoleName, row["role"]),
        row["email"],
        cast("Sees | None", row["sees"]),
        row["sees_personal"],
        row["employee_id"],
        row["language"],
        row["password"] is not None,
        row["disabled_at"] is not None,
    )
