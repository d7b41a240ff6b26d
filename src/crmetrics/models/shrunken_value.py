"""What a customer spends at a purchase where no distribution fits: his own mean drawn to the mean of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.columns import Floats, columns
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import words

_ = words("customers")

TRUST: Final = 2.0
"""The mean of all counts as much as so many purchases of his own."""


@dataclass(frozen=True)
class ShrunkenValue:
    """A customer's mean of x purchases, drawn to the mean of all purchases as if he had made two more of those.

    Formula: (x m + 2 M) / (x + 2), M = the mean of all purchases.
    Source: Efron and Morris (1975), JASA 70(350), 311-319, with a fixed weight.

    >>> float(ShrunkenValue(mean=40.0).expected_value(2, 60.0))
    50.0
    """

    mean: float

    @classmethod
    def fit(cls, frequency: Any, monetary_value: Any) -> Self:
        """Take the mean of all purchases. Shapes: (n,) each; CannotFit without any."""
        x, m = columns(frequency=frequency, monetary_value=monetary_value)
        if not x.sum():
            raise CannotFit("no_customers", _("There is no customer with a purchase to learn spend from."))
        return cls(float(x @ m / x.sum()))

    def expected_value(self, frequency: ArrayLike, monetary_value: ArrayLike) -> Floats:
        """What a customer spends at a purchase, broadcast shape."""
        x, m = (np.asarray(each, dtype=np.float64) for each in (frequency, monetary_value))
        spent: Floats = (x * m + TRUST * self.mean) / (x + TRUST)
        return spent

    def draw_values(
        self, chance: np.random.Generator, purchases: Floats, frequency: Floats, monetary_value: Floats
    ) -> Floats:
        """What so many purchases are worth together, drawn as widely as their mean is high, (n,)."""
        return np.asarray(chance.standard_gamma(purchases) * self.expected_value(frequency, monetary_value))
