"""Pareto/NBD: customers who buy at a rate of their own and may leave at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.models.beta_geometric import FLAT, RUN_AWAY
from crmetrics.models.buying_model import BuyingModel, unknown_covariance
from crmetrics.models.columns import Floats
from crmetrics.models.gamma_poisson import GammaPoisson
from crmetrics.models.maximum import Likelihood, Maximum
from crmetrics.models.purchase_counts import Ints, PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import words

_ = words("customers")

POINTS: Final = 32
NOTHING: Final = 40.0
"""exp(-40) is below the last digit: the integral is cut off there."""
AT_ONCE: Final = 8192
"""So many integrals are worked out together: their points stay in the processor's cache."""


@dataclass(frozen=True)
class ParetoNbd(BuyingModel):
    """The Pareto/NBD model: purchases by a Poisson process, rates gamma(r, alpha) between customers; a customer leaves after an
    exponential time, rates of leaving gamma(s, beta) between customers.

    Formula: L = G(r+x) alpha^r beta^s / G(r) { (alpha+T)^-(r+x) (beta+T)^-s + I }, I = s times the integral from t_x to T of
        (alpha+u)^-(r+x) (beta+u)^-(s+1) du, the published sum of two hypergeometric functions: as an integral over ln(u + the
        smaller of alpha and beta) it never overflows, and its derivatives are integrals of the same kind.
    Source: Schmittlein, Morrison and Colombo (1987), Management Science 33(1), 1-24; Fader and Hardie (2005), note on the derivation.

    >>> model = ParetoNbd(r=0.5533, alpha=10.5777, s=0.6062, beta=11.6687)
    >>> f"{float(model.alive(26, 30.857, 31)):.4f} {float(model.expected_purchases(52, 26, 30.857, 31)):.3f}"
    '0.9979 25.456'
    """

    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")
    TITLE: ClassVar[str] = "Pareto/NBD"

    r: float
    alpha: float
    s: float
    beta: float
    log_likelihood: float = np.nan
    cases: float = 0.0
    covariance: Floats = field(default_factory=lambda: unknown_covariance(4), repr=False, compare=False)

    @classmethod
    def _start(cls, counts: PurchaseCounts) -> Floats:
        mean_age = float(counts.weights @ counts.age) / counts.customers
        return np.array([0.7, 0.4 * mean_age, 0.6, 0.5 * mean_age])

    @classmethod
    def _likelihood(cls, counts: PurchaseCounts) -> Likelihood:
        from scipy.special import digamma, gammaln

        moments, t_of, T_of, x_of = _moments_of(counts)
        longest, bought = float(counts.ages.max()), counts.frequencies[x_of]
        n, of_x = counts.weights, np.bincount(counts.frequency_at, counts.weights, len(counts.frequencies))
        pairs, whole, x = len(moments), counts.customers, counts.frequencies

        def likelihood(parameters: Floats) -> tuple[float, Floats]:
            r, alpha, s, beta = parameters
            log_first = -(r + bought) * np.log(alpha + moments) - s * np.log(beta + moments)
            log_gone, means = _integrals(parameters, bought, moments, longest)
            log_gone = log_gone + log_first
            from_t, from_T, first = log_gone[t_of], log_gone[T_of], log_first[T_of]
            log_sum = np.logaddexp(first, _log_difference(from_t, from_T))
            here, later, since = (n * np.exp(each - log_sum) for each in (first, from_T, from_t))
            w_first = np.bincount(T_of, here, pairs)
            w_gone = np.bincount(t_of, since, pairs) - np.bincount(T_of, later, pairs)
            value = of_x @ (gammaln(r + x) - gammaln(r)) + whole * (r * np.log(alpha) + s * np.log(beta)) + n @ log_sum
            slopes = (
                -np.log(alpha + moments),
                -(r + bought) / (alpha + moments),
                -np.log(beta + moments),
                -s / (beta + moments),
            )
            of_gone = (-means[0], -(r + bought) * means[1], 1 / s - means[2], -(s + 1) * means[3])
            rest = (digamma(r + x) - digamma(r)) @ of_x + whole * np.log(alpha), whole * r / alpha, whole * np.log(beta)
            gradient = np.array([*rest, whole * s / beta])
            for place, (one, other) in enumerate(zip(slopes, of_gone, strict=True)):
                gradient[place] += w_first @ one + w_gone @ other
            return float(value), gradient

        return likelihood

    @classmethod
    def _check_found(cls, counts: PurchaseCounts, found: Maximum) -> None:
        r = found.parameters[0]
        if r > RUN_AWAY:
            raise CannotFit("same_rates", _("All customers buy equally often: their rates cannot be told apart."))
        # s and beta may run away together: then all leave at one rate, s / beta, which the data do tell
        if found.value - GammaPoisson.of(counts).log_likelihood < FLAT:
            raise CannotFit(
                "no_dropout",
                _("No customer is seen to leave: a model of leaving ({model}) says nothing here.", model=cls.TITLE),
            )

    def alive(self, frequency: ArrayLike, recency: ArrayLike, age: ArrayLike) -> Floats:
        """P(alive) = the first term of L over L, broadcast shape."""
        x, t, T = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (frequency, recency, age)))
        counts = PurchaseCounts.of(x.ravel(), t.ravel(), T.ravel())
        moments, t_of, T_of, x_of = _moments_of(counts)
        bought = counts.frequencies[x_of]
        log_first = -(self.r + bought) * np.log(self.alpha + moments) - self.s * np.log(self.beta + moments)
        log_gone = _integrals(self.parameters, bought, moments, float(counts.ages.max(initial=0.0)))[0] + log_first
        gone = _log_difference(log_gone[t_of], log_gone[T_of])
        chance = np.exp(log_first[T_of] - np.logaddexp(log_first[T_of], gone))
        return np.asarray(chance[counts.cell_of(x.ravel(), t.ravel(), T.ravel())], dtype=np.float64).reshape(x.shape)

    def if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """(r+x) (beta+T) / ((alpha+T) (s-1)) [1 - ((beta+T) / (beta+T+t))^(s-1)], at s = 1 its limit, broadcast shape."""
        ahead, x, T = (np.asarray(each, dtype=np.float64) for each in (horizon, frequency, age))
        far = np.log1p(ahead / (self.beta + T))
        power = (self.s - 1) * far
        with np.errstate(invalid="ignore", divide="ignore"):
            limited = np.where(np.abs(power) > 1e-12, -np.expm1(-power) / power, 1.0)
        expected: Floats = (self.r + x) * (self.beta + T) / (self.alpha + T) * far * limited
        return expected

    def none_if_alive(self, horizon: ArrayLike, frequency: ArrayLike, age: ArrayLike) -> Floats:
        """1 - E[l / (l+u) (1 - exp(-(l+u) t))], l ~ gamma(r+x, alpha+T), u ~ gamma(s, beta+T), broadcast shape."""
        ahead, x, T = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (horizon, frequency, age)))
        A, B, m = self.alpha + T, self.beta + T, self.r + x
        nodes, weights = _gauss()
        far = np.log1p(ahead / A)  # over ln(A + time), as in the likelihood
        bought = np.zeros(x.shape)
        for node, weight in zip(nodes, weights, strict=True):
            v = far * node
            bought = bought + weight * far * m * np.exp(-m * v - self.s * np.log1p(A * np.expm1(v) / B))
        return 1 - bought

    def draw_purchases(self, chance: np.random.Generator, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """Poisson until the horizon or until he leaves, (n,)."""
        rate = chance.standard_gamma(self.r + frequency) / (self.alpha + age)
        leaving = np.maximum(chance.standard_gamma(self.s, len(rate)), 1e-300) / (self.beta + age)
        stays = np.minimum(chance.standard_exponential(len(rate)) / leaving, horizon)
        return chance.poisson(rate * stays).astype(np.float64)


def _moments_of(counts: PurchaseCounts) -> tuple[Floats, Ints, Ints, Ints]:
    """The different pairs of (x, moment), moments t_x or T: the moment (p,), which pair t_x and T of each class make (c,), x (p,)."""
    moments, place = np.unique(np.concatenate([counts.recencies, counts.ages]), return_inverse=True)
    t_key = counts.frequency_at * len(moments) + place[: len(counts.recencies)][counts.recency_at]
    T_key = counts.frequency_at * len(moments) + place[len(counts.recencies) :][counts.age_at]
    keys, which = np.unique(np.concatenate([t_key, T_key]), return_inverse=True)
    x_of, moment_of = np.divmod(keys, max(len(moments), 1))
    return moments[moment_of], which[: len(t_key)], which[len(t_key) :], x_of


@lru_cache(maxsize=1)
def _gauss() -> tuple[Floats, Floats]:
    """Points and weights on [0, 1] (Gauss and Legendre)."""
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    return (nodes + 1) / 2, weights / 2


def _log_difference(more: Floats, less: Floats) -> Floats:
    """ln(exp(more) - exp(less)), minus infinity where they are equal."""
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(np.isneginf(less), -np.inf, less - more)
        found: Floats = np.where(more > less, more + np.log(-np.expm1(np.minimum(apart, 0.0))), -np.inf)
    return found


def _integrals(parameters: Floats, x: Floats, start: Floats, longest: float) -> tuple[Floats, tuple[Floats, ...]]:
    """ln of s times the integral from `start` to `longest` of (alpha+u)^-(r+x) (beta+u)^-(s+1) du, over (alpha+start)^-(r+x)
    (beta+start)^-s; and the means of ln(alpha+u), 1/(alpha+u), ln(beta+u), 1/(beta+u) under the integrand. Shapes: (p,) each."""
    found = [
        _some_integrals(parameters, x[at : at + AT_ONCE], start[at : at + AT_ONCE], longest)
        for at in range(0, len(x), AT_ONCE)
    ]
    return np.concatenate([each[0] for each in found]), tuple(
        np.concatenate(each) for each in zip(*(one[1] for one in found), strict=True)
    )


def _some_integrals(parameters: Floats, x: Floats, start: Floats, longest: float) -> tuple[Floats, tuple[Floats, ...]]:
    r, alpha, s, beta = parameters
    low, high = min(alpha, beta), max(alpha, beta)
    leaving = np.full(len(x), s + 1)
    of_low, of_high = (r + x, leaving) if alpha <= beta else (leaving, r + x)
    # over v = ln((low+u) / (low+start)) the integrand is smooth for every parameter; it falls faster and faster
    far = np.log((low + longest) / (low + start))
    ratio = (low + start) / (high + start)
    fall = of_low + of_high * ratio - 1
    reach = np.where(fall > 0, np.minimum(far, NOTHING / np.maximum(fall, 1e-12)), far)
    for _step in range(3):  # to where nothing is left of it
        grown = 1 + ratio * np.expm1(reach)
        depth = of_low * reach + of_high * np.log(grown) - reach
        slope = of_low + of_high * ratio * np.exp(reach) / grown - 1
        reach = np.where((depth > NOTHING) & (slope > 0), reach - (depth - NOTHING) / np.maximum(slope, 1e-12), reach)
    nodes, weights = _gauss()
    v = reach[:, None] * nodes
    stretched = np.exp(v)
    log_grown = np.log1p(ratio[:, None] * (stretched - 1))
    density = weights * reach[:, None] * np.exp(v - of_low[:, None] * v - of_high[:, None] * log_grown)
    density *= ((low + start) / (beta + start))[:, None]
    total = density.sum(axis=1)
    u_low = (low + start)[:, None] * stretched
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total[:, None] > 0, density / total[:, None], 0.0)
        value = np.log(s * total)
    near = ((share * v).sum(axis=1) + np.log(low + start), (share / u_low).sum(axis=1))
    u_high = u_low + (high - low)
    away = ((share * log_grown).sum(axis=1) + np.log(high + start), (share / u_high).sum(axis=1))
    return value, (*near, *away) if alpha <= beta else (*away, *near)
