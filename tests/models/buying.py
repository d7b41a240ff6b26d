"""Customers drawn from the models' own stories, purchase by purchase: another way round than the formulas go."""

from __future__ import annotations

import numpy as np

from crmetrics.models.columns import Floats

History = tuple[Floats, Floats, Floats]


def leaving_after_purchases(
    seed: int, customers: int, parameters: tuple[float, ...], longest=60.0, at_first=False
) -> History:
    """x, t_x and T of customers who leave after a purchase with a chance of their own (BG/NBD, MBG/NBD)."""
    chance, (r, alpha, a, b) = np.random.default_rng(seed), parameters
    rate, leaves = chance.gamma(r, 1 / alpha, customers), chance.beta(a, b, customers)
    age = longest * (0.5 + 0.5 * chance.random(customers))
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    there = chance.random(customers) >= leaves if at_first else np.ones(customers, dtype=bool)
    while there.any():
        now = now + chance.exponential(1 / rate)
        there &= now <= age
        x, last = x + there, np.where(there, now, last)
        there &= chance.random(customers) >= leaves
    return x, last, age


def leaving_at_any_time(seed: int, customers: int, parameters: tuple[float, ...], longest=60.0) -> History:
    """The same of customers who leave at any moment (Pareto/NBD)."""
    chance, (r, alpha, s, beta) = np.random.default_rng(seed), parameters
    rate, leaving = chance.gamma(r, 1 / alpha, customers), chance.gamma(s, 1 / beta, customers)
    age = longest * (0.5 + 0.5 * chance.random(customers))
    ends = np.minimum(chance.exponential(1 / leaving), age)
    x, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    there = np.ones(customers, dtype=bool)
    while there.any():
        now = now + chance.exponential(1 / rate)
        there &= now <= ends
        x, last = x + there, np.where(there, now, last)
    return x, last, age


def spending(seed: int, purchases: Floats, parameters: tuple[float, ...]) -> Floats:
    """The mean value of each customer's purchases (Gamma-Gamma)."""
    chance, (p, q, v) = np.random.default_rng(seed), parameters
    return chance.gamma(p * purchases) / chance.gamma(q, 1 / v, len(purchases)) / purchases
