"""The product's state in a PostgreSQL database of the company's: its address in the settings, its password in the environment."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Final

import sqlalchemy
from sqlalchemy import URL, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from crmetrics.vocabulary.errors import BadDatabase, BadValue
from crmetrics.vocabulary.language import words

_ = words("import")

SCHEMES: Final = ("postgresql", "postgres")
PASSWORDS: Final = ("CRMETRICS_STATE_PASSWORD", "PGPASSWORD")
TLS: Final = "tls"


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
    return engine


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
