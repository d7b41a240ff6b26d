"""Where an answer comes from: what locks it, what the reader must know, its passport and trust mark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from crmetrics.analysis.answer import Locked, Note, Passport, Result, Table, Trust
from crmetrics.analysis.declaration import Analysis, Needs
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import SHARE, Figure
from crmetrics.warehouse.schema import DIMENSIONS, TABLES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

LOCKED_BELOW: Final = 0.5
"""A needed column that is filled in fewer of the rows where it should be locks the question (data model, check 9)."""
NOTED_BELOW: Final = 0.8
TRUSTED_FROM, MEDIUM_FROM = 0.98, 0.90


def locked_by(declared: Analysis, warehouse: Warehouse, choices: Mapping[str, Any]) -> Locked | None:
    """The first table or column that is missing for an answer, or None."""
    profile = warehouse.profile
    for table, columns in declared.needed(choices).items():
        if not profile.rows(table):
            return Locked(table, _("Locked: there are no {table}.", table=TABLES[table].label))
        for column in columns:
            found = profile.column(table, column)
            if found.share is not None and found.share < LOCKED_BELOW:
                return Locked(
                    f"{table}.{column}",
                    _(
                        "Locked: {table}.{column} is filled in {filled} of the {expected} rows that should have it.",
                        table=table,
                        column=column,
                        filled=found.filled,
                        expected=found.expected,
                    ),
                )
    return _unremembered(declared.needed(choices), warehouse)


def is_thin(declared: Analysis, warehouse: Warehouse) -> bool:
    """Whether so few rows are behind an answer that it says too little, whatever period is asked."""
    profile = warehouse.profile
    filled = [
        min([profile.rows(table), *(profile.column(table, column).filled for column in columns)])
        for table, columns in declared.needed({}).items()
    ]
    return bool(filled) and min(filled) < declared.enough


def _unremembered(needs: Needs, warehouse: Warehouse) -> Locked | None:
    """An earlier as-of needs the history of every needed column that changes (R21)."""
    if not warehouse.views.is_earlier:
        return None
    for table, columns in needs.items():
        for history in TABLES[table].histories:
            if set(columns) & set(history.columns) and not warehouse.profile.rows(history.table):
                return Locked(
                    history.table,
                    _(
                        "Locked for an earlier date: no history tells what {table} held then ({missing}).",
                        table=table,
                        missing=history.table,
                    ),
                )
    return None


def reading_notes(
    declared: Analysis, warehouse: Warehouse, period: Period | None, choices: Mapping[str, Any]
) -> tuple[Note, ...]:
    """What holds for any analysis: a period that still runs, filters that do not reach, columns with gaps."""
    if not any(warehouse.profile.rows(table) for table in TABLES):
        return (Note(_("There are no data yet."), "warn"),)
    needs = declared.needed(choices)
    unreached = _unreached_notes(declared.table, needs, warehouse)
    gaps = (*_gap_notes(needs, warehouse), *_impossible_notes(needs, warehouse))
    return (*_period_notes(period, warehouse.today), *unreached, *gaps)


def _period_notes(period: Period | None, today: date) -> Iterator[Note]:
    if period is not None and period.elapsed(today) != period:
        passed = period.elapsed(today).days
        yield Note(_("The period has not ended: {days} of {all} days.", days=passed, all=period.days))
    elif period is not None and period.start >= today:
        yield Note(_("The data end before this period begins."), "warn")


def _unreached_notes(counted: str, needs: Needs, warehouse: Warehouse) -> Iterator[Note]:
    """The filters that do not reach a table. A parent of the counted rows (the order of a line) is read through these alone:
    what reaches them is enough."""
    reached = set(warehouse.views.filtered(TABLES[counted])) if counted in TABLES else set()
    for table in needs:
        through = reached if table != counted and _leads_to(counted, table) else set()
        for dimension in (each for each in warehouse.views.unreached(TABLES[table]) if each not in through):
            message = _("The filter '{dimension}' does not reach {table}: they are not filtered by it.")
            yield Note(message(dimension=dimension, table=TABLES[table].label), "warn")


def _leads_to(child: str, parent: str) -> bool:
    """Whether a row of one table belongs, directly or through others, to one row of another."""
    waiting, seen = [child], {child}
    for here in waiting:  # grows while it is walked
        above = {column.references for column in TABLES[here].columns if column.references} if here in TABLES else set()
        waiting += sorted(above - seen)
        seen |= above
    return parent in seen


def _gap_notes(needs: Needs, warehouse: Warehouse) -> Iterator[Note]:
    for table, column, share in _filled(needs, warehouse):
        if LOCKED_BELOW <= share < NOTED_BELOW:
            message = _("{table}.{column} is filled in {share} of the rows that should have it.")
            yield Note(message(table=table, column=column, share=Figure(share, SHARE)), "warn")


def _impossible_notes(needs: Needs, warehouse: Warehouse) -> Iterator[Note]:
    """The values that cannot be true and so count as unknown; how many is known of the whole company."""
    for table, columns in needs.items() if warehouse.scope.is_whole else ():
        for column in columns:
            if n := warehouse.profile.impossible.get((table, column), 0):
                message = _(
                    "{table}.{column}: {n} value cannot be true and counts as unknown.",
                    "{table}.{column}: {n} values cannot be true and count as unknown.",
                )
                yield Note(message(table=table, column=column, n=n), "warn")


def _filled(needs: Needs, warehouse: Warehouse) -> Iterator[tuple[str, str, float]]:
    """Each needed column and in which share of the rows that should have it it is filled."""
    for table, columns in needs.items():
        for column in columns:
            share = warehouse.profile.column(table, column).share
            if share is not None:
                yield table, column, share


def trust_of(needs: Needs, warehouse: Warehouse, n: int) -> tuple[Trust, Message]:
    """The trust mark with its reason (R20)."""
    shares = {f"{table}.{column}": share for table, column, share in _filled(needs, warehouse)}
    worst = min(shares, key=lambda name: shares[name]) if shares else ""
    filled = shares.get(worst, 1.0)
    gaps = _("{column} is filled in {share}", column=worst, share=Figure(filled, SHARE))
    if filled < MEDIUM_FROM:
        return "low", gaps
    if n < SHOWN_FROM:
        return "low", _("{n} case", "{n} cases", n=n)
    if filled < TRUSTED_FROM:
        return "medium", gaps
    if n < PLAIN_FROM:
        return "medium", _("{n} case", "{n} cases", n=n)
    return "high", _("all needed columns are filled, {n} case", "all needed columns are filled, {n} cases", n=n)


def passport_of(
    declared: Analysis,
    result: Result[Any],
    warehouse: Warehouse,
    choices: Mapping[str, Any],
    statements: tuple[str, ...],
    now: datetime,
) -> Passport:
    """The passport of an answer."""
    profile = warehouse.profile
    needs = declared.needed(choices)
    needed = {(table, column) for table, columns in needs.items() for column in columns}
    trust, reason = trust_of(needs, warehouse, result.used if result.n is None else result.n)
    return Passport(
        key=declared.key,
        definition_version=declared.version,
        formula=declared.formula,
        reads=declared.reads,
        mind=declared.mind,
        source=declared.source,
        choices=dict(choices),
        filters={each.dimension: each.values for each in warehouse.scope.filters},
        zone=warehouse.zone,
        driving_date=declared.date if "." in declared.date else None,
        rate_date=_rate_date(declared, warehouse),
        rows_used=result.used,
        rows_left_out=result.left_out,
        derived={f"{table}.{name}": rows for (table, name), rows in profile.derived.items() if (table, name) in needed},
        filled={f"{table}.{name}": share for table, name, share in _filled(needs, warehouse)},
        data_version=profile.number,
        data_published_at=profile.published_at,
        data_age_days=max(0.0, (now - warehouse.as_of).total_seconds() / 86400),
        as_of=warehouse.as_of,
        statements=statements,
        engine=warehouse.engine_name,
        trust=trust,
        trust_reason=reason,
    )


def _rate_date(declared: Analysis, warehouse: Warehouse) -> str | None:
    """The column whose day says which rate counts; None where all is in the company's currency."""
    counted = TABLES.get(declared.table)
    if counted is None or warehouse.profile.is_single_currency(warehouse.currency):
        return None
    return counted.priced_at


def locked_result(declared: Analysis, locked: Locked) -> Result[Any]:
    """The empty result of a locked question."""
    nothing: Table[Any] = Table(declared.row, {column.name: [] for column in declared.row.columns})
    return Result(nothing, notes=(Note(locked.message, "warn"),), locked=locked)


FILTERED: Final = "where."
"""Before the names of a filter's values stands this, as in an address."""


def names_in(result: Result[Any], choices: Mapping[str, Any], warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """Display names for every column whose values are ids of something that has a name, and for the filters of the scope."""
    found = {}
    for each in warehouse.scope.filters:
        if each.members is not None:
            found[FILTERED + each.dimension] = dict(each.members.titles)
        named = DIMENSIONS[each.dimension].names if each.dimension in DIMENSIONS else None
        chosen = [value for value in each.values if value is not None]
        if named and chosen and warehouse.profile.rows(named[0]):
            found[FILTERED + each.dimension] = warehouse.names_of(*named, chosen)
    for column in result.rows.row.columns:
        by = choices.get(column.dimension, column.dimension) if column.dimension else ""
        names = DIMENSIONS[by].names if by in DIMENSIONS else None
        ids = [value for value in result.rows.values(column.name) if value is not None] if names else []
        if names and ids and warehouse.profile.rows(names[0]):
            found[column.name] = warehouse.names_of(*names, ids)
    return found
