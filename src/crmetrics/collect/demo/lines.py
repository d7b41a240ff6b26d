"""The lines of orders and of returns, drawn part by part so that ten million of them fit into memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, HOUR, Flags, Floats, Ints, ranges, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.orders import DISTRIBUTOR, Orders
from crmetrics.collect.demo.products import SERVICE, Products, price_factors
from crmetrics.collect.demo.span import years_of

DISCOUNTS: Final = np.array([0, 5, 10, 15], dtype=np.int64)
WORST_DISCOUNT: Final = 25
SHARE_WITHOUT_COST: Final = 0.05
SHARE_RETURNED: Final = 0.015
WORST_RETURNED: Final = 0.15
SHARE_FOLLOWED: Final = 0.35
"""Of second lines that are the partner of the first line's product."""


@dataclass(frozen=True)
class Lines:
    """Order lines by place. `order`: the order's place in its part; money in cents of the order's currency."""

    order: Ints
    number: Ints
    product: Ints
    quantity: Ints
    unit_price: Ints
    discount: Ints
    net: Ints
    cost: Ints
    tax: Ints

    @property
    def count(self) -> int:
        return len(self.order)

    def where(self, chosen: Flags) -> Lines:
        """Some of the lines."""
        return Lines(**{name: values[chosen] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Returns:
    """Return documents, one for an order at most: the order's place, the moment, and their lines (`order`: place here)."""

    original: Ints
    at: Ints
    lines: Lines


@dataclass(frozen=True)
class Part:
    """Some orders in a row (the first one is `start`), their lines, and what is brought back of them."""

    number: int
    start: int
    orders: Orders
    lines: Lines
    returns: Returns


class LineMaker:
    """Draws the lines of one part of the orders after the other."""

    def __init__(self, blueprint: Blueprint, products: Products) -> None:
        self._blueprint = blueprint
        self._products = products
        self._first_year, self._factors = price_factors(blueprint)
        money = blueprint.place.money
        self._scales = np.array([money.price_scale, money.second.scale, money.third.scale])
        self._cost_shares: Floats = products.unit_cost / products.list_price
        self._upto: Floats = np.cumsum(products.weight) / products.weight.sum()

    def draw(self, number: int, start: int, orders: Orders) -> Part:
        """The lines of these orders; `number` is the part's, from 1."""
        rng = self._blueprint.draws(f"lines {number}")
        order, line = np.repeat(np.arange(orders.count), orders.lines), ranges(orders.lines) + 1
        product = self._choose(rng, line)
        quantity = self._quantities(rng, orders, order, product)
        unit_price = self._prices(orders, order, product)
        gross = quantity * unit_price
        discount = whole(gross * self._percents(rng, orders, order, product) / 100)
        cost = whole(quantity * unit_price * self._cost_shares[product] * rng.uniform(0.97, 1.03, len(order)))
        cost = np.where(rng.random(len(order)) < SHARE_WITHOUT_COST, BLANK, cost)
        net = gross - discount
        lines = Lines(order, line, product, quantity, unit_price, discount, net, cost, self._tax(net))
        return Part(number, start, orders, lines, self._bring_back(rng, orders, lines))

    def _tax(self, net: Ints) -> Ints:
        return whole(net * self._blueprint.place.money.vat_percent / 100)

    def _choose(self, rng: np.random.Generator, line: Ints) -> Ints:
        """A product for each line; a second line often takes the partner of the first."""
        product = np.searchsorted(self._upto, rng.random(len(line)), side="right").astype(np.int64)
        product = np.minimum(product, self._products.count - 1)
        partner = self._products.partner[np.concatenate([product[:1], product[:-1]])]
        follows = (line == 2) & (partner != BLANK) & (rng.random(len(line)) < SHARE_FOLLOWED)
        return np.where(follows, partner, product)

    def _quantities(self, rng: np.random.Generator, orders: Orders, order: Ints, product: Ints) -> Ints:
        """More of cheap goods, more through distributors, most on the order of a won deal; services one by one."""
        euro = self._products.euro
        usual = np.select([euro < 50, euro < 350], [2.5, 0.7], 0.1)
        more = np.where(orders.channel == DISTRIBUTOR, 2.0, 1.0) * np.where(orders.deal == BLANK, 1.0, 3.0)
        quantity = 1 + rng.poisson(usual[product] * more[order])
        return np.where(self._products.article[product] == SERVICE, 1, quantity)

    def _prices(self, orders: Orders, order: Ints, product: Ints) -> Ints:
        """Unit price in whole cents at the prices of the order's year, in the order's currency."""
        year = (years_of(orders.day) - self._first_year)[order]
        currency = orders.currency[order]
        return np.maximum(
            whole(self._products.euro[product] * self._scales[currency] * self._factors[currency, year] * 100), 1
        )

    def _percents(self, rng: np.random.Generator, orders: Orders, order: Ints, product: Ints) -> Ints:
        step = np.searchsorted(np.array([0.60, 0.80, 0.93]), rng.random(len(order)), side="right")
        percent = DISCOUNTS[step] + np.where(orders.channel[order] == DISTRIBUTOR, 10, 0)
        return np.where(product == self._products.worst, WORST_DISCOUNT, percent)

    def _bring_back(self, rng: np.random.Generator, orders: Orders, lines: Lines) -> Returns:
        """Some lines come back whole or in part, days later, as a document of their own."""
        days = orders.day + rng.integers(3, 25, orders.count)
        sound = ~orders.is_cancelled & orders.is_readable & (days < self._blueprint.span.last)
        goods = self._products.article[lines.product] != SERVICE
        chance = np.where(lines.product == self._products.worst, WORST_RETURNED, SHARE_RETURNED)
        back = lines.where((rng.random(lines.count) < chance) & sound[lines.order] & goods)
        original, document, sizes = np.unique(back.order, return_inverse=True, return_counts=True)
        quantity = 1 + (back.quantity * rng.random(back.count)).astype(np.int64)
        share = quantity / np.maximum(back.quantity, 1)
        discount = -whole(back.discount * share)
        net = -quantity * back.unit_price - discount
        cost = np.where(back.cost == BLANK, BLANK, -whole(np.maximum(back.cost, 0) * share))
        line = ranges(sizes.astype(np.int64)) + 1
        returned = Lines(
            document.astype(np.int64),
            line,
            back.product,
            -quantity,
            back.unit_price,
            discount,
            net,
            cost,
            self._tax(net),
        )
        at = days[original] * DAY + 9 * HOUR + (8 * HOUR * rng.random(len(original))).astype(np.int64)
        return Returns(original, at, returned)
