"""What each customer will bring within the horizon: scored once per version for the company as a whole (R23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from crmetrics.customers.purchase_histories import HISTORIES_OF_ALL, WEEK, Buying
from crmetrics.models.columns import Floats
from crmetrics.models.lifetime_value import MONTH, draw_futures, months_ahead
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.warehouse import Warehouse

LIMITS: Final = (0.8, 0.95)
"""Cumulated shares before which a customer is still A, or B (cut as in `sales.product_portfolio`)."""

ALL: Final = """
select customer_id, first_on, frequency, recency, age, value, purchases, net, margin
from purchase_histories
order by customer_id
"""


@dataclass(frozen=True)
class Foreseen:
    """What was learned, and what the values mean.

    rate      of the value of purchases what stays: margin, or net sales where costs are not known or not wished
    is_margin whether it is margin
    unsure    by how much of itself the sum of all values may be off because the parameters are not known exactly
    """

    buying: Buying
    rate: float
    is_margin: bool
    unsure: float


def foresee(company: Warehouse, values: Mapping[str, Any]) -> tuple[Mapping[str, Array], Foreseen]:
    """The values of all customers under the choices horizon (months), discount (a year, in %) and money."""
    buying = company.work_out(HISTORIES_OF_ALL)
    margin = buying.spending.margin if values["money"] == "margin" else None
    rate = buying.spending.sales if margin is None else margin
    rows = company.query(ALL)
    brought = rows.numbers("net" if margin is None else "margin")
    found: dict[str, Array] = {
        **{name: rows.columns[name] for name in ("customer_id", "first_on")},
        **{name: rows.numbers(name) for name in ("frequency", "recency", "age", "purchases")},
        "historic": np.nan_to_num(brought),
        "historic_grade": grades(brought),
    }
    unsure = 0.0
    if not buying.is_enough:
        return found | _nothing(len(rows)), Foreseen(buying, rate, margin is not None, unsure)
    months, discount = int(values["horizon"]), float(values["discount"]) / 100
    if buying.model is None:
        scores = _by_baseline(buying, rows, months, discount, rate)
    else:
        scores, unsure = _by_model(buying, rows, months, discount, rate)
    scores["grade"] = grades(scores["clv"])
    return found | scores, Foreseen(buying, rate, margin is not None, unsure)


SCORES: Final = ("p_alive", "expected_purchases", "expected_value", "clv", "low", "high", "variance")

VALUES_OF_ALL: Final[WorkedOut[Foreseen]] = WorkedOut(
    "customer_values",
    key="customer_id",
    table="customers",
    columns={
        "customer_id": "VARCHAR",
        "first_on": "DATE",
        **dict.fromkeys(("frequency", "recency", "age", "purchases", "historic", *SCORES), "DOUBLE"),
        **dict.fromkeys(("grade", "historic_grade"), "VARCHAR"),
    },
    work=foresee,
)
"""One row a customer who ever bought, with his history, what he brought and what he is expected to bring."""


def _nothing(count: int) -> dict[str, Array]:
    return {**{name: np.full(count, np.nan) for name in SCORES}, "grade": np.full(count, None, dtype=object)}


def _by_model(buying: Buying, rows: Rows, months: int, discount: float, rate: float) -> tuple[dict[str, Array], float]:
    """The scores, and how unsure the sum of all values is by the parameters."""
    model, spend = buying.model, buying.spend
    if model is None or spend is None:  # told apart by the caller; here for the types
        return _nothing(len(rows)), 0.0
    x, t, T, value = (rows.numbers(name) for name in ("frequency", "recency", "age", "value"))
    paid = np.where(value > 0, x, 0.0)
    alive, each = model.alive(x, t, T), spend.expected_value(paid, value)
    plain, discounted = months_ahead(model, x, T, months, WEEK, discount)
    clv = rate * each * alive * discounted
    worth = rate * np.divide(discounted, plain, out=np.zeros(len(rows)), where=plain > 0)
    futures = draw_futures(model, spend, (x, t, T, value), months * MONTH / WEEK, worth)
    scores: dict[str, Array] = {
        "p_alive": alive,
        "expected_purchases": alive * plain,
        "expected_value": each,
        "clv": clv,
        "low": futures.low,
        "high": futures.high,
        "variance": futures.variance,
    }
    return scores, futures.unsure


def _by_baseline(buying: Buying, rows: Rows, months: int, discount: float, rate: float) -> dict[str, Array]:
    """Each goes on at his own rate or at that of all: what is used where no model foretells better (R18). It has no chances."""
    spend = buying.spend
    if spend is None:
        return _nothing(len(rows))
    x, T, value = (rows.numbers(name) for name in ("frequency", "age", "value"))
    each = spend.expected_value(np.where(value > 0, x, 0.0), value)
    month = buying.baseline.expected(MONTH / WEEK, x, T)
    plain = month * months
    clv = rate * each * month * float(np.sum((1 + discount) ** (-np.arange(1, months + 1) / 12)))
    return _nothing(len(rows)) | {"expected_purchases": plain, "expected_value": each, "clv": clv}


def grades(value: Floats) -> Array:
    """A, B and C by what was cumulated before a customer, the highest value first; equal values share their grade. Shapes: (n,).

    >>> grades(np.array([12.0, 50.0, 3.0, 30.0, 5.0, -1.0])).tolist()
    ['B', 'A', 'C', 'A', 'B', 'C']
    """
    base = np.maximum(np.nan_to_num(value), 0.0)
    different, which = np.unique(-base, return_inverse=True)
    sums = np.bincount(which, base, len(different))
    before = (np.cumsum(sums) - sums)[which]
    whole = float(base.sum())
    a, b = (share * whole * (1 - 1e-12) for share in LIMITS)
    graded = np.where(base <= 0, "C", np.where(before < a, "A", np.where(before < b, "B", "C")))
    return np.asarray(graded, dtype=object)
