"""From features to the columns of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Features = Mapping[str, NDArray[Any]]
"""Features by name: (n,) floats with NaN for unknown, or (n,) objects (words, None for unknown)."""

LEAST: Final = 20.0
"""A word that fewer cases have does not get a column: it would learn those cases by heart."""
MOST_WORDS: Final = 40
"""At most so many words of one feature get a column, the most frequent ones."""
DIGITS: Final = 9
"""Values are rounded to so many digits, so that the last bit, which engines may see otherwise, cannot turn a tree another way."""


@dataclass(frozen=True)
class Column:
    """One column: a number in standard units, whether it is unknown, or whether a word is the one named.

    feature  the feature that it comes from
    word     for words: the one that it stands for, None for unknown
    kind     "number", "blank" or "word"
    centre   subtracted from the value, so that 0 is the mean of the cases learned from; an unknown number counts as the mean
    scale    divided by
    """

    feature: str
    kind: str
    word: str | None
    centre: float
    scale: float
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True)
class Design:
    """The columns of a model, fixed by the cases that it learns from."""

    columns: tuple[Column, ...]

    @classmethod
    def fit(cls, features: Features, weight: Floats) -> Self:
        """Choose the columns and their centres and scales.

        Formula: numbers (x - mean) / standard deviation, both weighted, x kept within what was learned from; a column more where
            some, not all, are unknown; words 1 - share or -share. What is the same for all cases has no column.
        Shapes: features (n,) each, weight (n,), how much each case counts.
        Source: Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning, 3.4 for standard units.

        >>> made = Design.fit({"age": np.array([1.0, 3.0, np.nan])}, np.ones(3))
        >>> [(each.feature, each.kind) for each in made.columns]
        [('age', 'number'), ('age', 'blank')]
        >>> made.matrix({"age": np.array([2.0, np.nan, 3.0])}).round(3).tolist()
        [[0.0, -0.333], [0.0, 0.667], [1.0, -0.333]]
        """
        columns: list[Column] = []
        for name, values in features.items():
            made = _of_words(name, values, weight) if values.dtype == object else _of_numbers(name, values, weight)
            columns += made
        return cls(tuple(columns))

    def matrix(self, features: Features) -> Floats:
        """The columns of some cases: (n, p) from features (n,) each. A word that was not learned has no column of its own."""
        cases = len(next(iter(features.values()))) if features else 0
        found = np.zeros((cases, len(self.columns)))
        for place, column in enumerate(self.columns):
            values = features[column.feature]
            if column.kind == "word":
                found[:, place] = (values == column.word).astype(np.float64) - column.centre
            elif column.kind == "blank":
                found[:, place] = np.isnan(values) - column.centre
            else:
                rounded = np.clip(_rounded(values), column.low, column.high)
                found[:, place] = np.where(np.isnan(rounded), 0.0, (rounded - column.centre) / column.scale)
        return found

    def by_feature(self, contributions: Floats) -> dict[str, Floats]:
        """The contributions (n, p) of columns summed for each feature: (n,) each."""
        places: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            places.setdefault(column.feature, []).append(place)
        return {name: contributions[:, where].sum(axis=1) for name, where in places.items()}


def _of_numbers(name: str, values: NDArray[Any], weight: Floats) -> list[Column]:
    rounded = _rounded(values)
    known = ~np.isnan(rounded)
    made = []
    if weight[known].sum() > 0:
        mean = float(np.average(rounded[known], weights=weight[known]))
        spread = float(np.sqrt(np.average((rounded[known] - mean) ** 2, weights=weight[known])))
        if spread > abs(mean) * 1e-12:
            low, high = float(rounded[known].min()), float(rounded[known].max())
            made.append(Column(name, "number", None, mean, spread, low, high))
    blank = float(np.average(~known, weights=weight)) if weight.sum() else 0.0
    if 0 < blank < 1:
        made.append(Column(name, "blank", None, blank, 1.0))
    return made


def _of_words(name: str, values: NDArray[Any], weight: Floats) -> list[Column]:
    numbers: dict[str | None, int] = {}
    which = np.fromiter((numbers.setdefault(each, len(numbers)) for each in values), np.int64, len(values))
    counts = np.bincount(which, weight, len(numbers))
    whole = float(weight.sum())
    # by name, not by count: two engines may bring the cases in another order, and equal counts must not change places
    frequent = sorted(numbers.items(), key=lambda each: (-counts[each[1]], each[0] or ""))[:MOST_WORDS]
    chosen = [(word, counts[number]) for word, number in frequent if LEAST <= counts[number] < whole]
    return [Column(name, "word", word, float(count) / whole, 1.0) for word, count in chosen]


def _rounded(values: NDArray[Any]) -> Floats:
    numbers = values.astype(np.float64)
    size = np.where(np.isfinite(numbers) & (numbers != 0), np.abs(numbers), 1.0)
    step = 10.0 ** (DIGITS - 1 - np.floor(np.log10(size)))
    rounded: Floats = np.round(numbers * step) / step
    return rounded


def kept(value: Any, back: Callable[[Any], Any] = float) -> str:
    """A feature's value as a reason keeps it: a word, a number of six digits, blank if unknown; `back` undoes a logarithm."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return value if isinstance(value, str) else f"{back(value):.6g}"
