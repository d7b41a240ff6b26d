"""NBD: customers who buy at a rate of their own and never leave; what a model of leaving must beat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.buying_model import BuyingModel, unknown_covariance
from crmetrics.models.columns import Floats
from crmetrics.models.maximum import Likelihood, Maximum
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import words

_ = words("customers")


@dataclass(frozen=True)
class GammaPoisson(BuyingModel):
    """The NBD model: purchases by a Poisson process, rates gamma(r, alpha) between customers, nobody leaves.

    Formula: L = G(r+x) alpha^r / G(r) (alpha+T)^-(r+x); purchases in t = (r+x) t / (alpha+T)
    Source: Ehrenberg (1959), Applied Statistics 8(1), 26-41.

    >>> model = GammaPoisson(r=1.0, alpha=10.0)
    >>> float(model.expected_purchases(10, frequency=3, recency=8, age=10)), float(model.alive(3, 8, 10))
    (2.0, 1.0)
    """

    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha")
    TITLE: ClassVar[str] = "NBD"

    r: float
    alpha: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(2), repr=False, compare=False)

    @classmethod
    def _start(cls, counts: PurchaseCounts) -> Floats:
        rate = counts.purchases / float(counts.weights @ counts.age)
        return np.array([0.5, 0.5 / rate])

    @classmethod
    def _likelihood(cls, counts: PurchaseCounts) -> Likelihood:
        from scipy.special import digamma, gammaln

        x, T, n = counts.frequencies, counts.ages, counts.weights
        of_x, of_T = np.bincount(counts.frequency_at, n, len(x)), np.bincount(counts.age_at, n, len(T))
        bought_by_T = np.bincount(counts.age_at, n * counts.frequency, len(T))

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            r, alpha = parameters
            log_T, watched = np.log(alpha + T), r * of_T + bought_by_T
            value = of_x @ (gammaln(r + x) - gammaln(r) + r * np.log(alpha)) - watched @ log_T
            gradient = (
                of_x @ (digamma(r + x) - digamma(r) + np.log(alpha)) - of_T @ log_T,
                counts.customers * r / alpha - watched @ (1 / (alpha + T)),
            )
            return float(value), np.array(gradient)

        return likelihood

    @classmethod
    def of(cls, counts: PurchaseCounts, start: Floats | None = None) -> Self:
        """The parameters for customers already counted; where all buy equally often r is as large as it was sought."""
        if not counts.purchases:
            raise CannotFit(
                "all_bought_once", _("All customers bought once: nothing tells how often they come back, or whether.")
            )
        found = cls._maximum(counts, start)
        return cls.made(found.parameters, found.value, counts.customers, found.covariance)

    @classmethod
    def _check_found(cls, counts: PurchaseCounts, found: Maximum) -> None:
        """Nothing can run away that would be misread: rates that cannot be told apart are as good as one rate."""

    def alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """1: nobody leaves, broadcast shape."""
        return np.ones(np.broadcast_shapes(*(np.shape(each) for each in (frequency, recency, age))))

    def if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """(r + x) t / (alpha + T), broadcast shape."""
        ahead, x, T = (np.asarray(each, dtype=np.float64) for each in (horizon, frequency, age))
        expected: Floats = (self.r + x) * ahead / (self.alpha + T)
        return expected

    def none_if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """As `none_bought`, broadcast shape."""
        return none_bought(self.r, self.alpha, horizon, frequency, age)

    def draw_purchases(self, chance: np.random.Generator, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """Poisson of a rate drawn for each, (n,)."""
        rate = chance.standard_gamma(self.r + frequency) / (self.alpha + age)
        return chance.poisson(rate * horizon).astype(np.float64)


def none_bought(r: float, alpha: float, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
    """The chance that who stays buys nothing within a time, at a rate drawn from gamma(r, alpha): of broadcast shape.

    Formula: ((alpha + T) / (alpha + T + t))^(r + x).
    """
    ahead, x, T = (np.asarray(each, dtype=np.float64) for each in (horizon, frequency, age))
    none: Floats = np.exp(-(r + x) * np.log1p(ahead / (alpha + T)))
    return none
