"""Boards that people put together: figures, charts and tables of their choice, with text between; and views they keep."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Final, Literal, get_args

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

_ = words("boards")

PartKind = Literal["figure", "chart", "table", "text"]
KINDS: Final[tuple[str, ...]] = get_args(PartKind)
MOST_PARTS: Final = 40
LONGEST_TEXT: Final = 4_000
LONGEST_TITLE: Final = 120


def _kept_by_people(name: str, *texts: str) -> Table:
    """A table of what people keep under a title: these texts, whose they are, and whether others see them."""
    return Table(
        name,
        METADATA,
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("owner", Integer, nullable=False, index=True),
        Column("title", String(LONGEST_TITLE), nullable=False),
        Column("is_shared", Boolean, nullable=False),
        *(Column(text, Text, nullable=False) for text in texts),
        Column("changed_at", DateTime, nullable=False),
    )


BOARDS: Final = _kept_by_people("boards", "parts")
VIEWS: Final = _kept_by_people("saved_views", "address", "filters")
HOMES: Final = Table(
    "homes",
    METADATA,
    Column("person", Integer, primary_key=True, autoincrement=False),
    Column("board", Integer, nullable=False),
)
"""Which board a person has as the first page."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a board. `key` and `query`, what stands behind the question mark, ask its question; a text has neither."""

    kind: PartKind
    key: str = ""
    query: str = ""
    text: str = ""
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """A board; `number` 0 until it is kept. Its owner may change it, others see it if it is shared, each with his own rows."""

    owner: int
    title: str
    parts: tuple[Part, ...] = ()
    is_shared: bool = False
    number: int = 0

    @property
    def mark(self) -> str:
        """A print of its parts as they stand: what was meant for others is not done to these."""
        return sha256(repr(self.parts).encode()).hexdigest()[:16]

    def with_part(self, part: Part) -> Board:
        """With one part more at the end; BadValue if there are too many, or its text is too long."""
        if len(self.parts) >= MOST_PARTS:
            raise BadValue(_("A board holds {most} parts at most. Remove one first.", most=MOST_PARTS))
        if part.kind not in KINDS or len(part.text) > LONGEST_TEXT:
            raise BadValue(_("This text is longer than {most} signs.", most=LONGEST_TEXT))
        return replace(self, parts=(*self.parts, part))

    def moved(self, place: int, by: int) -> Board:
        """With a part moved up (-1) or down (1); as it was where there is no room."""
        parts, to = list(self.parts), place + by
        if 0 <= place < len(parts) and 0 <= to < len(parts):
            parts[place], parts[to] = parts[to], parts[place]
        return replace(self, parts=tuple(parts))

    def changed(self, place: int, part: Part | None) -> Board:
        """With another part in a place, or none there. BadValue if its text is too long."""
        if part is not None and len(part.text) > LONGEST_TEXT:
            raise BadValue(_("This text is longer than {most} signs.", most=LONGEST_TEXT))
        kept = [part if at == place else each for at, each in enumerate(self.parts)]
        return replace(self, parts=tuple(each for each in kept if each is not None))


@dataclass(frozen=True, slots=True)
class View:
    """A view that was kept: the address of an answer with its filters, or filters alone to be put on any answer."""

    owner: int
    title: str
    address: str
    filters: Mapping[str, Sequence[str]]
    is_shared: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Boards:
    """The boards and views of a workspace, as far as a person may see them: his own, and what is shared."""

    state: State
    person: int

    def all(self) -> tuple[Board, ...]:
        """His boards and the shared ones, by title."""
        seen = or_(BOARDS.c.owner == self.person, BOARDS.c.is_shared)
        with self.state.begin(BOARDS) as connection:
            rows = connection.execute(select(BOARDS).where(seen).order_by(BOARDS.c.title, BOARDS.c.number)).mappings()
            return tuple(_board(row) for row in rows)

    def find(self, number: int) -> Board:
        """One of them; UnknownName if there is none such for him."""
        found = next((each for each in self.all() if each.number == number), None)
        if found is None:
            raise UnknownName(_("There is no board {number} that you may see.", number=number))
        return found

    def own(self, number: int) -> Board:
        """One that he may change; UnknownName otherwise."""
        found = self.find(number)
        if found.owner != self.person:
            raise UnknownName(_("Board {number} is somebody else's: make a copy to change it.", number=number))
        return found

    def keep(self, board: Board) -> Board:
        """Keep a board, a new one under a new number. BadValue for a title that says nothing."""
        written = {
            "owner": self.person,
            "title": _title(board.title),
            "is_shared": board.is_shared,
            "parts": json.dumps([asdict(part) for part in board.parts], ensure_ascii=False),
            "changed_at": utc_now(),
        }
        with self.state.begin(BOARDS) as connection:
            if board.number:
                connection.execute(update(BOARDS).where(BOARDS.c.number == board.number).values(written))
                return board
            found = connection.execute(insert(BOARDS).values(written)).inserted_primary_key
        return replace(board, number=int(found[0]) if found else 0)

    def remove(self, number: int) -> None:
        """Remove a board of his, also as anybody's first page."""
        self.own(number)
        with self.state.begin(BOARDS, HOMES) as connection:
            connection.execute(delete(HOMES).where(HOMES.c.board == number))
            connection.execute(delete(BOARDS).where(BOARDS.c.number == number))

    def home(self) -> int | None:
        """The board that he has as the first page, if he still may see it."""
        with self.state.begin(HOMES, BOARDS) as connection:
            return connection.execute(
                select(HOMES.c.board)
                .join(BOARDS, BOARDS.c.number == HOMES.c.board)
                .where(HOMES.c.person == self.person, or_(BOARDS.c.owner == self.person, BOARDS.c.is_shared))
            ).scalar()

    def set_home(self, number: int | None) -> None:
        """Have a board as the first page; None: the usual one."""
        if number is not None:
            self.find(number)
        with self.state.begin(HOMES) as connection:
            connection.execute(delete(HOMES).where(HOMES.c.person == self.person))
            if number is not None:
                connection.execute(insert(HOMES).values(person=self.person, board=number))

    def views(self) -> tuple[View, ...]:
        """His kept views and the shared ones, by title."""
        seen = or_(VIEWS.c.owner == self.person, VIEWS.c.is_shared)
        with self.state.begin(VIEWS) as connection:
            rows = connection.execute(select(VIEWS).where(seen).order_by(VIEWS.c.title, VIEWS.c.number)).mappings()
            return tuple(
                View(
                    row["owner"],
                    row["title"],
                    row["address"],
                    json.loads(row["filters"]),
                    row["is_shared"],
                    row["number"],
                )
                for row in rows
            )

    def keep_view(self, view: View) -> None:
        """Keep a view. BadValue for a title that says nothing."""
        written = {
            "owner": self.person,
            "title": _title(view.title),
            "is_shared": view.is_shared,
            "address": view.address,
            "filters": json.dumps({name: list(values) for name, values in view.filters.items()}, ensure_ascii=False),
            "changed_at": utc_now(),
        }
        with self.state.begin(VIEWS) as connection:
            connection.execute(insert(VIEWS).values(written))

    def remove_view(self, number: int) -> None:
        """Remove a view of his; UnknownName for one that is not."""
        with self.state.begin(VIEWS) as connection:
            gone = connection.execute(delete(VIEWS).where(VIEWS.c.number == number, VIEWS.c.owner == self.person))
        if gone.rowcount != 1:
            raise UnknownName(_("There is no view {number} of yours.", number=number))


def _title(title: str) -> str:
    found = " ".join(title.split())
    if not found or len(found) > LONGEST_TITLE:
        raise BadValue(_("'{title}' is no title: write 1 to {most} signs.", title=title[:40], most=LONGEST_TITLE))
    return found


def _board(row: RowMapping) -> Board:
    parts = tuple(Part(**part) for part in json.loads(row["parts"]))
    return Board(row["owner"], row["title"], parts, row["is_shared"], row["number"])
