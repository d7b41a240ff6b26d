"""Cartridge plans: who subscribes, for how long, and why it ends. Each plan has a mean life of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Flags, Ints, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.sheet import Amount, Cell, Choice, Count, Day, Number, Pick, Sheet
from crmetrics.collect.demo.span import as_date, years_of
from crmetrics.collect.demo.truth_sales import Figures

SHARE_SUBSCRIBED: Final = 0.24
PLAN_PRICES: Final = np.array([9, 19, 49], dtype=np.int64)
MEAN_LIVES: Final = np.array([330.0, 800.0, 1700.0])
"""In days, by plan: the smallest is left soonest."""
SHORTEST: Final = 30
REASONS: Final = (0.45, 0.25, 0.30)
"""Of those who say why they end: price, moved away, service."""
SILENT: Final = 0.3
"""So many of the ended say nothing."""
CHANGED: Final = 0


@dataclass(frozen=True)
class Subscribed:
    """One subscription a row: whose, its first plan, first day, end (BLANK: running), change of plan (BLANK: none), reason.

    `reason` by place in the list of reasons, whose first is the change of plan; BLANK where none was said.
    """

    customer: Ints
    plan: Ints
    start: Ints
    end: Ints
    change: Ints
    reason: Ints

    @property
    def count(self) -> int:
        return len(self.customer)


def draw_subscriptions(blueprint: Blueprint, customers: Customers) -> Subscribed:
    """Draw lives by plan; who leaves the company ends his plan then, too."""
    rng, span = blueprint.draws("subscriptions"), blueprint.span
    members = np.flatnonzero(~customers.is_prospect & (rng.random(customers.count) < SHARE_SUBSCRIBED))
    count = len(members)
    day_came, day_gone = span.day_of(customers.came[members]), span.day_of(customers.gone[members])
    start = day_came + (rng.random(count) * 0.5 * np.maximum(day_gone - day_came, 2)).astype(np.int64)
    plan = rng.integers(0, len(PLAN_PRICES), count)
    end = start + rng.exponential(MEAN_LIVES[plan]).astype(np.int64) + SHORTEST
    end = np.where(customers.is_churner[members], np.minimum(end, np.maximum(day_gone, start + SHORTEST)), end)
    end = np.where(end < span.last, end, BLANK)
    until = np.where(end == BLANK, span.last, end)
    change = start + ((0.3 + 0.5 * rng.random(count)) * (until - start)).astype(np.int64)
    is_changed = (rng.random(count) < 0.45) & (until - start > 200)
    reason = 1 + rng.choice(len(REASONS), count, p=REASONS)
    is_silent = (end == BLANK) | (rng.random(count) < SILENT)
    return Subscribed(
        members, plan, start, end, np.where(is_changed, change, BLANK), np.where(is_silent, BLANK, reason)
    )


def subscriptions_sheet(blueprint: Blueprint, customers: Customers, drawn: Subscribed) -> Sheet:
    """The list of subscriptions: one that was changed has a second row from that day."""
    span, place = blueprint.span, blueprint.place
    changed = np.flatnonzero(drawn.change != BLANK)
    row = np.concatenate([np.arange(drawn.count), changed])
    is_second: Flags = np.arange(len(row)) >= drawn.count
    ends_by_change = ~is_second & (drawn.change[row] != BLANK)
    start = np.where(is_second, drawn.change[row], drawn.start[row])
    end = np.where(ends_by_change, drawn.change[row], drawn.end[row])
    plan = np.where(is_second, (drawn.plan[row] + 1) % len(PLAN_PRICES), drawn.plan[row])
    factor = place.money.price_growth ** (years_of(start) - int(years_of(np.array([span.last]))[0]))
    members = drawn.customer[row]
    seats = 1 + np.where(customers.is_company[members], members % 9, 0)
    amount = whole(PLAN_PRICES[plan] * place.money.price_scale * factor) * 100 * seats
    cells: dict[str, Cell] = {
        "subscription_id": Number("SUB", np.arange(1, drawn.count + 1)[row], 6),
        "started_on": Day(start),
        "customer_id": customer_number(members),
        "plan": Pick(place.lists["plans"], plan),
        "ended_on": Day(end),
        "monthly_amount": Amount(amount),
        "currency": Pick(place.money.codes, np.zeros(len(row), dtype=np.int64)),
        "seats": Count(seats),
        "end_reason": Choice(place.values["end_reason"], np.where(ends_by_change, CHANGED, drawn.reason[row])),
    }
    return Sheet("subscriptions", ("subscription_id", "started_on"), len(row), cells)


def subscription_figures(blueprint: Blueprint, drawn: Subscribed) -> Figures:
    """Who subscribed and who ended: by first plan, by month of the end, by reason of those who ended in the last year."""
    span, lists = blueprint.span, blueprint.place.lists
    reasons = list(blueprint.place.values["end_reason"])
    is_over = drawn.end != BLANK
    month = [f"{as_date(int(day)):%Y-%m}" for day in drawn.end[is_over]]
    began = [f"{as_date(int(day)):%Y-%m}" for day in drawn.start[is_over]]
    year_ago = int(span.last) - 365
    late = is_over & (drawn.end >= year_ago) & (drawn.start < year_ago)
    said = Counter("" if each == BLANK else reasons[int(each)] for each in drawn.reason[late])
    return {
        "subscribers": drawn.count,
        "ended": int(is_over.sum()),
        "by_first_plan": {
            name: {
                "subscribers": int((drawn.plan == number).sum()),
                "ended": int((is_over & (drawn.plan == number)).sum()),
                "mean_life_planted": float(MEAN_LIVES[number]) + SHORTEST,
            }
            for number, name in enumerate(lists["plans"])
        },
        "ended_by_month": dict(
            sorted(Counter(end for end, start in zip(month, began, strict=True) if end != start).items())
        ),
        "last_year": {
            "from": as_date(year_ago).isoformat(),
            "at_start": int(((drawn.start < year_ago) & (~is_over | (drawn.end >= year_ago))).sum()),
            "ended": int(late.sum()),
            "reasons": dict(sorted(said.items())),
        },
    }
