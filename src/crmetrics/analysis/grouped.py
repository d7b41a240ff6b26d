"""Rows of groups, and their total worked out anew, from counts that the engine has reduced to small arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from crmetrics.warehouse.rows import Array, Rows

Told = Callable[[Rows, NDArray[np.int64], int], Mapping[str, Array]]


def grouped(counts: Rows, told: Told, *, size: str, name: str = "party", places: Sequence[str] = ()) -> Rows:
    """The rows of an answer, the largest group first, then the total (R5: from the same counts, never from the groups).

    told    gives the figures of g groups by their names, (g,) each, from the counts, which group each of them is of (m,), and g
    size    the figure that groups are sorted by; a group that has none of it is no row
    name    the column whose values are the groups; they come back as `party`
    places  the order of the groups where they have one of their own
    """
    groups, which = counts.groups(name)
    names = groups.values(name)
    figures = told(counts, which, len(groups))
    whole = told(counts, np.zeros(len(counts), dtype=np.int64), 1)
    rank = {each: place for place, each in enumerate(places)}
    sizes = figures[size]
    order = sorted(
        (each for each in range(len(groups)) if sizes[each]),
        key=lambda each: (rank.get(names[each], 0), -sizes[each], names[each] or ""),
    )
    columns = {column: np.concatenate([values[order], whole[column]]) for column, values in figures.items()}
    party = np.empty(len(order) + 1, dtype=object)
    party[:-1] = [names[each] for each in order]
    return Rows(columns | {"party": party, "is_total": np.arange(len(order) + 1) == len(order)})
