"""What was done by whom: sign-ins, views of personal data, exports, changes of definitions, settings and rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from sqlalchemy import Column, DateTime, Integer, String, Table, Text, insert, select

from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.state import METADATA, State

_ = words("people")

Kind = Literal[
    "sign_in", "refused", "sign_out", "password", "link", "token", "rights", "personal", "export", "definition",
    "settings", "import", "decision", "note",
]  # fmt: skip

KINDS: Final[Mapping[Kind, Message]] = MappingProxyType(
    {
        "sign_in": _("Signed in"),
        "refused": _("Sign-in refused"),
        "sign_out": _("Signed out"),
        "password": _("Password set"),
        "link": _("Link for a new password made"),
        "token": _("Token made or taken back"),
        "rights": _("Person or rights changed"),
        "personal": _("Personal data seen"),
        "export": _("Exported"),
        "definition": _("Definition changed"),
        "settings": _("Settings changed"),
        "import": _("Imported"),
        "decision": _("Data merged or corrected"),
        "note": _("Note on a date changed"),
    }
)

TERMINAL: Final = "terminal"
"""Who is behind the terminal can read the files of the workspace; the audit calls him so."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime, nullable=False, index=True),
    Column("who", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("about", Text, nullable=False),
    Column("address", String(100), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done. `about` is what it was done to; `at` is UTC without a mark."""

    number: int
    at: datetime
    who: str
    kind: str
    about: str
    address: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of a workspace: it is added to, and read. Nothing takes a line away."""

    state: State

    def note(self, who: str, kind: Kind, about: str = "", address: str = "") -> None:
        """Write down what somebody did."""
        written = {"at": utc_now(), "who": who[:200], "kind": kind, "about": about[:2000], "address": address[:100]}
        with self.state.begin(AUDIT) as connection:
            connection.execute(insert(AUDIT).values(written))

    def latest(self, count: int = 200, *, before: int | None = None, who: str = "", kind: str = "") -> Sequence[Deed]:
        """The latest deeds first: those before a number, of a person, of a kind."""
        asked = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(count)
        if before is not None:
            asked = asked.where(AUDIT.c.number < before)
        if who:
            asked = asked.where(AUDIT.c.who == who)
        if kind:
            asked = asked.where(AUDIT.c.kind == kind)
        with self.state.begin(AUDIT) as connection:
            return [Deed(*row) for row in connection.execute(asked).all()]
