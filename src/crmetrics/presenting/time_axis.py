"""The time that a chart spans from left to right, so that days can be found on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from crmetrics.presenting.steps import first_day, next_day


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The first day of each step, in order; the day after the last step; whether steps are columns or points of a line.

    is_cells  columns of cells, one beside the other, named above them
    """

    firsts: tuple[date, ...]
    end: date
    is_columns: bool
    is_cells: bool = False

    @classmethod
    def of(
        cls, steps: Sequence[str | None], grain: str, *, is_columns: bool, is_cells: bool = False
    ) -> TimeAxis | None:
        """The axis of steps as rows are grouped by them; None if one of them is no time, or they do not follow one another."""
        days = [first_day(step, grain) if step else None for step in steps]
        firsts = tuple(day for day in days if day is not None)
        if not firsts or len(firsts) < len(days) or any(next_day(a, grain) != b for a, b in pairwise(firsts)):
            return None
        return cls(firsts, next_day(firsts[-1], grain), is_columns, is_cells)
