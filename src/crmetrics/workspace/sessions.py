"""Who is signed in where: sessions that end by themselves, and all at once when a password or a right changes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, DateTime, Integer, String, Table, delete, insert, select, update

from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.people import PEOPLE, People, Person
from crmetrics.workspace.state import METADATA, State

IDLE: Final = timedelta(hours=12)
ABSOLUTE: Final = timedelta(days=7)
_NOTED: Final = timedelta(minutes=2)  # a session's last use is written so often at most: reading pages is not writing

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("print", String(64), primary_key=True),
    Column("person", Integer, nullable=False, index=True),
    Column("made_at", DateTime, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("address", String(100), nullable=False),
    Column("browser", String(200), nullable=False),
)
"""print  a one-way print of the secret that the browser holds: who reads this table cannot sign in with it"""


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which somebody is signed in. Moments are UTC without a mark."""

    print: str
    person: int
    made_at: datetime
    seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of a workspace."""

    state: State

    def start(self, person: Person, address: str = "", browser: str = "") -> str:
        """Sign somebody in: the new secret, to be held by his browser alone."""
        secret, now = secrets.token_urlsafe(32), utc_now()
        with self.state.begin(SESSIONS) as connection:
            connection.execute(
                delete(SESSIONS).where((SESSIONS.c.made_at < now - ABSOLUTE) | (SESSIONS.c.seen_at < now - IDLE))
            )
            connection.execute(
                insert(SESSIONS).values(
                    print=print_of(secret),
                    person=person.number,
                    made_at=now,
                    seen_at=now,
                    address=address[:100],
                    browser=browser[:200],
                )
            )
        return secret

    def person(self, secret: str) -> Person | None:
        """Who holds this secret; None if the session has ended, or the person is disabled."""
        own, now = print_of(secret), utc_now()
        with self.state.begin(SESSIONS, PEOPLE) as connection:
            row = connection.execute(select(SESSIONS).where(SESSIONS.c.print == own)).first()
            if row is None:
                return None
            if row.made_at < now - ABSOLUTE or row.seen_at < now - IDLE:
                connection.execute(delete(SESSIONS).where(SESSIONS.c.print == own))
                return None
            if row.seen_at < now - _NOTED:
                connection.execute(update(SESSIONS).where(SESSIONS.c.print == own).values(seen_at=now))
        person = People(self.state).by_number(row.person)
        return None if person.is_disabled else person

    def end(self, secret: str) -> None:
        """Sign out."""
        with self.state.begin(SESSIONS) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.print == print_of(secret)))

    def end_all(self, person: int) -> None:
        """End every session of a person: his password, role or rights have changed."""
        with self.state.begin(SESSIONS) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person))

    def of(self, person: int) -> Sequence[Session]:
        """Where somebody is signed in, the latest first."""
        now = utc_now()
        holds = (
            (SESSIONS.c.person == person) & (SESSIONS.c.made_at >= now - ABSOLUTE) & (SESSIONS.c.seen_at >= now - IDLE)
        )
        with self.state.begin(SESSIONS) as connection:
            rows = connection.execute(select(SESSIONS).where(holds).order_by(SESSIONS.c.made_at.desc())).all()
        return [Session(*row) for row in rows]


def print_of(secret: str) -> str:
    """The one-way print of a secret of 256 random bits, which needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
