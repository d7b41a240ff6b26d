"""Columns of numbers as people have them: NumPy arrays, lists, columns of pandas, polars or Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("customers")

Floats = NDArray[np.float64]


def numbers(values: Any, name: str) -> Floats:
    """One column as floats, (n,) or a number (). Raises BadValue, naming the column, for blanks and for what is no number.

    >>> numbers([1, 2], "frequency").tolist()
    [1.0, 2.0]
    """
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadValue(_("The column '{name}' holds something that is not a number.", name=name)) from error
    if found.ndim > 1:
        raise BadValue(_("'{name}' has {given} dimensions: one column was expected.", name=name, given=found.ndim))
    if not np.isfinite(found).all():
        bad = int(np.sum(~np.isfinite(found)))
        raise BadValue(_("The column '{name}' has {n} blank or infinite values: leave them out.", name=name, n=bad))
    return found


def columns(**given: Any) -> tuple[Floats, ...]:
    """Several columns of equal length, each (n,). Raises BadValue where they differ; None stands for ones.

    >>> [column.tolist() for column in columns(frequency=[1, 2], weights=None)]
    [[1.0, 2.0], [1.0, 1.0]]
    """
    read = {name: np.atleast_1d(numbers(values, name)) for name, values in given.items() if values is not None}
    lengths = {name: len(values) for name, values in read.items()}
    longest = max(lengths.values(), default=0)
    if short := [name for name, length in lengths.items() if length != longest]:
        raise BadValue(
            _(
                "The column '{name}' has {given} values where {wanted} were expected.",
                name=short[0],
                given=lengths[short[0]],
                wanted=longest,
            )
        )
    return tuple(read.get(name, np.ones(longest)) for name in given)
