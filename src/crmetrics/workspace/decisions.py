"""What people decided about the data: merges of duplicates, corrections, imports left out. A version is made of raw rows and these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Column, DateTime, Integer, String, Table, Text, insert, select, update

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.state import METADATA, State

_ = words("import")

Kind = Literal["merge", "apart", "correct", "leave_out", "erase"]
"""merge      rows of one person or company are one: {table, keep, others}
apart      two rows are not the same, and are not proposed again: {table, left, right}
correct    a row of a file is read with other values: {source, entry, file, row, values}
leave_out  an import no longer counts: {source, import_no}
erase      a person was erased: {table, prints}, one-way prints of the ids, so that a later import cannot bring them back;
           of rows that were theirs by a correction alone {table: "rows", prints, rows}, see `clean.personal.Prints`"""

DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("about", Text, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("undone_at", DateTime),
    Column("undone_by", String(200)),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; `number` 0 until it is kept. Moments are UTC without a mark. An undone one is kept, for the record."""

    kind: Kind
    about: Mapping[str, Any]
    made_by: str = "administrator"
    number: int = 0
    made_at: datetime | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of a workspace."""

    state: State

    def add(self, *decisions: Decision) -> list[Decision]:
        """Keep decisions, all or none; they come back with their numbers."""
        now = utc_now()
        kept = []
        with self.state.begin(DECISIONS) as connection:
            for each in decisions:
                written = {
                    "kind": each.kind,
                    "about": json.dumps(each.about, ensure_ascii=False, sort_keys=True),
                    "made_at": now,
                    "made_by": each.made_by,
                }
                found = connection.execute(insert(DECISIONS).values(written)).inserted_primary_key
                kept.append(Decision(each.kind, each.about, each.made_by, int(found[0]) if found else 0, now))
        return kept

    def check(self, *numbers: int) -> None:
        """Raise UnknownName for a number of a decision that does not stand."""
        stand = {each.number for each in self.standing()} if numbers else set()
        for number in numbers:
            if number not in stand:
                raise UnknownName(_("There is no decision {number} that could be undone.", number=number))

    def undo(self, *numbers: int, by: str = "administrator") -> None:
        """Take decisions back; UnknownName for one that does not stand."""
        now = utc_now()
        with self.state.begin(DECISIONS) as connection:
            for number in numbers:
                undone = connection.execute(
                    update(DECISIONS)
                    .where(DECISIONS.c.number == number, DECISIONS.c.undone_at.is_(None))
                    .values(undone_at=now, undone_by=by)
                )
                if undone.rowcount != 1:
                    raise UnknownName(_("There is no decision {number} that could be undone.", number=number))

    def standing(self, *kinds: Kind) -> tuple[Decision, ...]:
        """The decisions that hold, of these kinds or of all, in their order."""
        return tuple(each for each in self.all() if each.undone_at is None and (not kinds or each.kind in kinds))

    def all(self) -> tuple[Decision, ...]:
        """Every decision ever made, those undone among them, in their order."""
        with self.state.begin(DECISIONS) as connection:
            rows = connection.execute(select(DECISIONS).order_by(DECISIONS.c.number)).all()
        return tuple(
            Decision(
                row.kind, json.loads(row.about), row.made_by, row.number, row.made_at, row.undone_at, row.undone_by
            )
            for row in rows
        )
