"""Too little data, said in words (R4)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.analysis.answer import Note
from crmetrics.vocabulary.language import words

_ = words("crmetrics")

SHOWN_FROM: Final = 5
"""Below this many cases a share is shown as "k of n" only, and a mean or median not at all."""
PLAIN_FROM: Final = 30
"""Below this many cases a share is shown with the note "few"."""
LOCKED_ABOVE: Final = 0.2
"""So large a share of sales without any cost, or of rows without a value, locks a figure: what is left would not stand for the
whole (`finance.margin`)."""


def little_data(total: float | None, groups: ArrayLike = ()) -> tuple[Note, ...]:
    """The notes of R4 on a share: `total` cases in all, `groups` (m,) cases a group."""
    notes = []
    cases = int(total or 0)
    if cases == 0:
        notes.append(Note(_("No cases in this period, so there is no rate."), "few"))
    elif cases < SHOWN_FROM:
        notes.append(Note(_("{n} case: too few to say.", "{n} cases: too few to say.", n=cases), "few"))
    elif cases < PLAIN_FROM:
        notes.append(
            Note(
                _(
                    "Only {n} case: read the rate with its interval.",
                    "Only {n} cases: read the rate with its interval.",
                    n=cases,
                ),
                "few",
            )
        )
    each = np.asarray(groups, dtype=np.float64)
    small = int(np.sum((each > 0) & (each < PLAIN_FROM)))
    if small and cases >= PLAIN_FROM:
        notes.append(
            Note(
                _(
                    "{n} group has fewer than 30 cases: read its rate with its interval.",
                    "{n} groups have fewer than 30 cases: read their rates with their intervals.",
                    n=small,
                ),
                "few",
            )
        )
    return tuple(notes)


def too_few(cases: ArrayLike, least: int) -> tuple[Note, ...]:
    """The note of an entry with a limit of its own: rows that stand on fewer than `least` cases, (m,) of each row."""
    each = np.asarray(cases, dtype=np.float64)
    small = int(np.sum((each > 0) & (each < least)))
    if not small:
        return ()
    return (
        Note(
            _(
                "{n} row stands on fewer than {least} cases: too few to say.",
                "{n} rows stand on fewer than {least} cases: too few to say.",
                n=small,
                least=least,
            ),
            "few",
        ),
    )


def few_values(total: float | None) -> tuple[Note, ...]:
    """The note of R4 on a mean or median of `total` values: fewer than five have none."""
    values = int(total or 0)
    if values == 0:
        return (Note(_("No cases in this period, so there is no value."), "few"),)
    if values < SHOWN_FROM:
        return (Note(_("{n} case: too few to say.", "{n} cases: too few to say.", n=values), "few"),)
    return ()
