"""The true figures of sales, summed from what was drawn, to the last cent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Ints, exact_sums
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_id
from crmetrics.collect.demo.lines import Lines, Part
from crmetrics.collect.demo.order_files import bad_amounts
from crmetrics.collect.demo.orders import FIRST_UNKNOWN, Orders
from crmetrics.collect.demo.products import Products
from crmetrics.collect.demo.rates import Rates, is_unconverted
from crmetrics.collect.demo.span import months_of

MILLIONTHS: Final = 1_000_000
_SUMS: Final = ("net", "net_with_cost", "cost", "unconverted", "returned", "returned_unconverted")
_COUNTS: Final = ("lines", "lines_without_cost", "purchases", "orders", "return_documents", "return_lines")

Figures = dict[str, object]


def money(millionths: int) -> float:
    """An amount of money as truth.json writes it: six digits after the point at most, exact."""
    return round(int(millionths) / MILLIONTHS, 6)


@dataclass
class SalesTruth:
    """Sums by month of the span, added up part by part. Company money in millionths, unconverted in cents."""

    blueprint: Blueprint
    rates: Rates
    products: Products
    first_month: int = field(init=False)
    by_month: dict[str, Ints] = field(init=False)
    product_net: Ints = field(init=False)
    product_margin: Ints = field(init=False)
    order_net: list[Ints] = field(default_factory=list)
    order_gross: list[Ints] = field(default_factory=list)
    lines_of_unreadable_orders: int = 0

    def __post_init__(self) -> None:
        span = self.blueprint.span
        first, last = (int(month) for month in months_of(np.array([span.first, span.last - 1])))
        self.first_month = first
        self.by_month = {name: np.zeros(last - first + 1, dtype=np.int64) for name in (*_SUMS, *_COUNTS)}
        self.product_net = np.zeros(self.products.count, dtype=np.int64)
        self.product_margin = np.zeros(self.products.count, dtype=np.int64)

    @property
    def months(self) -> int:
        return len(self.by_month["net"])

    def month_of(self, days: Ints) -> Ints:
        """The place of a day's month in the span."""
        return months_of(days) - self.first_month

    def add(self, part: Part) -> None:
        """Add one part: its orders, its lines, its returns."""
        orders, lines, returns = part.orders, part.lines, part.returns
        is_read = np.ones(lines.count, dtype=bool)
        is_read[bad_amounts(part)] = False
        counts = orders.is_readable & ~orders.is_cancelled
        self.lines_of_unreadable_orders += int((~orders.is_readable)[lines.order].sum())
        self._add_lines(lines, is_read & counts[lines.order], orders.day[lines.order], orders.currency[lines.order])
        back_days, back_currency = returns.at // DAY, orders.currency[returns.original]
        document = returns.lines.order
        every = np.ones(returns.lines.count, dtype=bool)
        self._add_lines(returns.lines, every, back_days[document], back_currency[document], is_return=True)
        net = exact_sums(lines.order[is_read], lines.net[is_read], orders.count)
        self.order_net.append(net)
        self.order_gross.append(exact_sums(lines.order, lines.net + lines.tax, orders.count))
        month = self.month_of(orders.day)
        self._count("orders", month[counts])
        self._count("purchases", month[counts & (net > 0)])
        self._count("return_documents", self.month_of(back_days))

    def _count(self, name: str, month: Ints) -> None:
        self.by_month[name] += np.bincount(month, minlength=self.months)

    def _sum(self, name: str, month: Ints, values: Ints) -> None:
        self.by_month[name] += exact_sums(month, values, self.months)

    def _add_lines(self, lines: Lines, chosen: Flags, days: Ints, currency: Ints, *, is_return: bool = False) -> None:
        lines, days, currency = lines.where(chosen), days[chosen], currency[chosen]
        month = self.month_of(days)
        net = self.rates.company_units(lines.net, currency, days)
        has_cost = lines.cost != BLANK
        cost = self.rates.company_units(np.where(has_cost, lines.cost, 0), currency, days)
        unconverted = np.where(is_unconverted(currency), lines.net, 0)
        margin = np.where(has_cost, net - cost, 0)
        self._sum("net", month, net)
        self._sum("net_with_cost", month, np.where(has_cost, net, 0))
        self._sum("cost", month, cost)
        self._sum("unconverted", month, unconverted)
        self._count("lines", month)
        self._count("lines_without_cost", month[~has_cost])
        self.product_net += exact_sums(lines.product, net, self.products.count)
        self.product_margin += exact_sums(lines.product, margin, self.products.count)
        if is_return:
            self._sum("returned", month, net)
            self._sum("returned_unconverted", month, unconverted)
            self._count("return_lines", month)

    def figures(self, orders: Orders, customers: Customers, copied: Ints) -> Figures:
        """Everything about sales for truth.json."""
        month_names = [str(np.datetime64(self.first_month + place, "M")) for place in range(self.months)]
        years = np.array([int(name[:4]) for name in month_names])
        buyers = Buyers.of(self, orders, customers)
        by_month = {name: self._sheet(np.array([i]), buyers) for i, name in enumerate(month_names)}
        by_twelve = {
            f"{month_names[at]}..": self._sheet(np.arange(at, at + 12), buyers) for at in range(0, self.months - 11, 12)
        }
        by_year = {str(year): self._sheet(np.flatnonzero(years == year), buyers) for year in np.unique(years)}
        return {
            "rule": "R8, R9: cancelled orders, the order of 2099, rows that cannot be read and the lines of orders that "
            "cannot be read are left out; returns count in the month of the return; company currency at the day's rate",
            "total": self._sheet(np.arange(self.months), buyers) | buyers.repeat(customers, copied),
            "by_year": by_year,
            "by_twelve_months": by_twelve if self.months % 12 == 0 else {},
            "by_month": by_month,
            "products": self._product_figures(),
            "third_currency": self.blueprint.place.money.third.code,
        }

    def _sheet(self, months: Ints, buyers: Buyers) -> Figures:
        """The figures of some months together."""
        total = {name: int(values[months].sum()) for name, values in self.by_month.items()}
        amounts = {
            "net_sales": money(total["net"]),
            "unconverted": total["unconverted"] / 100,
            "returned": money(total["returned"]),
            "returned_unconverted": total["returned_unconverted"] / 100,
            "net_sales_with_cost": money(total["net_with_cost"]),
            "cost": money(total["cost"]),
            "margin": money(total["net_with_cost"] - total["cost"]),
        }
        return amounts | {name: total[name] for name in _COUNTS} | buyers.within(months)

    def _product_figures(self) -> Figures:
        """The planted best and worst product, each with its true figures."""

        def told(place: int) -> Figures:
            return {
                "product_id": f"F-{place + 1:04d}",
                "net_sales": money(self.product_net[place]),
                "margin": money(self.product_margin[place]),
            }

        best, worst = int(np.argmax(self.product_net)), int(np.argmin(self.product_margin))
        return {
            "best_by_net_sales": told(best) | {"is_planted": best == self.products.best},
            "worst_by_margin": told(worst) | {"is_planted": worst == self.products.worst},
        }


@dataclass(frozen=True)
class Buyers:
    """Who bought in which month, by rule R9: one entry for each purchase of a named customer."""

    customer: Ints
    month: Ints

    @classmethod
    def of(cls, sales: SalesTruth, orders: Orders, customers: Customers) -> Buyers:
        net = np.concatenate(sales.order_net)
        bought = orders.is_readable & ~orders.is_cancelled & (net > 0) & (orders.customer != BLANK)
        return cls(orders.customer[bought], sales.month_of(orders.day[bought]))

    def within(self, months: Ints) -> Figures:
        """Distinct buyers of some months, with and without those that no customer list holds."""
        everyone = np.unique(self.customer[(self.month >= months[0]) & (self.month <= months[-1])])
        return {"buyers": int((everyone < FIRST_UNKNOWN).sum()), "buyers_with_unknown": len(everyone)}

    def repeat(self, customers: Customers, copied: Ints) -> Figures:
        """Over the whole span: who came again, and how many buyers are left once the copies are merged."""
        listed = self.customer[self.customer < FIRST_UNKNOWN]
        is_copy = listed >= customers.count
        merged = np.where(is_copy, copied[np.where(is_copy, listed - customers.count, 0)], listed)
        times = np.bincount(listed)
        return {
            "buyers_after_merge": len(np.unique(merged)),
            "buyers_twice_or_more": int((times >= 2).sum()),
            "highest_buyer": customer_id(int(times.argmax())),
            "highest_buyer_purchases": int(times.max()),
        }
