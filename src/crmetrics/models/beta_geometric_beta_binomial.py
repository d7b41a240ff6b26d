"""BG/BB: customers who take each opportunity or let it pass, until they leave unseen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.beta_geometric import RUN_AWAY
from crmetrics.models.buying_model import Estimated, unknown_covariance
from crmetrics.models.columns import Floats, columns
from crmetrics.models.maximum import Likelihood, maximise
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

_ = words("customers")


@dataclass(frozen=True)
class BetaGeometricBetaBinomial(Estimated):
    """The BG/BB model: of n opportunities (yearly fairs, monthly boxes) a customer takes each with a chance of his own, beta(alpha,
    beta); before each he may leave for good with a chance of his own, beta(gamma, delta).

    Formula: L = B(alpha+x, beta+n-x) / B(alpha, beta) B(gamma, delta+n) / B(gamma, delta) + sum over i from 0 to n-t_x-1 of
        B(alpha+x, beta+t_x-x+i) / B(alpha, beta) B(gamma+1, delta+t_x+i) / B(gamma, delta)
    Source: Fader, Hardie and Shang (2010), Marketing Science 29(6), 1086-1108.

    >>> model = BetaGeometricBetaBinomial(alpha=1.2035, beta=0.7497, gamma=0.6568, delta=2.7838)
    >>> f"{float(model.alive(6, 6, 6)):.3f} {float(model.expected_purchases(5, 6, 6, 6)):.2f}"
    '0.930 3.75'
    """

    NAMES: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    alpha: float
    beta: float
    gamma: float
    delta: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(4), repr=False, compare=False)

    @classmethod
    def fit(cls, frequency: Any, recency: Any, opportunities: Any, weights: Any = None) -> Self:
        """Find the parameters by maximum likelihood.

        Shapes: (n,) each, whole numbers: frequency opportunities taken, recency the last one taken (0: none), opportunities how many
            there were; weights counts of customers.
        Raises BadValue for what cannot be, CannotFit where nobody took one, or a parameter runs away.
        """
        x, t, n, w = columns(frequency=frequency, recency=recency, opportunities=opportunities, weights=weights)
        whole = (x == np.floor(x)) & (t == np.floor(t)) & (n == np.floor(n))
        if (~whole | (x < 0) | (t < x) | (n < t) | ((x == 0) & (t > 0)) | (w < 0)).any():
            raise BadValue(
                _(
                    "Opportunities are whole numbers: those taken are at most the place of the last taken, and that at most all."
                )
            )
        if not (w @ x):
            raise CannotFit(
                "all_bought_once", _("Nobody took an opportunity: nothing tells how often, or whether, they do.")
            )
        found = maximise(_likelihood(x, t, n, w), np.array([1.0, 1.0, 0.5, 2.0]), float(w.sum()))
        if found.parameters[:2].sum() > RUN_AWAY:
            raise CannotFit("same_rates", _("All customers buy equally often: their rates cannot be told apart."))
        if found.parameters[2:].sum() > RUN_AWAY:
            raise CannotFit(
                "no_dropout",
                _("No customer is seen to leave: a model of leaving ({model}) says nothing here.", model="BG/BB"),
            )
        return cls.made(found.parameters, found.value, float(w.sum()), found.covariance)

    def alive(self, frequency: ArrayLike, recency: ArrayLike, opportunities: ArrayLike) -> Floats:
        """The chance to be there at the next opportunity, broadcast shape."""
        x, t, n = np.broadcast_arrays(
            *(np.asarray(each, dtype=np.float64) for each in (frequency, recency, opportunities))
        )
        terms = _log_terms(self.parameters, x.ravel(), t.ravel(), n.ravel())
        stays = np.exp(terms[0] - np.logaddexp.reduce(terms, axis=0)).reshape(x.shape)
        return np.asarray(stays * (self.delta + n) / (self.gamma + self.delta + n), dtype=np.float64)

    def expected_purchases(
        self, horizon: int, frequency: ArrayLike = 0, recency: ArrayLike = 0, opportunities: ArrayLike = 0
    ) -> Floats:
        """Opportunities taken of the next `horizon` ones, broadcast shape."""
        x, t, n = (np.asarray(each, dtype=np.float64) for each in (frequency, recency, opportunities))
        taking = (self.alpha + x) / (self.alpha + self.beta + n)
        there = self.alive(x, t, n)
        total = there
        for ahead in range(1, horizon):
            there = there * (self.delta + n + ahead) / (self.gamma + self.delta + n + ahead)
            total = total + there
        expected: Floats = taking * total
        return expected


def _log_terms(parameters: Floats, x: Floats, t: Floats, n: Floats) -> Floats:
    """ln of the terms of L, (1 + the most opportunities passed since, c): still there, or gone before the (t_x + i + 1)th."""
    from scipy.special import betaln

    alpha, beta, gamma, delta = parameters
    norm = betaln(alpha, beta) + betaln(gamma, delta)
    terms = [betaln(alpha + x, beta + n - x) + betaln(gamma, delta + n) - norm]
    for i in range(int((n - t).max(initial=0))):
        gone = betaln(alpha + x, beta + t - x + i) + betaln(gamma + 1, delta + t + i) - norm
        terms.append(np.where(t + i < n, gone, -np.inf))
    return np.array(terms)


def _likelihood(x: Floats, t: Floats, n: Floats, w: Floats) -> Likelihood:
    from scipy.special import digamma

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        alpha, beta, gamma, delta = parameters
        terms = _log_terms(parameters, x, t, n)
        log_sum = np.logaddexp.reduce(terms, axis=0)
        share = np.exp(terms - log_sum)
        of_ab, of_cd = digamma(alpha + beta), digamma(gamma + delta)
        seen = [n, *(t + i for i in range(len(terms) - 1))]  # opportunities while he was there
        gradient = np.zeros(4)
        for place, (part, until) in enumerate(zip(share, seen, strict=True)):
            gone, weight = min(place, 1), w * part
            both, far = digamma(alpha + beta + until), digamma(gamma + delta + until + gone)
            gradient += (
                weight @ (digamma(alpha + x) - both - digamma(alpha) + of_ab),
                weight @ (digamma(np.maximum(beta + until - x, 1e-300)) - both - digamma(beta) + of_ab),
                weight @ (digamma(gamma + gone) - far - digamma(gamma) + of_cd),
                weight @ (digamma(delta + until) - far - digamma(delta) + of_cd),
            )
        return float(w @ log_sum), gradient

    return likelihood
