"""What a canonical table is: columns, keys, checks, and how its rows stand in time and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from crmetrics.vocabulary.language import Message


class Type(StrEnum):
    """The type of a column; its value is the DuckDB type."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    NUMBER = "DECIMAL(18,4)"
    MONEY = "DECIMAL(18, 4)"  # a type of its own here, the same in the database
    SHARE = "DOUBLE"
    RATE = "DECIMAL(20,10)"  # of exchange: exact, so that a sum is the same in any order; 1 VND still has six digits
    DATE = "DATE"
    MOMENT = "TIMESTAMP"  # UTC
    FLAG = "BOOLEAN"
    TIME = "TIME"


class Personal(StrEnum):
    """How a column may tell of a living person. Whoever erases a person blanks all three; a door that hides personal data
    shows none of them."""

    NAMES = "names"  # who it is: name, e-mail, phone, tax number, visitor
    DESCRIBES = "describes"  # what he or she is like: birth, gender, occupation, pay, where he or she lives
    SAYS = "says"  # words in which anything may stand: a text, a subject, an address of a page


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    references  the table whose (single) key it names
    choices     the allowed values of an enumeration, lower case
    default     SQL literal or expression over the row's own columns, used where the source gives nothing (it is
                marked as derived)
    expected    SQL condition: the rows in which it should be filled; None = in all (completeness, locking:
                data.quality); "false" = blank is an answer of its own (a stage not yet left)
    is_planned  a day or moment that may lie in the future (due, expected, ends); all others may not
    personal    how it may tell of a living person; None: it does not. Keys are not marked: who is erased gets another one.
                Columns of a company's own are taken as words in which anything may stand
    """

    name: str
    type: Type
    label: Message
    meaning: Message | None = None
    is_key: bool = False
    is_required: bool = False
    references: str | None = None
    choices: tuple[str, ...] = ()
    default: str | None = None
    expected: str | None = None
    is_planned: bool = False
    personal: Personal | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over one row: an SQL condition that must not be false (unknown passes).

    `is_fatal`: a row that breaks it stands in quarantine; otherwise it is kept and listed as a warning.
    """

    condition: str
    says: Message
    column: str
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """How a table's earlier values are known (R21): rows of `table`, which name ours by our own key.

    columns   our columns whose earlier values stand there
    at        its moment from which a value holds
    value     its column with the value from then on, always text or of our column's type
    before    its column with the value until then; None: unknown before the first row
    tells     its column that tells which of our columns a row is about; None: there is but one
    names     how it calls our columns, where not by their own names
    """

    table: str
    columns: tuple[str, ...]
    at: str
    value: str
    before: str | None = None
    tells: str | None = None
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Table:
    """One canonical table: one row is ... (`grain`).

    appears       the column whose moment or day places a row in time: at an earlier as-of, later rows do not exist
                  yet; a row where it is blank is always there
    appears_with  the column naming the parent that a row came with (a line its order): it has the parent's time, and
                  the parent's currency where it has money but no currency of its own
    settles       moment column -> columns that are unknown before it, itself among them (closed_at -> closed_at,
                  is_won): blank where any of their moments lies later than an earlier as-of, then the default over the
                  row as known then (a ticket solved later is open); a blank moment blanks nothing (pending stays)
    histories     columns whose earlier value stands in a history table
    priced_at     the column whose day gives the exchange rate of the row's money (R7); None, or blank: the latest rate
    is_shared     a reference table that every viewer may see whole (stages, products, exchange rates)
    planned_for   whether `scope` and `scope_id` say whose a row is: a viewer sees what is planned for those whose rows he
                  sees, who leads a team also what is planned for that; the company's is for who sees all
    """

    name: str
    label: Message
    grain: Message
    columns: tuple[Column, ...]
    appears: str | None = None
    appears_with: str | None = None
    settles: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    histories: tuple[History, ...] = ()
    priced_at: str | None = None
    is_shared: bool = False
    planned_for: bool = False
    checks: tuple[Check, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The names of the key columns."""
        return tuple(column.name for column in self.columns if column.is_key)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return self._by_name[name]

    def has(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return name in self._by_name

    @property
    def has_money(self) -> bool:
        """Whether the row states a currency of its own, so that its money can be converted."""
        return "currency" in self._by_name

    @property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}
