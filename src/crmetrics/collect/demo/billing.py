"""What is billed and what is paid: invoices, payments and subscriptions."""

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
    Choice,
    Count,
    Day,
    EitherOr,
    Number,
    Overwritten,
    Pick,
    Sheet,
    Yes,
)
from crmetrics.collect.demo.span import years_of

TERMS: Final = np.array([14, 30, 30, 60], dtype=np.int64)
NEVER_PAID: Final = 0.025
IN_TWO_PARTS: Final = 0.10
PLAN_PRICES: Final = np.array([9, 19, 49], dtype=np.int64)


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


def subscriptions_sheet(blueprint: Blueprint, customers: Customers) -> Sheet:
    """Cartridge plans: half of the old ones were changed once (a new row from that day), some have ended."""
    rng, span, place = blueprint.draws("subscriptions"), blueprint.span, blueprint.place
    members = np.flatnonzero(~customers.is_prospect & (rng.random(customers.count) < 0.09))
    count = len(members)
    day_came, day_gone = span.day_of(customers.came[members]), span.day_of(customers.gone[members])
    start = day_came + (rng.random(count) * 0.5 * np.maximum(day_gone - day_came, 2)).astype(np.int64)
    end = start + rng.exponential(900.0, count).astype(np.int64) + 30
    end = np.where(customers.is_churner[members], np.minimum(end, np.maximum(day_gone, start + 30)), end)
    end = np.where(end < span.last, end, BLANK)
    until = np.where(end == BLANK, span.last, end)
    change = start + ((0.3 + 0.5 * rng.random(count)) * (until - start)).astype(np.int64)
    changes = (rng.random(count) < 0.45) & (until - start > 200)
    plan = rng.integers(0, 3, count)
    number = np.arange(1, count + 1)
    row = np.concatenate([np.arange(count), np.flatnonzero(changes)])
    is_second = np.arange(len(row)) >= count
    row_start = np.where(is_second, change[row], start[row])
    row_end = np.where(~is_second & changes[row], change[row], end[row])
    row_plan = np.where(is_second, (plan[row] + 1) % 3, plan[row])
    reason = np.where(~is_second & changes[row], 0, 1 + rng.integers(0, 3, len(row)))
    factor = place.money.price_growth ** (years_of(row_start) - int(years_of(np.array([span.last]))[0]))
    seats = 1 + np.where(customers.is_company[members[row]], members[row] % 9, 0)
    amount = whole(PLAN_PRICES[row_plan] * place.money.price_scale * factor) * 100 * seats
    cells: dict[str, Cell] = {
        "subscription_id": Number("SUB", number[row], 6),
        "started_on": Day(row_start),
        "customer_id": customer_number(members[row]),
        "plan": Pick(place.lists["plans"], row_plan),
        "ended_on": Day(row_end),
        "monthly_amount": Amount(amount),
        "currency": Pick(place.money.codes, np.zeros(len(row), dtype=np.int64)),
        "seats": Count(seats),
        "end_reason": Choice(place.values["end_reason"], np.where(row_end == BLANK, BLANK, reason)),
    }
    return Sheet("subscriptions", ("subscription_id", "started_on"), len(row), cells)


def credits_of(returns: list[tuple[Ints, Ints, Ints]]) -> Credits:
    """All returns of all parts: order place, second, gross cents."""
    order, at, gross = (np.concatenate(column) for column in zip(*returns, strict=True))
    return Credits(order, at // DAY, gross)
