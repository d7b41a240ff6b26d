"""Who is a customer on which day, worked out day by day: the other way round than the product does it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

Active = Callable[[str, date], bool]
DAY = timedelta(days=1)


def by_purchases(purchases: Iterable[tuple[Any, ...]], window: int) -> Active:
    """Whether a customer bought within so many days before a day."""
    days = defaultdict(set)
    for customer, day, *_more in purchases:
        days[customer].add(date.fromisoformat(day[:10]))

    def active(customer: str, day: date) -> bool:
        return any(day - window * DAY <= each < day for each in days[customer])

    return active


def by_subscriptions(rows: list[dict[str, Any]], grace: int, today: date) -> Active:
    """Whether a customer's subscription ran on the day before, or stood still for no longer than the grace."""
    runs = defaultdict(set)
    for row in rows:
        start = date.fromisoformat(row["started_on"])
        end = date.fromisoformat(row["ended_on"]) if row.get("ended_on") else today
        while start < end:
            runs[row["customer_id"]].add(start)
            start += DAY

    def active(customer: str, day: date) -> bool:
        last = max((each for each in runs[customer] if each < day), default=None)
        following = min((each for each in runs[customer] if each >= day), default=None)
        if last is None:
            return False
        return last == day - DAY or (following is not None and (following - last - DAY).days <= grace)

    return active


def standing(active: Active, customers: Iterable[str], start: date, end: date) -> tuple[int, int, int]:
    """How many were customers at the start, of them lost within the period, of those customers again at its end."""
    at_start = [each for each in customers if active(each, start)]
    lost = []
    for each in at_start:
        day = start
        while day < end and active(each, day + DAY):
            day += DAY
        if day < end:
            lost.append(each)
    return len(at_start), len(lost), sum(active(each, end) for each in lost)


def daily_rate(active: Active, customers: list[str], start: date, end: date) -> float:
    """The sum of lost that day / customers of that day."""
    summed, day = 0.0, start
    while day < end:
        there = [each for each in customers if active(each, day)]
        summed += sum(not active(each, day + DAY) for each in there) / len(there) if there else 0.0
        day += DAY
    return summed


def some_purchases(draw: random.Random, customers: int = 12) -> list[tuple[str, str]]:
    """A few customers who buy now and then in the second half of 2025."""
    first = date(2025, 7, 1)
    return [
        (f"c{number}", str(first + draw.randrange(184) * DAY))
        for number in range(customers)
        for _each in range(draw.randrange(1, 7))
    ]


def some_subscriptions(draw: random.Random, customers: int = 12) -> list[dict[str, Any]]:
    """A few subscriptions of 2025, some running, some following or overlapping each other."""
    found = []
    for number in range(customers):
        for place in range(draw.randrange(1, 4)):
            start = date(2025, 1, 1) + draw.randrange(330) * DAY
            end = start + draw.randrange(1, 120) * DAY
            found.append(
                {
                    "subscription_id": f"s{number}{place}",
                    "customer_id": f"c{number}",
                    "started_on": str(start),
                    "ended_on": str(end) if end < date(2026, 1, 1) else None,
                    "monthly_amount": draw.randrange(1, 20),
                }
            )
    return found


def subscribers(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The tables of these subscriptions."""
    known = sorted({row["customer_id"] for row in rows})
    return {"customers": [{"customer_id": each, "kind": "company"} for each in known], "subscriptions": rows}
