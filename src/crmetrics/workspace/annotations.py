"""Notes on dates: what happened on a day or over several, written down by people and shown on charts over time."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from crmetrics.vocabulary.errors import BadValue, NotAllowed, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.workspace.state import METADATA, State

_ = words("annotations")

LONGEST: Final = 160
"""So many signs a note has at most: it stands beside a chart."""
MOST: Final = 2_000
"""So many notes one person keeps at most."""
YEARS: Final = range(1900, 2201)
_JOINERS: Final = frozenset("\u200c\u200d")

ANNOTATIONS: Final = Table(
    "annotations",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("owner", Integer, nullable=False, index=True),
    Column("written_by", String(200), nullable=False),
    Column("text", String(LONGEST), nullable=False),
    Column("first", Date, nullable=False, index=True),
    Column("last", Date, nullable=False),
    Column("areas", Text, nullable=False),
    Column("is_shared", Boolean, nullable=False),
    Column("changed_at", DateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note on the days from `first` to `last`, both inside; `number` 0 until it is kept.

    areas       the areas of analyses on whose charts it stands; none: on all
    is_shared   everybody sees it, else its owner alone
    written_by  the name of its owner when it was written
    """

    owner: int
    text: str
    first: date
    last: date
    areas: tuple[str, ...] = ()
    is_shared: bool = False
    written_by: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Annotations:
    """The notes of a workspace as one person has them: his own, and what is shared.

    may_share   he may share notes, and change shared ones of his
    tends       he may change and remove what others have shared, too: its writer may have left
    known       the areas that there are
    """

    state: State
    person: int
    known: Collection[str] = ()
    may_share: bool = False
    tends: bool = False

    def all(self) -> tuple[Annotation, ...]:
        """What he may see, the latest day first."""
        latest = (ANNOTATIONS.c.first.desc(), ANNOTATIONS.c.number.desc())
        with self.state.begin(ANNOTATIONS) as connection:
            rows = connection.execute(select(ANNOTATIONS).where(self._seen()).order_by(*latest)).mappings()
            return tuple(_annotation(row) for row in rows)

    def on_charts(self, area: str) -> tuple[Annotation, ...]:
        """What stands on the charts of an area, the earliest day first."""
        earliest = (ANNOTATIONS.c.first, ANNOTATIONS.c.last, ANNOTATIONS.c.number)
        with self.state.begin(ANNOTATIONS) as connection:
            rows = connection.execute(select(ANNOTATIONS).where(self._seen()).order_by(*earliest)).mappings()
            found = [_annotation(row) for row in rows]
        return tuple(each for each in found if not each.areas or area in each.areas)

    def find(self, number: int) -> Annotation:
        """One that he may see; UnknownName, the same for one that there is not and for one of somebody else."""
        with self.state.begin(ANNOTATIONS) as connection:
            asked = select(ANNOTATIONS).where(self._seen(), ANNOTATIONS.c.number == number)
            row = connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise UnknownName(_("There is no note {number} that you may see.", number=number))
        return _annotation(row)

    def may_change(self, note: Annotation) -> bool:
        """Whether he may change or remove it: his own, and as who tends them the shared ones."""
        return note.owner == self.person or (note.is_shared and self.tends)

    def keep(self, note: Annotation) -> Annotation:
        """Keep a new note, or one of `number` changed; as it was kept.

        BadValue for a text, days or areas that do not do, and for one too many; NotAllowed where he may not change it or not share.
        """
        kept = replace(note, text=_text(note.text), areas=self._areas(note.areas))
        _check_days(kept.first, kept.last)
        earlier = self._changeable(kept.number) if kept.number else None
        if kept.is_shared and not self.may_share:
            raise NotAllowed(_("You may write notes for yourself. To share them needs the right to share."))
        if earlier is not None:
            kept = replace(kept, owner=earlier.owner, written_by=earlier.written_by)
        elif self._count() >= MOST:
            raise BadValue(_("You have {most} notes, and more are not kept. Remove some first.", most=MOST))
        written = {
            "owner": kept.owner if earlier else self.person,
            "written_by": kept.written_by[:200],
            "text": kept.text,
            "first": kept.first,
            "last": kept.last,
            "areas": json.dumps(kept.areas),
            "is_shared": kept.is_shared,
            "changed_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        }
        with self.state.begin(ANNOTATIONS) as connection:
            if kept.number:
                connection.execute(update(ANNOTATIONS).where(ANNOTATIONS.c.number == kept.number).values(written))
                return kept
            made = connection.execute(insert(ANNOTATIONS).values(written)).inserted_primary_key
        return replace(kept, owner=self.person, number=int(made[0]) if made else 0)

    def remove(self, number: int) -> Annotation:
        """Remove a note, and give it back as it was. UnknownName or NotAllowed as `find` and `keep`."""
        gone = self._changeable(number)
        with self.state.begin(ANNOTATIONS) as connection:
            connection.execute(delete(ANNOTATIONS).where(ANNOTATIONS.c.number == number))
        return gone

    def _seen(self) -> ColumnElement[bool]:
        return or_(ANNOTATIONS.c.owner == self.person, ANNOTATIONS.c.is_shared)

    def _changeable(self, number: int) -> Annotation:
        found = self.find(number)
        if not self.may_change(found):
            raise NotAllowed(_("Note {number} is somebody else's: only its writer may change it.", number=number))
        return found

    def _count(self) -> int:
        asked = select(func.count()).where(ANNOTATIONS.c.owner == self.person)
        with self.state.begin(ANNOTATIONS) as connection:
            return int(connection.execute(asked).scalar_one())

    def _areas(self, areas: Collection[str]) -> tuple[str, ...]:
        unknown = [area for area in areas if area not in self.known]
        if unknown:
            told = _("'{area}' is not an area. There are: {areas}.", area=unknown[0][:40], areas=", ".join(self.known))
            raise BadValue(told)
        return tuple(area for area in self.known if area in areas)


def _text(text: str) -> str:
    """A note in one line, without signs that steer how a line is read."""
    blank = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    shown = (letter for letter in blank if letter in _JOINERS or unicodedata.category(letter) not in ("Cf", "Cs"))
    found = " ".join("".join(shown).split())
    if not found or len(found) > LONGEST:
        raise BadValue(_("'{text}' is no note: write 1 to {most} signs.", text=found[:40], most=LONGEST))
    return found


def _check_days(first: date, last: date) -> None:
    for day in (first, last):
        if day.year not in YEARS:
            raise BadValue(_("'{day}' is not a day that charts can show.", day=day.isoformat()))
    if last < first:
        raise BadValue(_("The last day, {last}, is before the first, {first}.", first=first, last=last))


def _annotation(row: RowMapping) -> Annotation:
    return Annotation(
        row["owner"],
        row["text"],
        row["first"],
        row["last"],
        tuple(json.loads(row["areas"])),
        row["is_shared"],
        row["written_by"],
        row["number"],
    )
