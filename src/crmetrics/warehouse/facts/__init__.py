"""Facts: named joins that several analyses read, each defined once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Fact:
    """A named SQL view over canonical tables and other facts; one row a row of `grain` (a canonical table)."""

    name: str
    grain: str
    sql: str


@cache
def facts() -> Mapping[str, Fact]:
    """Every fact by name."""
    from crmetrics.warehouse.facts import sales

    return {fact.name: fact for fact in (sales.SALES_LINES, sales.PURCHASES)}
