"""Views for one question: every canonical table under its own name, holding only what the viewer may see and knew then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from crmetrics.vocabulary.errors import NotAllowed, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import GRAINS, local_day
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.masking import PERSONS, masked
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Dimension, History, Path, Table, Type, custom_column, path_to
from crmetrics.warehouse.schema.rules import impossible
from crmetrics.warehouse.scope import SEGMENT, Filter, Members, Scope

_ = words("crmetrics")
of_segments = words("segments")

CUSTOM: Final = "custom."
RATE: Final = "company_rate"
NO_RATE: Final = "cast(null as DOUBLE)"
LINES_ADDED_UP: Final = """sum(net_amount) as lines_net,
    sum(case when quantity < 0 and net_amount <= 0 then 0 else net_amount end) as lines_sold"""
GRAIN_TEXT: Final = {
    "day": "cast({day} as varchar)",
    "week": "cast(calendar_week({day}) as varchar)",
    "month": "substring(cast(calendar_month({day}) as varchar), 1, 7)",
    "quarter": "substring(cast({day} as varchar), 1, 4) || '-Q' || cast(extract(quarter from {day}) as varchar)",
    "year": "substring(cast({day} as varchar), 1, 4)",
}
"""Grain of time -> SQL of its name by a local day."""


@dataclass(frozen=True)
class Grouping:
    """What rows are grouped by: a dimension or a grain of time, put into the column `party` of one table's view."""

    by: str
    table: str
    moment: str | None = None  # the driving date, for grains of time


@dataclass(frozen=True)
class Views:
    """Builds the SELECT behind each view (the house dialect).

    source   names a table at rest: a canonical one, or daily_rates
    people   the employees whose rows may be seen; None: everybody's
    members  names the rows that hold who is in a segment, as their column customer_id
    """

    profile: Profile
    scope: Scope
    currency: str
    source: Callable[[str], str]
    people: tuple[str, ...] | None
    members: Callable[[Members], str]

    @property
    def is_earlier(self) -> bool:
        """Whether an earlier state is asked for, so that histories must be read."""
        return self.scope.as_of is not None and self.scope.as_of < self.profile.reaches

    @property
    def as_of(self) -> datetime:
        """The UTC instant from which on nothing is read."""
        return self.scope.as_of if self.scope.as_of is not None and self.is_earlier else self.profile.reaches

    def sql(
        self,
        table: Table,
        grouping: Grouping | None = None,
        joined_to: str = "",
        is_priced: bool = True,
        is_added_up: bool = False,
    ) -> str:
        """The SELECT of one table's view: its own columns, company_rate where it has money, and party where it is grouped.

        joined_to  the parent to which it will be inner-joined: what is asked of that is not asked here again
        is_priced  whether company_rate will be read; else it is blank
        is_added_up  with what the lines of an order add up to, from the table that holds it
        """
        if not self.profile.rows(table.name):
            return self._empty(table)
        joins: list[str] = []
        columns = [self._column(table, name) for name in self._names(table)]
        if table.has_money:
            columns.append(f"{self._rate(table, joins) if is_priced else NO_RATE} as {RATE}")
        columns.append(f"{self._party(table, grouping, joins)} as party")
        columns += ["t.lines_net", "t.lines_sold"] if is_added_up else []
        conditions = self._conditions(table, joined_to)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        known = self.source("added_up_orders") if is_added_up else self._known(table)
        return f"select {', '.join(columns)} from {known} t {' '.join(joins)}{where}"

    def added_up(self, grouping: Grouping | None = None, is_priced: bool = True) -> str:
        """The SELECT of the orders that have lines, with what these add up to: at rest, unless a filter picks some of the lines."""
        orders, lines = TABLES["orders"], TABLES["order_lines"]
        paths = (self._path(each.dimension, lines) for each in self.scope.filters)
        is_whole = all(path is None or _is_through(path, orders.name) for path in paths)
        if self.profile.is_added_up and is_whole:
            return self.sql(orders, grouping, is_priced=is_priced, is_added_up=True)
        seen = self.sql(lines, joined_to=orders.name, is_priced=False)
        sums = f"select order_id, {LINES_ADDED_UP} from ({seen}) l group by order_id"
        shown = self.sql(orders, grouping, is_priced=is_priced)
        return f"select o.*, s.lines_net, s.lines_sold from ({shown}) o join ({sums}) s on s.order_id = o.order_id"

    def unreached(self, table: Table) -> tuple[str, ...]:
        """The filters of the scope that cannot reach a table: it stays unfiltered, and the answer says so (R22)."""
        return tuple(each.dimension for each in self.scope.filters if self._path(each.dimension, table) is None)

    def filtered(self, table: Table) -> tuple[str, ...]:
        """The filters of the scope that reach a table."""
        return tuple(each.dimension for each in self.scope.filters if self._path(each.dimension, table) is not None)

    def _empty(self, table: Table) -> str:
        columns = [f"cast(null as {column.type.value}) as {column.name}" for column in table.columns]
        rate = [f"{NO_RATE} as {RATE}"] if table.has_money else []
        return f"select {', '.join([*columns, *rate, 'cast(null as VARCHAR) as party'])} where 1 = 0"

    def _held(self, table: Table) -> str:
        """The table at rest; a version does not hold those of which nothing came."""
        return self.source(table.name) if self.profile.rows(table.name) else f"({self._empty(table)})"

    def _column(self, table: Table, name: str) -> str:
        """A column of the table at rest; blank where the version is older than the column, masked where it may not be seen."""
        is_there = (table.name, name) in self.profile.columns or not table.has(name)
        if not is_there:
            return f"cast(null as {table.column(name).type.value}) as {name}"
        hidden = self._hidden(table, name) if self.scope.viewer.is_masked else None
        return f"t.{name}" if hidden is None else f"{hidden} as {name}"

    def _hidden(self, table: Table, name: str) -> str | None:
        """What a viewer without the right to personal data sees in place of a column; None: the column."""
        if table.has(name):
            return masked(table, table.column(name), f"t.{name}")
        return "cast(null as VARCHAR)" if table.name in PERSONS else None

    def _names(self, table: Table) -> list[str]:
        own = [identifier(custom_column(name)) for name in self.profile.custom.get(table.name, ())]
        return [*(column.name for column in table.columns), *own]

    def _known(self, table: Table) -> str:
        """The table at rest; for an earlier as-of as it was known then, defaults worked out over what is left."""
        settled = {
            moment: columns
            for moment, columns in table.settles.items()
            if self.is_earlier or self.profile.column(table.name, moment).future
        }
        histories = [each for each in table.histories if self.is_earlier and self.profile.rows(each.table)]
        if not settled and not histories:
            return self._possible(table)
        known = self._settled(table, settled) if settled else self._possible(table)
        if not histories:
            return known
        joins: list[str] = []
        shown = {name: f"r.{name}" for name in self._names(table)}
        for number, history in enumerate(histories):
            shown |= self._history(table, history, f"h{number}", joins)
        columns = ", ".join(f"{expression} as {name}" for name, expression in shown.items())
        return f"(select {columns} from {known} r {' '.join(joins)})"

    def _possible(self, table: Table) -> str:
        """The table at rest, what cannot be true blank in it: a negative amount is an unknown one (`rules.impossible`)."""
        wrong = {
            name: when for name, when in impossible(table.name).items() if (table.name, name) in self.profile.impossible
        }
        if not wrong:
            return self._held(table)
        shown = [
            f"case when {wrong[name]} then null else {name} end as {name}" if name in wrong else name
            for name in self._names(table)
        ]
        return f"(select {', '.join(shown)} from {self.source(table.name)})"

    def _settled(self, table: Table, settles: Mapping[str, tuple[str, ...]]) -> str:
        later: dict[str, list[str]] = {}
        for moment, columns in settles.items():
            for name in columns:
                bound = _moment(table, moment, self.as_of, self.profile.zone)
                later.setdefault(name, []).append(f"{moment} >= {bound}")
        names = self._names(table)
        known = [
            f"case when {' or '.join(later[name])} then null else {name} end as {name}" if name in later else name
            for name in names
        ]
        defaults = {name: table.column(name).default for name in later if table.column(name).default}
        whole = [f"coalesce({name}, {defaults[name]}) as {name}" if name in defaults else name for name in names]
        return (
            f"(select {', '.join(whole)} from (select {', '.join(known)} from {self._possible(table)} possible) known)"
        )

    def _history(self, table: Table, history: History, alias: str, joins: list[str]) -> dict[str, str]:
        """The columns of a history as they stood then: the last value set before, or the old value of the first change since."""
        key, at, then = table.key[0], history.at, f"cast({literal(self.as_of.isoformat(' '))} as TIMESTAMP)"
        pick, value = ("arg_max", history.value) if history.before is None else ("arg_min", history.before)
        firsts, shown = [], {}
        for name in history.columns:
            about = (
                f" filter (where {history.tells} = {literal(history.names.get(name, name))})" if history.tells else ""
            )
            # a blank value is written as '' so that it is told apart from no row at all
            firsts.append(f"{pick}(coalesce(cast({value} as VARCHAR), ''), {at}){about} as {name}")
            # what people typed into a history need not be a value of the column
            then_value = f"try_cast(nullif({alias}.{name}, '') as {table.column(name).type.value})"
            shown[name] = f"case when {alias}.{name} is null then r.{name} else {then_value} end"
        side = "<" if history.before is None else ">="
        rows = f"select {key}, {', '.join(firsts)} from {self.source(history.table)} where {at} {side} {then} group by {key}"
        joins.append(f"left join ({rows}) {alias} on {alias}.{key} = r.{key}")
        return shown

    def _rate(self, table: Table, joins: list[str]) -> str:
        """The rate to company money on the row's driving day (R7); where that is blank the latest one as of then."""
        if self.profile.currencies.get(table.name, frozenset()) <= {self.currency}:
            return "1"
        today = f"cast({literal(str(local_day(self.as_of, self.profile.zone)))} as DATE)"
        rates = self.source("daily_rates")
        latest = (
            f"select currency, arg_max(rate, day_on) as rate from {rates} where day_on <= {today} group by currency"
        )
        joins.append(f"left join ({latest}) latest on latest.currency = t.currency")
        found = "latest.rate"
        if table.priced_at:
            column = table.column(table.priced_at)
            day = f"local_day(t.{column.name})" if column.type is Type.MOMENT else f"t.{column.name}"
            joins.append(f"left join {rates} rates on rates.currency = t.currency and rates.day_on = {day}")
            found = f"case when t.{column.name} is null then latest.rate else rates.rate end"
        return f"case when t.currency is null or t.currency = {literal(self.currency)} then 1e0 else cast({found} as DOUBLE) end"

    def _party(self, table: Table, grouping: Grouping | None, joins: list[str]) -> str:
        if grouping is None or grouping.table != table.name or not grouping.by:
            return "cast(null as VARCHAR)"
        if grouping.by in GRAINS:
            if grouping.moment is None:
                raise UnknownName(
                    _("'{by}' is a grain of time, and this question has no driving date.", by=grouping.by)
                )
            is_day = table.column(grouping.moment).type is Type.DATE
            return GRAIN_TEXT[grouping.by].format(
                day=f"t.{grouping.moment}" if is_day else f"local_day(t.{grouping.moment})"
            )
        path = self._path(grouping.by, table)
        if path is None:
            raise UnknownName(_("'{by}' does not reach the table {table}.", by=grouping.by, table=table.name))
        alias = "t"
        for number, step in enumerate(path.steps):
            known = self._known(TABLES[step.table])
            joins.append(f"left join {known} p{number} on p{number}.{step.key} = {alias}.{step.column}")
            alias = f"p{number}"
        return f"cast({alias}.{path.column} as VARCHAR)"

    def _conditions(self, table: Table, joined_to: str) -> list[str]:
        conditions = []
        path = reach(table, "customer")
        if self.profile.internal_customers and path and not _is_through(path, joined_to):
            staff = f"select customer_id from {self.source('customers')} where is_internal"
            # `not in` alone would also drop the rows without a customer
            conditions.append(
                self._along(path, lambda column: f"({column} is null or {column} not in ({staff}))", keep_blank=True)
            )
        if table.appears and (self.is_earlier or self.profile.has_future(table.name)):
            bound = _moment(table, table.appears, self.as_of, self.profile.zone)
            conditions.append(f"(t.{table.appears} is null or t.{table.appears} < {bound})")
        if table.appears_with:
            parent = TABLES[str(table.column(table.appears_with).references)]
            if parent.name != joined_to and (self.is_earlier or self.profile.has_future(parent.name)):
                bound = _moment(parent, str(parent.appears), self.as_of, self.profile.zone)
                unborn = f"select {parent.key[0]} from {self._held(parent)} where {parent.appears} >= {bound}"
                conditions.append(f"t.{table.appears_with} not in ({unborn})")
        for each in self.scope.filters:
            path = self._path(each.dimension, table)
            if path is not None and not _is_through(path, joined_to):
                conditions.append(self._along(path, partial(self._chosen, each), keep_blank=None in each.values))
        owner = reach(table, "owner")
        is_told = owner is not None and _is_through(owner, joined_to)
        if self.people is not None and not table.is_shared and not is_told:
            conditions.append(self._rights(table, self.people))
        return conditions

    def _chosen(self, wanted: Filter, column: str) -> str:
        """The rows that a filter chooses; those in a segment by a table, for thousands of ids are no text to read."""
        if wanted.dimension != SEGMENT:
            return _matches(wanted, column)
        if wanted.members is None:
            raise UnknownName(of_segments("Segments are kept with a workspace: they cannot be asked for without one."))
        return f"{column} in (select customer_id from {self.members(wanted.members)})"

    def _rights(self, table: Table, people: tuple[str, ...]) -> str:
        """The rows of these people by today's owner: whoever has handed a deal on does not see it as it was, either."""
        if table.planned_for and people:
            return self._planned(people)
        path = reach(table, "owner")
        if path is None or not people:
            return "1 = 0"
        theirs = partial(_matches, Filter("owner", people))
        if path.steps or not (self.is_earlier and table.histories):
            return self._along(path, theirs, at_rest=True)
        return f"t.{table.key[0]} in (select {table.key[0]} from {self.source(table.name)} where {theirs(path.column)})"

    def _planned(self, people: tuple[str, ...]) -> str:
        """What is planned for these people; for who leads a team also what is planned for that."""
        theirs = f"(t.scope = 'owner' and {_matches(Filter('owner', people), 't.scope_id')})"
        viewer = self.scope.viewer
        if viewer.sees != "team" or not self.profile.rows("employees"):
            return theirs
        own = f"select team from {self.source('employees')} where employee_id = {literal(str(viewer.employee_id))}"
        return f"({theirs} or (t.scope = 'team' and t.scope_id in ({own})))"

    def _path(self, dimension: str, table: Table) -> Path | None:
        """The path to a dimension or to a column of the company's own; None if none leads there."""
        if dimension == SEGMENT:
            return reach(table, "customer")
        if not dimension.startswith(CUSTOM):
            return reach(table, dimension)
        path = custom_path(self.profile, table, dimension)
        if path is not None and self.scope.viewer.is_masked and path.table in PERSONS:
            raise NotAllowed(_("'{name}' may tell of single persons. You may not see personal data.", name=dimension))
        return path

    def _along(
        self, path: Path, condition: Callable[[str], str], *, keep_blank: bool = False, at_rest: bool = False
    ) -> str:
        """A condition on the column at the far end of a path as nested semi-joins.

        keep_blank  a row that leads nowhere counts as blank
        at_rest     by what the tables hold now, whatever as-of is asked
        """
        if not path.steps:
            return condition(f"t.{path.column}")
        inner = condition(path.column)
        for number, step in reversed(list(enumerate(path.steps))):
            own = f"t.{step.column}" if number == 0 else step.column
            parents = self._held(TABLES[step.table]) if at_rest else self._known(TABLES[step.table])
            alias = "" if at_rest else " parents"
            inner = f"{own} in (select {step.key} from {parents}{alias} where {inner})"
            if keep_blank:
                known = f"{own} not in (select {step.key} from {self._held(TABLES[step.table])})"
                inner = f"({own} is null or {known} or {inner})"
        return inner


def _is_through(path: Path, parent: str) -> bool:
    """Whether a path's first step leads to that parent."""
    return bool(path.steps) and path.steps[0].table == parent


def reach(table: Table, dimension: str) -> Path | None:
    """The path from a table to a dimension, None if there is none; UnknownName for a dimension that does not exist."""
    if dimension not in DIMENSIONS:
        raise UnknownName(
            _("'{name}' is not a dimension. There are: {names}.", name=dimension, names=", ".join(sorted(DIMENSIONS)))
        )
    return path_to(table.name, DIMENSIONS[dimension])


def custom_path(profile: Profile, table: Table, name: str) -> Path | None:
    """The path to a company's own column (`custom.<name>`) on the table itself or one that it leads to; None if it is elsewhere.

    Raises UnknownName if no table has it.
    """
    wanted = name.removeprefix(CUSTOM)
    homes = {home: custom_column(wanted) for home, names in profile.custom.items() if wanted in names}
    if not homes:
        own = sorted({f"{CUSTOM}{each}" for names in profile.custom.values() for each in names})
        raise UnknownName(
            _("'{name}' is not a column of yours. There are: {names}.", name=name, names=", ".join(own) or "-")
        )
    path = path_to(table.name, Dimension(name, Message(wanted), homes))
    return replace(path, column=identifier(path.column)) if path else None


def _matches(wanted: Filter, column: str) -> str:
    texts = [literal(value) for value in wanted.values if value is not None]
    found = f"cast({column} as VARCHAR) in ({', '.join(texts)})" if texts else "1 = 0"
    return f"({found} or {column} is null)" if None in wanted.values else found


def _moment(table: Table, column: str, instant: datetime, zone: str) -> str:
    """An instant as a literal of a column's type: itself for moments, its local day for days."""
    if table.column(column).type is Type.DATE:
        return f"cast({literal(str(local_day(instant, zone)))} as DATE)"
    return f"cast({literal(instant.isoformat(' '))} as TIMESTAMP)"
