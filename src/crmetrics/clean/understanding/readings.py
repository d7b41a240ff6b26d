"""What is decided of a column: what its values are, and how they are to be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

MOST: Final = 0.97
"""Share of the values that must be of a kind; the others are errors or words for "not given"."""


class Form(Enum):
    """What the values of a column look like."""

    BLANK = "nothing"
    FLAG = "yes or no"
    WHOLE = "whole numbers"
    NUMBER = "numbers"
    MONEY = "money"
    SHARE = "percent"
    DATE = "days"
    MOMENT = "moments"
    EMAIL = "e-mail addresses"
    PHONE = "phone numbers"
    URL = "addresses of pages"
    CODE = "codes"
    WORD = "words"
    TEXT = "texts"


NUMERIC: Final = frozenset((Form.WHOLE, Form.NUMBER, Form.MONEY, Form.SHARE))
TEMPORAL: Final = frozenset((Form.DATE, Form.MOMENT))


@dataclass(frozen=True, slots=True)
class Swap:
    """Days and months of one column written in both orders: how often each, and a row of each as evidence.

    `is_turned`: a spreadsheet took the day for the month wherever it could, so those that it made dates of are wrong.
    """

    rows: int
    example: str
    row: int
    others: int
    other_example: str
    other_row: int
    is_turned: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A number that stands for "not given": how many rows hold it, and the value nearest to it."""

    text: str
    rows: int
    nearest: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How a column is to be read.

    dates       strptime forms, or excel, unix, ...; none: ISO
    decimal     the decimal mark of its numbers, where they show one
    missing     the words among its values that mean "not given"
    evidence    why, for people: an example of the shape, or the value that decided
    others      the forms (several with | between them) or marks that would fit as well; where there are some, nobody
                but the user can tell
    swap        where its days and months are written in both orders
    scales      words for thousands behind its numbers, with their power of ten
    doubted     the word among them that means two things
    signs       the signs of money beside its numbers
    code        a number that stands for "not given"
    counted     forms that its numbers would have as dates: excel, excel-1904, unix, unix-ms
    years       the greatest year of two digits
    """

    form: Form
    dates: tuple[str, ...] = ()
    decimal: str = ""
    missing: tuple[str, ...] = ()
    evidence: str = ""
    others: tuple[str, ...] = ()
    swap: Swap | None = None
    scales: tuple[tuple[str, int], ...] = ()
    doubted: str = ""
    signs: tuple[str, ...] = ()
    code: Code | None = None
    counted: tuple[str, ...] = ()
    years: int = 0

    @property
    def swapped(self) -> int:
        """How many rows are surely written in the rarer order of day and month."""
        return self.swap.others if self.swap else 0
