"""What customers say when asked: NPS and satisfaction with solved tickets; and when the company is open."""

from __future__ import annotations

from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Flags, Ints, picked
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.sheet import Cell, Choice, Count, Day, Fixed, Moment, Number, Pick, Sheet, Yes, texts
from crmetrics.collect.demo.tickets import Tickets

NPS_STAYS: Final = [1, 1, 1, 1, 1, 2, 3, 8, 14, 12, 10]
NPS_LEAVES: Final = [4, 3, 4, 4, 5, 7, 7, 6, 4, 2, 1]
"""Weights of the scores 0-10 of customers who stay, and of those who will leave."""
CSAT_QUICK: Final = [1.0, 1.0, 2.0, 6.0, 9.0]
CSAT_SLOW: Final = [5.0, 4.0, 4.0, 3.0, 2.0]
SLOW_DAYS: Final = 3
SHARE_ASKED: Final = 0.35
SHARE_ANSWERING: Final = 0.45


def responses_sheet(blueprint: Blueprint, customers: Customers, tickets: Tickets) -> Sheet:
    """NPS of a third of the customers and satisfaction after a third of the solved tickets, unanswered ones included."""
    rng, span, place = blueprint.draws("responses"), blueprint.span, blueprint.place
    person = np.flatnonzero(~customers.is_prospect & (rng.random(customers.count) < SHARE_ASKED))
    stays = customers.gone[person] - customers.came[person]
    asked_day = span.day_of(customers.came[person] + (0.3 + 0.7 * rng.random(len(person))) * stays)
    solved = np.flatnonzero((tickets.resolved_at != BLANK) & (rng.random(tickets.count) < SHARE_ASKED))
    is_slow = tickets.resolved_at[solved] - tickets.at[solved, 0] > SLOW_DAYS * DAY
    score = np.concatenate(
        [
            _either(rng, customers.is_churner[person], NPS_LEAVES, NPS_STAYS),
            1 + _either(rng, is_slow, CSAT_SLOW, CSAT_QUICK),
        ]
    )
    asked = np.concatenate([asked_day * DAY + 10 * HOUR, tickets.resolved_at[solved] + HOUR // 2])
    is_csat = np.arange(len(score)) >= len(person)
    count = len(score)
    answered = asked + 60 + (rng.random(count) * HOUR // 3).astype(np.int64)
    answers = (rng.random(count) < SHARE_ANSWERING) & (answered < span.end)
    mood = np.where(is_csat, np.where(score >= 4, 0, np.where(score <= 2, 1, 2)), np.digitize(score, [7, 9]))
    mood = np.where(is_csat, mood, np.array([1, 2, 0])[np.minimum(mood, 2)])
    comments = [*place.lists["praise"], *place.lists["blame"], *place.lists["neutral"]]
    comment = np.where(answers & (rng.random(count) < 0.5), 3 * mood + rng.integers(0, 3, count), BLANK)
    cells: dict[str, Cell] = {
        "response_id": Number("RSP", np.arange(1, count + 1)),
        "kind": Choice(place.values["response_kind"], is_csat.astype(np.int64)),
        "customer_id": customer_number(np.concatenate([person, tickets.customer[solved]])),
        "score": Count(np.where(answers, score, BLANK)),
        "scale_max": Count(np.where(is_csat, 5, 10)),
        "body": Pick(comments, comment),
        "language": Fixed(place.language),
        "answered_at": Moment(np.where(answers, answered, BLANK)),
        "asked_at": Moment(asked),
        "ticket_id": Number("T", np.where(is_csat, np.concatenate([np.zeros_like(person), solved]) + 1, BLANK)),
    }
    return Sheet("responses", ("response_id",), count, cells)


def _either(
    rng: np.random.Generator, flags: Flags, one: list[int] | list[float], other: list[int] | list[float]
) -> Ints:
    first, second = (picked(rng, np.asarray(weights, dtype=np.float64), len(flags)) for weights in (one, other))
    return np.where(flags, first, second)


def business_hours_sheet(blueprint: Blueprint) -> Sheet:
    """Monday to Friday 9 to 18, Saturday 10 to 14."""
    days = np.arange(1, 7, dtype=np.int64)
    cells: dict[str, Cell] = {
        "calendar": Fixed("main"),
        "valid_from": Day(np.full(len(days), blueprint.span.first - 4000)),
        "weekday": Count(days),
        "opens_at": texts(["09:00"] * 5 + ["10:00"]),
        "closes_at": texts(["18:00"] * 5 + ["14:00"]),
        "time_zone": Fixed(blueprint.place.habits.zone),
    }
    return Sheet("business_hours", ("valid_from", "weekday", "opens_at"), len(days), cells)


def holidays_sheet(blueprint: Blueprint) -> Sheet:
    """The country's fixed holidays around the span; the eves are half days."""
    days = np.array(sorted(blueprint.span.holidays), dtype=np.int64)
    names = [blueprint.span.holidays[day] for day in days.tolist()]
    eves = {name for key, name in blueprint.place.holidays.items() if key in ("10-28", "12-24")}
    cells: dict[str, Cell] = {
        "calendar": Fixed("main"),
        "held_on": Day(days),
        "name": texts(names),
        "is_half_day": Yes(np.array([name in eves for name in names]), blueprint.place.habits),
    }
    return Sheet("holidays", ("held_on",), len(days), cells)
