"""The one SQL of all analyses: a closed language, read as DuckDB's and spoken to DuckDB and Spark alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp

from crmetrics.vocabulary.errors import BadQuery
from crmetrics.vocabulary.language import words

_ = words("crmetrics")

OWN: Final = (
    "local_day",  # the company's calendar day of a UTC moment
    "calendar_week",  # the first day of the week, month, quarter or year that holds a day
    "calendar_month",
    "calendar_quarter",
    "calendar_year",
    "converted",  # converted(money, row's company_rate): money in company currency, to four decimals; null without a rate
)
"""Our own functions, worked out here for every engine alike."""

FUNCTIONS: Final = frozenset(
    """
    abs and any_value arg_max array_agg avg between bool_and bool_or case cast ceil coalesce concat count cume_dist date_add
    day_of_week dense_rank exists exp extract filter first_value floor greatest grouping if in is lag last_value lead least
    length like ln log lower max median min nullif or power percentile_cont rank round row_number sign sqrt starts_with
    stddev_samp stddev_pop substring sum timestamp_diff trim upper variance year month quarter day corr mode date_diff
    days_between
    """.split()
)
"""What an analysis may call (sqlglot's names). Each has a test of equality on DuckDB and Spark with hostile values."""

_CONNECTIVES: Final = (exp.Connector, exp.Predicate, exp.Cast, exp.Case, exp.If)


@lru_cache(maxsize=512)
def parsed(sql: str) -> exp.Query:
    """The tree of a query, checked against the closed language. Do not change it: it is shared; copy it first."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not isinstance(tree, exp.Query):
        raise BadQuery(_("'{sql}' is not a query. Only SELECT can be asked.", sql=sql[:200]))
    for function in tree.find_all(exp.Func):
        name = function.name.lower() if isinstance(function, exp.Anonymous) else function.sql_name().lower()
        if name not in FUNCTIONS and name not in OWN and not isinstance(function, _CONNECTIVES):
            raise BadQuery(_("'{name}' is not on the list of functions that mean the same on every engine.", name=name))
    return tree


@lru_cache(maxsize=512)
def unchecked(sql: str) -> exp.Query:
    """The tree of a query that the product itself has built over tables at rest."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not isinstance(tree, exp.Query):
        raise BadQuery(_("'{sql}' is not a query. Only SELECT can be asked.", sql=sql[:200]))
    return tree


def tables_of(tree: exp.Query) -> set[str]:
    """The names of the tables that a query reads, its own CTEs left out. A qualified name is refused."""
    own = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    found = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.args.get("catalog"):
            raise BadQuery(_("'{name}' is not one of the tables: qualified names are refused.", name=table.sql()))
        if table.name not in own:
            found.add(table.name)
    return found


def values_of(tree: exp.Query) -> set[str]:
    """The names of the $values that a query binds."""
    return {str(value.this) for value in tree.find_all(exp.Placeholder) if value.this} | {
        value.name for value in tree.find_all(exp.Parameter)
    }


@dataclass(frozen=True)
class Meaning:
    """What our own functions mean for one company: its zone's offsets, its first weekday, whether it has one currency only."""

    offsets: exp.Expression | None
    week_start: int = 1
    is_single_currency: bool = False

    def of(self, tree: exp.Query) -> exp.Query:
        """A copy of the tree in which our own functions are spelled out."""
        return tree.copy().transform(self._spelled_out)

    def _spelled_out(self, node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Anonymous) or node.name.lower() not in OWN:
            return node
        name = node.name.lower()
        # the arguments may call our own functions too: transform does not look into what it has replaced
        arguments = [argument.transform(self._spelled_out) for argument in node.expressions]
        if name == "converted":
            if self.is_single_currency:
                return arguments[0]
            return exp.cast(exp.Mul(this=exp.paren(arguments[0]), expression=arguments[1]), "DECIMAL(18, 4)")
        if name == "local_day":
            return self._local_day(arguments[0])
        return self._first_day(name.removeprefix("calendar_"), arguments[0])

    def _local_day(self, moment: exp.Expression) -> exp.Expression:
        if self.offsets is None:
            return exp.cast(moment, "DATE")
        shift = self.offsets.copy().transform(lambda node: moment.copy() if node == exp.column("moment") else node)
        return exp.cast(exp.paren(exp.Add(this=moment.copy(), expression=shift)), "DATE")

    def _first_day(self, grain: str, day: exp.Expression) -> exp.Expression:
        if grain != "week":
            return exp.cast(exp.DateTrunc(this=day, unit=exp.Literal.string(grain.upper())), "DATE")
        # Monday is the first day of date_trunc's week on both engines: shift to it and back.
        before = (self.week_start - 1) % 7
        monday = exp.cast(exp.DateTrunc(this=_plus_days(day, -before), unit=exp.Literal.string("WEEK")), "DATE")
        return _plus_days(monday, before)


def _plus_days(day: exp.Expression, days: int) -> exp.Expression:
    if not days:
        return day
    added = exp.Add(this=day, expression=exp.Interval(this=exp.Literal.string(str(days)), unit=exp.var("DAY")))
    return exp.cast(exp.Paren(this=added), "DATE")


@lru_cache(maxsize=64)
def offsets_of(zone: str, first: datetime, last: datetime) -> exp.Expression | None:
    """The zone's offset from UTC for a `moment` between two UTC instants, as a CASE over its changes; None for UTC.

    Thirteen times quicker than asking the engine's calendar library for every row (measured), and the same on every engine.
    """
    tz = ZoneInfo(zone)
    changes = _changes(tz, first - timedelta(days=2), last + timedelta(days=2))
    if all(not offset for _until, offset in changes):
        return None
    intervals = [
        exp.Interval(this=exp.Literal.string(str(seconds)), unit=exp.var("SECOND")) for _until, seconds in changes
    ]
    if len(changes) == 1:
        return intervals[0]
    case = exp.Case(default=intervals[-1])
    for (until, _seconds), interval in zip(changes[:-1], intervals[:-1], strict=True):
        bound = exp.cast(exp.Literal.string(until.isoformat(" ")), "TIMESTAMP")
        case = case.when(exp.LT(this=exp.column("moment"), expression=bound), interval)
    return exp.Paren(this=case)


def _changes(tz: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    """[(until, offset in seconds), ...]: the zone's offsets in order; found by halving the days on which they differ."""

    def offset(moment: datetime) -> int:
        delta = moment.replace(tzinfo=UTC).astimezone(tz).utcoffset() or timedelta()
        return int(delta.total_seconds())

    spans: list[tuple[datetime, int]] = []
    day = datetime(first.year, first.month, first.day)
    while day < last:
        after = day + timedelta(days=7)  # no zone has changed twice within a week since 1970
        if offset(day) != offset(after):
            low, high = day, after
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            spans.append((high, offset(low)))
        day = after
    spans.append((last, offset(last)))
    return spans
