"""The help desk of the demo company: tickets and every step in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Flags, Floats, Ints, picked
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.customers import Customers, customer_number
from crmetrics.collect.demo.people import BOT, Staff
from crmetrics.collect.demo.products import Products, product_number
from crmetrics.collect.demo.sheet import Cell, Choice, Count, EitherOr, Moment, Number, Pick, Sheet, Yes

TICKETS_PER_LINE: Final = 1 / 15
NEW, OPEN, PENDING, SOLVED, CLOSED = range(5)
STATUS, REPLY, ASSIGN = range(3)
BY_CUSTOMER, BY_AGENT, BY_BOT, BY_SYSTEM = range(4)
COMPLAINTS: Final = np.array([True, False, True, True, True, False])
"""Which categories are complaints."""


@dataclass(frozen=True)
class Step:
    """One kind of step a ticket may go through: status (or -1), who does it, and the median days until it."""

    kind: int
    status: int
    actor: int
    days: float


STEPS: Final = (
    Step(STATUS, NEW, BY_CUSTOMER, 0.0),
    Step(ASSIGN, -1, BY_BOT, 0.01),
    Step(REPLY, -1, BY_AGENT, 0.25),
    Step(STATUS, OPEN, BY_AGENT, 0.002),
    Step(STATUS, PENDING, BY_AGENT, 0.01),
    Step(REPLY, -1, BY_CUSTOMER, 0.9),
    Step(REPLY, -1, BY_AGENT, 0.4),
    Step(STATUS, SOLVED, BY_AGENT, 0.5),
    Step(STATUS, OPEN, BY_CUSTOMER, 2.5),
    Step(REPLY, -1, BY_AGENT, 0.3),
    Step(STATUS, SOLVED, BY_AGENT, 0.6),
    Step(STATUS, CLOSED, BY_SYSTEM, 4.0),
)
_WAITS, _REOPENS = slice(4, 7), slice(8, 11)


@dataclass(frozen=True)
class Tickets:
    """Tickets by place: `seen` and `at` have a column for each of STEPS (moments in seconds)."""

    customer: Ints
    agent: Ints
    category: Ints
    priority: Ints
    is_spam: Flags
    seen: Flags
    at: Ints

    @property
    def count(self) -> int:
        return len(self.customer)

    def last_of(self, chosen: list[bool]) -> Ints:
        """The moment of the last of some steps; BLANK where none was taken."""
        last: Ints = np.where(self.seen & np.asarray(chosen), self.at, BLANK).max(axis=1)
        return last

    def first_of(self, chosen: list[bool]) -> Ints:
        """The moment of the first of some steps; BLANK where none was taken."""
        never = np.iinfo(np.int64).max
        first = np.where(self.seen & np.asarray(chosen), self.at, never).min(axis=1)
        return np.where(first == never, BLANK, first)

    @property
    def status(self) -> Ints:
        """The status that the last step with one has set."""
        set_by = np.array([step.status for step in STEPS])
        is_set = self.seen & (set_by >= 0)
        status: Ints = set_by[len(STEPS) - 1 - np.argmax(is_set[:, ::-1], axis=1)]
        return status

    @property
    def resolved_at(self) -> Ints:
        """The last time it was solved, if it is solved or closed now."""
        return np.where(self.status >= SOLVED, self.last_of([step.status == SOLVED for step in STEPS]), BLANK)


def draw_tickets(blueprint: Blueprint, customers: Customers, staff: Staff) -> Tickets:
    """Draw tickets from their creation through all steps, cut at the end of the span."""
    rng, span = blueprint.draws("tickets"), blueprint.span
    count = int(blueprint.lines * TICKETS_PER_LINE)
    buyers = np.flatnonzero(~customers.is_prospect)
    customer = buyers[rng.integers(0, len(buyers), count)]
    point = customers.came[customer] + rng.random(count) * (customers.gone - customers.came)[customer]
    created: Floats = np.sort(span.day_of(point) + rng.random(count))
    priority = picked(rng, [2.0, 6.0, 2.0, 0.6], count)
    pace = np.array([1.6, 1.0, 0.6, 0.25])[priority]
    made = np.ones((count, len(STEPS)), dtype=bool)
    is_spam = rng.random(count) < 0.02
    made[:, _WAITS] &= (rng.random(count) < 0.35)[:, None]
    made[:, _REOPENS] &= (rng.random(count) < 0.09)[:, None]
    made[is_spam, 2:-1] = False
    # Some are simply left lying in their present state.
    left = rng.random(count) < 0.03
    made[left, 7:] = False
    usual = np.array([step.days for step in STEPS])
    days = usual * np.exp(0.7 * rng.standard_normal(made.shape)) * pace[:, None]
    at = created[:, None] + np.cumsum(np.where(made, days, 0.0), axis=1)
    moments = span.waking_moment(at.ravel()).reshape(at.shape)
    return Tickets(
        customer=customer,
        agent=staff.draw_agents(rng, count),
        category=picked(rng, [2.0, 1.5, 2.0, 1.0, 1.5, 3.0], count),
        priority=priority,
        is_spam=is_spam,
        seen=made & (moments < span.end),
        at=moments,
    )


def tickets_sheet(blueprint: Blueprint, tickets: Tickets, products: Products) -> Sheet:
    """The list of tickets as they stand at the end of the span."""
    rng, place, count = blueprint.draws("ticket list"), blueprint.place, tickets.count
    lists = place.lists
    replies = np.array([step.kind == REPLY and step.actor == BY_AGENT for step in STEPS])
    reopens = np.array([step.status == OPEN and step.actor == BY_CUSTOMER for step in STEPS])
    reply_count = (tickets.seen & replies).sum(axis=1)
    product = np.where(rng.random(count) < 0.6, rng.integers(0, products.count, count), BLANK)
    minutes = np.where(tickets.status >= SOLVED, 5 + 9 * reply_count + rng.integers(0, 25, count), BLANK)
    cells: dict[str, Cell] = {
        "ticket_id": Number("T", np.arange(1, count + 1)),
        "customer_id": customer_number(tickets.customer),
        "product_id": product_number(product),
        "channel": Pick(lists["ticket_channels"], picked(rng, [4.0, 3.0, 2.0, 1.0], count)),
        "category": Pick(lists["ticket_categories"], tickets.category),
        "is_complaint": Yes(COMPLAINTS[tickets.category], place.habits),
        "priority": Pick(lists["priorities"], tickets.priority),
        "owner_id": Number("E", np.where(tickets.seen[:, 1], tickets.agent, BLANK), 4),
        "status": Choice(place.values["ticket_status"], tickets.status),
        "created_at": Moment(tickets.at[:, 0]),
        "first_reply_at": Moment(tickets.first_of(replies.tolist())),
        "resolved_at": Moment(np.where(tickets.resolved_at == BLANK, _spam_end(tickets), tickets.resolved_at)),
        "closed_at": Moment(tickets.last_of([step.status == CLOSED for step in STEPS])),
        "reopen_count": Count((tickets.seen & reopens).sum(axis=1)),
        "reply_count": Count(reply_count),
        "handle_minutes": Count(minutes),
        "subject": Pick(lists["ticket_subjects"], tickets.category),
        "body": Pick(lists["ticket_bodies"], np.where(rng.random(count) < 0.85, tickets.category, BLANK)),
        "is_spam": Yes(tickets.is_spam, place.habits),
        "created_by": Choice(place.values["ticket_maker"], np.zeros(count, dtype=np.int64)),
    }
    return Sheet("tickets", ("ticket_id",), count, cells)


def _spam_end(tickets: Tickets) -> Ints:
    """Spam is closed without ever being solved: its end counts as its solution."""
    return np.where(tickets.is_spam, tickets.last_of([step.status == CLOSED for step in STEPS]), BLANK)


def ticket_events_sheet(blueprint: Blueprint, tickets: Tickets) -> Sheet:
    """Every step of every ticket. New statuses stand in the machine's words, as a log writes them."""
    ticket, step = np.nonzero(tickets.seen)
    kind, status, actor = (np.array([vars(s)[name] for s in STEPS])[step] for name in ("kind", "status", "actor"))
    number = np.cumsum(tickets.seen, axis=1, dtype=np.int64)[ticket, step]
    agent = tickets.agent[ticket]
    values = blueprint.place.values
    machine_words = list(values["ticket_status"])
    cells: dict[str, Cell] = {
        "ticket_id": Number("T", ticket + 1),
        "event_no": Count(number),
        "occurred_at": Moment(tickets.at[ticket, step]),
        "kind": Choice(values["event_kind"], kind),
        "actor_kind": Choice(values["actor"], actor),
        "actor_id": Number("E", np.select([actor == BY_AGENT, actor == BY_BOT], [agent, BOT], BLANK), 4),
        "is_public": Yes(np.where(kind == REPLY, 1, BLANK), blueprint.place.habits),
        "event_value": EitherOr(
            kind == ASSIGN, Number("E", np.where(kind == ASSIGN, agent, BLANK), 4), Pick(machine_words, status)
        ),
    }
    return Sheet("ticket_events", ("ticket_id", "event_no"), len(ticket), cells)
