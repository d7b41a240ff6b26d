"""The chances of stages as they would have been learned at earlier month ends, beside what became of the deals that stood there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.analysis.pipelines import RECORD_MONTHS
from crmetrics.models.interval import share_of, wilson
from crmetrics.models.shrinkage import ShrunkenShares
from crmetrics.vocabulary.period import Period, months_later, start_of
from crmetrics.warehouse.rows import Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPOCH: Final = date(1970, 1, 1)
"""Months are counted from this one."""
NEVER: Final = 1 << 30


@dataclass(frozen=True)
class PastChances:
    """One stage at one month end, (m,): the chance told, that of the whole pipeline, and the deals that stood there, by their end.

    stage   (m,) the place in `stages`, whose rows are the stages in order
    chance  NaN where fewer than 30 decided deals stood behind it
    """

    stages: Rows
    stage: Ints
    month: Ints
    chance: Floats
    whole: Floats
    won: Floats
    lost: Floats
    still: Floats

    @property
    def n(self) -> Floats:
        """The deals that stood there."""
        return self.won + self.lost + self.still


def chances_at(record: Rows, pipeline: str, places: int, month: int) -> tuple[Floats, float]:
    """The chance of each stage of a pipeline, (places,), learned at the end of the month before `month`, and that of the whole.

    As `stage_chances` learns them now: decided deals that reached the stage, or a later one, in the 24 months before.
    """
    own = record.where(np.array([each == pipeline for each in record.values("pipeline")], dtype=bool))
    below, place, reached, closed = (own.numbers(name) for name in ("below", "place", "reached", "closed"))
    won, decided = own.numbers("won"), own.numbers("decided")
    since = month - RECORD_MONTHS
    is_known = (closed >= since) & (closed < month)
    gained, cases = np.zeros(places), np.zeros(places)
    # a deal's first step is its only one from below every stage, so these are the deals themselves
    won_deals = won[is_known & (below == 0)].sum()
    for number in range(1, places + 1):
        passed = is_known & (below < number) & (number <= place)
        fresh = passed & (reached >= since)
        # won without ever having stood there or further: it has reached the stage with the win
        skipped = won_deals - won[passed].sum()
        gained[number - 1] = won[fresh].sum() + skipped
        cases[number - 1] = decided[fresh].sum() + skipped
    whole = float(gained[0] / cases[0]) if cases[0] else float("nan")
    if not cases.any():
        return np.full(places, np.nan), whole
    share = ShrunkenShares.fit(gained, cases, None if np.isnan(whole) else whole).share
    return np.where(cases >= PLAIN_FROM, share, np.nan), whole


def past_chances(record: Rows, stood: Rows, months: list[int]) -> PastChances:
    """Every stage at the beginning of each of these months, counted from 1970."""
    stages, which = stood.groups("pipeline", "stage", "place")
    pipelines, places = stages.values("pipeline"), stages.numbers("place").astype(np.int64)
    came = stood.numbers("came")
    went = np.nan_to_num(stood.numbers("went"), nan=NEVER)
    most = {
        name: max((int(each) for each, own in zip(places, pipelines, strict=True) if own == name), default=0)
        for name in pipelines
    }
    chance = np.full((len(months), len(stages)), np.nan)
    whole = np.full((len(months), len(stages)), np.nan)
    ends = {name: np.zeros((len(months), len(stages))) for name in ("won", "lost", "open_deals")}
    for row, month in enumerate(months):
        there = (came < month) & (went >= month)
        for name, found in ends.items():
            found[row] = np.bincount(which[there], stood.numbers(name)[there], len(stages))
        for pipeline, number in most.items():
            learned, rate = chances_at(record, pipeline, number, month)
            own = np.array([each == pipeline for each in pipelines], dtype=bool)
            chance[row, own], whole[row, own] = learned[places[own] - 1], rate
    month_of, stage_of = np.meshgrid(np.array(months, dtype=np.int64), np.arange(len(stages)), indexing="ij")
    flat = (stage_of.ravel(), month_of.ravel(), chance.ravel(), whole.ravel())
    return PastChances(stages, *flat, *(ends[name].ravel() for name in ("won", "lost", "open_deals")))


def months_asked(period: Period, today: date) -> list[date]:
    """The month ends in a period that have passed, each as the first day after it."""
    first = months_later(start_of("month", period.start), 1)
    last = min(period.end, today)
    return [day for number in range(12 * (last.year - first.year + 1)) if (day := months_later(first, number)) <= last]


def tenths(values: Floats, weights: Floats) -> Ints:
    """Tenths 1 to 10 of values that each stand for so many cases, by average rank (R12), (m,)."""
    _distinct, which = np.unique(values, return_inverse=True)
    cases = np.bincount(which, weights)
    rank = np.cumsum(cases) - (cases - 1) / 2
    found = np.minimum(10, np.floor(10 * (rank - 0.5) / max(cases.sum(), 1.0)) + 1)
    return np.asarray(found[which], dtype=np.int64)


def summed(past: PastChances, which: Ints, groups: int) -> Rows:
    """The deals of each group of cells and of all, (groups + 1,): told, won since, Brier scores; cells without a chance left out."""
    known = ~np.isnan(past.chance)
    n, won, chance, whole = (each[known] for each in (past.n, past.won, past.chance, past.whole))
    parts = {
        "n": n,
        "won": won,
        "lost": past.lost[known],
        "open_deals": past.still[known],
        "told": n * chance,
        "brier": n * chance**2 - 2 * chance * won + won,
        "base_brier": n * whole**2 - 2 * whole * won + won,
    }
    sums = {name: np.append(np.bincount(which[known], each, groups), each.sum()) for name, each in parts.items()}
    cases = sums["n"]
    low, high = wilson(sums["won"], cases)
    told, happened = share_of(sums["told"], cases), share_of(sums["won"], cases)
    return Rows(
        {
            "is_total": np.arange(groups + 1) == groups,
            **{name: sums[name].astype(np.int64) for name in ("n", "won", "lost", "open_deals")},
            "told": told,
            "happened": happened,
            "low": low,
            "high": high,
            "miss": happened - told,
            "brier": share_of(sums["brier"], cases),
            "base_brier": share_of(sums["base_brier"], cases),
        }
    )
