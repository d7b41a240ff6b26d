"""Which model of buying foretells best: fitted on the first part of the time, held against the rest, beside plain baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from crmetrics.models.beta_geometric import BetaGeometric
from crmetrics.models.buying_model import BuyingModel
from crmetrics.models.columns import Floats
from crmetrics.models.foretold import Foretold
from crmetrics.models.gamma_poisson import GammaPoisson
from crmetrics.models.modified_beta_geometric import ModifiedBetaGeometric
from crmetrics.models.pareto_nbd import ParetoNbd
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.models.refusal import CannotFit
from crmetrics.vocabulary.language import Message

CANDIDATES: Final[tuple[type[BuyingModel], ...]] = (BetaGeometric, ModifiedBetaGeometric, ParetoNbd, GammaPoisson)
FAR_OFF: Final = 0.2
"""With a total so far off a model does not stand, however well it puts customers in order."""
CLASSES: Final = 8

History = tuple[Floats, Floats, Floats]


@dataclass(frozen=True)
class Plain:
    """A baseline: each goes on at his own rate, at the mean rate of all, or stops."""

    name: str
    rate_of_all: float = 0.0

    def expected(self, horizon: float, frequency: Floats, age: Floats) -> Floats:
        """Purchases within the horizon, (n,)."""
        if self.name == "rate":
            return np.divide(frequency, age, out=np.zeros_like(frequency), where=age > 0) * horizon
        return np.full(len(frequency), self.rate_of_all * horizon)

    @classmethod
    def all_of(cls, frequency: Floats, age: Floats) -> tuple[Plain, Plain, Plain]:
        """The three of them for customers with this history, (n,) each."""
        whole = float(age.sum())
        return cls("rate"), cls("mean", float(frequency.sum()) / whole if whole else 0.0), cls("zero")


@dataclass(frozen=True)
class BuyingContest:
    """Models and baselines on held-out time.

    tests      one for each model that could be fitted, in the order of `CANDIDATES`, then the baselines
    refused    the models that could not be, with the reason
    ranked     the models that foretell well enough and better than every baseline, the most likely first; none: the baseline is used
    baseline   the better of the two baselines that foretell anything
    expected   (n,) purchases foretold by the winner, and by the baseline `rate`
    """

    tests: tuple[Foretold, ...]
    refused: tuple[tuple[str, Message], ...]
    ranked: tuple[str, ...]
    baseline: str
    expected: Floats
    at_own_rate: Floats

    @property
    def winner(self) -> str:
        """The title of the model, or the name of the baseline, that is used."""
        return self.ranked[0] if self.ranked else self.baseline

    @classmethod
    def fit(cls, before: History, whole: History, horizon: float) -> Self:
        """Hold candidates against what customers did in held-out time.

        Formula: fitted on `before`; the likelihood of the held-out time = that of `whole` less that of `before`, both under the
            fitted parameters. A model stands if its total is within 20 % (or nearer than that of the baseline) and its RMSE
            below that of every baseline; of those the most likely is taken.
        Shapes: frequency, recency, age (n,) of the same customers until the cut and until the end; horizon = end - cut.
        """
        x, t, T = before
        happened = whole[0] - x
        known, later = PurchaseCounts.of(x, t, T), PurchaseCounts.of(*whole)
        tests, refused, foretold = [], [], {}
        for model in CANDIDATES:
            try:
                fitted = model.of(known)
            except CannotFit as refusal:
                refused.append((model.TITLE, refusal.message))
                continue
            foretold[model.TITLE] = fitted.expected_purchases(horizon, x, t, T)
            surprise = -(fitted.likelihood_of(later) - fitted.likelihood_of(known)) / max(len(x), 1)
            tests.append(Foretold.fit(model.TITLE, foretold[model.TITLE], happened, surprise))
        plain = [(each.name, each.expected(horizon, x, T)) for each in Plain.all_of(x, T)]
        baselines = [Foretold.fit(name, expected, happened) for name, expected in plain]
        least = min(each.rmse for each in baselines)
        baseline = min(baselines[:2], key=lambda each: each.rmse)
        # no model gives way to a baseline that is further off than itself
        most = max(FAR_OFF, abs(baseline.bias))
        standing = [each for each in tests if abs(each.bias) < most and each.rmse < least]
        ranked = tuple(each.name for each in sorted(standing, key=lambda each: each.surprise))
        expected = foretold[ranked[0]] if ranked else dict(plain)[baseline.name]
        return cls((*tests, *baselines), tuple(refused), ranked, baseline.name, expected, dict(plain)["rate"])


@dataclass(frozen=True)
class Classes:
    """Foretold beside happened by class of customers: class number, customers, the three sums of purchases, (g,) each."""

    number: Floats
    customers: Floats
    expected: Floats
    happened: Floats
    at_own_rate: Floats

    @classmethod
    def fit(cls, number: Floats, contest: BuyingContest, happened: Floats) -> Self:
        """Add up by class. Shapes: number (n,) the class of each customer."""
        different, which = np.unique(number, return_inverse=True)
        customers, *sums = (
            np.bincount(which, weights, len(different)).astype(np.float64)
            for weights in (None, contest.expected, happened, contest.at_own_rate)
        )
        return cls(different, customers, *sums)


def by_frequency(contest: BuyingContest, frequency: Floats, happened: Floats) -> Classes:
    """By purchases before the cut: 0, 1, .. and 7 or more. Shapes: (n,) each."""
    return Classes.fit(np.minimum(frequency, CLASSES - 1), contest, happened)


def by_tenth(contest: BuyingContest, happened: Floats, ranks: Callable[[Floats], Floats]) -> Classes:
    """By tenth of what was foretold, equal ones together (R12): 1 the lowest. Shapes: happened (n,)."""
    place = (ranks(contest.expected) - 0.5) / max(len(happened), 1)
    return Classes.fit(np.minimum(np.floor(10 * place) + 1, 10), contest, happened)
