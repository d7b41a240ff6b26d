"""Passwords: kept as argon2 hashes only, set by their owner, renewed by a link that holds once and for a day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, DateTime, Integer, String, Table, delete, insert, select, update

from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.people import PEOPLE, People, Person, known_as
from crmetrics.workspace.sessions import SESSIONS, print_of
from crmetrics.workspace.state import METADATA, State

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_ = words("people")

SHORTEST: Final = 10
LONGEST: Final = 200  # a hash of a whole book would keep the machine busy
LINK_HOLDS: Final = timedelta(hours=24)
_AT_ONCE: Final = BoundedSemaphore(2)  # each check takes 64 MB for a moment, by design

LINKS: Final = Table(
    "password_links",
    METADATA,
    Column("print", String(64), primary_key=True),
    Column("person", Integer, nullable=False, index=True),
    Column("ends_at", DateTime, nullable=False),
    Column("used_at", DateTime),
)


@dataclass(frozen=True, slots=True)
class Passwords:
    """The passwords of a workspace."""

    state: State

    def set(self, person: Person, password: str) -> None:
        """Give somebody a password: all his sessions and open links end. BadValue if it is too short or his own name."""
        check_password(person, password)
        with self.state.begin(PEOPLE, SESSIONS, LINKS) as connection:
            connection.execute(update(PEOPLE).where(PEOPLE.c.number == person.number).values(password=_hash(password)))
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person.number))
            connection.execute(delete(LINKS).where(LINKS.c.person == person.number))

    def person(self, name: str, password: str) -> Person | None:
        """Who has this name (or e-mail) and this password; None for anybody else, a disabled person among them.

        An unknown name takes as long as a known one: the time tells nobody which names there are.
        """
        from argon2.exceptions import InvalidHashError, VerificationError

        found = People(self.state).find(name)
        kept = self._kept(found.number) if found else None
        try:
            with _AT_ONCE:
                _hasher().verify(kept or _nobodys_hash(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return None
        if found is None or kept is None or found.is_disabled:
            return None
        if _hasher().check_needs_rehash(kept):
            with self.state.begin(PEOPLE) as connection:
                connection.execute(
                    update(PEOPLE).where(PEOPLE.c.number == found.number).values(password=_hash(password))
                )
        return found

    def make_link(self, person: Person) -> str:
        """The secret of a link by which somebody sets his password: once, within 24 hours. Earlier ones end."""
        secret, now = secrets.token_urlsafe(32), utc_now()
        with self.state.begin(LINKS) as connection:
            connection.execute(delete(LINKS).where((LINKS.c.person == person.number) | (LINKS.c.ends_at < now)))
            connection.execute(
                insert(LINKS).values(print=print_of(secret), person=person.number, ends_at=now + LINK_HOLDS)
            )
        return secret

    def linked(self, secret: str) -> Person:
        """Whose link it is; UnknownName if it was used, has ended, or never was."""
        with self.state.begin(LINKS) as connection:
            row = connection.execute(select(LINKS).where(LINKS.c.print == print_of(secret))).first()
        if row is None or row.used_at is not None or row.ends_at <= utc_now():
            raise UnknownName(_("This link has been used or has ended. Ask an administrator for a new one."))
        return People(self.state).by_number(row.person)

    def use_link(self, secret: str, password: str) -> Person:
        """Set the password by a link, which then holds no more. UnknownName for a link that does not hold, BadValue as in `set`."""
        person, now = self.linked(secret), utc_now()
        check_password(person, password)
        own = (LINKS.c.print == print_of(secret)) & LINKS.c.used_at.is_(None) & (LINKS.c.ends_at > now)
        with self.state.begin(LINKS) as connection:
            is_mine = connection.execute(update(LINKS).where(own).values(used_at=now)).rowcount == 1
        if not is_mine:  # somebody else was quicker with the same link
            raise UnknownName(_("This link has been used or has ended. Ask an administrator for a new one."))
        self.set(person, password)
        return person

    def is_any(self) -> bool:
        """Whether somebody could sign in with a password."""
        with self.state.begin(PEOPLE) as connection:
            able = select(PEOPLE.c.number).where(PEOPLE.c.password.is_not(None), PEOPLE.c.disabled_at.is_(None))
            return connection.execute(able.limit(1)).first() is not None

    def _kept(self, number: int) -> str | None:
        with self.state.begin(PEOPLE) as connection:
            kept: str | None = connection.execute(select(PEOPLE.c.password).where(PEOPLE.c.number == number)).scalar()
        return kept


def check_password(person: Person, password: str) -> None:
    """BadValue for a password that would be guessed soon. Signs are not prescribed: length is what counts."""
    if len(password) < SHORTEST:
        raise BadValue(
            _(
                "The password has {n} sign; at least {least} are needed.",
                "The password has {n} signs; at least {least} are needed.",
                n=len(password),
                least=SHORTEST,
            )
        )
    if len(password) > LONGEST:
        raise BadValue(_("The password is longer than {most} signs.", most=LONGEST))
    taken = {known_as(person.name), known_as(person.email or person.name), "crmetrics"}
    if len(set(password)) < 4 or known_as(password) in taken or known_as(password).strip("0123456789") in taken:
        raise BadValue(_("This password would be guessed soon. Take several words that do not belong together."))


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _hasher().hash(password)


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))
