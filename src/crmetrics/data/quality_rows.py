"""The rows behind the figures of the data themselves: what breaks a rule, what lies far out, what stands in a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from crmetrics.analysis import Behind, Choices
from crmetrics.data.outliers import BETWEEN, outliers_in, value_of
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.schema.rule import Rule
from crmetrics.warehouse.schema.rules import outlying, rules_of
from crmetrics.warehouse.warehouse import Warehouse

BLANK: Final = "blank"
"""At the end of a check's name: the column should be filled. Otherwise there stands the number of a rule of the table."""


def check_of(table: str, column: str, rule: int | None = None) -> str:
    """The name of what is asked of a column, the same in every language.

    >>> check_of("customers", "email"), check_of("deals", "amount", 3)
    ('customers.email/blank', 'deals.amount/3')
    """
    return f"{table}.{column}/{BLANK if rule is None else rule}"


def is_of_rows(rule: Rule) -> bool:
    """Whether what breaks a rule are rows of its table, not sums or neighbours of several."""
    return not rule.rows or rule.rows.startswith(f"{rule.table} t ")


@cache
def _asked() -> Mapping[str, Behind]:
    """Every check by its name, with the rows that break it."""
    found = {}
    for name, table in TABLES.items():
        for column in table.columns:
            should = f"({column.expected or 'true'}) and {column.name} is null"
            found[check_of(name, column.name)] = Behind({"broken": ""}, name, should)
        for number, rule in enumerate(rules_of(name)):
            keys = ", ".join(f"t.{key} as {key}" for key in table.key)
            source = f"select {keys}, {rule.holds} as holds from {rule.rows}" if rule.rows else ""
            broken = Behind({"broken": ""}, name, "not holds" if source else f"not ({rule.holds})", source=source)
            if is_of_rows(rule):
                found[check_of(name, rule.column, number)] = broken
    return found


_NOTHING: Final = Behind(dict.fromkeys(("broken", "outliers", "rows"), ""), "customers", "false")


def _named(found: Behind, groups: Iterable[str], at: Mapping[str, str | None]) -> Behind:
    """The same, opened for this name alone."""
    return replace(found, groups={name: f"${name}" for name in groups}, values={**found.values, **at}, grouping="")


def _broken(warehouse: Warehouse, _period: Period | None, _choices: Choices, at: Mapping[str, str | None]) -> Behind:
    return _named(_asked().get(at.get("check") or "", _NOTHING), _BROKEN.groups, at)


def _outliers(warehouse: Warehouse, _period: Period | None, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    name, _dot, rest = str(at.get("check") or "").partition(".")
    column = next((each for each in (outlying(name) if name in TABLES else ()) if rest == each.name), None)
    told = None if column is None else outliers_in(warehouse, TABLES[name], column, choices["limit"])
    if column is None or told is None:
        return _named(_NOTHING, _OUTLIERS.groups, at)
    value = value_of(TABLES[name], column)
    limits: dict[str, Any] = {"least": told.least, "most": told.most}
    sort = f"-{column.name}"
    return _named(
        Behind({"outliers": ""}, name, BETWEEN.format(value=value), values=limits, sort=sort), _OUTLIERS.groups, at
    )


_BROKEN: Final = Behind({"broken": ""}, "customers", "true", groups={"check": ""}, grouping="", look=_broken)
_OUTLIERS: Final = replace(_BROKEN, columns={"outliers": ""}, look=_outliers)


def judged_rows(choices: Choices) -> tuple[Behind, ...]:
    """The rows behind `data.quality`: those to mend, and those that lie far out."""
    return {"columns": (_BROKEN,), "outliers": (_OUTLIERS,)}.get(choices["show"], ())


def _of_table(warehouse: Warehouse, _period: Period | None, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    name = str(at.get("table") or "")
    if name not in TABLES:
        return _named(_NOTHING, ("table", "month") if choices["show"] == "months" else ("table",), at)
    whole = Behind(
        {"rows": ""}, name, "true", groups={"table": "cast($table as varchar)"}, values={"table": name}, grouping=""
    )
    if choices["show"] == "tables":
        return whole
    dated = TABLES[name].appears
    month = f"substring(cast(calendar_month({_day(name, dated)}) as varchar), 1, 7)"
    return replace(whole, groups={**whole.groups, "month": month})


def _day(table: str, dated: str | None) -> str:
    return f"local_day({dated})" if TABLES[table].column(str(dated)).type.name == "MOMENT" else str(dated)


def counted_rows(choices: Choices) -> tuple[Behind, ...]:
    """The rows behind `data.coverage`: those of a table, and of a month of it."""
    groups = {"tables": ("table",), "months": ("table", "month")}.get(choices["show"])
    if groups is None:
        return ()
    return (Behind({"rows": ""}, "customers", "true", groups=dict.fromkeys(groups, ""), grouping="", look=_of_table),)
