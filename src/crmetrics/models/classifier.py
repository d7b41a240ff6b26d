"""A classifier from features to calibrated chances and their reasons, and the contest that decides which one is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.boosted import Boosted
from crmetrics.models.calibration import Calibration, Tenths, brier_score, log_losses
from crmetrics.models.design import Design, Features
from crmetrics.models.logistic import Logistic, chance_of
from crmetrics.models.ranking import Ranking

Floats = NDArray[np.float64]
Kind = Literal["logistic", "boosted"]
Measure = Literal["log_loss", "average_precision"]
Gain = Callable[[str, str], tuple[float, float]]

FOLDS: Final = 3
DRAWS: Final = 100
AT_ONCE: Final = 100_000
"""So many cases get their columns at once: of a million they would fill hundreds of megabytes."""
SURE: Final = 2.0
"""So many standard errors better must the less simple of two models be to be taken."""


@dataclass(frozen=True)
class Classifier:
    """Features -> columns -> log odds -> calibrated log odds."""

    kind: Kind
    design: Design
    model: Logistic | Boosted
    calibration: Calibration

    @classmethod
    def fit(cls, features: Features, outcome: Floats, weight: Floats, group: NDArray[np.int64], kind: Kind) -> Self:
        """Learn chances from cases; how far they can be trusted is learned from cases left out of the learning.

        Formula: of `kind`, on all cases; calibrated on the log odds that each third of the groups gets from the other two.
        Shapes: features (n,) each, outcome (n,) of 0 and 1, weight (n,), group (n,) numbers: cases of one group (the weeks of
            one deal) are never on both sides.
        Source: Hastie, Tibshirani and Friedman (2009), 7.10 for the folds; Platt (1999) for the calibration.

        >>> x = np.tile([0.0, 1.0], 300)
        >>> found = Classifier.fit({"x": x}, (np.arange(600) % 10 < 5 + 3 * x) * 1.0, np.ones(600), np.arange(600), "logistic")
        >>> found.chance({"x": np.array([0.0, 1.0])}).round(1).tolist()
        [0.6, 0.8]
        """
        design = Design.fit(features, weight)
        columns = design.matrix(features)
        fold = np.unique(group, return_inverse=True)[1] % FOLDS
        told = np.zeros(len(outcome))
        for each in range(FOLDS):
            out = fold == each
            if out.any() and not out.all():
                told[out] = _model(columns[~out], outcome[~out], weight[~out], kind).log_odds(columns[out])
        return cls(kind, design, _model(columns, outcome, weight, kind), Calibration.fit(told, outcome, weight))

    def chance(self, features: Features) -> Floats:
        """The calibrated chances (n,) of cases."""
        cases = len(next(iter(features.values())))
        parts = [{name: each[at : at + AT_ONCE] for name, each in features.items()} for at in range(0, cases, AT_ONCE)]
        told = [self.model.log_odds(self.design.matrix(part)) for part in parts]
        return chance_of(self.calibration.log_odds(np.concatenate(told))) if told else np.zeros(0)

    def contributions(self, features: Features) -> dict[str, Floats]:
        """What each feature adds to the calibrated log odds of an average case: (n,) each."""
        found = self.model.contributions(self.design.matrix(features)) * self.calibration.slope
        return self.design.by_feature(found)


def _model(columns: Floats, outcome: Floats, weight: Floats, kind: Kind) -> Logistic | Boosted:
    return (Logistic if kind == "logistic" else Boosted).fit(columns, outcome, weight)


@dataclass(frozen=True)
class Entrant:
    """How one way of telling chances did on cases that nobody had learned from. Brier and log loss are NaN for a mere ranking."""

    name: str
    brier: float
    log_loss: float
    average_precision: float
    lift: float
    auc: float


@dataclass(frozen=True)
class Contest:
    """Which of several ways of telling chances did best on held-out cases.

    winner    its name
    entrants  all of them, in the order given: the simplest first
    tenths    the calibration of the winner
    cases     the weight of the cases they were tested on
    base      the share to whom it happened
    """

    winner: str
    entrants: tuple[Entrant, ...]
    tenths: Tenths
    cases: float
    base: float

    @classmethod
    def fit(
        cls,
        told: Mapping[str, Floats],
        outcome: Floats,
        weight: Floats,
        group: NDArray[np.int64],
        measure: Measure,
        rankings: Mapping[str, Floats] | None = None,
        sure: Mapping[str, float] = MappingProxyType({}),
    ) -> Self:
        """Judge ways of telling chances by what happened.

        Formula: the first named holds the place until one named later is better than all before it by more than two standard
            errors of the paired difference: of log losses between groups, or of average precision under 100 reweighings of the
            groups (Poisson).
        Shapes: told (n,) chances by name, the simplest way first; outcome (n,), weight (n,), group (n,) numbers of the cases
            that go together; rankings (n,) by name: scores that are no chances, judged by their order, that cannot win;
            `sure` by name: the standard errors asked of it where two are not what is wanted.
        Source: Diebold and Mariano (1995), JBES 13(3), 253-263 for paired losses; Hanley and MacGibbon (2006) for the reweighing.

        >>> happened = np.tile([1.0, 0.0], 50)
        >>> told = {"base": np.full(100, 0.5), "seer": happened * 0.8 + 0.1}
        >>> found = Contest.fit(told, happened, np.ones(100), np.arange(100), "log_loss")
        >>> found.winner, [round(each.log_loss, 3) for each in found.entrants]
        ('seer', [0.693, 0.105])
        """
        names = list(told)
        gain_of = (_losses if measure == "log_loss" else _precisions)(told, outcome, weight, group)
        winner = names[0]
        for place, name in enumerate(names[1:], 1):
            gains = [gain_of(simpler, name) for simpler in names[:place]]
            if all(gain > sure.get(name, SURE) * error for gain, error in gains):
                winner = name
        entrants = [_entrant(name, told[name], outcome, weight, is_chance=True) for name in names]
        entrants += [
            _entrant(name, score, outcome, weight, is_chance=False) for name, score in (rankings or {}).items()
        ]
        base = float(np.average(outcome, weights=weight))
        return cls(winner, tuple(entrants), Tenths.fit(told[winner], outcome, weight), float(weight.sum()), base)

    def entrant(self, name: str) -> Entrant:
        """The one of that name."""
        return next(each for each in self.entrants if each.name == name)


def _entrant(name: str, told: Floats, outcome: Floats, weight: Floats, *, is_chance: bool) -> Entrant:
    ranking = Ranking.fit(told, outcome)
    brier = brier_score(told, outcome, weight) if is_chance else float("nan")
    loss = float(np.average(log_losses(told, outcome), weights=weight)) if is_chance else float("nan")
    return Entrant(name, brier, loss, ranking.average_precision(weight), ranking.lift(weight), ranking.auc(weight))


def _losses(told: Mapping[str, Floats], outcome: Floats, weight: Floats, group: NDArray[np.int64]) -> Gain:
    """How much less the second is surprised than the first, and the standard error of that between groups."""
    which = np.unique(group, return_inverse=True)[1]
    groups, whole = int(which.max()) + 1, float(weight.sum())
    losses = {name: log_losses(chances, outcome) for name, chances in told.items()}

    def gain_of(one: str, other: str) -> tuple[float, float]:
        less = losses[one] - losses[other]
        gain = float(weight @ less) / whole
        apart = np.bincount(which, weight * (less - gain), groups)
        return gain, float(np.sqrt(groups / max(groups - 1, 1) * np.sum(apart**2))) / whole

    return gain_of


def _precisions(told: Mapping[str, Floats], outcome: Floats, weight: Floats, group: NDArray[np.int64]) -> Gain:
    """How much more average precision the second has, and the standard error of that between reweighings of the groups."""
    which = np.unique(group, return_inverse=True)[1]
    rng, groups = np.random.default_rng(20_260_101), int(which.max()) + 1
    rankings = {name: Ranking.fit(score, outcome) for name, score in told.items()}
    found = {name: [ranking.average_precision(weight)] for name, ranking in rankings.items()}
    for _draw in range(DRAWS):
        drawn = weight * rng.poisson(1.0, groups)[which]
        for name, ranking in rankings.items():
            found[name].append(ranking.average_precision(drawn))

    def gain_of(one: str, other: str) -> tuple[float, float]:
        gains = np.array(found[other]) - np.array(found[one])
        return float(gains[0]), float(np.nanstd(gains[1:]))

    return gain_of
