"""Which rows stand behind the figures of an answer: declared beside the query that counts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.facts.fact import Derived
from crmetrics.warehouse.schema import TABLES, Table

if TYPE_CHECKING:
    from crmetrics.warehouse.warehouse import Warehouse

_NO_GROUPS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Behind:
    """Rows that figures of an answer stand on.

    columns  the columns of the answer that they stand behind -> which of the rows each one counts: an SQL condition over
             `over`, blank for all of them
    over     a table or fact, as the analysis' own query reads it
    where    the condition under which that query reads it. It may bind $start, $end, $start_on, $end_on, $as_of, $today,
             $today_at (the first moment of that day) and every choice by its name
    moment   the driving date, which grains of time group by
    groups   the other columns of the answer that say whose row it is -> their SQL over `over`; `party` is known wherever the
             answer is grouped, and told here where the answer has parties of its own
    shows    the canonical table whose rows are opened; default: the one whose rows `over` has
    by       the column of `over` that holds that table's key, where it is called otherwise
    derived  what must be derived before `over` can be read
    values   what is bound beyond the choices; of choices called by, of or moment the value under another name
    source   where rows are put together first: a query over `over` and others that gives the key, `party` and what `columns`
             and `groups` name, in place of `over` itself
    grouping the choice by which the answer is grouped; blank where rows are opened whatever it is grouped by
    tells    columns of the answer that are shown of each row, too -> their SQL over `over`: one value for each key
    sort     the order of the rows where none is asked, a column of theirs, `-` before it for the largest first
    look     where only the question itself tells what to read: gives the same with all that is needed, from the warehouse, the
             period, the choices and the group that is opened (empty: the total)
    """

    columns: Mapping[str, str]
    over: str
    where: str
    moment: str | None = None
    groups: Mapping[str, str] = field(default_factory=lambda: _NO_GROUPS)
    shows: str = ""
    by: str = ""
    derived: tuple[Derived, ...] = ()
    values: Mapping[str, Any] = field(default_factory=lambda: _NO_GROUPS)
    source: str = ""
    grouping: str = "by"
    tells: Mapping[str, str] = field(default_factory=lambda: _NO_GROUPS)
    sort: str = ""
    look: Look | None = None

    @property
    def table(self) -> Table:
        """The canonical table whose rows are opened."""
        return TABLES[self.shows or (facts()[self.over].grain if self.over in facts() else self.over)]

    @property
    def keys(self) -> Mapping[str, str]:
        """The key columns of that table -> what they are called in `over`."""
        key = self.table.key
        return {key[0]: self.by} if self.by else {name: name for name in key}


Choices = Mapping[str, Any]
Look = Callable[["Warehouse", Any, Choices, Mapping[str, str | None]], Behind]
"""The period is that of the question; None for an analysis that takes none."""
Behinds = tuple[Behind, ...] | Callable[[Choices], tuple[Behind, ...]]
