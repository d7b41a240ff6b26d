"""What must be known of deals followed from their creation: where most of them are open, little is told yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.analysis import Note
from crmetrics.vocabulary.language import words

_ = words("sales")


def notes_on_young(running: ArrayLike, entered: ArrayLike) -> tuple[Note, ...]:
    """The note on rows, (m,), in which more than half of the deals that entered still run: their share won says how young they
    are, not how good (R13)."""
    if not (n := int(np.sum(2 * np.asarray(running, dtype=np.float64) > np.asarray(entered, dtype=np.float64)))):
        return ()
    young = _(
        "In {n} row more than half of the deals created are still open: the share won of them will still grow.",
        "In {n} rows more than half of the deals created are still open: the shares won of them will still grow.",
        n=n,
    )
    return (Note(young),)
