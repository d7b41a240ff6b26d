"""The features that the chance of losing a customer is learned from."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.models.design import Features
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Floats = NDArray[np.float64]

PACES: Final = {
    "tickets": ("tickets", "tickets"),
    "contacts": ("contacts", "activities"),
    "visits": ("visits", "events"),
    "uses": ("uses", "events"),
    "opens": ("opens", "campaign_members"),
}
"""Features that tell whether something is done more or less often than in the window before -> columns, table."""
LEAST_LINKED: Final = 0.5
"""Where fewer payments than this name their invoice, nothing tells which invoice was paid late."""


def features_of(company: Warehouse, states: Rows, gap: float) -> Features:
    """The features (n,) of states; what the company does not record is NaN throughout.

    gap  the median days between purchases of the whole company as known then
    """
    found = _of_buying(states, gap) if "last_on" in states.columns else _of_subscribing(states)
    profile = company.profile
    unknown = np.full(len(states), np.nan)
    has_tickets = profile.rows("tickets") > 0
    found["open_complaints"] = np.minimum(states.numbers("open_complaints"), 3.0) if has_tickets else unknown
    found["complaints"] = np.minimum(states.numbers("complaints"), 5.0) if has_tickets else unknown
    found["satisfaction"] = states.numbers("satisfaction") if profile.rows("responses") else unknown
    is_linked = (profile.column("payments", "invoice_id").filled / max(profile.rows("payments"), 1)) >= LEAST_LINKED
    found["days_late"] = np.log1p(np.maximum(states.numbers("days_late"), 0.0)) if is_linked else unknown
    for name, (column, table) in PACES.items():
        now, before = states.numbers(f"{column}_now"), states.numbers(f"{column}_before")
        found[name] = np.log((now + 0.5) / (before + 0.5)) if profile.rows(table) else unknown
    return found


def paces_of(states: Rows) -> Features:
    """How often, or for how much money, now and in the window before: (n, 2) of each feature that is a change."""
    columns = {"pace": "days", "spend": "net", **{name: column for name, (column, _table) in PACES.items()}}
    return {
        name: np.stack([states.numbers(f"{column}_now"), states.numbers(f"{column}_before")], axis=1)
        for name, column in columns.items()
        if f"{column}_now" in states.columns
    }


def overdue_of(states: Rows, gap: float) -> Floats:
    """Days since the last purchase / the customer's own mean gap, drawn to the company's (`customers.purchase_gap`): (n,)."""
    days = states.numbers("days")
    span = days_from(states, "first_on") - days_from(states, "last_on")
    own = (span + 2 * gap) / (days - 1 + 2)
    found: Floats = days_from(states, "last_on") / np.maximum(own, 1.0)
    return found


def days_from(states: Rows, name: str) -> Floats:
    """Days from a day of each state to its origin: (n,)."""
    first, last = (np.ma.getdata(states.columns[each]).astype("M8[D]") for each in (name, "origin"))
    found: Floats = (last - first).astype(np.float64)
    return found


def _of_buying(states: Rows, gap: float) -> dict[str, NDArray[Any]]:
    days, mean = states.numbers("days"), states.numbers("net") / states.numbers("days")
    now, before = (np.maximum(states.numbers(f"net_{each}"), 0.0) for each in ("now", "before"))
    sold, discount = states.numbers("sold"), states.numbers("discount")
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "overdue": np.log1p(overdue_of(states, gap)),
            "recency": np.log1p(days_from(states, "last_on")),
            "orders": np.log(days),
            "pace": np.log((states.numbers("days_now") + 0.5) / (states.numbers("days_before") + 0.5)),
            "spend": np.log((now + mean) / (before + mean)),
            "basket": np.log(np.maximum(mean, 1e-2)),
            "returns": np.where(sold > 0, np.minimum(states.numbers("returned") / sold, 1.0), 0.0),
            "discount": np.where(sold + discount > 0, discount / (sold + discount), 0.0),
            "categories": _known_somewhere(np.log1p(states.numbers("categories"))),
            "tenure": np.log1p(days_from(states, "first_on")),
        }


def _of_subscribing(states: Rows) -> dict[str, NDArray[Any]]:
    plans = np.empty(len(states), dtype=object)
    plans[:] = states.values("plan")
    now, before = states.numbers("money_now"), states.numbers("money_before")
    with np.errstate(divide="ignore", invalid="ignore"):
        changed = np.where((now > 0) & (before > 0), np.log(now / before), 0.0)
        price = np.where(now > 0, np.log(now), np.nan)
    return {
        "tenure": np.log1p(days_from(states, "first_on")),
        "price": price,
        "price_change": changed,
        "seats": np.log1p(states.numbers("seats")),
        "starts": np.minimum(states.numbers("starts"), 5.0),
        "plan": plans,
    }


def _known_somewhere(values: Floats) -> Floats:
    """NaN throughout where nobody has anything: the company does not record it."""
    return values if values.any() else np.full(len(values), np.nan)
