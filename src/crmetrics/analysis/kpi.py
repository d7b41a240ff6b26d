"""A KPI, the smallest analysis: one measure, or a ratio of two, compiled to one GROUP BY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

import numpy as np

from crmetrics.analysis.answer import LeftOut, Locked, Note, Result, Table
from crmetrics.analysis.behind import Behind
from crmetrics.analysis.chart import Lines
from crmetrics.analysis.choices import By, choice_of
from crmetrics.analysis.declaration import Analysis, Needs
from crmetrics.analysis.littleness import LOCKED_ABOVE, SHOWN_FROM, few_values, little_data
from crmetrics.analysis.measure import Measure, Ratio, Value, is_mean, measures_of, needs_of
from crmetrics.analysis.row import Row, column, domain_of
from crmetrics.models.interval import share_of, wilson
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure, Unit
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.facts.measured import DERIVED_FOR
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES, Type
from crmetrics.warehouse.warehouse import Warehouse

__all__ = ["Measure", "Ratio", "kpi"]

_ = words("crmetrics")

Better = Literal["higher", "lower"]

_NO_AMOUNT, _NO_VALUE = _("without an amount, or in a currency without a rate"), _("without a value")

_QUERY: Final = """
select party, grouping(party) = 1 as is_total, {top} as top, {bottom} as bottom, {n} as n,
       count(*) filter (where {used}) as used, count(*) filter (where {meant}) as meant, count(*) as seen
from {over}
where {moment} >= {start} and {moment} < {end}
group by grouping sets ((party), ())
order by is_total, top desc nulls last, party
"""
_SCOPE: Final = "select count(*) as seen from {grain} where {moment} >= {start} and {moment} < {end}"


def kpi(
    module: str,
    title: str,
    question: str,
    value: Value,
    *,
    unit: Unit,
    better: Better | None,
    formula: str | Message,
    mind: str,
    source: str = "Own definition.",
    needs: Needs | None = None,
    unlocks: str = "",
    version: int = 1,
) -> Analysis:
    """Declare a KPI: `net_sales = kpi(__name__, "Net sales", "How much was sold?", Measure(...), unit=MONEY, better="higher", ...)`.

    A share of counted cases carries numerator, denominator and interval (R3); every other figure its n. Of fewer than five
    values there is no mean or median (R4). `unlocks` names the column without whose values, in a fifth of the rows meant,
    the figure would not stand for the whole: it is locked then. Raises BadValue for a table, column or expression that
    does not exist.
    """
    (area, name), domain = module.split(".")[-2:], domain_of(module)
    row = _row(name, module, title, unit, better, value)
    first = measures_of(value)[0]
    return Analysis(
        key=f"{area}.{name}",
        title=Message(title, domain),
        question=Message(question, domain),
        formula=formula if isinstance(formula, Message) else Message(formula, domain),
        reads=_reads(value),
        mind=Message(mind, domain),
        source=Message(source, domain),
        kind="D",
        function=_function(value, row, unit, unlocks),
        row=row,
        needs=needs if needs is not None else needs_of(value),
        date=f"{first.home.name}.{first.moment}",
        table=first.grain,
        chart=Lines(x="party", y="value"),
        version=version,
        choices=(choice_of("by", By, "month", domain),),
        given=frozenset({"warehouse", "period"}),
        period="last-12-months",
        headline="value",
        behind=_behind(value),
        is_additive=isinstance(value, Measure) and value.aggregate in ("sum", "count"),
    )


def _reads(value: Value) -> Message:
    """The columns that are read, as they are called in the tables."""
    names = sorted({f"{each.over}.{name}" for each in measures_of(value) for name in each.read()})
    return Message("{tables}", values={"tables": ", ".join(names)})


def _function(value: Value, row: type[Row], unit: Unit, unlocks: str) -> Callable[..., Result[Any]]:
    """What the catalogue calls for an answer."""

    def answered(warehouse: Warehouse, period: Period, by: By = By("")) -> Result[Any]:
        found = _answer(warehouse, period, by, value, row, unit)
        return _locked(found, unlocks) if unlocks else found

    return answered


def _row(name: str, module: str, title: str, unit: Unit, better: Better | None, value: Value) -> type[Row]:
    is_share = isinstance(value, Ratio) and value.is_share
    columns: dict[str, Any] = {
        "__module__": module,
        "__doc__": title,
        "party": column("Group", dimension="by"),
        "value": column(title, unit, better=better, of=("k", "n") if is_share else None),
    }
    if is_share:
        columns["k"] = column("Of them", COUNT)
    columns["n"] = column("Cases", COUNT, "the rows that the figure stands on")
    if is_share:
        columns["low"] = column("At least", SHARE, "lower end of the 95 % interval")
        columns["high"] = column("At most", SHARE, "upper end of the 95 % interval")
    return type("".join(part.title() for part in name.split("_")), (Row,), columns)


def _answer(warehouse: Warehouse, period: Period, by: str, value: Value, row: type[Row], unit: Unit) -> Result[Any]:
    rows = _rows(warehouse, period, by, value)
    is_total = rows.flags("is_total")
    n = np.nan_to_num(rows.numbers("n"))
    figure = _figures(rows, n, value)
    worked_out: dict[str, Any] = {"n": n.astype(int), "value": figure}
    is_share = isinstance(value, Ratio) and value.is_share
    if is_share:
        k = np.nan_to_num(rows.numbers("top"))
        worked_out["k"] = k.astype(int)
        worked_out["low"], worked_out["high"] = wilson(np.minimum(k, n), n)
    total = rows.where(is_total).one()
    notes: tuple[Note, ...] = ()
    if is_share:
        notes = little_data(total["n"], n[~is_total])
    elif is_mean(value):
        notes = few_values(total["n"])
    return Result.of(
        row,
        rows,
        worked_out=worked_out,
        used=int(total["used"] or 0),
        n=int(total["n"] or 0),
        left_out=_left_out(total, _in_scope(warehouse, period, measures_of(value)[0], total), unit),
        notes=notes,
    )


def _locked(found: Result[Any], unlocks: str) -> Result[Any]:
    """The result, locked if too many rows that are meant have no value."""
    without = sum(each.rows for each in found.left_out if each.reason in (_NO_AMOUNT, _NO_VALUE))
    if without <= LOCKED_ABOVE * (without + found.used):
        return found
    share = Figure(without / (without + found.used), SHARE)
    message = _("Locked: {share} of the rows have no value. Give {column}.", share=share, column=unlocks)
    nothing: Table[Any] = Table(found.rows.row, {each.name: [] for each in found.rows.row.columns})
    return Result(nothing, locked=Locked(unlocks, message), notes=(Note(message, "warn"),))


def _rows(warehouse: Warehouse, period: Period, by: str, value: Value) -> Rows:
    """One scan for everything that the figure is made of."""
    top, *below = measures_of(value)
    for name in {each.over for each in measures_of(value)} & DERIVED_FOR.keys():
        warehouse.derive(DERIVED_FOR[name])
    sql = _QUERY.format(
        top=top.sql(),
        bottom=below[0].sql() if below else "cast(null as double)",
        n=(below or [top])[0].counted(),
        used=" or ".join(dict.fromkeys(each.used() for each in measures_of(value))),
        meant=" or ".join(dict.fromkeys(each.meant() for each in measures_of(value))),
        over=top.over,
        **_span(top),
    )
    return warehouse.query(sql, period=period, by=by, of=top.over, moment=top.moment)


def _span(measure: Measure) -> dict[str, str]:
    """The driving date and the bounds it is held against; what is planned for later than as-of has not happened yet."""
    column = measure.home.column(measure.moment)
    is_day = column.type is Type.DATE
    start, end, now = ("$start_on", "$end_on", "$today") if is_day else ("$start", "$end", "$as_of")
    return {"moment": measure.moment, "start": start, "end": f"least({end}, {now})" if column.is_planned else end}


def _behind(value: Value) -> tuple[Behind, ...]:
    """The rows that a KPI stands on: n the cases, k those of them that are meant; of different things each is opened once."""
    top, *below = measures_of(value)
    span, derived = _span(top), tuple(DERIVED_FOR[each] for each in (top.over,) if each in DERIVED_FOR)
    where = f"{span['moment']} >= {span['start']} and {span['moment']} < {span['end']}"
    counted = below[0] if below else top
    used = " or ".join(dict.fromkeys(each.used() for each in measures_of(value)))
    found = {"value": Behind({"value": used}, top.over, where, top.moment, derived=derived)}
    found["n"] = replace(found["value"], columns={"n": counted.used()})
    if isinstance(value, Ratio) and value.is_share:
        found["k"] = replace(found["value"], columns={"k": top.used()})
    # n counts rows; what is counted each once is the figure itself, of a share its upper part
    distinct = {"k": top} if "k" in found else {} if below else {"value": top}
    for name, measure in distinct.items():
        if table := _counted_of(measure):
            found[name] = replace(found[name], shows=table, by=measure.value)
    return tuple(found.values())


def _counted_of(measure: Measure) -> str:
    """The table whose rows a measure counts each once, by the column that names them; blank if it counts its own rows."""
    if measure.aggregate != "distinct":
        return ""
    return next((name for name, table in TABLES.items() if table.key == (measure.value,)), "")


def _figures(rows: Rows, n: Any, value: Value) -> Any:
    top = rows.numbers("top")
    figure = share_of(np.nan_to_num(top), rows.numbers("bottom")) if isinstance(value, Ratio) else top
    if is_mean(value):
        return np.where(n >= SHOWN_FROM, figure, np.nan)
    return figure if isinstance(value, Ratio) else np.nan_to_num(figure)


def _in_scope(warehouse: Warehouse, period: Period, measure: Measure, total: dict[str, Any]) -> int:
    """The rows of the driving table in the period, those that a fact drops among them (R16)."""
    if measure.over not in facts() or not TABLES[measure.grain].has(measure.moment):
        return int(total["seen"] or 0)
    rows = warehouse.query(_SCOPE.format(grain=measure.grain, **_span(measure)), period=period)
    return int(rows.one()["seen"] or 0)


def _left_out(total: dict[str, Any], in_scope: int, unit: Unit) -> tuple[LeftOut, ...]:
    meant, used = int(total["meant"] or 0), int(total["used"] or 0)
    without = _NO_AMOUNT if unit is MONEY else _NO_VALUE
    reasons = ((_("not meant by the definition"), in_scope - meant), (without, meant - used))
    return tuple(LeftOut(reason, rows) for reason, rows in reasons if rows > 0)
