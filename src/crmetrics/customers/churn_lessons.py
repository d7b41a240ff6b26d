"""Customers of one day of the past and what became of them: what is learned from, and what earlier warnings are held against."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.customers.churn_features import days_from, features_of
from crmetrics.customers.churn_stake import Buying
from crmetrics.customers.churn_states import TAUGHT, USUAL_GAP, Basis, Span
from crmetrics.models.classifier import Classifier, Kind
from crmetrics.models.design import Features
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Floats = NDArray[np.float64]

ENOUGH, ENOUGH_OF_EITHER = 200, 50
"""So many eligible customers, and of them so many lost and so many kept, must teach."""
RUNS: Final = 3
MONTH: Final = 365.25 / 12
LOW: Final = 0.33
HIGH: Final = 0.66
RULES: Final[dict[Basis, str]] = {"purchases": "overdue", "subscriptions": "tenure"}
"""The one feature by which a plain rule would order customers."""


@dataclass(frozen=True)
class Lessons:
    """The customers of one day of the past and what became of them."""

    day: date
    states: Rows
    features: Features
    lost: Floats
    buying: Buying | None = None

    @classmethod
    def of(cls, company: Warehouse, span: Span, day: date, most: int = TAUGHT) -> Self:
        """As they were known then."""
        states = span.states(company, day, most)
        gap = float(company.query(USUAL_GAP, origin=day).one()["gap"] or span.window)
        return cls(day, states, features_of(company, states, gap), states.flags("is_lost").astype(np.float64))

    def with_buying(self, company: Warehouse, span: Span) -> Self:
        """The same with a model of buying, where purchases are what counts."""
        return replace(self, buying=Buying.until(company, self.day)) if span.basis == "purchases" else self

    @property
    def is_enough(self) -> bool:
        """Whether they are enough to learn from."""
        return len(self.lost) >= ENOUGH and min(self.lost.sum(), (1 - self.lost).sum()) >= ENOUGH_OF_EITHER

    def learn(self, kind: Kind, only: str = "") -> Classifier:
        """A classifier of all features, or of one alone."""
        chosen = {only: self.features[only]} if only else self.features
        return Classifier.fit(chosen, self.lost, np.ones(len(self.lost)), np.arange(len(self.lost)), kind)

    def classifier(self, winner: str, basis: Basis) -> Classifier | None:
        """What the winner learns here; None where it is not learned."""
        if winner == "recency":
            return self.learn("logistic", RULES[basis])
        return (
            self.learn("boosted" if winner == "boosted" else "logistic") if winner in ("logistic", "boosted") else None
        )

    def told(self, winner: str, later: Lessons, span: Span) -> Floats:
        """The chances (n,) of later customers by what was learned here."""
        learned = self.classifier(winner, span.basis)
        return learned.chance(later.features) if learned is not None else self.unlearned(winner, later, span)

    def unlearned(self, winner: str, later: Lessons, span: Span) -> Floats:
        """The chances (n,) of later customers by their own rhythm, or all alike."""
        if winner == "alive" and later.buying is not None:
            return later.buying.no_purchase(later.states, span.horizon)
        return np.full(len(later.lost), self.lost.mean())


@dataclass(frozen=True)
class Run:
    """The warnings of one day of the past, given by what could be learned by then, and what came of them.

    lead_days  of the rightly warned, the median days until they had not bought for a whole window (or the contract ended)
    money      what the rightly warned had brought in the window before
    """

    day: date
    eligible: int
    lost: int
    warned: int
    right: int
    lead_days: float
    money: float


def earlier_runs(company: Warehouse, later: Lessons, span: Span, winner: str) -> Iterator[Run]:
    """The warnings of days before the test, each by what had been learned a horizon before it."""
    for _back in range(RUNS - 1):
        earlier = Lessons.of(company, span, later.day - timedelta(days=span.horizon))
        if not earlier.is_enough:
            return
        if winner == "alive":
            later = later.with_buying(company, span)
        yield run_of(earlier, later, span, winner)
        later = earlier


def run_of(before: Lessons, after: Lessons, span: Span, winner: str) -> Run:
    warned = before.told(winner, after, span) > HIGH
    right = warned & (after.lost > 0)
    if span.basis == "purchases":
        lead, money = span.window - days_from(after.states, "last_on"), after.states.numbers("net_now")
    else:
        lead, money = -days_from(after.states, "lost_on"), after.states.numbers("money_now") * span.window / MONTH
    middle = float(np.median(lead[right])) if right.any() else np.nan
    lost, brought = int(after.lost.sum()), float(np.nan_to_num(money)[right].sum())
    return Run(after.day, len(warned), lost, int(warned.sum()), int(right.sum()), middle, brought)
