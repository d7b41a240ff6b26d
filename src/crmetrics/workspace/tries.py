"""How often signing in has failed, by name and by address: who goes on trying waits longer each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Column, Connection, DateTime, Integer, String, Table, delete, insert, select, update

from crmetrics.vocabulary.errors import TooManyTries
from crmetrics.vocabulary.language import words
from crmetrics.workspace.people import known_as
from crmetrics.workspace.sessions import print_of
from crmetrics.workspace.state import METADATA, State

_ = words("people")

FREE_OF_NAME: Final = 5
FREE_OF_ADDRESS: Final = 20  # an office of many people may share one address
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN: Final = timedelta(hours=1)

TRIES: Final = Table(
    "sign_in_tries",
    METADATA,
    Column("about", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False),
    Column("until", DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Tries:
    """The failed tries of a workspace, the same for all of its processes."""

    state: State

    def begin(self, name: str, address: str) -> None:
        """Count a try before it is made, so that many at once gain nothing; TooManyTries if one must wait."""
        now = _now()
        with self.state.begin(TRIES) as connection:
            connection.execute(delete(TRIES).where(TRIES.c.last_at < now - FORGOTTEN))
            waits = [
                self._count(connection, _name(name), FREE_OF_NAME, now),
                self._count(connection, _address(address), FREE_OF_ADDRESS, now),
            ]
            seconds = ceil(max(waits).total_seconds())
            if seconds > 0:  # the error undoes the counting: waiting out is not made longer by asking
                raise TooManyTries(
                    _(
                        "Too many tries. Try again in {n} second.",
                        "Too many tries. Try again in {n} seconds.",
                        n=seconds,
                    ),
                    seconds,
                )

    def succeeded(self, name: str, address: str) -> None:
        """The try was right: the name is free of guilt, and the address has one failure fewer."""
        with self.state.begin(TRIES) as connection:
            connection.execute(delete(TRIES).where(TRIES.c.about == _name(name)))
            own = (TRIES.c.about == _address(address)) & (TRIES.c.failures > 0)
            connection.execute(update(TRIES).where(own).values(failures=TRIES.c.failures - 1))

    def _count(self, connection: Connection, about: str, free: int, now: datetime) -> timedelta:
        """Count one try about a name or address; how long one must still wait."""
        own = TRIES.c.about == about
        # the counting is first, for it locks the row: what is read then is what is written
        if not connection.execute(update(TRIES).where(own).values(failures=TRIES.c.failures + 1)).rowcount:
            connection.execute(insert(TRIES).values(about=about, failures=1, last_at=now, until=now))
        row = connection.execute(select(TRIES).where(own)).one()
        if row.until > now:
            return timedelta(seconds=(row.until - now).total_seconds())
        connection.execute(update(TRIES).where(own).values(last_at=now, until=now + wait_after(row.failures, free)))
        return timedelta()


def wait_after(failures: int, free: int) -> timedelta:
    """How long to wait after so many failures, of which some are free: 1, 2, 4 ... seconds, a quarter of an hour at most."""
    if failures < free:
        return timedelta()
    return min(LONGEST_WAIT, timedelta(seconds=2.0 ** min(failures - free, 20)))


def _name(name: str) -> str:
    return f"name {print_of(known_as(name))}"


def _address(address: str) -> str:
    return f"address {address[:64]}"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
