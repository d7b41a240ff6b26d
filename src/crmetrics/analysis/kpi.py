"""A KPI, the smallest analysis: one aggregate, or a ratio of two, over one table or fact, on a driving date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from crmetrics.analysis.answer import LeftOut, Result
from crmetrics.analysis.chart import Lines
from crmetrics.analysis.choices import By, choice_of
from crmetrics.analysis.declaration import Analysis, Needs
from crmetrics.analysis.littleness import SHOWN_FROM, little_data
from crmetrics.analysis.row import Row, column, domain_of
from crmetrics.models.interval import share_of, wilson
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, SHARE, Unit
from crmetrics.warehouse.expression import Kind, Name, Typed, parse_expression
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.schema import TABLES, Column, Type
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

Aggregate = Literal["sum", "count", "distinct", "average", "median"]

_KINDS: Final = {Type.TEXT: Kind.TEXT, Type.DATE: Kind.DATE, Type.MOMENT: Kind.MOMENT, Type.FLAG: Kind.FLAG}


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

    def sql(self) -> str:
        """The aggregate as SQL of the house dialect."""
        if_ = f" filter (where {self._expression(self.condition).sql})" if self.condition else ""
        value = self._expression(self.value).sql if self.value else "*"
        template = {"sum": "sum({})", "count": "count({})", "average": "avg({})", "median": "median({})", "distinct": "count(distinct {})"}
        if self.aggregate in ("average", "median"):
            value = f"cast({value} as double)"
        return template[self.aggregate].format(value) + if_

    def counted(self) -> str:
        """How many rows the aggregate stands on, as SQL."""
        met = f" where {self._expression(self.condition).sql}" if self.condition else ""
        value = "*" if not self.value or self.aggregate == "distinct" else self._expression(self.value).sql
        return f"count({value})" + (f" filter ({met.strip()})" if met else "")

    def _expression(self, text: str) -> Typed:
        return parse_expression(text).sql(self._column)

    def _column(self, name: Name) -> Typed:
        if name.of:
            raise BadValue(_("'{name}' names another table: a KPI reads '{over}' alone.", name=str(name), over=self.over))
        return column_of(self.over, name.column)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure divided by another over the same table or fact and driving date."""

    top: Measure
    bottom: Measure


def column_of(over: str, name: str) -> Typed:
    """The SQL and kind of a column of a table or fact, money converted; BadValue, with what there is, if it has none such."""
    tables = tuple(facts()[over].parties) if over in facts() else (over,)
    if any(table not in TABLES for table in tables):
        raise BadValue(_("'{name}' is not a canonical table or fact.", name=over))
    if over in facts() and name in FACT_NUMBERS:
        return Typed(name, Kind.NUMBER)
    found: Column | None = next((TABLES[table].column(name) for table in tables if TABLES[table].has(name)), None)
    if found is None:
        known = sorted({each.name for table in tables for each in TABLES[table].columns})
        raise BadValue(_("{over} has no column '{name}'. It has: {names}.", over=over, name=name, names=", ".join(known)))
    is_money = found.type is Type.MONEY and over not in facts() and TABLES[over].has_money
    return Typed(f"converted({name}, company_rate)" if is_money else name, _KINDS.get(found.type, Kind.NUMBER))


FACT_NUMBERS: Final = frozenset({"net", "tax", "discount", "list_value", "cost", "full_cost", "quantity", "days", "seconds"})
"""Columns that facts work out, all numbers; money among them is company money already."""

_QUERY = """
select party, grouping(party) = 1 as is_total, {value} as top, {bottom} as bottom, {n} as n, count(*) as rows_in_scope
from {over}
where {moment} >= {start} and {moment} < {end}
group by grouping sets ((party), ())
order by is_total, top desc nulls last, party
"""


def kpi(
    module: str,
    title: str,
    question: str,
    value: Measure | Ratio,
    *,
    unit: Unit,
    better: Literal["higher", "lower"] | None,
    formula: str,
    mind: str,
    source: str = "Own definition by the rules of the definitions.",
    needs: Needs | None = None,
    version: int = 1,
) -> Analysis:
    """Declare a KPI: `net_sales = kpi(__name__, "Net sales", "How much was sold?", Measure(...), unit=MONEY, better="higher", ...)`.

    A ratio of unit SHARE carries numerator, denominator and interval (R3); other ratios their n.
    """
    top = value.top if isinstance(value, Ratio) else value
    domain = domain_of(module)
    area, name = module.split(".")[-2:]
    row = _row(name, module, title, unit, better)

    def answered(warehouse: Warehouse, period: Period, by: By = By("")) -> Result[Any]:
        return _answer(warehouse, period, by, value, row, unit)

    reads = sorted({f"{measure.over}.{measure.moment}" for measure in _measures(value)})
    return Analysis(
        key=f"{area}.{name}",
        title=Message(title, domain),
        question=Message(question, domain),
        formula=Message(formula, domain),
        reads=Message("{tables}", values={"tables": ", ".join(reads)}),
        mind=Message(mind, domain),
        source=source,
        kind="D",
        function=answered,
        row=row,
        needs=needs if needs is not None else _needs(value),
        date=f"{_home(top)}.{top.moment}",
        table=top.grain,
        chart=Lines(x="party", y="value"),
        version=version,
        choices=(choice_of("by", By, "", domain),),
        given=frozenset({"warehouse", "period"}),
        period="last-12-months",
        headline="value",
    )


def _measures(value: Measure | Ratio) -> tuple[Measure, ...]:
    return (value.top, value.bottom) if isinstance(value, Ratio) else (value,)


def _home(measure: Measure) -> str:
    """The canonical table that holds the driving date."""
    tables = tuple(facts()[measure.over].parties) if measure.over in facts() else (measure.over,)
    return next(table for table in tables if TABLES[table].has(measure.moment))


def _needs(value: Measure | Ratio) -> Needs:
    needed: dict[str, list[str]] = {}
    for measure in _measures(value):
        for table in facts()[measure.over].parties if measure.over in facts() else (measure.over,):
            needed.setdefault(table, [])
        needed[_home(measure)] = [measure.moment]
    return {table: tuple(columns) for table, columns in needed.items()}


def _row(name: str, module: str, title: str, unit: Unit, better: str | None) -> type[Row]:
    share = {"of": ("k", "n")} if unit is SHARE else {}
    columns: dict[str, Any] = {
        "__module__": module,
        "__doc__": title,
        "party": column("Group", dimension="by"),
        "value": column(title, unit, better=better, **share),  # type: ignore[arg-type]
    }
    if unit is SHARE:
        columns["k"] = column("Of them", COUNT)
    columns["n"] = column("Cases", COUNT, "the rows that the figure stands on")
    if unit is SHARE:
        columns["low"] = column("At least", SHARE, "lower end of the 95 % interval")
        columns["high"] = column("At most", SHARE, "upper end of the 95 % interval")
    return type("".join(part.title() for part in name.split("_")), (Row,), columns)


def _answer(
    warehouse: Warehouse, period: Period, by: str, value: Measure | Ratio, row: type[Row], unit: Unit
) -> Result[Any]:
    top = value.top if isinstance(value, Ratio) else value
    home = TABLES[_home(top)]
    is_day = home.column(top.moment).type is Type.DATE
    bottom = value.bottom if isinstance(value, Ratio) else None
    sql = _QUERY.format(
        value=top.sql(),
        bottom=bottom.sql() if bottom else "cast(null as double)",
        n=(bottom or top).counted(),
        over=top.over,
        moment=top.moment,
        start="$start_on" if is_day else "$start",
        end="$end_on" if is_day else "$end",
    )
    rows = warehouse.query(sql, period=period, by=by, of=top.over, moment=top.moment)
    figure, n = rows.numbers("top"), np.nan_to_num(rows.numbers("n"))
    worked_out: dict[str, Any] = {"n": n.astype(int)}
    if bottom is not None:
        figure = share_of(np.nan_to_num(figure), rows.numbers("bottom"))
    elif top.aggregate in ("sum", "count", "distinct"):
        figure = np.nan_to_num(figure)
    else:
        figure = np.where(n >= SHOWN_FROM, figure, np.nan)
    if unit is SHARE:
        k = np.nan_to_num(rows.numbers("top"))
        worked_out["low"], worked_out["high"] = wilson(np.minimum(k, n), n)
        worked_out["k"] = k.astype(int)
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    cases = int(np.sum(n[is_total]))
    others = int(total["rows_in_scope"] or 0) - cases
    return Result.of(
        row,
        rows,
        worked_out={**worked_out, "value": figure},
        used=cases,
        left_out=(LeftOut(_("not meant by the definition, or without a value"), others),) if others > 0 else (),
        notes=little_data(cases, n[~is_total] if unit is SHARE else ()) if unit is SHARE or bottom else (),
    )

