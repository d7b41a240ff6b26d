"""What a published version holds: which tables and columns are filled, in which currencies, and how far they reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from crmetrics.warehouse.schema import TABLES, Type


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """How well a column is filled. `expected` counts the rows in which it should be; moments are UTC, future ones left out."""

    rows: int = 0
    expected: int = 0
    filled: int = 0
    first: datetime | date | None = None
    latest: datetime | date | None = None
    future: int = 0

    @property
    def share(self) -> float | None:
        """Filled share of the rows in which it should be filled, None if there are none."""
        return self.filled / self.expected if self.expected else None


_ABSENT = ColumnProfile()


@dataclass(frozen=True)
class Profile:
    """One published version, seen from outside.

    impossible     how many values of a column cannot be true: they count as unknown
    is_added_up    whether the orders are there with what their lines add up to
    calendar       whose free days count; blank: those that all calendars of the company share
    holidays_from  the package that told them; blank: the company itself
    """

    number: int
    published_at: datetime
    reaches: datetime
    zone: str
    currency: str
    columns: Mapping[tuple[str, str], ColumnProfile]
    currencies: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    custom: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    derived: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    impossible: Mapping[tuple[str, str], int] = field(default_factory=lambda: MappingProxyType({}))
    internal_customers: int = 0
    is_added_up: bool = False
    calendar: str = ""
    holidays_from: str = ""

    def rows(self, table: str) -> int:
        """How many rows a table has; 0 if the company has no such table."""
        return self.columns.get((table, ""), _ABSENT).rows

    def column(self, table: str, name: str) -> ColumnProfile:
        """The profile of a column, all zero if the company has no such column."""
        return self.columns.get((table, name), _ABSENT)

    def has(self, table: str, name: str) -> bool:
        """Whether a column holds anything at all."""
        return self.column(table, name).filled > 0

    def is_single_currency(self, currency: str) -> bool:
        """Whether all money of the company is in one currency, so that nothing needs converting."""
        return all(found <= {currency} for found in self.currencies.values())

    def has_future(self, table: str) -> bool:
        """Whether any row of the table is dated after the data were published (a fault, left out by as-of)."""
        return any(profile.future for (name, _column), profile in self.columns.items() if name == table)

    def span(self) -> tuple[datetime, datetime]:
        """The first and last moment of all data, for working out the offsets of the zone. Days (births!) need none."""
        moments = [
            moment
            for (table, name), profile in self.columns.items()
            if table in TABLES and TABLES[table].has(name) and TABLES[table].column(name).type is Type.MOMENT
            for moment in (profile.first, profile.latest)
            if isinstance(moment, datetime)
        ]
        return min([*moments, self.reaches]), max([*moments, self.reaches, self.published_at])
