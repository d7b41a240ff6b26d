"""How well the values of a column suit a canonical one, whatever its head says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from crmetrics.clean.understanding.evidence import Evidence
from crmetrics.clean.understanding.headers import Meanings
from crmetrics.clean.understanding.rates import pair_of
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL, Form, Reading
from crmetrics.clean.understanding.values import CHOICES, choice_map, is_won
from crmetrics.warehouse.schema import TABLES, Column, Type

PARTS_OF_NAMES: Final = ("first_name", "last_name")
GROUPING: Final = frozenset({"category", "subcategory", "brand", "priority", "source", "channel", "stage"})
"""Columns by whose few words rows are grouped."""

DECIDED: Final = 0.5
"""The share of deals that a column must call won or lost to tell their outcome: the others are open."""

FEW_KEYS, NO_KEY = 10, 0.5
"""So few values in so many times as many rows are no keys but words, and how little they suit."""

OWN_COMPANY: Final = 0.6
"""A company that is the same in all rows is hardly the customer, but whose system it is."""

OWN_ID: Final = 0.8
"""An id that says no more, and differs in each line, may as well be the line's as the order's."""

KNOWN_WORDS: Final = 0.8
UNKNOWN_WORDS: Final = 0.4
"""The share of a column's values that must be known choices to agree with its word, and how much it does if they are not."""


@dataclass(frozen=True, slots=True)
class Read:
    """A column of a file: what stands in it, how it is to be read, and what its head means."""

    evidence: Evidence
    reading: Reading
    meanings: Meanings

    @property
    def name(self) -> str:
        return self.evidence.name


def suiting(table: str, target: str, column: Read) -> float:
    """How well the values of a column suit a canonical one, from 0 to 1; a column without values neither does nor not."""
    form = column.reading.form
    if form is Form.BLANK:
        return 0.7
    if target in PARTS_OF_NAMES:
        return 1.0 if form in (Form.WORD, Form.TEXT, Form.CODE) else 0.0
    declared = TABLES[table].column(target)
    for suits in (_suits_type, _suits_name):
        if (found := suits(table, declared, column)) is not None:
            return found
    return _suits_text(table, declared, column)


def _suits_type(table: str, declared: Column, column: Read) -> float | None:
    form = column.reading.form
    if declared.type in (Type.DATE, Type.MOMENT):
        # numbers that would be days of our time, below a word for a day
        return 1.0 if form in TEMPORAL else 0.95 if column.reading.counted else 0.0
    if declared.type in (Type.NUMBER, Type.MONEY, Type.RATE, Type.INTEGER, Type.SHARE):
        if form is Form.SHARE:
            return 1.0 if declared.type is Type.SHARE else 0.3
        if form is Form.FLAG:
            return 0.6
        return 1.0 if form in NUMERIC else 0.0
    if declared.type is Type.FLAG:
        if declared.name == "is_won" and form is not Form.FLAG:
            return 1.0 if _share(column, lambda value: is_won(value) is not None) >= DECIDED else 0.0
        return 1.0 if form is Form.FLAG else 0.2 if column.evidence.distinct <= 3 else 0.0
    return None


def _suits_name(table: str, declared: Column, column: Read) -> float | None:
    form, evidence = column.reading.form, column.evidence
    if declared.name == "email":
        return 1.0 if form is Form.EMAIL else 0.6 if form in (Form.CODE, Form.WORD) else 0.0
    if declared.name == "phone":
        return {Form.PHONE: 1.0, Form.WHOLE: 0.9, Form.CODE: 0.8, Form.WORD: 0.6}.get(form, 0.0)
    if declared.name == "currency":
        is_code = all((len(value) == 3 and value.isalpha()) or (table == "exchange_rates" and pair_of(value))
                      for value, _times in evidence.values[:20])  # fmt: skip
        return 1.0 if is_code and evidence.distinct < 200 else 0.4 if evidence.distinct < 20 else 0.0
    if declared.name in ("country", "region", "city"):
        return {Form.WORD: 1.0, Form.TEXT: 0.9, Form.CODE: 0.75, Form.FLAG: 0.6}.get(form, 0.0)
    return None


def _share(column: Read, is_known: Callable[[str], bool]) -> float:
    """The share of a column's common values that are known."""
    whole = sum(times for _value, times in column.evidence.values)
    return sum(times for value, times in column.evidence.values if is_known(value)) / whole if whole else 0.0


def _suits_text(table: str, declared: Column, column: Read) -> float:
    form, evidence = column.reading.form, column.evidence
    if form in TEMPORAL or form is Form.MONEY or form is Form.SHARE:
        return 0.0
    if f"{table}.{declared.name}" in CHOICES:
        choices = choice_map(f"{table}.{declared.name}", [value for value, _times in evidence.values])
        return 1.0 if _share(column, choices.__contains__) >= KNOWN_WORDS else UNKNOWN_WORDS
    if declared.references or declared.is_key:
        return _suits_id(table, declared, column)
    if declared.choices or declared.name in GROUPING:
        if form in (Form.WORD, Form.CODE, Form.FLAG):
            return 1.0 if evidence.distinct <= max(60, evidence.filled // 10) else 0.6
        return 0.6 if form is Form.WHOLE and evidence.distinct <= 30 else 0.3 if form is Form.TEXT else 0.0
    if declared.name == "name":
        return {Form.WORD: 1.0, Form.TEXT: 1.0, Form.CODE: 0.85, Form.EMAIL: 0.5}.get(form, 0.1)
    return {Form.WORD: 1.0, Form.TEXT: 1.0, Form.CODE: 0.95, Form.FLAG: 0.6}.get(form, 0.5)


def _suits_id(table: str, declared: Column, column: Read) -> float:
    form, evidence, words = column.reading.form, column.evidence, column.meanings.words
    if declared.references and "company" in words and evidence.distinct == 1 and evidence.filled > FEW_KEYS:
        return OWN_COMPANY
    if (table, declared.name) == ("order_lines", "order_id") and words == {"id"} and evidence.is_unique:
        return OWN_ID
    if declared.is_key and declared.name.endswith("_id") and evidence.distinct * FEW_KEYS < evidence.filled:
        return NO_KEY if evidence.distinct < FEW_KEYS else 1.0
    if form is Form.NUMBER:
        # ids that a spreadsheet has turned into numbers: 17850.0
        is_whole = all(shape.pattern.rstrip("0").endswith((".", ".9")) for shape in evidence.shapes[:5])
        return 0.9 if is_whole and all(value.endswith(".0") for value, _times in evidence.values) else 0.0
    return 0.4 if form is Form.TEXT and evidence.longest > 200 else 1.0
