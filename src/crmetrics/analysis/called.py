"""What a value by which rows are grouped is called: the name behind an ID, a word of the schema, a country, or that it is blank."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crmetrics.vocabulary.country import Country
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import CHOICE_LABELS, COUNTRIES, DIMENSIONS, TABLES

_ = words("presenting")


def blank_words(dimension: str) -> Message:
    """What the rows without a value of a dimension are called."""
    return _("unassigned") if dimension in ("owner", "team", "manager") else _("(blank)")


@cache
def closed_list(dimension: str | None) -> frozenset[str]:
    """The values of a dimension that is a closed list of the schema, so that the product has words for them."""
    if dimension is None or dimension not in DIMENSIONS:
        return frozenset()
    listed = [TABLES[table].column(column).choices for table, column in DIMENSIONS[dimension].columns.items()]
    return frozenset(value for choices in listed for value in choices) & CHOICE_LABELS.keys()


def called(dimension: str, value: str | None, names: Mapping[str, str]) -> Message | Country | str:
    """A value as it stands in a sentence, to be said in the reader's language; as it is, if nothing names it. `names`: of IDs."""
    if value is None:
        return blank_words(dimension)
    if value in closed_list(dimension):
        return CHOICE_LABELS[value]
    return Country(value) if dimension in COUNTRIES else names.get(value, value)
