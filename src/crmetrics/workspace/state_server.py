"""The product's state in a PostgreSQL database of the company's: its address in the settings, its password in the environment."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any, Final

import sqlalchemy
from sqlalchemy import URL, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError

from crmetrics.vocabulary.errors import BadDatabase, BadValue, NoState, UnknownName
from crmetrics.vocabulary.language import words

_ = words("import")

SCHEMES: Final = ("postgresql", "postgres")
PASSWORDS: Final = ("CRMETRICS_STATE_PASSWORD", "PGPASSWORD")
TLS: Final = "tls"
SCHEMA: Final = "crmetrics"
"""Where the tables stand, apart from what else a database holds: others have people and sessions, too."""
_LOCK: Final = 0x63726D
"""The number under which who makes a schema or tables keeps others from making the same ones."""
_OUT_OF_RANGE: Final = "22003"

GONE: Final = _(
    "The database of people and rights cannot be reached, so nothing can be shown until it is back. Whoever looks after it "
    "finds out why with: crmetrics user list"
)


def server_engine(address: str) -> Engine:
    """An engine for an address such as postgresql://crm@db.example.com/crm, looked up once; `?tls=require` for TLS.

    Errors: BadValue for another kind of address, one with a password in it, or where the driver is missing; BadDatabase if
    it cannot be opened. Neither tells a password.
    """
    url = _url(address)
    shown = url.set(password=None, drivername="postgresql").render_as_string()
    # the driver stumbles over a password that is none where the server asks for one
    password = next((os.environ[name] for name in PASSWORDS if os.environ.get(name)), "")
    is_required = url.query.get(TLS) == "require"
    engine = sqlalchemy.create_engine(
        url.set(drivername="postgresql+pg8000").difference_update_query([TLS]),
        pool_pre_ping=True,
        connect_args={"password": password, **({"ssl_context": True} if is_required else {})},
    )
    event.listen(engine, "connect", _prepare, insert=True)
    event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
    try:
        engine.connect().close()
    except (DBAPIError, OSError) as error:
        engine.dispose()
        raise BadDatabase(
            _(
                "The state at '{address}' cannot be opened: {problem}. Check `state` in crmetrics.toml, and the password in "
                "the environment as {name}.",
                address=shown,
                problem=_problem(error),
                name=PASSWORDS[0],
            )
        ) from None  # what a driver tells may hold what it was given
    event.listen(engine, "handle_error", _told)
    return engine


def alone(connection: sqlalchemy.Connection) -> None:
    """Until the end of the transaction nobody else makes tables: `if not exists` alone fails where two make the same one."""
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.text(f"select pg_advisory_xact_lock({_LOCK})"))


def _prepare(connection: Any, _record: object) -> None:
    """Each connection reads and writes the schema, which the first of all makes; a DBA may have made it for a user who may not."""
    cursor = connection.cursor()
    cursor.execute(f"select pg_advisory_xact_lock({_LOCK})")
    cursor.execute(f"select to_regnamespace('{SCHEMA}') is null")
    if cursor.fetchone()[0]:
        cursor.execute(f"create schema {SCHEMA}")
    cursor.execute(f"set search_path to {SCHEMA}")
    cursor.close()
    connection.commit()  # what is set in a transaction that is rolled back is set no more


def _without_nul(
    _connection: object, _cursor: object, statement: str, given: Any, _context: object, _is_many: bool
) -> tuple[str, Any]:
    """What people typed without the one sign that PostgreSQL cannot keep in a text."""
    return statement, _cleared(given)


def _cleared(given: Any) -> Any:
    if isinstance(given, str):
        return given.replace("\0", "")
    if isinstance(given, list | tuple):
        return type(given)(_cleared(each) for each in given)
    return given


def _told(context: ExceptionContext) -> None:
    """What is nobody's mistake here: a number greater than any that is kept, and a server that has gone away."""
    cause = context.original_exception
    if context.is_disconnect or context.connection is None:
        raise NoState(GONE) from None
    if cause.args and isinstance(cause.args[0], dict) and cause.args[0].get("C") == _OUT_OF_RANGE:
        raise UnknownName(_("There is nothing of such a number.")) from None


def _url(address: str) -> URL:
    try:
        url = sqlalchemy.make_url(address)
    except ArgumentError:
        url = None
    if url is not None and url.password:
        raise BadValue(
            _(
                "`state` in crmetrics.toml holds a password, which everybody can read who reads the file. Leave it out and "
                "set {name} in the environment.",
                name=PASSWORDS[0],
            )
        )
    if url is None or url.drivername not in SCHEMES or not url.host or not url.database:
        raise BadValue(
            _(
                "`state` in crmetrics.toml is '{address}'; expected is a PostgreSQL database, such as "
                "postgresql://crm@db.example.com/crm.",
                address=address.rpartition("@")[2],
            )
        )
    if find_spec("pg8000") is None:
        raise BadValue(_("The driver of PostgreSQL is not installed: pip install 'crmetrics[databases]'."))
    return url


def _problem(error: DBAPIError | OSError) -> str:
    """What the server says of it, without the rest that a driver tells."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    told = cause.args[0] if cause is not None and cause.args else ""
    return str(told.get("M", "")) if isinstance(told, dict) else str(told).rstrip(".")
