"""Tokens for programs: each acts for one person, is shown once, and ends by itself or when it is taken back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Column, DateTime, Integer, String, Table, delete, insert, select, update

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.people import PEOPLE, People, Person
from crmetrics.workspace.sessions import print_of
from crmetrics.workspace.state import METADATA, State

_ = words("people")

MARK: Final = "crm_"
"""What every token begins with, so that it is known for one where it should not stand."""
LONGEST: Final = 366
_NOTED: Final = timedelta(minutes=2)

TOKENS: Final = Table(
    "tokens",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("print", String(64), nullable=False, unique=True),
    Column("person", Integer, nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("ends_at", DateTime, nullable=False),
    Column("used_at", DateTime),
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token as it is listed; the secret itself is nowhere. Moments are UTC without a mark."""

    number: int
    name: str
    made_at: datetime
    ends_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a workspace."""

    state: State

    def make(self, person: int, name: str, days: int) -> str:
        """Make a token that holds for some days, 1 to 366; the secret, which cannot be shown again."""
        if not name.strip() or len(name) > 100:
            raise BadValue(_("'{name}' is not a name for a token. Write what will use it.", name=name))
        if not 1 <= days <= LONGEST:
            raise BadValue(
                _("A token holds for {days} days? From 1 to {longest} are possible.", days=days, longest=LONGEST)
            )
        secret, now = MARK + secrets.token_urlsafe(32), utc_now()
        with self.state.begin(TOKENS) as connection:
            connection.execute(
                insert(TOKENS).values(
                    print=print_of(secret),
                    person=person,
                    name=name.strip(),
                    made_at=now,
                    ends_at=now + timedelta(days=days),
                )
            )
        return secret

    def person(self, secret: str) -> Person | None:
        """For whom a token acts; None if it has ended or never was, or if the person is disabled."""
        now = utc_now()
        with self.state.begin(TOKENS, PEOPLE) as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.print == print_of(secret))).first()
            if row is None or row.ends_at <= now:
                return None
            if row.used_at is None or row.used_at < now - _NOTED:
                connection.execute(update(TOKENS).where(TOKENS.c.number == row.number).values(used_at=now))
        person = People(self.state).by_number(row.person)
        return None if person.is_disabled else person

    def of(self, person: int) -> Sequence[Token]:
        """The tokens of a person, the latest first, those that have ended among them."""
        columns = (TOKENS.c.number, TOKENS.c.name, TOKENS.c.made_at, TOKENS.c.ends_at, TOKENS.c.used_at)
        with self.state.begin(TOKENS) as connection:
            rows = connection.execute(
                select(*columns).where(TOKENS.c.person == person).order_by(TOKENS.c.number.desc())
            ).all()
        return [Token(*row) for row in rows]

    def take_back(self, number: int, person: int) -> None:
        """End a token of a person."""
        with self.state.begin(TOKENS) as connection:
            connection.execute(delete(TOKENS).where(TOKENS.c.number == number, TOKENS.c.person == person))
