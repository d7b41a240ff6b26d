"""Where a database stands: postgresql://reader@db.example.com/shop, and whose password opens it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("servers")

ADDRESS: Final = re.compile(r"([a-z][a-z0-9+]*):/{1,2}(?!/)", re.IGNORECASE)
ANY_PASSWORD: Final = "CRMETRICS_DATABASE_PASSWORD"
OTHERS_MAY_READ: Final = 0o077


class System(Enum):
    """A database system, by the name that stands before :// in an address."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SQL_SERVER = "sqlserver"


SCHEMES: Final[Mapping[str, System]] = {
    "postgresql": System.POSTGRESQL,
    "postgres": System.POSTGRESQL,
    "mysql": System.MYSQL,
    "mariadb": System.MYSQL,
    "sqlserver": System.SQL_SERVER,
    "mssql": System.SQL_SERVER,
}
PORTS: Final[Mapping[System, int]] = {System.POSTGRESQL: 5432, System.MYSQL: 3306, System.SQL_SERVER: 1433}
PASSWORDS: Final[Mapping[System, str]] = {
    System.POSTGRESQL: "PGPASSWORD",
    System.MYSQL: "MYSQL_PWD",
    System.SQL_SERVER: "SQLCMDPASSWORD",
}
TLS: Final = ("prefer", "require", "disable")


@dataclass(frozen=True, slots=True)
class Address:
    """One database. `password` is never shown and never written; `tls`: prefer, require or disable."""

    system: System
    user: str
    host: str
    port: int
    database: str
    password: str = field(default="", repr=False, compare=False)
    tls: str = "prefer"

    def __str__(self) -> str:
        """As people and records may see it: without the password."""
        port = "" if self.port == PORTS[self.system] else f":{self.port}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.system.value}://{f'{self.user}@' if self.user else ''}{host}{port}/{self.database}"

    @property
    def name(self) -> str:
        """What a source read from it is called unless its mapping says otherwise."""
        return re.sub(r"[^\w.-]+", "_", self.database).strip("_.") or "database"


def is_address(text: str) -> bool:
    """Whether a source is the address of a database and no path. Errors: BadValue for an address of another kind."""
    found = ADDRESS.match(text)
    if found is None or (len(found[1]) == 1):  # C:/exports
        return False
    if found[1].casefold() in SCHEMES:
        return True
    if text[found.end() - 2 : found.end()] != "//":
        return False
    raise BadValue(
        _(
            "'{scheme}://' cannot be read. Expected: the path of a file or folder, or the address of a database, "
            "such as postgresql://reader@db.example.com/shop (also mysql://, mariadb://, sqlserver://).",
            scheme=found[1],
        )
    )


def read_address(text: str) -> Address:
    """Read the address of a database. Errors: BadValue, which never shows a password, with what is missing."""
    scheme, _colon, rest = text.partition(":")
    parts = _split(f"{scheme.casefold()}://{rest.lstrip('/')}")
    system = SCHEMES[parts.scheme]
    database = unquote(parts.path.strip("/"))
    if not parts.hostname or not database or "/" in database:
        raise BadValue(
            _(
                "The address of the database lacks its host or its name. Write it like "
                "{system}://reader@db.example.com/shop.",
                system=system.value,
            )
        )
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = told.pop("sslmode", "prefer")
    if told or tls not in TLS:
        raise BadValue(
            _(
                "'{option}' is no part of the address of a database. Only this may stand after the ?: "
                "sslmode=prefer, sslmode=require or sslmode=disable.",
                option=next(iter(told), f"sslmode={tls}"),
            )
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Address(system, user, parts.hostname, parts.port or PORTS[system], database, password, tls)


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  a port that is no number is told of only when it is asked for
    except ValueError:
        raise BadValue(
            _("The address of the database has a host or a port that cannot be read. A sign such as # or / in a "
              "name or password is written %23 or %2F.")
        ) from None  # fmt: skip
    return parts


def password_for(address: Address, environment: Mapping[str, str] = os.environ) -> str:
    """The password of an address: its own, else of the environment, else of the password file; '' where none is told.

    The file is ~/.pgpass, or what PGPASSFILE names: lines of host:port:database:user:password, of any of the systems.
    Errors: BadValue if others than its owner may read the file.
    """
    told = address.password or environment.get(ANY_PASSWORD, "") or environment.get(PASSWORDS[address.system], "")
    if told:
        return told
    path = Path(environment.get("PGPASSFILE") or Path(environment.get("HOME") or "~").expanduser() / ".pgpass")
    if not path.is_file():
        return ""
    if os.name == "posix" and path.stat().st_mode & OTHERS_MAY_READ:
        raise BadValue(_("Others may read the passwords in '{path}'. Make it yours alone: chmod 600", path=str(path)))
    wanted = (address.host, str(address.port), address.database, address.user)
    for fields in _lines(path):
        if all(given in ("*", asked) for given, asked in zip(fields[:4], wanted, strict=True)):
            return fields[4]
    return ""


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        # a colon or a backslash within a field stands behind a backslash
        fields = [re.sub(r"\\(.)", r"\1", one) for one in re.split(r"(?<!\\):", line)]
        if not line.startswith("#") and len(fields) == 5:
            yield fields
