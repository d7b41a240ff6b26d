"""Rows above a table, such as its title and the days that it is about: passed over, so that the names below them are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LOOKED_AT: Final = 60
"""How many of the first rows are evidence."""
MOST: Final = 20
LEAST_NAMES: Final = 3
LEAST_BELOW: Final = 3
MOSTLY: Final = 0.8


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows, blank ones left out, stand above the names of the columns; 0 unless everything speaks for it.

    They fill two cells at most; the row of names fills three or more, twice as many as any of them, each with letters in it; and
    below a name without digits stand values with some, for names alone look like more of the same.
    """
    filled = [[place for place, cell in enumerate(row) if cell.strip()] for row in rows]
    at = next((number for number, places in enumerate(filled[: MOST + 1]) if len(places) >= LEAST_NAMES), 0)
    if not at or len(filled[at]) < 2 * max(map(len, filled[:at])):
        return 0
    names, below = rows[at], rows[at + 1 :]
    if not all(any(letter.isalpha() for letter in names[place]) for place in filled[at]):
        return 0
    return at if any(_holds_digits(place, below) for place in filled[at] if not _has_digit(names[place])) else 0


def _holds_digits(place: int, rows: Sequence[Sequence[str]]) -> bool:
    cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
    return len(cells) >= LEAST_BELOW and sum(map(_has_digit, cells)) >= MOSTLY * len(cells)


def _has_digit(cell: str) -> bool:
    return any(letter.isdigit() for letter in cell)


def told_titles(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What stands in such rows, a text each; those of blank cells tell nothing."""
    return tuple(text for row in rows if (text := " ".join(cell.strip() for cell in row if cell.strip())))
