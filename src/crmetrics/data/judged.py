"""What is judged of a column, and what is said where it does not hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import Column, Table
from crmetrics.warehouse.schema.rule import Aspect

_ = words("quality")

FILLED: Final = _("It is blank where it should be filled.")
FUTURE: Final = _("It lies in the future.")
REPEATED: Final = _("It repeats the key of another row.")
UNREAD: Final = _("The value could not be read, and the row stands in quarantine.")
IMPOSSIBLE: Final = _("It cannot be true, and counts as unknown.")
PART: Final = _("It is a part of a row that is not there.")
LATE: Final = _("Entered more than two days after its date.")


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing asked of a column: in how many rows it matters, in how many it holds, and what is wrong in the others.

    check   its name, the same in every language; blank where it was asked of the files alone
    broken  how many rows of the table break it and can be opened; None where they are not there, or not rows of their own
    """

    table: Table
    column: str
    aspect: Aspect
    says: Message
    checked: int
    passed: int
    check: str = ""
    broken: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A column as an analysis can use it: the rows that should have it, those that do, those whose value breaks no rule."""

    table: Table
    column: Column
    expected: int
    filled: int
    usable: int

    @property
    def share(self) -> float:
        """The share that can be used."""
        return self.usable / self.expected if self.expected else 1.0
