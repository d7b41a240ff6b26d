"""The deals of the demo company: how far each came, through which visits of stages, and what moved in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Flags, Floats, Ints, picked, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers
from crmetrics.collect.demo.people import Staff

PASSES: Final = (0.84, 0.78, 0.84, 0.70, 0.72)
"""Chance to go on from each of the five open stages."""
STAGE_DAYS: Final = (5.0, 7.0, 22.0, 7.0, 8.0)
"""Median working days in each open stage: the survey takes about three times as long as the others."""
SLOW_STAGE: Final = 3
PROBABILITIES: Final = (10, 20, 40, 55, 80)
LEAK_STAGE: Final = 4
LEAK_SOURCE: Final = 1
LEAK_PASS: Final = 0.40
PRICE: Final = 0
"""The place of the price in the list of loss reasons."""
LEAK_PRICE: Final = 0.7
"""So often the price is the reason where the leaking source loses at the leaking stage."""
STRONG_POWER: Final = 0.45
"""The strong rep's chance at each stage is the usual one raised to this power."""
SOURCE_WEIGHTS: Final = [5.0, 3.0, 2.5, 3.0, 2.0, 1.0]
STAGE_OF_SLOT: Final = np.array([1, 2, 3, 4, 3, 4, 5, 6], dtype=np.int64)
"""The visits a deal may make: the five stages in order, with one step back from the quote to the survey; 6 = the end."""
OPEN, WON, LOST = 0, 1, 2


@dataclass(frozen=True)
class Deals:
    """Deals by place, in order of creation. Amounts in cents of `currency` (0 company's, 1 second); moments in seconds.

    `owner_then`: who had it when it was decided (or now); `owner`: who has it now. `slots` are the visits of
    STAGE_OF_SLOT: whether made, when entered and left.
    """

    customer: Ints
    owner: Ints
    owner_then: Ints
    source: Ints
    amount: Ints
    currency: Ints
    start: Floats
    stop: Floats
    created_at: Ints
    closed_at: Ints
    outcome: Ints
    furthest: Ints
    stage: Ints
    is_skip: Flags
    is_back: Flags
    is_stuck: Flags
    handed_at: Ints
    handed_from: Ints
    slots: Flags
    entered: Ints
    left: Ints

    @property
    def count(self) -> int:
        return len(self.customer)

    @property
    def is_decided(self) -> Flags:
        decided: Flags = self.outcome != OPEN
        return decided


def draw_deals(blueprint: Blueprint, customers: Customers, staff: Staff) -> Deals:
    """Draw every deal from its creation to its end, or to the end of the span."""
    rng, span = blueprint.draws("deals"), blueprint.span
    count, end = max(1500, blueprint.lines // 20), span.working_days
    start = np.sort(end * rng.random(count) ** 0.92)
    created_at = span.working_moment(start)
    owner_then = staff.draw_reps(rng, created_at // 86_400)
    source = picked(rng, SOURCE_WEIGHTS, count)
    passed = _passed(rng, owner_then == staff.strong, source == LEAK_SOURCE)
    is_stuck = (rng.random(count) < 0.03) & (start < end - 90)
    passed = np.where(is_stuck, np.minimum(passed, rng.integers(1, 5, count)), passed)
    path = _walk(blueprint, rng, start, passed, is_stuck)
    currency = (rng.random(count) < 0.06).astype(np.int64)
    outcome = np.where(path.is_over, np.where(passed == 6, WON, LOST), OPEN)
    stop = np.where(path.is_over, path.enters[:, 7], end)
    owner, handed_at, handed_from = _hand_over(blueprint, rng, staff, owner_then, start, stop)
    return Deals(
        customer=_choose_customers(rng, customers, count),
        owner=owner,
        # The rep who left had his deals until the day he left; one still open then was decided by his successor.
        owner_then=np.where((handed_at != BLANK) & (handed_at <= span.working_moment(stop)), owner, owner_then),
        source=source,
        amount=_amounts(blueprint, rng, currency),
        currency=currency,
        start=start,
        stop=stop,
        created_at=created_at,
        closed_at=np.where(path.is_over, span.working_moment(np.where(path.is_over, stop, 0.0)), BLANK),
        outcome=outcome,
        furthest=np.max(np.where(path.seen[:, :7], STAGE_OF_SLOT[:7], 0), axis=1),
        stage=path.stage(outcome),
        is_skip=path.is_skip,
        is_back=path.is_back,
        is_stuck=is_stuck,
        handed_at=handed_at,
        handed_from=handed_from,
        slots=path.seen,
        entered=span.working_moment(path.enters.ravel()).reshape(path.enters.shape),
        left=span.working_moment(path.leaves.ravel()).reshape(path.leaves.shape),
    )


def _passed(rng: np.random.Generator, is_strong: Flags, is_leaking: Flags) -> Ints:
    """The stage at which each deal ends if it is given the time: 1-5, 6 = won."""
    chance = np.tile(np.asarray(PASSES), (len(is_strong), 1))
    chance[is_leaking, LEAK_STAGE - 1] = LEAK_PASS
    chance[is_strong] **= STRONG_POWER
    fails = rng.random(chance.shape) >= chance
    return np.where(fails.any(axis=1), fails.argmax(axis=1), 5).astype(np.int64) + 1


@dataclass(frozen=True)
class _Path:
    """The visits of every deal in working days, cut at the end of the span."""

    seen: Flags
    enters: Floats
    leaves: Floats
    is_over: Flags
    is_skip: Flags
    is_back: Flags

    def stage(self, outcome: Ints) -> Ints:
        """The present stage: 1-5, 6 won, 7 lost."""
        last = 7 - np.argmax(self.seen[:, ::-1], axis=1)
        return np.where(outcome == OPEN, STAGE_OF_SLOT[last], np.where(outcome == WON, 6, 7))


def _walk(blueprint: Blueprint, rng: np.random.Generator, start: Floats, passed: Ints, is_stuck: Flags) -> _Path:
    """Lay the visits one after the other and cut them at the end of the span."""
    count, end = len(start), blueprint.span.working_days
    lot, quits_back = rng.random(count), rng.random(count) < 0.5
    is_skip = (lot < 0.07) & (passed >= 4)
    is_back = (lot > 0.94) & (passed >= 4) & ~is_stuck
    again = is_back & ((passed >= 5) | ~quits_back)
    made = np.stack(
        [
            np.ones(count, dtype=bool),
            passed >= 2,
            (passed >= 3) & ~is_skip,
            passed >= 4,
            is_back,
            again,
            passed >= 5,
            np.ones(count, dtype=bool),
        ],
        axis=1,
    )
    days = np.asarray([*STAGE_DAYS, 0.0])[STAGE_OF_SLOT - 1] * np.exp(0.6 * rng.standard_normal(made.shape))
    days[:, 4:6] *= 0.4
    days[:, 7] = 0.0
    # A stuck deal never leaves the last stage it reached.
    last = 6 - np.argmax(made[:, 6::-1], axis=1)
    days[is_stuck, last[is_stuck]] = 10.0 * end
    lasts = np.where(made, days, 0.0)
    leaves = start[:, None] + np.cumsum(lasts, axis=1)
    enters = leaves - lasts
    enters[:, 1:] = leaves[:, :-1]
    seen = made & (enters < end)
    is_gone = seen & (leaves < end)
    is_gone[:, 7] = False
    return _Path(
        seen, enters, np.where(is_gone, leaves, np.inf), seen[:, 7], is_skip & seen[:, 3], is_back & seen[:, 4]
    )


def _hand_over(
    blueprint: Blueprint, rng: np.random.Generator, staff: Staff, owner: Ints, start: Floats, stop: Floats
) -> tuple[Ints, Ints, Ints]:
    """Owner now, when the deal changed hands, from whom: all of the rep who left, and a few others while open."""
    span, count = blueprint.span, len(owner)
    was_left = owner == staff.left
    others = staff.draw_reps(rng, np.full(count, span.last))
    is_barred = np.isin(owner, [staff.left, staff.strong]) | np.isin(others, [staff.left, staff.strong])
    changes = (rng.random(count) < 0.03) & ~is_barred & (others != owner)
    from_owner = np.where(was_left, staff.left, np.where(changes, others, BLANK))
    at_random = span.working_moment(start + rng.uniform(0.2, 0.8, count) * (stop - start))
    day_left = int(span.working_moment(span.working_point(np.array([staff.left_on])))[0])
    handed_at = np.where(was_left, day_left, np.where(changes, at_random, BLANK))
    return np.where(was_left, staff.successor, owner), handed_at, from_owner


def _choose_customers(rng: np.random.Generator, customers: Customers, count: int) -> Ints:
    """Mostly firms, never the company's own test records."""
    is_open = ~customers.is_internal
    firms, people = np.flatnonzero(customers.is_company & is_open), np.flatnonzero(~customers.is_company & is_open)
    firm, person = firms[rng.integers(0, len(firms), count)], people[rng.integers(0, len(people), count)]
    return np.where(rng.random(count) < 0.88, firm, person)


def _amounts(blueprint: Blueprint, rng: np.random.Generator, currency: Ints) -> Ints:
    """Amounts as reps write them: whole tens of the deal's currency; a few left blank."""
    money, count = blueprint.place.money, len(currency)
    scale = np.array([money.price_scale, money.second.scale])[currency]
    tens = whole(np.exp(np.log(320.0) + 0.9 * rng.standard_normal(count)) * scale)
    return np.where(rng.random(count) < 0.045, BLANK, np.maximum(tens, 1) * 1000)


def is_leaking(deals: Deals) -> Flags:
    """The deals of the leaking source that were lost at the leaking stage."""
    leaking: Flags = (deals.source == LEAK_SOURCE) & (deals.furthest == LEAK_STAGE) & (deals.outcome == LOST)
    return leaking
