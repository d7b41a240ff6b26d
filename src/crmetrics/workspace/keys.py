"""Secret keys of the workspace: made when they are first asked for, and never shown."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Column, String, Table, insert, select

from crmetrics.workspace.state import METADATA, State

KEYS: Final = Table(
    "keys",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)


def key_of(state: State, name: str) -> str:
    """The key of that name: 32 random bytes as hexadecimal digits, the same for ever."""
    with state.begin(KEYS) as connection:
        found = connection.execute(select(KEYS.c.value).where(KEYS.c.name == name)).scalar()
        if found is None:
            found = secrets.token_hex(32)
            connection.execute(insert(KEYS).values(name=name, value=found))
    return str(found)
