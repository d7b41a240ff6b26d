"""BG/NBD: customers who buy at a rate of their own and may leave after each purchase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.buying_model import BuyingModel, unknown_covariance
from crmetrics.models.columns import Floats
from crmetrics.models.gamma_poisson import GammaPoisson, none_bought
from crmetrics.models.maximum import Likelihood, Maximum
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import words

_ = words("customers")

RUN_AWAY: Final = 1e4
"""With a + b above it (or r) all customers are alike in leaving (in buying): no distribution between them is identified."""
FLAT: Final = 1e-3
"""So little more log-likelihood than without any leaving: the data do not show that anybody left."""
TERMS: Final = 100_000
"""Of a power series, at most."""

POLE: Final = 1e-4


@dataclass(frozen=True)
class BetaGeometric(BuyingModel):
    """The BG/NBD model: purchases by a Poisson process, rates gamma(r, alpha) between customers; after each purchase a customer
    leaves for good with a chance of his own, beta(a, b) between customers. Who bought once cannot have left yet.

    Formula: L = G(r+x) alpha^r / G(r) { B(a, b+x) / B(a, b) (alpha+T)^-(r+x) + [x>0] B(a+1, b+x-1) / B(a, b) (alpha+t_x)^-(r+x) }
    Source: Fader, Hardie and Lee (2005), Marketing Science 24(2), 275-284.

    >>> model = BetaGeometric(r=0.2426, alpha=4.4136, a=0.7929, b=2.4259)
    >>> f"{float(model.alive(26, 30.857, 31)):.4f} {float(model.expected_purchases(52, 26, 30.857, 31)):.2f}"
    '0.9689 25.76'
    >>> f"{float(model.expected_purchases(52)):.3f}"
    '1.444'
    """

    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    TITLE: ClassVar[str] = "BG/NBD"
    AT_FIRST: ClassVar[int] = 0
    """1 where a customer may leave after his first purchase already."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(4), repr=False, compare=False)

    @classmethod
    def _start(cls, counts: PurchaseCounts) -> Floats:
        mean_age = float(counts.weights @ counts.age) / counts.customers
        return np.array([0.5, 0.25 * mean_age, 1.0, 3.0])

    @classmethod
    def _likelihood(cls, counts: PurchaseCounts) -> Likelihood:
        from scipy.special import digamma, gammaln

        x, T, t, n = counts.frequencies, counts.ages, counts.recencies, counts.weights
        x_at, T_at, t_at = counts.frequency_at, counts.age_at, counts.recency_at
        of_x, whole = np.bincount(x_at, n, len(x)), counts.customers
        of_T, bought_by_T = np.bincount(T_at, n, len(T)), np.bincount(T_at, n * x[x_at], len(T))
        survived = x + cls.AT_FIRST  # purchases after which a customer could have left, and did not

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            r, alpha, a, b = parameters
            log_T, log_t = np.log(alpha + T), np.log(alpha + t)
            apart = log_T[T_at] - log_t[t_at]
            # the second term over the first: who left after his last purchase, against who did not
            with np.errstate(divide="ignore"):
                left = np.where(survived > 0, np.log(a) - np.log(np.maximum(b + survived - 1, 0)), -np.inf)
            odds = left[x_at] + (r + x)[x_at] * apart
            more = np.logaddexp(0.0, odds)
            gone = n * np.exp(odds - more)
            gone_x = np.bincount(x_at, gone, len(x))
            buying = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
            staying = gammaln(b + survived) - gammaln(a + b + survived) - gammaln(b) + gammaln(a + b)
            value = of_x @ (buying + staying) - (r * of_T + bought_by_T) @ log_T + n @ more
            moved = gone * (r + x)[x_at]
            apart_alpha = np.bincount(T_at, moved, len(T)) @ (1 / (alpha + T)) - np.bincount(t_at, moved, len(t)) @ (
                1 / (alpha + t)
            )
            both = digamma(a + b) - digamma(a + b + survived)
            stayed = np.where(survived > 0, gone_x / np.maximum(b + survived - 1, 1e-300), 0.0).sum()
            gradient = (
                of_x @ (digamma(r + x) - digamma(r)) + whole * np.log(alpha) - of_T @ log_T + gone @ apart,
                whole * r / alpha - (r * of_T + bought_by_T) @ (1 / (alpha + T)) + apart_alpha,
                of_x @ both + gone_x.sum() / a,
                of_x @ (both + digamma(b + survived) - digamma(b)) - stayed,
            )
            return float(value), np.array(gradient)

        return likelihood

    @classmethod
    def _check_found(cls, counts: PurchaseCounts, found: Maximum) -> None:
        r, _alpha, a, b = found.parameters
        if r > RUN_AWAY:
            raise CannotFit("same_rates", _("All customers buy equally often: their rates cannot be told apart."))
        if found.value - GammaPoisson.of(counts).log_likelihood < FLAT:
            raise CannotFit(
                "no_dropout",
                _("No customer is seen to leave: a model of leaving ({model}) says nothing here.", model=cls.TITLE),
            )
        if a + b > RUN_AWAY:
            raise CannotFit(
                "same_dropout",
                _("All customers leave with the same chance: {model} cannot tell them apart.", model=cls.TITLE),
            )

    def alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """P(alive) = 1 / (1 + [x > 0] a / (b + x - 1) ((alpha + T) / (alpha + t_x))^(r + x)), broadcast shape."""
        x, t, T = (np.asarray(each, dtype=np.float64) for each in (frequency, recency, age))
        survived = x + self.AT_FIRST
        with np.errstate(over="ignore", divide="ignore"):
            odds = self.a / np.maximum(self.b + survived - 1, 1e-300)
            grown = (self.r + x) * (np.log(self.alpha + T) - np.log(self.alpha + t))
            chance: Floats = np.where(survived > 0, 1 / (1 + odds * np.exp(np.minimum(grown, 700.0))), 1.0)
        return chance

    def if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """(C / (a-1)) [1 - (1-z)^(a-1) 2F1(C-r-x, a-1; C; z)], C = a+b+x-1, z = t / (alpha+T+t), broadcast shape.

        This is the published form by Euler's transformation: its numbers stay small where those of the published one overflow.
        """
        ahead, x, T = (np.asarray(each, dtype=np.float64) for each in (horizon, frequency, age))
        z = ahead / (self.alpha + T + ahead)
        stay = self.b + x + self.AT_FIRST
        is_pole = (np.abs(self.a - 1) < POLE) | (np.abs(self.a + stay - 1) < POLE)
        plain = self.a + 3 * POLE * is_pole
        found = _purchases(plain, stay, self.r + x, z)
        if np.any(is_pole):  # the pole is one of the formula, not of the figure: from both sides of it
            found = np.where(is_pole, (found + _purchases(self.a - 3 * POLE, stay, self.r + x, z)) / 2, found)
        return found

    def none_if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """As `none_bought`, broadcast shape."""
        return none_bought(self.r, self.alpha, horizon, frequency, age)

    def draw_purchases(self, chance: np.random.Generator, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """The lesser of what his rate gives and of the purchases until he leaves, (n,)."""
        rate = chance.standard_gamma(self.r + frequency) / (self.alpha + age)
        bought = chance.poisson(rate * horizon).astype(np.float64)
        several = np.flatnonzero(bought > 1)  # he leaves after a purchase: the first one comes in any case
        leaving = np.clip(chance.beta(self.a, self.b + frequency[several] + self.AT_FIRST), 1e-12, 1 - 1e-12)
        until = np.ceil(np.log(chance.random(len(several))) / np.log1p(-leaving))
        bought[several] = np.minimum(bought[several], np.maximum(until, 1.0))
        return bought


def _purchases(a: ArrayLike, stay: Floats, shape: Floats, z: Floats) -> Floats:
    """E[(1 - (1 + p y)^-shape) / p] over p ~ beta(a, stay), y = z / (1 - z), by the hypergeometric function."""
    a = np.asarray(a, dtype=np.float64)
    C = a + stay - 1
    found: Floats = C / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-z)) * _hypergeometric(C - shape, a - 1, C, z))
    return found


def _hypergeometric(A: ArrayLike, B: ArrayLike, C: ArrayLike, z: ArrayLike) -> Floats:
    """2F1(A, B; C; z) for 0 <= z < 1, broadcast shape; scipy 1.17 gives inf for some plain ones, such as (2, 1; 101; 0.9)."""
    from scipy.special import hyp2f1

    A, B, C, z = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (A, B, C, z)))
    found: Floats = np.asarray(hyp2f1(A, B, C, z))
    if np.all(np.isfinite(found)):
        return found
    lost = ~np.isfinite(found)
    top, other, below, ratio = A[lost], B[lost], C[lost], z[lost]
    term, total = np.ones_like(ratio), np.ones_like(ratio)
    for k in range(TERMS):
        term = term * (top + k) * (other + k) / ((below + k) * (k + 1)) * ratio
        total += term
        if np.all(np.abs(term) <= 1e-16 * np.abs(total)):
            break
    found = found.copy()
    found[lost] = total
    return found
