"""The chances that customers are lost: learned at one day of the past, tested at a later one, kept for the company as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.customers.churn_features import paces_of
from crmetrics.customers.churn_lessons import MONTH, RULES, Lessons, Run, earlier_runs, run_of
from crmetrics.customers.churn_states import EVERYBODY, LONG_GAP, Basis, Span, prepare
from crmetrics.customers.risk_reasons import REASONS, Reasons, no_reasons, reasons_of
from crmetrics.models.boosted import is_available
from crmetrics.models.classifier import Contest
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Floats = NDArray[np.float64]

SHORTEST, LONGEST = 30, 365
USUAL_TERM: Final = 90
"""The days ahead where contracts, not purchases, make a customer."""
REASONED: Final = 10_000
LARGE: Final = 0.1
"""The first tenth by stake is worth a call."""


@dataclass(frozen=True)
class ChurnModel:
    """How the chances came about.

    winner  rule (too few to learn from: an order, no chances), base, recency, alive, logistic or boosted
    large   the stake from which on a customer is worth a call: that of the first tenth
    """

    winner: str
    span: Span
    contest: Contest | None
    runs: tuple[Run, ...]
    eligible: int
    learned_on: date
    tested_on: date
    has_boosted: bool
    is_margin: bool
    large: float = float("inf")


def _work(company: Warehouse, values: Mapping[str, Any]) -> tuple[Mapping[str, NDArray[Any]], ChurnModel]:
    prepare(company)
    span = _span(company, values["basis"], values["window"], values["horizon"])
    end, step = company.today, timedelta(days=span.horizon)
    now = Lessons.of(company, span, end, EVERYBODY)
    before, after = (Lessons.of(company, span, end - back * step) for back in (2, 1))
    model = ChurnModel("rule", span, None, (), len(now.lost), before.day, after.day, is_available(), False)
    if not before.is_enough or not len(after.lost):
        return _rows(now, span, None, no_reasons(len(now.lost))), model
    now, after = now.with_buying(company, span), after.with_buying(company, span)
    contest = _tested(before, after, span)
    runs = [run_of(before, after, span, contest.winner), *earlier_runs(company, before, span, contest.winner)]
    learned = after.classifier(contest.winner, span.basis)
    chance = learned.chance(now.features) if learned is not None else after.unlearned(contest.winner, now, span)
    stake = now.buying.stake(now.states, span.horizon) if now.buying is not None else _paid_ahead(now.states, span)
    shown = np.argsort(-np.nan_to_num(chance * stake), kind="stable")[:REASONED]
    reasons = no_reasons(len(chance))
    if learned is not None:
        reasons = reasons_of(learned, now.features, paces_of(now.states), shown)
    is_margin = now.buying is not None and now.buying.is_margin
    large = float(np.quantile(np.nan_to_num(chance * stake), 1 - LARGE)) if len(chance) else 0.0
    days = (before.day, after.day)
    model = ChurnModel(contest.winner, span, contest, tuple(runs), len(chance), *days, is_available(), is_margin, large)
    return _rows(now, span, chance, reasons, stake), model


def _span(company: Warehouse, basis: Basis, window: int, horizon: int) -> Span:
    """The window as asked; for 0 nine of ten gaps between purchases that had ended before the day of learning (30 to 365 days).

    That day lies two horizons back, so the longest is sought that the gaps before it still reach.
    """
    if basis == "subscriptions":
        return Span(basis, window or USUAL_TERM, horizon or USUAL_TERM)
    low, high = SHORTEST, LONGEST
    while not window and low < high:
        middle = (low + high + 1) // 2
        gap = company.query(LONG_GAP, origin=company.today - timedelta(days=2 * middle)).one()["gap"]
        low, high = (middle, high) if gap is not None and ceil(gap) >= middle else (low, middle - 1)
    window = window or low
    return Span(basis, window, min(horizon or window, window))


def _tested(before: Lessons, after: Lessons, span: Span) -> Contest:
    """Learn at the earlier day, judge at the later one."""
    names = ["base", "recency", *(["alive"] if after.buying is not None and after.buying.is_known else []), "logistic"]
    names += ["boosted"] if is_available() else []
    told = {name: before.told(name, after, span) for name in names}
    count = len(after.lost)
    return Contest.fit(told, after.lost, np.ones(count), np.arange(count), "average_precision", sure={"logistic": 0.0})


def _paid_ahead(states: Rows, span: Span) -> Floats:
    """What subscribers pay within the horizon."""
    found: Floats = np.nan_to_num(states.numbers("money_now")) * span.horizon / MONTH
    return found


def _rows(
    now: Lessons, span: Span, chance: Floats | None, reasons: Reasons, stake: Floats | None = None
) -> Mapping[str, NDArray[Any]]:
    count = len(now.lost)
    ids = np.empty(count, dtype=object)
    ids[:] = now.states.values("customer_id")
    unknown = np.full(count, np.nan)
    last = now.states.columns["last_on" if span.basis == "purchases" else "first_on"]
    rank = np.expm1(now.features[RULES[span.basis]])
    told = unknown if chance is None else chance
    worth = unknown if stake is None else stake
    return {"customer_id": ids, "chance": told, "worth": worth, "rule": rank, "last_on": last, **reasons}


CHURN_SCORES: Final = WorkedOut(
    "churn_scores",
    key="customer_id",
    table="customers",
    columns={
        "customer_id": "VARCHAR",
        **dict.fromkeys(("chance", "worth", "rule"), "DOUBLE"),
        "last_on": "DATE",
        **dict.fromkeys(REASONS, "VARCHAR"),
    },
    work=_work,
)
"""The customers who may leave: how likely, what they would bring within the horizon, where a plain rule puts them, and why."""
