"""Gamma-Gamma: what customers spend at a purchase, each around a mean of his own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.buying_model import Estimated, unknown_covariance
from crmetrics.models.columns import Floats, columns
from crmetrics.models.maximum import Likelihood, maximise
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("customers")

RUN_AWAY: Final = 1e6


@dataclass(frozen=True)
class GammaGamma(Estimated):
    """The Gamma-Gamma model of spend: values of one customer's purchases gamma(p, nu), nu gamma(q, v) between customers. It takes
    what a customer spends at a purchase to have nothing to do with how often he buys: see `related`.

    Formula: LL = lnG(px+q) - lnG(px) - lnG(q) + q ln v + (px-1) ln m + px ln x - (px+q) ln(xm+v), x purchases of mean value m;
        expected value of a purchase = p (v + x m) / (p x + q - 1)
    Source: Fader and Hardie (2013), The Gamma-Gamma model of monetary value.

    >>> model = GammaGamma(p=6.25, q=3.74, v=15.44)
    >>> f"{float(model.expected_value(1, 50)):.2f} {float(model.expected_value(0, 0)):.2f}"
    '45.49 35.22'
    """

    NAMES: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    p: float
    q: float
    v: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(3), repr=False, compare=False)

    @classmethod
    def fit(cls, frequency: Any, monetary_value: Any, weights: Any = None) -> Self:
        """Find the parameters by maximum likelihood.

        Shapes: frequency (n,) purchases that the mean value stands on, 1 or more; monetary_value (n,) mean value of these, above 0,
            returns and refunds left out; weights (n,) counts of customers. Customers without a purchase are to be left out.
        Raises BadValue for values that cannot be; CannotFit where all spend the same, and where q <= 1: then the mean over all
            customers is not finite, and any figure made of it would be invented.
        """
        x, m, n = columns(frequency=frequency, monetary_value=monetary_value, weights=weights)
        if ((x < 1) | (m <= 0) | (n < 0)).any():
            bad = int(np.sum((x < 1) | (m <= 0) | (n < 0)))
            raise BadValue(
                _("{n} rows have no purchase or no value above 0: leave them out before spend is fitted.", n=bad)
            )
        if not n.sum():
            raise CannotFit("no_customers", _("There is no customer with a purchase to learn spend from."))
        mean = float(n @ m / n.sum())
        found = maximise(_likelihood(x, m, n), np.array([2.0, 3.0, 2.0 * mean]), float(n.sum()))
        p, q, v = found.parameters
        if max(p, q) > RUN_AWAY or v > RUN_AWAY * mean:
            raise CannotFit("same_values", _("What customers spend differs too little between them to learn from it."))
        if q <= 1:
            raise CannotFit(
                "infinite_mean",
                _("A few customers spend so much that the mean of all has no limit (q = {q}).", q=round(float(q), 3)),
            )
        return cls(float(p), float(q), float(v), found.value, float(n.sum()), found.covariance)

    def expected_value(self, frequency: ArrayLike, monetary_value: ArrayLike) -> Floats:
        """What a customer spends at a purchase, drawn to the mean of all the more the fewer he made, broadcast shape."""
        x, m = (np.asarray(each, dtype=np.float64) for each in (frequency, monetary_value))
        spent: Floats = self.p * (self.v + x * m) / (self.p * x + self.q - 1)
        return spent

    def draw_values(
        self, chance: np.random.Generator, purchases: Floats, frequency: Floats, monetary_value: Floats
    ) -> Floats:
        """What so many purchases of each customer are worth together, drawn at random, (n,)."""
        scale = chance.standard_gamma(self.p * frequency + self.q) / (self.v + frequency * monetary_value)
        return np.asarray(chance.standard_gamma(self.p * purchases) / scale, dtype=np.float64)


def related(frequency: Any, monetary_value: Any, weights: Any = None) -> float:
    """The correlation of purchases and their mean value: beyond 0.3 either way the model takes too much for granted.

    Shapes: (n,) each. NaN where either does not differ.

    >>> f"{related([1, 2, 3], [10, 20, 30]):.3f}"
    '1.000'
    """
    x, m, n = columns(frequency=frequency, monetary_value=monetary_value, weights=weights)
    if not n.sum():
        return float("nan")
    from_x, from_m = x - n @ x / n.sum(), m - n @ m / n.sum()
    spread = np.sqrt((n @ from_x**2) * (n @ from_m**2))
    return float(n @ (from_x * from_m) / spread) if spread > 0 else float("nan")


def _likelihood(x: Floats, m: Floats, n: Floats) -> Likelihood:
    from scipy.special import digamma, gammaln

    counts, at = np.unique(x, return_inverse=True)
    of_x, whole, spent = np.bincount(at, n, len(counts)), float(n.sum()), x * m
    log_m, log_spent = n @ np.log(m), np.bincount(at, n * np.log(m), len(counts)) + of_x * np.log(counts)

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        p, q, v = parameters
        log_all, shape = np.log(spent + v), p * counts + q
        by_x = np.bincount(at, n * log_all, len(counts))
        value = of_x @ (gammaln(shape) - gammaln(p * counts) - gammaln(q) + q * np.log(v))
        value += p * (counts @ log_spent) - log_m - shape @ by_x
        over = np.bincount(at, n / (spent + v), len(counts))
        gradient = (
            of_x @ (counts * (digamma(shape) - digamma(p * counts))) + counts @ log_spent - counts @ by_x,
            of_x @ (digamma(shape) - digamma(q)) + whole * np.log(v) - by_x.sum(),
            whole * q / v - shape @ over,
        )
        return float(value), np.array(gradient)

    return likelihood
