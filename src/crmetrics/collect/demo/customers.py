"""The demo company's customers: people and firms, when they came, how often they buy, and who stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from crmetrics.collect.demo.arrays import BLANK, Flags, Floats, Ints
from crmetrics.collect.demo.blueprint import Blueprint
from crmetrics.collect.demo.people import Staff
from crmetrics.collect.demo.sheet import (
    Amount,
    Cell,
    Choice,
    Count,
    Day,
    EitherOr,
    Fixed,
    Glued,
    Moment,
    Number,
    Overwritten,
    Pick,
    Said,
    Sheet,
    Yes,
)

SHARE_OF_COMPANIES: Final = 0.55
SHARE_THERE_BEFORE: Final = 0.62
"""Customers from before the span; the others come during it."""
SHARE_OF_PROSPECTS: Final = 0.10
SHARE_LEAVING: Final = 0.30
"""Of those who came early enough to be seen leaving."""
BUYING_SHAPE: Final = 1.3
"""Shape of the gamma distribution of buying rates between customers."""
COPIES: Final = 6
STRANGE_NAMES: Final = {
    11: "<b>{name}</b><script>alert(1)</script>",
    23: "=cmd|' /C calc'!A0",
    37: "{name}'); drop table customers; --",
}
"""Names that try to be more than names, by the place of the customer."""


@dataclass(frozen=True)
class Customers:
    """Customers by place; `came` and `gone` in busy days, `rate` in orders a busy day after the first."""

    is_company: Flags
    city: Ints
    owner: Ints
    is_prospect: Flags
    is_churner: Flags
    was_there: Flags
    came: Floats
    gone: Floats
    relative_rate: Floats

    @property
    def count(self) -> int:
        return len(self.city)

    @property
    def is_internal(self) -> Flags:
        """The last two are the company's own test records: they buy nothing."""
        return np.arange(self.count) >= self.count - 2


def draw_customers(blueprint: Blueprint, staff: Staff) -> Customers:
    """Draw who they are and how they will behave."""
    rng, span = blueprint.draws("customers"), blueprint.span
    count, length = max(80, blueprint.lines // 13), span.busy_days
    is_company = rng.random(count) < SHARE_OF_COMPANIES
    was_there = rng.random(count) < SHARE_THERE_BEFORE
    came = np.where(was_there, 0.0, rng.random(count) * length)
    is_prospect = rng.random(count) < SHARE_OF_PROSPECTS
    is_prospect[-2:] = True
    latest, earliest = 0.78 * length, came + 0.1 * length
    is_churner = (rng.random(count) < SHARE_LEAVING) & (earliest < latest) & ~is_prospect
    leaves = earliest + rng.random(count) * (latest - earliest)
    owner = staff.draw_reps(rng, np.full(count, span.last))
    no_owner = ~is_company & (rng.random(count) < 0.85)
    return Customers(
        is_company=is_company,
        city=(len(blueprint.place.cities) * rng.random(count) ** 1.7).astype(np.int64),
        owner=np.where(no_owner, BLANK, owner),
        is_prospect=is_prospect,
        is_churner=is_churner,
        was_there=was_there,
        came=came,
        gone=np.where(is_churner, leaves, length),
        relative_rate=rng.gamma(BUYING_SHAPE, size=count) / BUYING_SHAPE,
    )


def customer_number(places: Ints) -> Number:
    """The customer's number as the exports write it: digits with leading zeros."""
    return Number("", np.where(places == BLANK, BLANK, places + 1))


def customer_id(place: int) -> str:
    return f"{place + 1:07d}"


def person_name(blueprint: Blueprint, is_female: Flags, given: Ints, family: Ints) -> Glued:
    """Names of people in the order of the country."""
    lists, habits = blueprint.place.lists, blueprint.place.habits
    first = EitherOr(is_female, Pick(lists["given_female"], given), Pick(lists["given_male"], given))
    last = Pick(lists["family"], family)
    pair = [last, first] if habits.is_family_first else [first, last]
    return Glued([pair[0], habits.name_joint, pair[1]])


def _firm_name(blueprint: Blueprint, rng: np.random.Generator, count: int) -> Cell:
    """Names of firms; none twice until all are used up, then numbered."""
    lists, joint = blueprint.place.lists, blueprint.place.habits.name_joint
    first, trade, form = (lists[name] for name in ("firm_first", "firm_trade", "firm_form"))
    all_names = len(first) * len(trade) * len(form)
    turn, code = np.divmod(rng.permutation(count), all_names)
    words: list[Cell | str] = [Pick(first, code % len(first)), joint, Pick(trade, code // len(first) % len(trade))]
    form_word = Pick(form, code // len(first) // len(trade))
    words = [form_word, joint, *words] if blueprint.place.habits.is_form_first else [*words, joint, form_word]
    return EitherOr(turn > 0, Glued([*words, " ", Count(turn + 1)]), Glued(words))


def customers_sheet(
    blueprint: Blueprint, customers: Customers, copied: Ints, first_trace: Ints
) -> tuple[Sheet, dict[str, str]]:
    """The customer list, the copies at its end; also the strange names by customer number.

    `first_trace`: the second of a customer's first order or deal, BLANK where there is none.
    """
    rng, habits = blueprint.draws("customer list"), blueprint.place.habits
    count = customers.count
    created = _created(blueprint, rng, customers, first_trace)
    cells = _identity(blueprint, rng, customers) | _person(blueprint, rng, customers) | _firm(blueprint, rng, customers)
    lists = blueprint.place.lists
    cells |= {
        "owner_id": Number("E", customers.owner, 4),
        "source": Pick(lists["sources"], np.where(rng.random(count) < 0.08, BLANK, rng.integers(0, 6, count))),
        "created_at": Moment(created),
        "is_marketing_allowed": Yes(np.where(rng.random(count) < 0.15, BLANK, rng.random(count) < 0.7), habits),
        "is_internal": Yes(customers.is_internal, habits),
        "loyalty_tier": Pick(lists["loyalty_tiers"], np.where(customers.is_company, BLANK, rng.integers(-3, 4, count))),
        "custom.water_hardness": Pick(lists["hardness"], customers.city % 3),
    }
    rows = np.concatenate([np.arange(count), copied])
    cells = {"customer_id": customer_number(np.arange(len(rows)))} | {n: taken(c, rows) for n, c in cells.items()}
    names = {place: text.format(name=lists["firm_first"][place % 40]) for place, text in STRANGE_NAMES.items()}
    overwritten = [Overwritten("name", place, name) for place, name in names.items()]
    sheet = Sheet("customers", ("customer_id",), len(rows), cells, overwritten=overwritten)
    return sheet, {customer_id(place): name for place, name in names.items()}


def taken(cell: Cell, rows: Ints) -> Cell:
    """The cell's column at some rows, in their order."""
    changed: dict[str, object] = {}
    for name, value in vars(cell).items():
        if isinstance(value, np.ndarray):
            changed[name] = value[rows]
        elif isinstance(value, Cell):
            changed[name] = taken(value, rows)
        elif name == "parts":
            changed[name] = [taken(part, rows) if isinstance(part, Cell) else part for part in value]
        else:
            changed[name] = value
    return type(cell)(**changed)


def _identity(blueprint: Blueprint, rng: np.random.Generator, customers: Customers) -> dict[str, Cell]:
    place, habits, count = blueprint.place, blueprint.place.habits, customers.count
    lists = place.lists
    is_female = rng.random(count) < 0.5
    person = person_name(blueprint, is_female, rng.integers(0, 20, count), rng.integers(0, 40, count))
    number = np.arange(1, count + 1, dtype=np.int64)
    box = Count(np.where(rng.random(count) < 0.06, BLANK, number))
    mailbox = EitherOr(
        customers.is_company,
        Glued(["office", box, "@" + habits.mail_company]),
        Glued(["post", box, "@" + habits.mail_person]),
    )
    digits = np.where(rng.random(count) < 0.10, BLANK, rng.integers(0, 10**habits.phone_digits, count))
    tax = Number(
        habits.tax_prefix,
        np.where(customers.is_company, number * 7919 % 10**habits.tax_digits, BLANK),
        habits.tax_digits,
    )
    return {
        "name": EitherOr(customers.is_company, _firm_name(blueprint, rng, count), person),
        "kind": Choice(place.values["customer_kind"], customers.is_company.astype(np.int64)),
        "email": Said(mailbox),
        "phone": Said(Number(habits.phone, digits, habits.phone_digits)),
        "tax_number": tax,
        "country": Fixed(habits.country),
        "region": Pick(list(place.cities.values()), customers.city),
        "city": Pick(list(place.cities), customers.city),
        "gender": Pick(
            lists["genders"], np.where(customers.is_company | (rng.random(count) < 0.05), BLANK, ~is_female)
        ),
    }


def _person(blueprint: Blueprint, rng: np.random.Generator, customers: Customers) -> dict[str, Cell]:
    count = customers.count
    is_told = ~customers.is_company & (rng.random(count) < 0.8)
    born = blueprint.span.first - 365 * rng.integers(20, 75, count) - rng.integers(0, 365, count)
    jobs = blueprint.place.lists["occupations"]
    return {
        "born_on": Day(np.where(is_told, born, BLANK)),
        "occupation": Said(Pick(jobs, np.where(is_told, rng.integers(0, len(jobs), count), BLANK))),
    }


def _firm(blueprint: Blueprint, rng: np.random.Generator, customers: Customers) -> dict[str, Cell]:
    place, count = blueprint.place, customers.count
    size = rng.integers(0, 4, count)
    heads = np.array([1, 10, 50, 250])[size] + (np.array([9, 40, 200, 3000])[size] * rng.random(count)).astype(np.int64)
    revenue = heads * rng.integers(60, 140, count) * int(1000 * place.money.price_scale) * 100
    is_told = customers.is_company & (rng.random(count) < 0.9)
    heads_of_groups = np.flatnonzero(customers.is_company)[: max(3, count // 200)]
    has_parent = customers.is_company & (rng.random(count) < 0.03) & (np.arange(count) > heads_of_groups[-1])
    parent = np.where(has_parent, heads_of_groups[rng.integers(0, len(heads_of_groups), count)], BLANK)
    return {
        "industry": Pick(place.lists["industries"], np.where(is_told, rng.integers(0, 8, count), BLANK)),
        "size_band": Pick(place.lists["size_bands"], np.where(is_told, size, BLANK)),
        "employees": Count(np.where(is_told, heads, BLANK)),
        "annual_revenue": Amount(np.where(is_told, revenue, BLANK), is_grouped=True),
        "currency": Pick([place.money.currency], np.where(customers.is_company, 0, BLANK)),
        "parent_id": customer_number(parent),
    }


def _created(blueprint: Blueprint, rng: np.random.Generator, customers: Customers, first_trace: Ints) -> Ints:
    """When the record was made: before the span for the old ones, and never after the first order or deal."""
    span, count = blueprint.span, customers.count
    day = np.where(customers.was_there, span.first - rng.integers(20, 1200, count), span.day_of(customers.came) - 1)
    made = span.waking_moment(day + 0.05 + 0.8 * rng.random(count))
    is_late = (first_trace != BLANK) & (first_trace < made)
    return np.where(is_late, first_trace, made)


def contacts_sheet(blueprint: Blueprint, customers: Customers) -> tuple[Sheet, Ints]:
    """One or two people at each firm; also the place of each customer's first contact (BLANK for people)."""
    rng, habits = blueprint.draws("contacts"), blueprint.place.habits
    per_customer = np.where(customers.is_company, 1 + (rng.random(customers.count) < 0.4), 0)
    customer = np.repeat(np.arange(customers.count), per_customer)
    count = len(customer)
    number = np.arange(1, count + 1, dtype=np.int64)
    is_female = rng.random(count) < 0.5
    cells = {
        "contact_id": Number("K", number, 7),
        "customer_id": customer_number(customer),
        "name": person_name(blueprint, is_female, rng.integers(0, 20, count), rng.integers(0, 40, count)),
        "email": Glued(["person", Count(number), "@" + habits.mail_company]),
        "phone": Number(habits.phone, rng.integers(0, 10**habits.phone_digits, count), habits.phone_digits),
        "job_title": Pick(blueprint.place.lists["contact_titles"], rng.integers(0, 6, count)),
    }
    first = np.cumsum(per_customer) - per_customer + 1
    return Sheet("contacts", ("contact_id",), count, cells), np.where(per_customer > 0, first, BLANK)
