"""Views for one question: every canonical table under its own name, holding only what the viewer may see and knew then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlglot import exp

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, local_day
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Dimension, History, Path, Table, Type, path_to
from crmetrics.warehouse.scope import Filter, Scope

_ = words("crmetrics")

CUSTOM: Final = "custom."
_GRAIN_TEXT: Final = {
    "day": "cast({day} as varchar)",
    "week": "cast(calendar_week({day}) as varchar)",
    "month": "substring(cast(calendar_month({day}) as varchar), 1, 7)",
    "quarter": "substring(cast({day} as varchar), 1, 4) || '-Q' || cast(extract(quarter from {day}) as varchar)",
    "year": "substring(cast({day} as varchar), 1, 4)",
}


def literal(value: str) -> str:
    """A text as an SQL literal of the house dialect, whatever stands in it."""
    return exp.Literal.string(value).sql(dialect="duckdb")


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
    as_of    UTC instant of an earlier as-of; None: the moment up to which the data reach
    """

    profile: Profile
    scope: Scope
    currency: str
    source: Callable[[str], str]
    people: tuple[str, ...] | None

    @property
    def is_earlier(self) -> bool:
        """Whether an earlier state is asked for, so that histories must be read."""
        return self.scope.as_of is not None and self.scope.as_of < self.profile.reaches

    @property
    def as_of(self) -> datetime:
        """The UTC instant from which on nothing is read."""
        return self.scope.as_of if self.scope.as_of is not None and self.is_earlier else self.profile.reaches

    def sql(self, table: Table, grouping: Grouping | None = None) -> str:
        """The SELECT of one table's view: its own columns, company_rate where it has money, and party where it is grouped."""
        if not self.profile.rows(table.name):
            return self._empty(table)
        joins: list[str] = []
        columns = self._columns(table, joins)
        columns += [f"t.custom_{name}" for name in self.profile.custom.get(table.name, ())]
        if table.has_money:
            columns.append(f"{self._rate(table, joins)} as company_rate")
        columns.append(f"{self._party(table, grouping, joins)} as party")
        conditions = self._conditions(table)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        return f"select {', '.join(columns)} from {self._settled(table)} t {' '.join(joins)}{where}"

    def unreached(self, table: Table) -> tuple[str, ...]:
        """The filters of the scope that cannot reach a table: it stays unfiltered, and the answer says so (R22)."""
        return tuple(
            each.dimension
            for each in self.scope.filters
            if not self._custom_path(each, table) and reach(table, each.dimension) is None
        )

    def _empty(self, table: Table) -> str:
        columns = [f"cast(null as {column.type.value}) as {column.name}" for column in table.columns]
        rate = ["cast(null as DOUBLE) as company_rate"] if table.has_money else []
        return f"select {', '.join([*columns, *rate, 'cast(null as VARCHAR) as party'])} where 1 = 0"

    def _columns(self, table: Table, joins: list[str]) -> list[str]:
        shown = {column.name: f"t.{column.name}" for column in table.columns}
        if self.is_earlier:
            for number, history in enumerate(table.histories):
                if self.profile.rows(history.table):
                    shown.update(self._history(table, history, f"h{number}", joins))
        return [
            expression if expression == f"t.{name}" else f"{expression} as {name}" for name, expression in shown.items()
        ]

    def _settled(self, table: Table) -> str:
        """The table at rest; for an earlier as-of without what was settled only later, defaults worked out over what is left."""
        if not (self.is_earlier and table.settles):
            return self.source(table.name)
        later: dict[str, list[str]] = {}
        for moment, settled in table.settles.items():
            for name in settled:
                later.setdefault(name, []).append(
                    f"{moment} >= {_moment(table, moment, self.as_of, self.profile.zone)}"
                )
        names = [
            *(column.name for column in table.columns),
            *(f"custom_{name}" for name in self.profile.custom.get(table.name, ())),
        ]
        known = [
            f"case when {' or '.join(later[name])} then null else {name} end as {name}" if name in later else name
            for name in names
        ]
        defaults = {name: table.column(name).default for name in later if table.column(name).default}
        whole = [f"coalesce({name}, {defaults[name]}) as {name}" if name in defaults else name for name in names]
        return f"(select {', '.join(whole)} from (select {', '.join(known)} from {self.source(table.name)}) as known)"

    def _history(self, table: Table, history: History, alias: str, joins: list[str]) -> dict[str, str]:
        """The columns of a history as they stood then: the last value set before, or the old value of the first change since."""
        key, then = table.key[0], f"cast({literal(self.as_of.isoformat(' '))} as TIMESTAMP)"
        firsts, shown = [], {}
        for name in history.columns:
            about = f"{history.tells} = {literal(history.names.get(name, name))}" if history.tells else "1 = 1"
            pick, value = ("arg_max", history.value) if history.before is None else ("arg_min", history.before)
            # a blank value is written as '' so that it is told apart from no row at all
            firsts.append(
                f"{pick}(case when {about} then coalesce(cast({value} as VARCHAR), '') end, case when {about} then {history.at} end) as {name}"
            )
            type_ = table.column(name).type.value
            shown[name] = (
                f"case when {alias}.{name} is null then t.{name} else cast(nullif({alias}.{name}, '') as {type_}) end"
            )
        side = "<" if history.before is None else ">="
        joins.append(
            f"left join (select {key}, {', '.join(firsts)} from {self.source(history.table)} where {history.at} {side} {then} group by {key}) {alias} "
            f"on {alias}.{key} = t.{key}"
        )
        return shown

    def _rate(self, table: Table, joins: list[str]) -> str:
        """The rate to company money on the row's driving day (R7); the day of as-of where that is blank."""
        if self.profile.currencies.get(table.name, frozenset()) <= {self.currency}:
            return "1"
        today = f"cast({literal(str(local_day(self.as_of, self.profile.zone)))} as DATE)"
        day = today
        if table.priced_at:
            column = table.column(table.priced_at)
            own = f"local_day(t.{column.name})" if column.type is Type.MOMENT else f"t.{column.name}"
            day = f"coalesce({own}, {today})"
        joins.append(
            f"left join {self.source('daily_rates')} rates on rates.currency = t.currency and rates.day_on = {day}"
        )
        return f"case when t.currency is null or t.currency = {literal(self.currency)} then 1e0 else rates.rate end"

    def _party(self, table: Table, grouping: Grouping | None, joins: list[str]) -> str:
        if grouping is None or grouping.table != table.name or not grouping.by:
            return "cast(null as VARCHAR)"
        if grouping.by in GRAINS:
            if grouping.moment is None:
                raise UnknownName(
                    _("'{by}' is a grain of time, and this question has no driving date.", by=grouping.by)
                )
            is_day = table.column(grouping.moment).type is Type.DATE
            return _GRAIN_TEXT[grouping.by].format(
                day=f"t.{grouping.moment}" if is_day else f"local_day(t.{grouping.moment})"
            )
        if grouping.by.startswith(CUSTOM):
            home, column = custom_home(self.profile, table, grouping.by)
        else:
            path = reach(table, grouping.by)
            if path is None:
                raise UnknownName(_("'{by}' does not reach the table {table}.", by=grouping.by, table=table.name))
            home, column = path, path.column
        alias = "t"
        for number, step in enumerate(home.steps):
            joins.append(
                f"left join {self.source(step.table)} p{number} on p{number}.{step.key} = {alias}.{step.column}"
            )
            alias = f"p{number}"
        own = self._columns(table, []) if self.is_earlier and alias == "t" else []
        shown = next((each.rsplit(" as ", 1)[0] for each in own if each.endswith(f" as {column}")), f"{alias}.{column}")
        return f"cast({shown} as VARCHAR)"

    def _conditions(self, table: Table) -> list[str]:
        conditions = []
        if self.profile.internal_customers and (path := reach(table, "customer")):
            staff = f"select customer_id from {self.source('customers')} where is_internal"
            # `not in` alone would also drop the rows without a customer
            conditions.append(
                self._along(path, lambda column: f"({column} is null or {column} not in ({staff}))", keep_blank=True)
            )
        if table.appears and (self.is_earlier or self.profile.has_future(table.name)):
            bound = _moment(table, table.appears, self.as_of, self.profile.zone)
            conditions.append(f"(t.{table.appears} is null or t.{table.appears} < {bound})")
        if table.appears_with and (self.is_earlier or self.profile.has_future(self._parent(table).name)):
            parent = self._parent(table)
            bound = _moment(parent, str(parent.appears), self.as_of, self.profile.zone)
            conditions.append(
                f"t.{table.appears_with} not in (select {parent.key[0]} from {self.source(parent.name)} where {parent.appears} >= {bound})"
            )
        for each in self.scope.filters:
            found = self._custom_path(each, table) or reach(table, each.dimension)
            if found is not None:
                conditions.append(
                    self._along(found, lambda column, each=each: _matches(column, each), keep_blank=None in each.values)
                )  # type: ignore[misc]
        if self.people is not None and not table.is_shared:
            path = reach(table, "owner")
            mine = Filter("owner", self.people)
            conditions.append(
                self._along(path, lambda column: _matches(column, mine)) if path and self.people else "1 = 0"
            )
        return conditions

    def _parent(self, table: Table) -> Table:
        return TABLES[str(table.column(str(table.appears_with)).references)]

    def _custom_path(self, each: Filter, table: Table) -> Path | None:
        if not each.dimension.startswith(CUSTOM):
            return None
        try:
            return custom_home(self.profile, table, each.dimension)[0]
        except UnknownName:
            return None

    def _along(self, path: Path, condition: Callable[[str], str], keep_blank: bool = False) -> str:
        """A condition on the far end of a path as nested semi-joins; with keep_blank a row that leads nowhere counts as blank."""
        if not path.steps:
            return condition(f"t.{path.column}")
        inner = condition(path.column)
        for number, step in reversed(list(enumerate(path.steps))):
            own = f"t.{step.column}" if number == 0 else step.column
            inner = f"{own} in (select {step.key} from {self.source(step.table)} where {inner})"
            if keep_blank:
                known = f"{own} not in (select {step.key} from {self.source(step.table)})"
                inner = f"({own} is null or {known} or {inner})"
        return inner


def reach(table: Table, dimension: str) -> Path | None:
    """The path from a table to a dimension, None if there is none; UnknownName for a dimension that does not exist."""
    if dimension not in DIMENSIONS:
        raise UnknownName(
            _("'{name}' is not a dimension. There are: {names}.", name=dimension, names=", ".join(sorted(DIMENSIONS)))
        )
    return path_to(table.name, DIMENSIONS[dimension])


def custom_home(profile: Profile, table: Table, name: str) -> tuple[Path, str]:
    """The path to a company's own column (`custom.<name>`): on the table itself, or on one it leads to."""
    wanted = name.removeprefix(CUSTOM)
    homes = {home: f"custom_{wanted}" for home, names in profile.custom.items() if wanted in names}
    path = path_to(table.name, Dimension(name, _("{name}", name=wanted), homes)) if homes else None
    if path is None:
        raise UnknownName(
            _("'{name}' is not a column of yours that reaches the table {table}.", name=name, table=table.name)
        )
    return path, path.column


def _matches(column: str, wanted: Filter) -> str:
    texts = [literal(value) for value in wanted.values if value is not None]
    found = f"cast({column} as VARCHAR) in ({', '.join(texts)})" if texts else "1 = 0"
    return f"({found} or {column} is null)" if None in wanted.values else found


def _moment(table: Table, column: str, instant: datetime, zone: str) -> str:
    """An instant as a literal of a column's type: itself for moments, its local day for days."""
    if table.column(column).type is Type.DATE:
        return f"cast({literal(str(local_day(instant, zone)))} as DATE)"
    return f"cast({literal(instant.isoformat(' '))} as TIMESTAMP)"
