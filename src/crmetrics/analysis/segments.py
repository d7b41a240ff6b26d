"""Who is in a segment: customers behind a figure that somebody kept, worked out for who asks and what the data hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from crmetrics.analysis.declaration import Analysis
from crmetrics.analysis.opening import MOST, Cell, customers_behind
from crmetrics.analysis.provenance import locked_by
from crmetrics.analysis.reading import check_filters, read_choices
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import SEGMENT, Filter, Members, Scope, Viewer
from crmetrics.warehouse.views import reach
from crmetrics.warehouse.warehouse import Warehouse

if TYPE_CHECKING:  # the state is opened where a segment is named: questions without one need no database
    from crmetrics.workspace.segments import Opened, Segment, Segments
    from crmetrics.workspace.state import State

_ = words("segments")

KEPT: Final = 256
"""So many lists of customers are kept, those longest unasked are let go."""


@dataclass
class SegmentsOfCustomers:
    """The segments of one workspace on one version of its data.

    A segment is a question: who asks is answered by his own rights and as of his own moment, and so learns nothing that he
    could not ask himself. Its customers are worked out once for all who may see the same rows.
    """

    folder: Path | None
    find: Callable[[str], Analysis]
    warehouse: Callable[[Scope], Warehouse]
    period: Callable[[Analysis, str, date], Period | None]
    _lists: dict[Hashable, tuple[str, ...]] = field(default_factory=dict)
    _working: WeakValueDictionary[Hashable, Lock] = field(default_factory=WeakValueDictionary)

    @cached_property
    def _state(self) -> State | None:
        from crmetrics.workspace.state import open_state

        return open_state(self.folder) if self.folder else None

    def _of(self, viewer: Viewer) -> Segments:
        from crmetrics.workspace.segments import Segments

        if self._state is None:
            raise UnknownName(_("Segments are kept with a workspace, and none is open."))
        return Segments(self._state, viewer.person)

    def titles(self, viewer: Viewer) -> Mapping[str, str]:
        """The segments that a viewer may name, by title: number as text -> title."""
        return self._of(viewer).titles() if self.folder else {}

    def scope(self, scope: Scope) -> Scope:
        """The same scope, its filters checked, with who is in the segments that they name.

        UnknownName for a dimension that there is not or a segment that the viewer may not see, BadValue where it cannot be worked out.
        """
        check_filters(scope.filters)
        if not any(each.dimension == SEGMENT and each.members is None for each in scope.filters):
            return scope
        filters = (
            replace(each, members=self._members(each, scope))
            if each.dimension == SEGMENT and each.members is None
            else each
            for each in scope.filters
        )
        return replace(scope, filters=tuple(filters))

    def count(self, segment: Segment, viewer: Viewer) -> int:
        """How many customers of a segment a viewer may see now."""
        ids = self.customers(segment, Scope(viewer))
        if segment.ids is None:
            return len(ids)
        wanted = Filter(SEGMENT, (str(segment.number),), _members(ids, {}))
        with self.warehouse(Scope(viewer, (wanted,))) as warehouse:
            return int(warehouse.query("select count(*) as n from customers").one()["n"])

    def customers(self, segment: Segment, scope: Scope) -> tuple[str, ...]:
        """The ids of a segment's customers, in their order, for the viewer and the moment of a scope."""
        return self.found(segment.question, scope, segment.title) if segment.ids is None else segment.ids

    def found(self, question: Opened, scope: Scope, title: str) -> tuple[str, ...]:
        """The ids of the customers whom a question finds. BadValue for an analysis that is locked, or too many customers."""
        where = tuple(Filter(name, values) for name, values in sorted(question.where.items()))
        as_of = datetime.fromisoformat(question.as_of) if question.as_of else scope.as_of
        # segments that it rests on are settled first: their content, and who may see them, is part of what is asked
        asked = self.scope(Scope(scope.viewer, where, as_of))
        key = (_told(question), asked)
        with self._working.setdefault(key, Lock()):
            ids = self._lists.pop(key, None)
            if ids is None:
                ids = self._asked(question, asked, title)
            self._lists[key] = ids
            for oldest in tuple(self._lists)[:-KEPT]:
                self._lists.pop(oldest, None)
        return ids

    def _asked(self, question: Opened, scope: Scope, title: str) -> tuple[str, ...]:
        declared = self.find(question.key)
        choices = read_choices(declared, question.choices)
        with self.warehouse(scope) as warehouse:
            if locked := locked_by(declared, warehouse, choices):
                told = _("The segment '{title}' rests on an analysis without an answer. {reason}")
                raise BadValue(told(title=title, reason=locked.message))
            span = self.period(declared, question.period, warehouse.today)
            ids = customers_behind(declared, warehouse, span, choices, Cell(question.column, question.at))
        if len(ids) > MOST:
            raise BadValue(_("The segment '{title}' has more than {most} customers.", title=title, most=MOST))
        return ids

    def _members(self, wanted: Filter, scope: Scope) -> Members:
        """The customers of all segments that a filter names: they are alternatives."""
        segments = self._of(scope.viewer)
        named = [segments.find(number or "") for number in dict.fromkeys(wanted.values)]
        ids = {each for segment in named for each in self.customers(segment, scope)}
        return _members(ids, {str(segment.number): segment.title for segment in named})


def reaches_customers(table: str) -> bool:
    """Whether the rows of a table can be chosen by segments: they lead to a customer."""
    return table in TABLES and reach(TABLES[table], "customer") is not None


def _members(ids: Iterable[str], titles: Mapping[str, str]) -> Members:
    in_order = tuple(sorted(ids))
    # lengths, so that no two lists are written the same
    mark = sha256("".join(f"{len(each)}:{each}" for each in in_order).encode("utf-8", "surrogatepass")).hexdigest()
    return Members(mark, tuple(sorted(titles.items())), in_order)


def _told(question: Opened) -> Hashable:
    """A question as part of a key: without the address, which says the same in other words."""
    parts: tuple[Mapping[str, Any], ...] = (question.at, question.choices)
    return (question.key, question.column, question.period, *(tuple(sorted(each.items())) for each in parts))
