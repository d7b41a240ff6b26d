"""The chances of all open deals: learned, tested on later week ends, and kept for the company as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.pipelines import RECORD_MONTHS, stage_chances
from crmetrics.models.boosted import is_available
from crmetrics.models.classifier import Classifier, Contest, Kind
from crmetrics.models.shrinkage import ShrunkenShares
from crmetrics.sales.deal_features import Usual, instants
from crmetrics.sales.deal_reasons import Reasons, no_reasons, reasons_of
from crmetrics.sales.deal_states import past_states, present_states, week_ends
from crmetrics.vocabulary.period import midnight, months_later
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Floats = NDArray[np.float64]

ENOUGH: Final = 200
"""So many won and so many lost deals in 24 months are learned from; of fewer the stage's own rate is told."""
FEW: Final = 30
"""So many won and so many lost must be on either side of the split: fewer can neither teach nor test."""
TESTED: Final = 0.3
LONGEST_WAIT: Final = 120.0
REASONED: Final = 10_000

DECIDED: Final = """
select count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost,
       percentile_cont(75e-2) within group (order by seconds_between(created_at, closed_at)) / 86400 as days
from deals
where closed_at >= $since
"""


@dataclass(frozen=True)
class StageRates:
    """The share won at each (pipeline, stage), drawn to that of all."""

    rates: Mapping[tuple[str, str | None], float]
    whole: float

    @classmethod
    def fit(cls, states: Rows, won: Floats, weight: Floats) -> Self:
        """From states (n,) with their outcomes and weights."""
        places, which = states.groups("pipeline", "stage")
        hits, cases = (np.bincount(which, each, len(places)) for each in (weight * won, weight))
        shares = ShrunkenShares.fit(hits, cases)
        named = zip(places.values("pipeline"), places.values("stage"), strict=True)
        return cls(dict(zip(named, shares.share.tolist(), strict=True)), shares.whole)

    def chance(self, states: Rows) -> Floats:
        """The rates (n,) of states."""
        places = zip(states.values("pipeline"), states.values("stage"), strict=True)
        return np.array([self.rates.get(place, self.whole) for place in places], dtype=np.float64)


@dataclass(frozen=True)
class DealModel:
    """How the chances came about.

    winner   record (too few decided deals: the stage's own record), stage, logistic or boosted
    contest  None where nothing could be tested
    oldest   the days of the oldest deal at a week end that was learned from
    """

    winner: str
    contest: Contest | None
    won: int
    lost: int
    has_boosted: bool
    since: datetime | None = None
    until: datetime | None = None
    oldest: float = float("inf")


@dataclass(frozen=True)
class Lessons:
    """States of decided deals whose outcome is known, whoever they were.

    A deal weighs 1 in all its week ends. The last days are left out: of the deals that were open then only the quick ones are
    decided yet, and they would teach that deals are decided quickly.
    """

    states: Rows
    won: Floats
    weight: Floats
    deal: NDArray[np.int64]

    @classmethod
    def of(cls, states: Rows, chosen: NDArray[np.bool_]) -> Self:
        """Of some of the states (n,)."""
        kept = states.where(chosen)
        _deals, deal = kept.groups("deal_id")
        weeks = np.bincount(deal) if len(deal) else np.zeros(0)
        return cls(kept, kept.flags("is_won").astype(np.float64), 1.0 / weeks[deal], deal)

    @property
    def is_enough(self) -> bool:
        """Whether there are enough of either outcome."""
        return min(float(self.weight @ self.won), float(self.weight @ (1 - self.won))) >= FEW

    def learn(self, usual: Usual, kind: Kind) -> Classifier:
        """A classifier from them."""
        return Classifier.fit(usual.features(self.states), self.won, self.weight, self.deal, kind)


def _work(company: Warehouse, _values: Mapping[str, Any]) -> tuple[Mapping[str, NDArray[Any]], DealModel]:
    since = midnight(months_later(company.today, -RECORD_MONTHS), company.zone)
    decided = company.query(DECIDED, since=since).one()
    won, lost = int(decided["won"]), int(decided["lost"])
    present = present_states(company)
    if min(won, lost) < ENOUGH:
        return _by_record(company, present, won, lost)
    past = past_states(company, since, week_ends(company, since))
    # of what was open before the first decision that is known, only the deals that took long are known
    begin = max(since, instants(past, "closed_at").min().astype(datetime)) if len(past) else company.as_of
    past = past.where(instants(past, "seen_at") >= np.datetime64(begin))
    span = (company.as_of - begin) / timedelta(days=1)
    wait = min(float(decided["days"] or 0), LONGEST_WAIT, span / 6)
    split = company.as_of - timedelta(days=wait + TESTED * (span - 2 * wait))
    found = _tested(company, past, split, timedelta(days=wait))
    if found is None:
        return _by_record(company, present, won, lost)
    contest, until = found
    everything = Lessons.of(past, instants(past, "seen_at") <= np.datetime64(until))
    rates = StageRates.fit(everything.states, everything.won, everything.weight)
    oldest = float(everything.states.numbers("age").max())
    model = DealModel(contest.winner, contest, won, lost, is_available(), split, until, oldest)
    if contest.winner not in ("logistic", "boosted"):
        return _rows(present, rates.chance(present), rates.chance(present), no_reasons(len(present))), model
    usual = Usual.until(company, company.as_of)
    classifier = everything.learn(usual, "logistic" if contest.winner == "logistic" else "boosted")
    features = usual.features(present)
    chance = classifier.chance(features)
    shown = np.argsort(-np.nan_to_num(chance * present.numbers("money")), kind="stable")[:REASONED]
    return _rows(present, chance, rates.chance(present), reasons_of(classifier, present, features, shown)), model


def _tested(company: Warehouse, past: Rows, split: datetime, wait: timedelta) -> tuple[Contest, datetime] | None:
    """Learn from deals decided before the split, judge by week ends after it. None where either side has too few deals."""
    seen, closed = instants(past, "seen_at"), instants(past, "closed_at")
    until = company.as_of - wait
    before = Lessons.of(past, (seen <= np.datetime64(split - wait)) & (closed < np.datetime64(split)))
    after = Lessons.of(past, (seen >= np.datetime64(split)) & (seen <= np.datetime64(until)))
    if not before.is_enough or not after.is_enough:
        return None
    usual = Usual.until(company, split)
    later = usual.features(after.states)
    told = {"stage": StageRates.fit(before.states, before.won, before.weight).chance(after.states)}
    kinds: tuple[Kind, ...] = ("logistic", "boosted") if is_available() else ("logistic",)
    for kind in kinds:
        told[kind] = before.learn(usual, kind).chance(later)
    return Contest.fit(told, after.won, after.weight, after.deal, "log_loss"), until


def _by_record(company: Warehouse, present: Rows, won: int, lost: int) -> tuple[Mapping[str, NDArray[Any]], DealModel]:
    """The stage's own record as the pipeline tells it, else the share won of all decided deals."""
    chances = stage_chances(company)
    whole = won / (won + lost) if won + lost else np.nan
    now = company.query("select deal_id, pipeline, stage from deals where is_won is null order by deal_id")
    places = zip(now.values("pipeline"), now.values("stage"), strict=True)
    found = [chances.get(place) for place in places]
    rate = np.array([whole if each is None else each.rate for each in found], dtype=np.float64)
    return _rows(present, rate, rate, no_reasons(len(present))), DealModel("record", None, won, lost, is_available())


def _rows(present: Rows, chance: Floats, rate: Floats, reasons: Reasons) -> Mapping[str, NDArray[Any]]:
    ids = np.empty(len(present), dtype=object)
    ids[:] = present.values("deal_id")
    return {"deal_id": ids, "chance": chance, "stage_rate": rate, "age": present.numbers("age"), **reasons}


DEAL_SCORES: Final = WorkedOut(
    "deal_scores",
    key="deal_id",
    table="deals",
    columns={
        "deal_id": "VARCHAR",
        "chance": "DOUBLE",
        "stage_rate": "DOUBLE",
        "age": "DOUBLE",
        **dict.fromkeys(("up_1", "up_2", "down_1", "down_2"), "VARCHAR"),
    },
    work=_work,
)
"""The chance of every open deal, that of its stage, and what moves it up and down."""
