"""What must hold for the rows of the canonical tables, beyond what each table says of itself; declared once, for every reader.

A rule is judged row by row: its condition is true where it holds, false where it is broken, and null where it does not
matter (an open deal needs no closing moment). The conditions are of the house dialect, so that an analysis can ask them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema.across import ACROSS
from crmetrics.warehouse.schema.rule import Aspect, Rule
from crmetrics.warehouse.schema.table import Column, Table, Type
from crmetrics.warehouse.schema.tables import TABLES

_ = words("quality")

ENTERED_WITHIN_DAYS: Final = 2
"""So late a thing may be entered and is still entered in time (data.quality, timeliness)."""

ORPHAN: Final = _("It names a row of another table that is not there.")
NO_RATE: Final = _("No rate of exchange of that day: the amount cannot be converted.")

_OWN: Final = (
    Rule(
        "tickets", "first_reply_at", "consistency", "first_reply_at <= resolved_at",
        _("The first reply came after the last resolution."),
    ),
    Rule(
        "order_lines", "discount", "validity",
        "case when quantity > 0 then discount <= quantity * unit_price + 1e-2 end",
        _("The discount is above the price."),
    ),
    Rule("deal_products", "quantity", "validity", "quantity > 0", _("The quantity is not above 0.")),
    Rule(
        "activities", "created_at", "timeliness",
        f"seconds_between(done_at, created_at) <= {ENTERED_WITHIN_DAYS * 86400}",
        _("Entered more than two days after it was done."),
    ),
)  # fmt: skip

_IN_DIALECT: Final = (("current_date", "$today"), ("0.01", "1e-2"))
"""What the checks of the tables say in DuckDB's own words, for the import."""

OUTLYING: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "deals": ("amount",),
        "quotes": ("amount",),
        "order_lines": ("quantity",),
        "invoices": ("amount",),
        "payments": ("amount",),
        "subscriptions": ("monthly_amount",),
        "costs": ("amount",),
        "activities": ("duration_minutes",),
        "tickets": ("handle_minutes",),
    }
)
"""Columns whose values are looked through for outliers: told, never deleted."""


@cache
def rules_of(table: str) -> tuple[Rule, ...]:
    """All rules of a table: its own checks, currency, references, and what holds between tables."""
    declared = TABLES[table]
    own = tuple(rule for rule in _OWN if rule.table == table)
    across = tuple(rule for rule in ACROSS if rule.table == table)
    return (*_checks(declared), *own, *_rates(declared), *_references(declared), *across)


def outlying(table: str) -> tuple[Column, ...]:
    """The columns of a table that are looked through for outliers."""
    return tuple(TABLES[table].column(name) for name in OUTLYING.get(table, ()))


def should_have(table: Table, column: Column) -> Message:
    """What the rows are called in which a column should be filled: decided deals, solved tickets, or the table."""
    return _ROWS.get((table.name, column.expected or ""), table.label)


def _checks(table: Table) -> Iterator[Rule]:
    for check in table.checks:
        condition = check.condition
        for here, there in _IN_DIALECT:
            condition = condition.replace(here, there)
        named = set(re.findall(r"\w+", condition)) & {column.name for column in table.columns}
        aspect: Aspect = "validity" if len(named) < 2 else "consistency"
        yield Rule(table.name, check.column, aspect, condition, check.says)


def _rates(table: Table) -> Iterator[Rule]:
    """Money that can be converted (R7): in the company's currency, or in one with a rate of the day."""
    if table.has_money and table.priced_at:
        condition = (
            f"case when currency is not null and {table.priced_at} is not null then company_rate is not null end"
        )
        yield Rule(table.name, "currency", "consistency", condition, NO_RATE)


def _references(table: Table) -> Iterator[Rule]:
    """Every name of a row of another table names one that is there; where it is part of the key, the import sees to it."""
    for column in table.columns:
        parent = column.references
        if parent is not None and not column.is_key:
            key = TABLES[parent].key[0]
            yield Rule(
                table.name, column.name, "consistency",
                f"case when t.{column.name} is not null then p.{key} is not null end", ORPHAN,
                f"{table.name} t left join {parent} p on p.{key} = t.{column.name}", (parent,),
            )  # fmt: skip


def impossible(table: str) -> Mapping[str, str]:
    """Columns of a table whose values can be impossible -> the condition under which they are; such a value counts as unknown.

    These are numbers that break a rule over themselves alone (a negative amount, a probability of 5), and a few that are told by a
    neighbour. Moments out of order are not among them: which of the two is wrong is not known, so what measures the time between
    them leaves the row out and says so.
    """
    return _impossible()[table]


@cache
def _impossible() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    for name, table in TABLES.items():
        for check in table.checks:
            named = set(re.findall(r"\w+", check.condition)) & {column.name for column in table.columns}
            is_number = table.column(check.column).type in _NUMBERS
            if named == {check.column} and is_number and not check.is_fatal and (name, check.column) not in _MERELY_ODD:
                found[name].setdefault(check.column, f"not ({check.condition})")
    for (name, column), condition in _TOLD_BY_A_NEIGHBOUR.items():
        found[name][column] = condition
    return found


_NUMBERS: Final = (Type.NUMBER, Type.MONEY, Type.SHARE, Type.INTEGER)
_MERELY_ODD: Final = (("stock_levels", "quantity"),)
"""A stock may well be counted below zero for a while."""
_TOLD_BY_A_NEIGHBOUR: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("order_lines", "quantity"): "quantity < 0 and net_amount > 0",  # what comes back brings no money
        ("order_lines", "cost_amount"): (
            "quantity <> 0 and cost_amount <> 0 and (quantity < 0) <> (cost_amount < 0) "
            "and not (quantity < 0 and net_amount > 0)"
        ),
        ("costs", "amount"): "amount < 0 and note is null",
    }
)

_ROWS: Final[Mapping[tuple[str, str], Message]] = MappingProxyType(
    {
        ("deals", "is_won is not null"): _("Decided deals"),
        ("deals", "closed_at is not null"): _("Deals with a closing date"),
        ("deals", "is_won is null"): _("Open deals"),
        ("deals", "is_won = false"): _("Lost deals"),
        ("deals", "amount is not null"): _("Deals with an amount"),
        ("quotes", "amount is not null"): _("Quotes with an amount"),
        ("quotes", "rejected_at is not null"): _("Rejected quotes"),
        ("leads", "disqualified_at is not null"): _("Disqualified leads"),
        ("tickets", "status in ('solved', 'closed')"): _("Solved tickets"),
        ("tickets", "status = 'closed'"): _("Closed tickets"),
        ("subscriptions", "ended_on is not null"): _("Ended subscriptions"),
        ("customers", "kind = 'company'"): _("Companies"),
        ("customers", "kind = 'person'"): _("Persons"),
        ("costs", "kind = 'marketing'"): _("Costs of marketing"),
        ("costs", "kind = 'staff'"): _("Costs of staff"),
        ("campaign_members", "arm = 'treated'"): _("Members addressed"),
        ("activities", "kind in ('task', 'appointment')"): _("Tasks and appointments"),
    }
)
