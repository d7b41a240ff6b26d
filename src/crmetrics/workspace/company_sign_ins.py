"""Sign-ins at the company's own server that have begun and not yet come back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Column, DateTime, String, Table, Text, delete, insert, select

from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.sessions import print_of
from crmetrics.workspace.state import METADATA, State

HOLDS: Final = timedelta(minutes=10)

BEGUN: Final = Table(
    "company_sign_ins",
    METADATA,
    Column("print", String(64), primary_key=True),
    Column("browser", String(64), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("going_on", Text, nullable=False),
    Column("ends_at", DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: what the server must send back, and what only we know."""

    state: str
    nonce: str
    verifier: str
    going_on: str


@dataclass(frozen=True, slots=True)
class CompanySignIns:
    """Those of a workspace, the same for all of its processes."""

    state: State

    def begin(self, browser: str, going_on: str) -> Begun:
        """Begin one in a browser, known by a secret of its own."""
        begun = Begun(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(64), going_on)
        now = utc_now()
        with self.state.begin(BEGUN) as connection:
            connection.execute(delete(BEGUN).where(BEGUN.c.ends_at < now))
            connection.execute(
                insert(BEGUN).values(
                    print=print_of(begun.state),
                    browser=print_of(browser),
                    nonce=begun.nonce,
                    verifier=begun.verifier,
                    going_on=going_on,
                    ends_at=now + HOLDS,
                )
            )
        return begun

    def take(self, browser: str, state: str) -> Begun | None:
        """The sign-in that this browser began with this state: once, within ten minutes; None for anything else."""
        own = (
            (BEGUN.c.print == print_of(state)) & (BEGUN.c.browser == print_of(browser)) & (BEGUN.c.ends_at >= utc_now())
        )
        with self.state.begin(BEGUN) as connection:
            row = connection.execute(select(BEGUN).where(own)).first()
            taken = connection.execute(delete(BEGUN).where(own)).rowcount
        return Begun(state, row.nonce, row.verifier, row.going_on) if row is not None and taken == 1 else None
