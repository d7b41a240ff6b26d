"""Short words for declaring columns, so that a table reads like a table."""

from __future__ import annotations

from typing import Final

from crmetrics.vocabulary.language import Message
from crmetrics.warehouse.schema.table import Column, Personal, Type

NEVER: Final = "false"
"""`expected=NEVER`: blank is an answer of its own and never counts as missing."""


def key(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    of: Type = Type.TEXT,
    references: str | None = None,
    choices: tuple[str, ...] = (),
    default: str | None = None,
    is_required: bool = True,
    expected: str | None = None,
    is_planned: bool = False,
) -> Column:
    """Declare a column of the key: required, unless blank is one of its values."""
    return Column(name, of, label, meaning, True, is_required, references, choices, default, expected, is_planned)


def link(
    name: str,
    references: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    expected: str | None = None,
) -> Column:
    """Declare a column that names a row of another table by its key."""
    return Column(name, Type.TEXT, label, meaning, is_required=is_required, references=references, expected=expected)


def text(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    default: str | None = None,
    expected: str | None = None,
    personal: Personal | None = None,
) -> Column:
    """Declare a text."""
    return Column(
        name, Type.TEXT, label, meaning, is_required=is_required, default=default, expected=expected, personal=personal
    )


def choice(
    name: str,
    choices: tuple[str, ...],
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    default: str | None = None,
    expected: str | None = None,
) -> Column:
    """Declare a text out of a closed list, lower case."""
    return Column(
        name,
        Type.TEXT,
        label,
        meaning,
        is_required=is_required,
        choices=choices,
        default=default,
        expected=expected,
    )


def money(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    expected: str | None = None,
    personal: Personal | None = None,
) -> Column:
    """Declare an amount in the currency of its row."""
    return Column(name, Type.MONEY, label, meaning, is_required=is_required, expected=expected, personal=personal)


def number(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    of: Type = Type.NUMBER,
    is_required: bool = False,
    default: str | None = None,
    expected: str | None = None,
) -> Column:
    """Declare a number: a quantity, or with `of` a whole number, a share from 0 to 1 or a rate of exchange."""
    return Column(name, of, label, meaning, is_required=is_required, default=default, expected=expected)


def day(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    expected: str | None = None,
    is_planned: bool = False,
    personal: Personal | None = None,
) -> Column:
    """Declare a day of the company's calendar."""
    return Column(
        name,
        Type.DATE,
        label,
        meaning,
        is_required=is_required,
        expected=expected,
        is_planned=is_planned,
        personal=personal,
    )


def moment(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    expected: str | None = None,
    is_planned: bool = False,
) -> Column:
    """Declare a moment, in UTC."""
    return Column(name, Type.MOMENT, label, meaning, is_required=is_required, expected=expected, is_planned=is_planned)


def flag(
    name: str,
    label: Message,
    meaning: Message | None = None,
    *,
    is_required: bool = False,
    default: str | None = None,
    expected: str | None = None,
) -> Column:
    """Declare a yes or no."""
    return Column(name, Type.FLAG, label, meaning, is_required=is_required, default=default, expected=expected)
