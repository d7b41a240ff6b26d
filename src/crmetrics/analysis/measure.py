"""What a KPI is made of: one aggregate over the rows of one table or fact, or a ratio of two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, get_args

from sqlglot import exp

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.dialect import unchecked
from crmetrics.warehouse.expression import Kind, Name, Typed, parse_expression
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.schema import TABLES, Column, Table, Type

_ = words("crmetrics")

Aggregate = Literal["sum", "count", "distinct", "average", "median"]
AGGREGATES: Final[tuple[Aggregate, ...]] = get_args(Aggregate)

_KINDS: Final = {
    Type.TEXT: Kind.TEXT,
    Type.TIME: Kind.TEXT,
    Type.DATE: Kind.DATE,
    Type.MOMENT: Kind.MOMENT,
    Type.FLAG: Kind.FLAG,
}
_AGGREGATED: Final = {
    "sum": "sum({})",
    "count": "count({})",
    "average": "avg(cast({} as double))",
    "median": "median(cast({} as double))",
    "distinct": "count(distinct {})",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate of a column over the rows of a table or fact that meet a condition.

    over       a canonical table or a fact
    moment     its driving date: what places a row in a period
    value      an expression over its columns (money is company money); blank for a count
    condition  an expression in the small grammar of `warehouse.expression`, never SQL; blank = every row
    """

    aggregate: Aggregate
    over: str
    moment: str
    value: str = ""
    condition: str = ""

    @property
    def grain(self) -> str:
        """The canonical table of whose rows one makes one row."""
        return facts()[self.over].grain if self.over in facts() else self.over

    @property
    def home(self) -> Table:
        """The canonical table that holds the driving date; BadValue if none of those read has it."""
        found = next((TABLES[table] for table in tables_of(self.over) if TABLES[table].has(self.moment)), None)
        if found is None or found.column(self.moment).type not in (Type.DATE, Type.MOMENT):
            dated = (name for name, kind in columns_of(self.over).items() if kind in (Kind.DATE, Kind.MOMENT))
            raise BadValue(
                _(
                    "'{name}' is not a date of {over}. There are: {names}.",
                    name=self.moment,
                    over=self.over,
                    names=", ".join(dated) or "-",
                )
            )
        return found

    def sql(self) -> str:
        """The aggregate as SQL of the house dialect."""
        met = self._met()
        return _AGGREGATED[self.aggregate].format(self._value()) + (f" filter (where {met})" if met else "")

    def counted(self) -> str:
        """How many rows the aggregate stands on, as SQL."""
        met = self._met()
        return f"count({self._value()})" + (f" filter (where {met})" if met else "")

    def meant(self) -> str:
        """The rows that are meant, as an SQL condition."""
        return self._met() or "true"

    def used(self) -> str:
        """The rows that are meant and have a value, as an SQL condition."""
        return f"({self.meant()} and {self._value()} is not null)" if self.value else self.meant()

    def read(self) -> tuple[str, ...]:
        """The columns without which it says nothing; those that may well be blank (coalesce, is null) are not among them."""
        found = {self.moment}
        for text in filter(None, (self.value, self.condition)):
            found |= {
                each.name
                for each in parse_expression(text).tree.find_all(exp.Column)
                if each.find_ancestor(exp.Coalesce, exp.Is) is None
            }
        return tuple(sorted(found))

    def _value(self) -> str:
        if not self.value:
            return "*"
        typed = parse_expression(self.value).sql(self._column)
        if typed.kind is not Kind.NUMBER and self.aggregate not in ("count", "distinct"):
            raise BadValue(
                _("'{text}' is not a number, so it has no {aggregate}.", text=self.value, aggregate=self.aggregate)
            )
        return typed.sql

    def _met(self) -> str:
        return parse_expression(self.condition).condition(self._column) if self.condition else ""

    def _column(self, name: Name) -> Typed:
        if name.of:
            raise BadValue(
                _("'{name}' names another table: a KPI reads '{over}' alone.", name=str(name), over=self.over)
            )
        return column_of(self.over, name.column)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure divided by another over the same table or fact and driving date."""

    top: Measure
    bottom: Measure

    @property
    def is_share(self) -> bool:
        """Whether it is a share of counted cases, which has an interval (R3); a share of money has none."""
        return all(each.aggregate in ("count", "distinct") for each in (self.top, self.bottom))


Value = Measure | Ratio


def measures_of(value: Value) -> tuple[Measure, ...]:
    """The measures of a KPI, the one that gives table and driving date first."""
    return (value.top, value.bottom) if isinstance(value, Ratio) else (value,)


def is_mean(value: Value) -> bool:
    """Whether it is a mean or a median, which few values do not have (R4)."""
    if isinstance(value, Ratio):
        return value.top.aggregate == "sum" and value.bottom.aggregate in ("count", "distinct")
    return value.aggregate in ("average", "median")


def needs_of(value: Value) -> Mapping[str, tuple[str, ...]]:
    """The tables and columns without which a KPI has no answer."""
    needed: dict[str, set[str]] = {}
    for measure in measures_of(value):
        measure.home  # noqa: B018  an unknown date is told before anything else
        for table in tables_of(measure.over):
            columns = TABLES[table]
            needed.setdefault(table, set()).update(name for name in measure.read() if columns.has(name))
    # a column of several tables is needed in the one that is nearest to the rows
    seen: set[str] = set()
    told: dict[str, tuple[str, ...]] = {}
    for table, columns_ in needed.items():
        told[table] = tuple(sorted(columns_ - seen))
        seen |= columns_
    return MappingProxyType(told)


def tables_of(over: str) -> tuple[str, ...]:
    """The canonical tables behind a table or fact, the one whose rows are counted first; BadValue if there is none such."""
    if over in facts():
        return tuple(facts()[over].parties)
    if over in TABLES:
        return (over,)
    raise BadValue(
        _(
            "'{name}' is not a canonical table or fact. There are: {names}.",
            name=over,
            names=", ".join((*sorted(facts()), *TABLES)),
        )
    )


@cache
def columns_of(over: str) -> Mapping[str, Kind]:
    """The columns of a table or fact and what each gives."""
    tables = tables_of(over)
    if over not in facts():
        return MappingProxyType({column.name: _kind(column) for column in TABLES[over].columns})
    known = {column.name: column for table in reversed(tables) for column in TABLES[table].columns}
    found = {name: known.get(name) or known.get(origin) for name, origin in _selected(over) if name != "party"}
    return MappingProxyType({name: _kind(column) if column else _told_by(name) for name, column in found.items()})


def column_of(over: str, name: str) -> Typed:
    """The SQL and kind of a column of a table or fact, money converted; BadValue, with what there is, if it has none such."""
    columns = columns_of(over)
    if name not in columns or name == "company_rate":
        known = ", ".join(sorted(columns.keys() - {"company_rate"}))
        raise BadValue(_("{over} has no column '{name}'. It has: {names}.", over=over, name=name, names=known))
    found = next((TABLES[table].column(name) for table in tables_of(over) if TABLES[table].has(name)), None)
    # a fact that hands on the rate has not converted its money yet
    is_raw = TABLES[over].has_money if over in TABLES else "company_rate" in columns
    is_money = found is not None and found.type is Type.MONEY
    return Typed(f"converted({name}, company_rate)" if is_money and is_raw else name, columns[name])


def _selected(fact: str) -> Iterator[tuple[str, str]]:
    """The names of the columns that a fact gives, each with the name it has where it is taken from (of what is worked out, its own)."""
    tree = unchecked(facts()[fact].sql.replace("{party}", "party"))
    sources = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    for each in tree.selects:
        if not each.is_star:
            yield each.alias_or_name, each.this.name if isinstance(each.this, exp.Column) else each.alias_or_name
            continue
        starred = each.table if isinstance(each, exp.Column) else next(iter(sources))
        source = sources[starred]
        # a step within a view is no table: what such a view gives cannot be read here, and is told as BadValue
        yield from (
            _selected(source)
            if source in facts()
            else ((each.name, each.name) for each in TABLES[tables_of(source)[0]].columns)
        )


def _kind(column: Column) -> Kind:
    return _KINDS.get(column.type, Kind.NUMBER)


def _told_by(name: str) -> Kind:
    """What a column that a fact works out gives, told by its name as the house writes names."""
    if name.startswith("is_"):
        return Kind.FLAG
    if name == "stage":
        return Kind.TEXT
    for ending, kind in (("_at", Kind.MOMENT), ("_on", Kind.DATE), ("_id", Kind.TEXT), ("_by", Kind.TEXT)):
        if name.endswith(ending):
            return kind
    return Kind.NUMBER
