"""What is asked of a database of any system, and how its refusals are told."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, Protocol

from crmetrics.collect.servers.address import ANY_PASSWORD, PASSWORDS, Address
from crmetrics.vocabulary.errors import BadDatabase
from crmetrics.vocabulary.language import words

_ = words("servers")

FETCHED: Final = 10_000
"""Rows that are held at a time."""

PATIENCE: Final = 10.0
"""Seconds until a server that does not answer is told of."""

Fault = Literal["user", "database", "encryption", "other"]
"""What a server refuses: the user with the password, the database, a connection without encryption, or something else."""


@dataclass(frozen=True, slots=True)
class ServerTable:
    """A table or view that may be read; `shown` is its name, with its schema where that is not the usual one."""

    schema: str
    name: str
    shown: str
    is_view: bool


@dataclass(frozen=True, slots=True)
class ServerColumn:
    """A column: `text` is SQL of its values as texts, exact to the last digit.

    `ordered_as` is the type of its values where they tell what is newer (numbers, days and moments), else blank.
    """

    name: str
    quoted: str
    text: str
    ordered_as: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of a relation: its columns as texts, from a value of the cursor column on, at most so many rows."""

    relation: str
    columns: tuple[ServerColumn, ...]
    cursor: ServerColumn | None = None
    seen: str | None = None
    most: int | None = None

    @property
    def texts(self) -> str:
        """SQL of the columns to select."""
        return ", ".join(f"{column.text} as c{place}" for place, column in enumerate(self.columns))

    def bound(self, sql: str) -> tuple[str, str | None]:
        """A query for a driver that binds values by %s: from the value seen on, and that value; as it is where all are read."""
        if self.cursor is None or self.seen is None:
            return sql, None
        name = self.cursor.quoted.replace("%", "%%")
        newer = f"{name} >= cast(%s as {self.cursor.ordered_as}) or {name} is null"
        return f"{sql.replace('%', '%%')} where {newer}", self.seen


class Session(Protocol):
    """An open database that is only read, at one moment in time where its system can do that."""

    def tables(self) -> list[ServerTable]:
        """The tables and views that the user may read, those of the system left out."""
        ...

    def relation(self, table: ServerTable) -> str:
        """SQL of a table, quoted."""
        ...

    def columns(self, relation: str) -> list[ServerColumn]:
        """The columns of a table, or of a query in parentheses with a name."""
        ...

    def rows(self, reading: Reading) -> Iterator[Sequence[Sequence[str | None]]]:
        """The rows, some at a time. No value is told in the SQL: it is bound."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def driver(name: str) -> Any:
    """The module that speaks to a system. Errors: BadDatabase if the extra is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise BadDatabase(
            _("To read databases, crmetrics needs one more part: pip install 'crmetrics[databases]'")
        ) from error


def check_reachable(address: Address) -> None:
    """Errors: BadDatabase if nothing answers at the host and port."""
    try:
        socket.create_connection((address.host, address.port), PATIENCE).close()
    except OSError as error:
        raise BadDatabase(
            _(
                "No database answers at {host}:{port} ({problem}). Check the host and the port, that the server runs, "
                "and that it may be reached from this machine.",
                host=address.host,
                port=address.port,
                problem=error.strerror or str(error) or type(error).__name__,
            )
        ) from None


@contextmanager
def told(
    address: Address, password: str, errors: tuple[type[Exception], ...], fault_of: Callable[[Any], tuple[Fault, str]]
) -> Iterator[None]:
    """Tell what goes wrong in a session as BadDatabase; `fault_of` says which fault one of its driver's errors is, and in
    the server's words."""
    try:
        yield
    except ssl.SSLError:
        raise no_encryption(address) from None
    except errors as error:
        fault, problem = fault_of(error)
        if fault == "user":
            raise refused(address, password) from None
        if fault == "database":
            raise no_database(address) from None
        if fault == "encryption":
            raise no_encryption(address) from None
        raise said(address, problem) from None
    except OSError as error:
        raise said(address, error.strerror or str(error)) from None


def refused(address: Address, password: str) -> BadDatabase:
    """The server knows the user, the password or both not."""
    if password:
        return BadDatabase(
            _("{address} refuses the user '{user}' with this password.", address=str(address), user=address.user)
        )
    return BadDatabase(
        _(
            "{address} wants a password for the user '{user}'. Set {variable} or {own}, or write it into ~/.pgpass as "
            "host:port:database:user:password.",
            address=str(address),
            user=address.user,
            variable=ANY_PASSWORD,
            own=PASSWORDS[address.system],
        )
    )


def no_database(address: Address) -> BadDatabase:
    """The server has no such database, or does not let the user in."""
    return BadDatabase(
        _(
            "{address}: there is no database '{database}', or the user may not read it.",
            address=str(address),
            database=address.database,
        )
    )


def said(address: Address, problem: str) -> BadDatabase:
    """Whatever else the server says."""
    return BadDatabase(_("{address} says: {problem}", address=str(address), problem=problem))


def no_encryption(address: Address) -> BadDatabase:
    """The connection must be encrypted, and cannot be."""
    return BadDatabase(
        _(
            "{address}: the connection cannot be encrypted, or the server cannot prove who it is. Without "
            "sslmode=require it is tried without.",
            address=str(address),
        )
    )
