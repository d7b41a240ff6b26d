"""How often, until when and since when customers buy: equal ones counted together, so that a million stay few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.columns import Floats, columns
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("customers")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class PurchaseCounts:
    """Classes of customers with equal (x, t_x, T), c of them, in ascending order.

    weights               (c,) customers of each class
    frequencies           the different x, ascending; frequency_at (c,) which of them a class has
    recencies, recency_at the same for t_x; ages, age_at the same for T
    """

    weights: Floats
    frequencies: Floats
    recencies: Floats
    ages: Floats
    frequency_at: Ints
    recency_at: Ints
    age_at: Ints

    @classmethod
    def of(cls, frequency: Any, recency: Any, age: Any, weights: Any = None) -> Self:
        """Count equal customers together.

        frequency  (n,) x: purchase days after the first one (0: bought once)
        recency    (n,) t_x: time from the first purchase to the last one (0 where x = 0); not the recency of RFM
        age        (n,) T: time from the first purchase to now, t_x <= T, in the same unit
        weights    (n,) how many customers are so, if they are already counted
        Raises BadValue for what cannot be, with the rule that is broken.

        >>> counts = PurchaseCounts.of([0, 2, 0], [0, 5, 0], [9, 9, 9])
        >>> counts.weights.tolist(), counts.frequency.tolist(), counts.customers
        ([2.0, 1.0], [0.0, 2.0], 3.0)
        """
        x, t, T, n = columns(frequency=frequency, recency=recency, age=age, weights=weights)
        _check(x, t, T, n)
        frequencies, x_at = np.unique(x, return_inverse=True)
        recencies, t_at = np.unique(t, return_inverse=True)
        ages, T_at = np.unique(T, return_inverse=True)
        key = (x_at * len(ages) + T_at) * len(recencies) + t_at
        cells, which = np.unique(key, return_inverse=True)
        rest, t_of = np.divmod(cells, max(len(recencies), 1))
        x_of, T_of = np.divmod(rest, max(len(ages), 1))
        counted: Floats = np.bincount(which, weights=n, minlength=len(cells)).astype(np.float64)
        return cls(counted, frequencies, recencies, ages, x_of, t_of, T_of)

    @property
    def frequency(self) -> Floats:
        """x of each class, (c,)."""
        return self.frequencies[self.frequency_at]

    @property
    def recency(self) -> Floats:
        """t_x of each class, (c,)."""
        return self.recencies[self.recency_at]

    @property
    def age(self) -> Floats:
        """T of each class, (c,)."""
        return self.ages[self.age_at]

    @property
    def customers(self) -> float:
        """How many customers there are."""
        return float(self.weights.sum())

    @property
    def purchases(self) -> float:
        """How many purchases came after the first ones."""
        return float(self.weights @ self.frequency)

    def __len__(self) -> int:
        return len(self.weights)

    def cell_of(self, frequency: Floats, recency: Floats, age: Floats) -> Ints:
        """Which class customers belong to that were counted here, (n,)."""
        x_at, t_at, T_at = (
            np.searchsorted(known, given)
            for known, given in ((self.frequencies, frequency), (self.recencies, recency), (self.ages, age))
        )
        spans = (len(self.ages), len(self.recencies))
        own = (self.frequency_at * spans[0] + self.age_at) * spans[1] + self.recency_at
        found: Ints = np.searchsorted(own, (x_at * spans[0] + T_at) * spans[1] + t_at)
        return found

    def thinned(self, classes: int) -> Self:
        """About so many of the classes, spread evenly over all: enough to come near the maximum at little cost."""
        which = np.linspace(0, len(self) - 1, classes).astype(np.int64)
        cells = (each[which] for each in (self.frequency_at, self.recency_at, self.age_at))
        return type(self)(self.weights[which], self.frequencies, self.recencies, self.ages, *cells)


def _check(x: Floats, t: Floats, T: Floats, n: Floats) -> None:
    """BadValue for rows that no customer can be."""
    rules = (
        ((x < 0) | (x != np.floor(x)), _("frequency is a whole number of purchases after the first, 0 or more")),
        (t < 0, _("recency is the time from the first purchase to the last, 0 or more")),
        (t > T, _("recency is at most age: the last purchase is not after now")),
        ((x == 0) & (t > 0), _("who bought once has recency 0: first and last purchase are the same")),
        ((x > 0) & (t == 0), _("who bought again has a recency above 0: purchases of one day are one purchase")),
        (n < 0, _("weights are counts of customers, 0 or more")),
    )
    for broken, rule in rules:
        if broken.any():
            place = int(np.argmax(broken))
            raise BadValue(
                _(
                    "Row {row} (frequency {x}, recency {t}, age {T}) cannot be: {rule}.",
                    row=place,
                    x=float(x[place]),
                    t=float(t[place]),
                    T=float(T[place]),
                    rule=rule,
                )
            )
