"""What an import tells of itself when it has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.versions import Version

_ = words("import")

NAMED: Final = 12
"""So many files that are not read are named; of the others it is said how many they are."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file of an import: every row that was read was kept, set aside, or said what another row already says."""

    entry: str
    name: str
    read: int
    kept: int
    quarantined: int
    merged: int


@dataclass(frozen=True, slots=True)
class Told:
    """Something found in a table, and in how many rows."""

    table: str
    column: str
    reason: Message
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of one import.

    version      the version that is current now; None if nothing has ever been published
    is_changed   whether this import published it: the same files again change nothing
    files        the files that were read
    known        files that were passed over because they had been read before
    tables       the tables of the version and their rows
    quarantined  why rows of this source stand in quarantine, and how many
    warnings     what is odd in rows that were kept
    derived      (table, column) -> how many values the product derived
    unread       names of files that were there and may hold rows, and that no kind of file of the mapping is called like
    """

    import_no: int
    source: str
    version: Version | None
    is_changed: bool
    files: tuple[FileReport, ...]
    known: tuple[str, ...]
    tables: Mapping[str, int]
    quarantined: tuple[Told, ...]
    warnings: tuple[Told, ...]
    derived: Mapping[tuple[str, str], int]
    seconds: float
    unread: tuple[str, ...] = ()


def not_read(names: Sequence[str]) -> Message:
    """That files were there which no table of the mapping names; up to `NAMED` of them by name."""
    named, more = ", ".join(names[:NAMED]), len(names) - NAMED
    if more > 0:
        return _("Not read: {names} and {more} more: no table of the mapping names them.", names=named, more=more)
    return _(
        "Not read: {names}: no table of the mapping names it.",
        "Not read: {names}: no table of the mapping names them.",
        names=named,
        n=len(names),
    )
