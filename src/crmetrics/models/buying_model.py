"""What all models of repeated buying share: parameters with errors, chance to be alive, purchases to come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.columns import Floats, numbers
from crmetrics.models.maximum import Likelihood, Maximum, maximise
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import words

_ = words("customers")

MANY_CLASSES, ENOUGH_CLASSES = 40_000, 8_000
"""Of more classes the maximum is first sought with a part of them."""
Z: float = 1.959963984540054


class Estimated:
    """Parameters found by maximum likelihood, with what is known of their precision.

    log_likelihood  in the time unit and money that were given: nothing is scaled, nothing is added
    cases           how many customers it stands on
    covariance      (k, k) of the logarithms of the parameters, in the order of `NAMES`; NaN where they are not known
    """

    NAMES: ClassVar[tuple[str, ...]] = ()
    log_likelihood: float
    cases: float
    covariance: Floats

    @classmethod
    def made(cls, parameters: Floats, log_likelihood: float, cases: float, covariance: Floats | None = None) -> Self:
        """The model with these parameters, (k,) in the order of `NAMES`; of their precision nothing is known where none is given."""
        known = unknown_covariance(len(cls.NAMES)) if covariance is None else covariance
        construct: Any = cls  # each model is a dataclass that begins with its own parameters
        made: Self = construct(*parameters.tolist(), log_likelihood, cases, known)
        return made

    @property
    def parameters(self) -> Floats:
        """The parameters in the order of `NAMES`, (k,)."""
        return np.array([getattr(self, name) for name in self.NAMES], dtype=np.float64)

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """The standard error of each parameter: its value times that of its logarithm (delta method)."""
        errors = self.parameters * np.sqrt(np.diagonal(self.covariance))
        return dict(zip(self.NAMES, errors.tolist(), strict=True))

    def intervals(self, z: float = Z) -> Mapping[str, tuple[float, float]]:
        """Intervals of the parameters, 95 % as a default, even in their logarithms: never below 0."""
        spread = np.exp(z * np.sqrt(np.diagonal(self.covariance)))
        ends = zip((self.parameters / spread).tolist(), (self.parameters * spread).tolist(), strict=True)
        return dict(zip(self.NAMES, ends, strict=True))

    def drawn_parameters(self, chance: np.random.Generator, times: int) -> Floats:
        """Parameters as they might be by what the data say of them, (times, k)."""
        if not np.isfinite(self.covariance).all():
            return np.tile(self.parameters, (times, 1))
        point = np.log(self.parameters)
        return np.asarray(np.exp(chance.multivariate_normal(point, self.covariance, times)), dtype=np.float64)


class BuyingModel(Estimated, ABC):
    """A model of customers who buy again, each at a rate of his own, until they leave unseen.

    Everywhere: frequency x = purchase days after the first, recency t_x = first to last purchase, age T = first purchase to now,
    in any one unit of time; a new customer has x = t_x = T = 0. Arguments are numbers or columns, broadcast together.
    """

    TITLE: ClassVar[str] = ""

    @classmethod
    def fit(cls, frequency: Any, recency: Any, age: Any, weights: Any = None) -> Self:
        """Find the parameters by maximum likelihood.

        Formula: the sum over customers of ln L(x, t_x, T); equal customers are counted together first.
        Shapes: (n,) each; weights (n,) counts of customers, default 1. NumPy, pandas, polars or Arrow columns.
        Raises BadValue for what no customer can be, CannotFit where the data do not determine the parameters.
        """
        return cls.of(PurchaseCounts.of(frequency, recency, age, weights))

    @classmethod
    def of(cls, counts: PurchaseCounts, start: Floats | None = None) -> Self:
        """The same of customers already counted. `start` is a guess of the parameters, such as those of a nearby fit."""
        _check_enough(counts)
        found = cls._maximum(counts, start)
        cls._check_found(counts, found)
        if found.slope > 1e-4:
            raise CannotFit("no_maximum", _("The likelihood of {model} has no maximum to be found.", model=cls.TITLE))
        return cls.made(found.parameters, found.value, counts.customers, found.covariance)

    @classmethod
    def _maximum(cls, counts: PurchaseCounts, start: Floats | None) -> Maximum:
        guess = cls._start(counts) if start is None else start
        near = False
        if len(counts) > MANY_CLASSES:
            some = counts.thinned(ENOUGH_CLASSES)
            guess, near = maximise(cls._likelihood(some), guess, some.customers).parameters, True
        return maximise(cls._likelihood(counts), guess, counts.customers, near=near)

    @classmethod
    @abstractmethod
    def _start(cls, counts: PurchaseCounts) -> Floats:
        """A first guess of the parameters."""

    @classmethod
    @abstractmethod
    def _likelihood(cls, counts: PurchaseCounts) -> Likelihood:
        """Parameters -> log-likelihood of these customers and its gradient."""

    @classmethod
    @abstractmethod
    def _check_found(cls, counts: PurchaseCounts, found: Maximum) -> None:
        """Raise CannotFit where a parameter ran away, or the data would as well be without it."""

    def likelihood_of(self, counts: PurchaseCounts) -> float:
        """The log-likelihood of customers under these parameters, for instance of those held out."""
        return float(self._likelihood(counts)(self.parameters)[0])

    @abstractmethod
    def alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """The chance that a customer is still one, broadcast shape."""

    @abstractmethod
    def if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """Purchases expected within the horizon of a customer who is still one, broadcast shape."""

    @abstractmethod
    def none_if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """The chance that a customer who is still one buys nothing within the horizon, broadcast shape."""

    @abstractmethod
    def draw_purchases(self, chance: np.random.Generator, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """Purchases within the horizon of customers who are still ones, drawn at random, (n,)."""

    def expected_purchases(
        self, horizon: ArrayLike, frequency: ArrayLike = 0, recency: ArrayLike = 0, age: ArrayLike = 0
    ) -> Floats:
        """Purchases expected within the horizon after now, broadcast shape; without a history: of a new customer."""
        ahead, x, t, T = (
            numbers(each, "horizon, frequency, recency, age") for each in (horizon, frequency, recency, age)
        )
        expected: Floats = self.alive(x, t, T) * self.if_alive(ahead, x, T)
        return expected

    def no_purchase(
        self, horizon: ArrayLike, frequency: ArrayLike = 0, recency: ArrayLike = 0, age: ArrayLike = 0
    ) -> Floats:
        """The chance of no purchase within the horizon after now, broadcast shape."""
        ahead, x, t, T = (
            numbers(each, "horizon, frequency, recency, age") for each in (horizon, frequency, recency, age)
        )
        none: Floats = 1 - self.alive(x, t, T) * (1 - self.none_if_alive(ahead, x, T))
        return none


def unknown_covariance(count: int) -> Floats:
    """The covariance of parameters that were given and not found."""
    return np.full((count, count), np.nan)


def _check_enough(counts: PurchaseCounts) -> None:
    if not counts.customers or not float(counts.weights @ counts.age):
        raise CannotFit("no_customers", _("There is no customer who has been watched for any time."))
    if not counts.purchases:
        raise CannotFit(
            "all_bought_once", _("All customers bought once: nothing tells how often they come back, or whether.")
        )
