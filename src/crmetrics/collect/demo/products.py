"""What the demo company sells: 24 articles in several sizes, prices, costs, what is bought together, and the stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Floats, Ints, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.sheet import Amount, Count, Day, Glued, Number, Pick, Sheet, Yes, texts
from crmetrics.collect.demo.span import months_of, years_of

PRICES: Final = (22, 35, 210, 28, 9, 16, 48, 19, 620, 11, 70, 14, 240, 890, 330, 5200, 24, 65, 85, 30, 180, 26, 18, 260)
"""Price list in euro, by article."""
COST_SHARES: Final = (
    *(0.50, 0.52, 0.58, 0.50, 0.42, 0.40, 0.55, 0.45, 0.62, 0.70, 0.60, 0.45),
    *(0.58, 0.64, 0.57, 0.72, 0.50, 0.55, 0.56, 0.50, 0.45, 0.50, 0.50, 1.06),
)
POPULARITY: Final = (5, 4, 2, 5, 9, 10, 5, 5, 0.6, 8, 2, 6, 1, 0.25, 1, 0.06, 6, 3, 2, 4, 1.2, 3, 2, 0.8)
SIZES: Final = ("S10", "M10", "M20", "L20", "S20", "L10", "XL", "XL2", "Pro", "Pro 2", "Max", "Max 2")
SIZE_PRICES: Final = (1.0, 1.2, 1.5, 1.9, 1.3, 1.6, 2.2, 2.6, 2.4, 2.9, 3.2, 3.6)
SERVICE: Final = 20
BEST_ARTICLE, BEST_SIZE = 5, 1
WORST_ARTICLE, WORST_SIZE = 23, 2
BOUGHT_WITH: Final = {8: 9, 2: 6, 1: 5, 12: 4, 16: 17}
"""Article -> the article that often follows it in the same order."""


@dataclass(frozen=True)
class Products:
    """The articles in their sizes. Prices in cents of the company's currency are those of the last year of the span."""

    article: Ints
    size: Ints
    euro: Floats
    list_price: Ints
    unit_cost: Ints
    weight: Floats
    partner: Ints

    @property
    def count(self) -> int:
        return len(self.article)

    @property
    def best(self) -> int:
        return self.place(BEST_ARTICLE, BEST_SIZE)

    @property
    def worst(self) -> int:
        return self.place(WORST_ARTICLE, WORST_SIZE)

    def place(self, article: int, size: int) -> int:
        """Where an article of a size stands."""
        return int(np.flatnonzero((self.article == article) & (self.size == size))[0])


def product_number(places: Ints) -> Number:
    """The product's number as the exports write it."""
    return Number("F-", np.where(places == BLANK, BLANK, places + 1), 4)


def draw_products(blueprint: Blueprint) -> Products:
    """Four sizes of each article, twelve in a large company; the service has none."""
    sizes = 4 if blueprint.lines < 500_000 else len(SIZES)
    pairs = [(a, s) for a in range(len(PRICES)) for s in range(1 if a == SERVICE else sizes)]
    article, size = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    euro = np.round(np.asarray(PRICES)[article] * np.asarray(SIZE_PRICES)[size], 2)
    weight = np.asarray(POPULARITY)[article] / np.bincount(article)[article] * (1 + (size * 7 + article * 3) % 5 / 5)
    weight[(article == BEST_ARTICLE) & (size == BEST_SIZE)] *= 8.0 * sizes / 4
    list_price = whole(euro * blueprint.place.money.price_scale * 100)
    unit_cost = whole(list_price * np.asarray(COST_SHARES)[article])
    places = {pair: place for place, pair in enumerate(pairs)}
    partner = np.array([places.get((BOUGHT_WITH.get(a, -1), s), BLANK) for a, s in pairs], dtype=np.int64)
    return Products(article, size, euro, list_price, unit_cost, weight, partner)


def price_factors(blueprint: Blueprint) -> tuple[int, Floats]:
    """Prices of a year over those of the last one, as (first year, [currency, year])."""
    span, money = blueprint.span, blueprint.place.money
    first, last = (int(year) for year in years_of(np.array([span.first, span.last - 1])))
    back = np.arange(first, last + 1) - last
    own = money.price_growth**back
    foreign = 1.02**back
    return first, np.stack([own, foreign, foreign])


def products_sheet(blueprint: Blueprint, products: Products) -> Sheet:
    """The price list."""
    rng, place = blueprint.draws("products"), blueprint.place
    count = products.count
    is_service = products.article == SERVICE
    cells = {
        "product_id": product_number(np.arange(count)),
        "name": Glued([Pick(place.lists["products"], products.article), " ", Pick(SIZES, products.size)]),
        "category": Pick(place.lists["categories"], products.article // 4),
        "subcategory": Pick(place.lists["subcategories"], products.article // 2),
        "brand": Pick(place.lists["brands"], np.where(is_service, BLANK, rng.integers(0, 3, count))),
        "unit_cost": Amount(products.unit_cost),
        "list_price": Amount(products.list_price),
        "currency": texts([place.money.currency] * count),
        "lead_time_days": Count(np.where(is_service, BLANK, rng.integers(3, 45, count))),
        "min_order_quantity": Count(np.where(is_service, BLANK, 10 * rng.integers(1, 10, count))),
        "is_active": Yes(rng.random(count) < 0.97, place.habits),
        "is_service": Yes(is_service, place.habits),
        "launched_on": Day(blueprint.span.first - rng.integers(100, 3000, count)),
    }
    return Sheet("products", ("product_id",), count, cells)


def stock_sheet(blueprint: Blueprint, products: Products) -> Sheet:
    """Counts at the first day of the last six months, in two warehouses; a few of the last ones near nothing."""
    rng, span, place = blueprint.draws("stock"), blueprint.span, blueprint.place
    goods = np.flatnonzero(products.article != SERVICE)
    last = int(months_of(np.array([span.last - 1]))[0])
    months = np.arange(last - 5, last + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    product = np.tile(np.repeat(goods, 2), len(months))
    rows = len(product)
    sold = products.weight[product] / products.weight.sum() * blueprint.lines / 36 * 4
    quantity = whole(sold * rng.uniform(0.2, 2.5, rows) + rng.integers(0, 12, rows))
    cells = {
        "product_id": product_number(product),
        "warehouse": Pick(place.lists["warehouses"], np.arange(rows) % 2),
        "counted_on": Day(np.repeat(months, 2 * len(goods))),
        "quantity": Count(quantity),
        "on_order": Count(np.where(rng.random(rows) < 0.3, 10 * rng.integers(1, 30, rows), BLANK)),
    }
    return Sheet("stock_levels", ("product_id", "warehouse", "counted_on"), rows, cells)
