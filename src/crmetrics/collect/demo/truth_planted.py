"""What was planted in the demo company on purpose: the parameters behind the figures."""

from __future__ import annotations

from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import BUYING_SHAPE, Customers, customer_id
from crmetrics.collect.demo.deals import LEAK_PASS, PASSES, STRONG_POWER
from crmetrics.collect.demo.orders import FIRST_UNKNOWN, Orders
from crmetrics.collect.demo.span import GROWTH, SEASON, WEEKDAYS, YEARS, as_date
from crmetrics.collect.demo.truth_sales import Figures

NAMED: Final = 50
"""As many records are named; the rest is only counted, or the truth of a large company would be larger than its data."""


def planted(blueprint: Blueprint, customers: Customers, orders: Orders, mean_rate: float) -> Figures:
    """The parameters of buying and selling, and who stopped buying."""
    money = blueprint.place.money
    return {
        "season_by_month": list(SEASON),
        "weight_by_weekday": list(WEEKDAYS),
        "growth_a_year_of_each_customer": GROWTH,
        "price_growth_a_year": money.price_growth,
        "buying": {
            "model": "gamma-poisson in busy days (days stretched by season, weekday and growth), after the first order",
            "shape": BUYING_SHAPE,
            "mean_orders_a_busy_day": mean_rate,
        },
        "stage_pass_rates": list(PASSES),
        "stage_pass_rate_at_the_leak": LEAK_PASS,
        "strong_rep_pass_rates": [chance**STRONG_POWER for chance in PASSES],
        "churned_customers": _churned(blueprint, customers, orders),
        "next_year": _next_year(blueprint, customers, mean_rate),
    }


def _churned(blueprint: Blueprint, customers: Customers, orders: Orders) -> Figures:
    """Customers who left and had bought: none of them has an order on or after the day he left."""
    listed = orders.customer[(orders.customer >= 0) & (orders.customer < min(customers.count, FIRST_UNKNOWN))]
    has_bought = np.bincount(listed, minlength=customers.count) > 0
    places: Ints = np.flatnonzero(customers.is_churner & has_bought)
    left_on = blueprint.span.day_of(customers.gone[places])
    buyers = int(has_bought.sum())
    return {
        "customers": len(places),
        "of_customers_with_orders": buyers,
        "share": len(places) / max(buyers, 1),
        "first": [
            {"customer_id": customer_id(int(place)), "left_on": as_date(int(day)).isoformat()}
            for place, day in zip(places[:NAMED], left_on[:NAMED], strict=True)
        ],
    }


def _next_year(blueprint: Blueprint, customers: Customers, mean_rate: float) -> Figures:
    """The orders to be expected in the year after the span of who is still there: by habit, those that deals bring are on top."""
    span = blueprint.span
    # busy days of a year after the span: every day is busier than the mean of the span by what growth has added since
    spread = (1 + GROWTH) ** YEARS
    busy = 365.25 * spread * GROWTH * YEARS / (spread - 1)
    is_there = ~customers.is_prospect & ~customers.is_churner
    expected = np.where(is_there, customers.relative_rate * mean_rate * busy, 0.0)
    places: Ints = np.flatnonzero(~customers.is_prospect)[:NAMED]
    return {
        "from": as_date(span.last).isoformat(),
        "customers_still_there": int(is_there.sum()),
        "orders": float(expected.sum()),
        "first": [{"customer_id": customer_id(int(place)), "orders": float(expected[place])} for place in places],
    }
