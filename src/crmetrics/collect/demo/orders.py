"""The orders of the demo company: who buys, when, where, and which orders stand for faults of real exports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Flags, Floats, Ints, picked
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import COPIES, Customers
from crmetrics.collect.demo.deals import WON, Deals

ONLINE, STORE, FIELD, DISTRIBUTOR, MARKETPLACE = range(5)
MEAN_LINES: Final = 3.2
SHARE_ANONYMOUS: Final = 0.02
SHARE_CANCELLED: Final = 0.02
SHARE_SECOND_CURRENCY: Final = 0.06
UNKNOWN_CUSTOMERS: Final = 4
"""Orders of customers that no list holds."""
FIRST_UNKNOWN: Final = 9_990_000
BAD_DATES: Final = 3


@dataclass(frozen=True)
class Orders:
    """Orders by place, in order of time. `currency` 0 company's, 1 second, 2 third. `bad_dates`: their date cannot be read."""

    customer: Ints
    at: Ints
    channel: Ints
    currency: Ints
    is_cancelled: Flags
    deal: Ints
    lines: Ints
    city: Ints
    owner: Ints
    bad_dates: Ints

    @property
    def count(self) -> int:
        return len(self.customer)

    @property
    def day(self) -> Ints:
        return self.at // DAY

    def part(self, start: int, stop: int) -> Orders:
        """The orders [start, stop), places counted from `start`."""
        columns = {name: values[start:stop] for name, values in vars(self).items() if name != "bad_dates"}
        bad_dates = self.bad_dates[(self.bad_dates >= start) & (self.bad_dates < stop)] - start
        return Orders(**columns, bad_dates=bad_dates)

    @property
    def is_readable(self) -> Flags:
        """Orders that survive their import."""
        readable = np.ones(self.count, dtype=bool)
        readable[self.bad_dates] = False
        return readable


@dataclass
class _Stream:
    """Customers, days and deals of orders, collected from several causes."""

    customer: list[Ints] = field(default_factory=list)
    day: list[Ints] = field(default_factory=list)
    deal: list[Ints] = field(default_factory=list)

    def add(self, customer: Ints, day: Ints, deal: Ints | None = None) -> None:
        self.customer.append(customer)
        self.day.append(day)
        self.deal.append(np.full(len(customer), BLANK) if deal is None else deal)


def draw_orders(blueprint: Blueprint, customers: Customers, deals: Deals) -> tuple[Orders, float]:
    """Draw all orders except returns, which follow from their lines; also the mean orders a customer and busy day."""
    rng, span = blueprint.draws("orders"), blueprint.span
    stream = _Stream()
    _from_deals(blueprint, rng, customers, deals, stream)
    rate = _from_habit(blueprint, rng, customers, stream)
    anonymous = round(blueprint.lines / MEAN_LINES * SHARE_ANONYMOUS)
    stream.add(np.full(anonymous, BLANK), span.day_of(rng.random(anonymous) * span.busy_days))
    unknown = np.arange(FIRST_UNKNOWN, FIRST_UNKNOWN + UNKNOWN_CUSTOMERS)
    stream.add(unknown, span.day_of(rng.random(UNKNOWN_CUSTOMERS) * span.busy_days))
    customer, day, deal = (np.concatenate(part) for part in (stream.customer, stream.day, stream.deal))
    at = day * DAY + 8 * HOUR + (13 * HOUR * rng.beta(2.2, 2.0, len(day))).astype(np.int64)
    order = np.argsort(at, kind="stable")
    customer, at, deal = customer[order], at[order], deal[order]
    return _complete(blueprint, rng, customers, customer, at, deal), rate


def _from_deals(
    blueprint: Blueprint, rng: np.random.Generator, customers: Customers, deals: Deals, stream: _Stream
) -> None:
    """A won deal is ordered within days, unless the customer has left or the span ends first."""
    span = blueprint.span
    won = np.flatnonzero(deals.outcome == WON)
    day = deals.closed_at[won] // DAY + rng.integers(1, 9, len(won))
    is_there = day < np.minimum(span.day_of(customers.gone[deals.customer[won]]), span.last)
    stream.add(deals.customer[won][is_there], day[is_there], won[is_there])


def _from_habit(blueprint: Blueprint, rng: np.random.Generator, customers: Customers, stream: _Stream) -> float:
    """New customers order when they come; all who buy order again as a Poisson process with a rate of their own.

    Returns the mean rate, set so that all orders together have about the wished number of lines.
    """
    span = blueprint.span
    buys = ~customers.is_prospect
    new = np.flatnonzero(buys & ~customers.was_there)
    stream.add(new, span.day_of(customers.came[new]))
    watched: Floats = np.where(buys, customers.gone - customers.came, 0.0)
    drawn = sum(len(part) for part in stream.customer)
    wished = blueprint.lines / MEAN_LINES * (1 - SHARE_ANONYMOUS) * 0.985 - drawn
    mean_rate = max(wished, 0.2 * drawn) / float(watched.sum())
    counts = rng.poisson(customers.relative_rate * watched * mean_rate)
    again = np.repeat(np.arange(customers.count), counts)
    stream.add(again, span.day_of(customers.came[again] + rng.random(len(again)) * watched[again]))
    return mean_rate


def _complete(
    blueprint: Blueprint,
    rng: np.random.Generator,
    customers: Customers,
    customer: Ints,
    at: Ints,
    deal: Ints,
) -> Orders:
    """Give each order its channel, currency, owner and place."""
    count = len(at)
    is_listed = (customer != BLANK) & (customer < customers.count)
    known = np.where(is_listed, customer, 0)
    channel = _channels(rng, customers.is_company[known] & is_listed, customer == BLANK, deal != BLANK)
    currency = (rng.random(count) < SHARE_SECOND_CURRENCY).astype(np.int64)
    third = rng.permutation(count)[: min(40, max(5, blueprint.lines // 4000))]
    currency[third] = 2
    is_cancelled = (rng.random(count) < SHARE_CANCELLED) & (deal == BLANK)
    owner = np.where(is_listed & np.isin(channel, [FIELD, DISTRIBUTOR]), customers.owner[known], BLANK)
    plain = np.flatnonzero(is_listed & (deal == BLANK) & (currency == 0) & ~is_cancelled)
    # Among the first orders, so that they stand in the first file however large the company is.
    bad_dates = np.sort(rng.choice(plain[: max(len(plain) // 3, 40)][:3000], BAD_DATES, replace=False))
    return Orders(
        customer=customer,
        at=at,
        channel=channel,
        currency=currency,
        is_cancelled=is_cancelled,
        deal=deal,
        lines=1 + rng.poisson(MEAN_LINES - 1, count),
        city=np.where(is_listed, customers.city[known], rng.integers(0, 3, count)),
        owner=owner,
        bad_dates=bad_dates,
    )


def _channels(rng: np.random.Generator, is_company: Flags, is_anonymous: Flags, has_deal: Flags) -> Ints:
    count = len(is_company)
    firm = picked(rng, [0.25, 0.05, 0.35, 0.30, 0.05], count)
    person = picked(rng, [0.52, 0.24, 0.02, 0.0, 0.22], count)
    channel = np.where(is_company, firm, person)
    return np.where(has_deal, FIELD, np.where(is_anonymous, STORE, channel))


def copy_customers(orders: Orders, customers: Customers) -> tuple[Orders, Ints]:
    """Give the last order of a few firms to a second record of the same firm; returns the places of the copied.

    Each of them keeps at least two orders under the first record.
    """
    counts = _is_listed(orders, customers) & (orders.deal == BLANK) & ~orders.is_cancelled & orders.is_readable
    per_customer = np.bincount(orders.customer[counts], minlength=customers.count)
    chosen = np.flatnonzero(customers.is_company & (per_customer >= 3))[:COPIES]
    changed = orders.customer.copy()
    for number, place in enumerate(chosen):
        changed[np.flatnonzero(counts & (orders.customer == place))[-1]] = customers.count + number
    kept = {name: value for name, value in vars(orders).items() if name != "customer"}
    return Orders(customer=changed, **kept), chosen


def _is_listed(orders: Orders, customers: Customers) -> Flags:
    listed: Flags = (orders.customer != BLANK) & (orders.customer < customers.count)
    return listed


def first_traces(orders: Orders, deals: Deals, customers: Customers) -> Ints:
    """The second of each customer's first order or deal; BLANK without one."""
    never = np.iinfo(np.int64).max
    first = np.full(customers.count, never)
    listed = _is_listed(orders, customers)
    np.minimum.at(first, orders.customer[listed], orders.at[listed])
    np.minimum.at(first, deals.customer, deals.created_at)
    return np.where(first == never, BLANK, first)


def parts_of(orders: Orders, most: int) -> list[tuple[int, int]]:
    """Cut the orders into parts of at most `most` lines, as places [from, to)."""
    ends = np.cumsum(orders.lines)
    cuts, start = [], 0
    while start < orders.count:
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        cuts.append((start, stop))
        start = stop
    return cuts
