"""Files that came into a watched folder, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import BigInteger, Column, DateTime, Integer, String, Table, Text, insert, select

from crmetrics.vocabulary.language import Message, read_back, written
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.state import METADATA, State

Outcome = Literal["taken", "failed", "passed over"]

ARRIVALS: Final = Table(
    "arrivals",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("file", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("problem", Text),
    Column("version", Integer),
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it came: its path, size in bytes and moment of change in nanoseconds, by which it is known again.

    taken        it was imported, or held nothing new; `version` is the one that was made
    failed       it could not be: `problem` says why, and the file stays where it is
    passed over  no kind of file of the mapping is called like it
    """

    file: str
    size: int
    changed: int
    outcome: Outcome
    problem: Message | None = None
    version: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The arrivals of a workspace."""

    state: State

    def add(self, *arrivals: Arrival) -> None:
        """Keep what became of files."""
        now = utc_now()
        with self.state.begin(ARRIVALS) as connection:
            for each in arrivals:
                connection.execute(
                    insert(ARRIVALS).values(
                        file=each.file,
                        size=each.size,
                        changed=each.changed,
                        at=each.at or now,
                        outcome=each.outcome,
                        problem=None if each.problem is None else json.dumps(written(each.problem), ensure_ascii=False),
                        version=each.version,
                    )
                )

    def latest(self, limit: int = 100) -> Sequence[Arrival]:
        """What came last, the newest first."""
        with self.state.begin(ARRIVALS) as connection:
            rows = connection.execute(select(ARRIVALS).order_by(ARRIVALS.c.number.desc()).limit(limit)).all()
        return [
            Arrival(
                row.file,
                row.size,
                row.changed,
                row.outcome,
                read_back(json.loads(row.problem)) if row.problem else None,
                row.version,
                row.at,
            )
            for row in rows
        ]

    def known(self) -> dict[str, Arrival]:
        """What became of each file when it was last looked at."""
        return {each.file: each for each in reversed(self.latest(100_000))}
