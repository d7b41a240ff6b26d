"""What is billed and what is paid: invoices and payments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, DAY, Flags, Ints, whole
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.orders import FIRST_UNKNOWN, Orders
from crmetrics.collect.demo.sheet import (
    Amount,
    Cell,
    Day,
    EitherOr,
    Number,
    Overwritten,
    Pick,
    Sheet,
    Yes,
)

TERMS: Final = np.array([14, 30, 30, 60], dtype=np.int64)
NEVER_PAID: Final = 0.025
IN_TWO_PARTS: Final = 0.10


@dataclass(frozen=True)
class Billed:
    """One invoice a row: of which order (place), whether it is the credit note of its return, gross cents, and days."""

    order: Ints
    is_credit: Flags
    customer: Ints
    currency: Ints
    gross: Ints
    issued_on: Ints
    due_on: Ints

    @property
    def count(self) -> int:
        return len(self.order)


@dataclass(frozen=True)
class Credits:
    """Returns by document: of which order (place), on which day, gross cents (negative)."""

    order: Ints
    day: Ints
    gross: Ints


def draw_invoices(blueprint: Blueprint, orders: Orders, gross: Ints, credits: Credits, customers: Customers) -> Billed:
    """Firms are billed within three days; people pay at once and get no invoice."""
    rng, span = blueprint.draws("invoices"), blueprint.span
    is_listed = (orders.customer != BLANK) & (orders.customer < FIRST_UNKNOWN)
    original = np.where(orders.customer >= customers.count, 0, np.maximum(orders.customer, 0))
    # A copied record is a firm's.
    is_firm = is_listed & (customers.is_company[original] | (orders.customer >= customers.count))
    issued = orders.day + rng.integers(0, 4, orders.count)
    is_billed = is_firm & orders.is_readable & ~orders.is_cancelled & (issued < span.last)
    billed = np.flatnonzero(is_billed)
    credit = np.flatnonzero(is_billed[credits.order])
    order = np.concatenate([billed, credits.order[credit]])
    is_credit = np.arange(len(order)) >= len(billed)
    days = np.concatenate([issued[billed], np.maximum(credits.day[credit], issued[credits.order[credit]])])
    term = np.where(is_credit, 0, TERMS[orders.customer[order] % len(TERMS)])
    amounts = np.concatenate([gross[billed], credits.gross[credit]])
    return Billed(order, is_credit, orders.customer[order], orders.currency[order], amounts, days, days + term)


def invoices_sheet(blueprint: Blueprint, billed: Billed) -> Sheet:
    """The list of invoices; the date of one cannot be read."""
    rng, place = blueprint.draws("invoice list"), blueprint.place
    percent = place.money.vat_percent
    sale, back = (Number(prefix, billed.order + 1) for prefix in ("S", "R"))
    cells: dict[str, Cell] = {
        "invoice_id": Number("INV", np.arange(1, billed.count + 1)),
        "customer_id": customer_number(billed.customer),
        "order_id": EitherOr(billed.is_credit, back, sale),
        "issued_on": Day(billed.issued_on),
        "due_on": Day(billed.due_on),
        "amount": Amount(billed.gross),
        "tax_amount": Amount(whole(billed.gross * percent / (100 + percent))),
        "currency": Pick(place.money.codes, billed.currency),
        "is_disputed": Yes(rng.random(billed.count) < 0.015, place.habits),
    }
    unpaid = np.flatnonzero(is_never_paid(blueprint, billed))
    faults = [Overwritten("issued_on", int(row), place.habits.bad_dates[2]) for row in unpaid[:1]]
    return Sheet("invoices", ("invoice_id",), billed.count, cells, overwritten=faults)


def is_never_paid(blueprint: Blueprint, billed: Billed) -> Flags:
    """Invoices that nobody pays."""
    return (blueprint.draws("never paid").random(billed.count) < NEVER_PAID) & ~billed.is_credit


def payments_sheet(blueprint: Blueprint, billed: Billed) -> Sheet:
    """Payments, some in two parts, by customers who are each punctual or late in their own way; one cannot be read."""
    rng, span, place = blueprint.draws("payments"), blueprint.span, blueprint.place
    habit = (billed.customer * 37 % 23) - 6
    paid_on = np.maximum(billed.due_on + habit + rng.integers(-3, 12, billed.count), billed.issued_on)
    in_two = (rng.random(billed.count) < IN_TWO_PARTS) & ~billed.is_credit
    half = np.where(in_two, billed.gross // 2, billed.gross)
    later = paid_on + rng.integers(10, 40, billed.count)
    pays = ~is_never_paid(blueprint, billed)
    first, second = np.flatnonzero(pays & (paid_on < span.last)), np.flatnonzero(pays & in_two & (later < span.last))
    invoice = np.concatenate([first, second])
    day, amount = (
        np.concatenate([paid_on[first], later[second]]),
        np.concatenate([half[first], (billed.gross - half)[second]]),
    )
    order = np.argsort(day, kind="stable")
    invoice, day, amount = invoice[order], day[order], amount[order]
    count = len(invoice)
    on_account = rng.random(count) < 0.02
    cells: dict[str, Cell] = {
        "payment_id": Number("PAY", np.arange(1, count + 1)),
        "customer_id": customer_number(billed.customer[invoice]),
        "invoice_id": Number("INV", np.where(on_account, BLANK, invoice + 1)),
        "paid_on": Day(day),
        "amount": Amount(amount),
        "currency": Pick(place.money.codes, billed.currency[invoice]),
    }
    faults = [Overwritten("amount", count // 2, place.habits.bad_amounts[0])]
    return Sheet("payments", ("payment_id",), count, cells, overwritten=faults)


def credits_of(returns: list[tuple[Ints, Ints, Ints]]) -> Credits:
    """All returns of all parts: order place, second, gross cents."""
    order, at, gross = (np.concatenate(column) for column in zip(*returns, strict=True))
    return Credits(order, at // DAY, gross)
