"""Segments: customers that people keep under a title, as the question that finds them or as a list of that day."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    update,
)

from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.state import METADATA, State

_ = words("segments")

LONGEST_TITLE: Final = 120
MOST: Final = 500  # of one person

SEGMENTS: Final = Table(
    "segments",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("owner", Integer, nullable=False, index=True),
    Column("title", String(LONGEST_TITLE), nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("question", Text, nullable=False),
    Column("ids", Text, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    # an address that names a removed segment must never come to mean another one
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The figure whose customers are meant: the question that it answers, its column, and whose row it stands in.

    as_of    UTC instant as ISO text, blank for the moment up to which the data reach
    where    dimension -> values, None among them for blank
    address  of the page that shows these rows
    """

    key: str
    column: str
    address: str
    at: Mapping[str, str | None] = field(default_factory=dict)
    period: str = ""
    as_of: str = ""
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers under a title; `number` 0 until it is kept.

    ids  those of the day on which it was kept; None: whoever the question finds in the data as they are
    """

    owner: int
    title: str
    question: Opened
    ids: tuple[str, ...] | None = None
    is_shared: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments of a workspace, as far as a person may see them: his own, and what is shared."""

    state: State
    person: int

    def all(self) -> tuple[Segment, ...]:
        """His and the shared ones, by title."""
        seen = or_(SEGMENTS.c.owner == self.person, SEGMENTS.c.is_shared)
        with self.state.begin(SEGMENTS) as connection:
            in_order = select(SEGMENTS).where(seen).order_by(SEGMENTS.c.title, SEGMENTS.c.number)
            return tuple(_segment(row) for row in connection.execute(in_order).mappings())

    def titles(self) -> dict[str, str]:
        """The same as number and title, without what they hold."""
        seen = or_(SEGMENTS.c.owner == self.person, SEGMENTS.c.is_shared)
        named = select(SEGMENTS.c.number, SEGMENTS.c.title).where(seen).order_by(SEGMENTS.c.title, SEGMENTS.c.number)
        with self.state.begin(SEGMENTS) as connection:
            return {str(number): title for number, title in connection.execute(named).all()}

    def find(self, number: str) -> Segment:
        """One of them by its number as an address names it; UnknownName, the same for one that there is not and for one of
        somebody else."""
        is_number = number.isascii() and number.isdecimal() and len(number) < 16
        seen = or_(SEGMENTS.c.owner == self.person, SEGMENTS.c.is_shared)
        with self.state.begin(SEGMENTS) as connection:
            found = select(SEGMENTS).where(seen, SEGMENTS.c.number == (int(number) if is_number else 0))
            row = connection.execute(found).mappings().one_or_none()
        if row is None:
            raise UnknownName(_("There is no segment '{number}' that you may see.", number=number[:40]))
        return _segment(row)

    def keep(self, segment: Segment) -> Segment:
        """Keep a new one under a new number. BadValue for a title that says nothing, or where he has too many."""
        if sum(each.owner == self.person for each in self.all()) >= MOST:
            raise BadValue(_("You have {most} segments. Remove one first.", most=MOST))
        written = {
            "owner": self.person,
            "title": _title(segment.title),
            "is_shared": segment.is_shared,
            "question": json.dumps(asdict(segment.question), ensure_ascii=False),
            "ids": "" if segment.ids is None else json.dumps(segment.ids, ensure_ascii=False),
            "changed_at": utc_now(),
        }
        with self.state.begin(SEGMENTS) as connection:
            found = connection.execute(insert(SEGMENTS).values(written)).inserted_primary_key
        return replace(segment, owner=self.person, number=int(found[0]) if found else 0)

    def rename(self, number: int, title: str) -> None:
        """Give one of his another title. BadValue as `keep`, UnknownName for one that is not his."""
        self._change(number, title=_title(title))

    def share(self, number: int, is_shared: bool) -> None:
        """Let everybody see one of his, or nobody else any more. UnknownName for one that is not his."""
        self._change(number, is_shared=is_shared)

    def remove(self, number: int) -> None:
        """Remove one of his; UnknownName for one that is not."""
        with self.state.begin(SEGMENTS) as connection:
            own = (SEGMENTS.c.number == number, SEGMENTS.c.owner == self.person)
            if connection.execute(delete(SEGMENTS).where(*own)).rowcount != 1:
                raise UnknownName(_("There is no segment {number} of yours.", number=number))

    def _change(self, number: int, **written: Any) -> None:
        with self.state.begin(SEGMENTS) as connection:
            own = (SEGMENTS.c.number == number, SEGMENTS.c.owner == self.person)
            changed = update(SEGMENTS).where(*own).values(**written, changed_at=utc_now())
            if connection.execute(changed).rowcount != 1:
                raise UnknownName(_("There is no segment {number} of yours.", number=number))


def _title(title: str) -> str:
    found = " ".join(title.split())
    if not found or len(found) > LONGEST_TITLE:
        raise BadValue(_("'{title}' is no title: write 1 to {most} signs.", title=title[:40], most=LONGEST_TITLE))
    return found


def _segment(row: RowMapping) -> Segment:
    told = json.loads(row["question"])
    told["where"] = {name: tuple(values) for name, values in told["where"].items()}
    ids = tuple(json.loads(row["ids"])) if row["ids"] else None
    return Segment(row["owner"], row["title"], Opened(**told), ids, row["is_shared"], row["number"])
