"""The one SQL of all analyses: a closed language, read as DuckDB's and spoken to DuckDB and Spark alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from crmetrics.vocabulary.errors import BadQuery
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.meaning import OWN, without_places

_ = words("crmetrics")

FUNCTIONS: Final = frozenset(
    (
        *("abs", "ceil", "exp", "floor", "greatest", "least", "ln", "power", "round", "sign", "sqrt"),
        *("and", "case", "cast", "coalesce", "exists", "if", "nullif", "or", "try_cast"),
        *("contains", "length", "starts_with", "substring"),
        *("extract", "year", "quarter", "month", "day"),
        *("any_value", "arg_max", "arg_min", "avg", "count", "logical_and", "logical_or", "max", "median", "min"),
        *("percentile_cont", "stddev_pop", "stddev_samp", "sum", "variance", "variance_pop", "grouping"),
        *("cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "percent_rank", "rank", "row_number"),
    )
)
"""What an analysis may call beside our own functions (sqlglot's names); each is tried on DuckDB and Spark with hostile values.

Left out because the engines do not mean the same, or only seem to:
lower, upper     'İ' becomes another number of letters
trim             other blanks than the space
concat, mode     skips nulls; ties by chance. Say a || b; row_number() with a unique order
log              of base 10 or e
corr             of one row NaN or null
array_agg, list  order by chance, and no array leaves Spark as DuckDB's
isodow, date_diff, date_trunc, epoch, now
                 other weekday, midnights or 24 hours, other types, no clock. Say weekday(), days_between(), calendar_month()
"""

_PARTS: Final = (
    *(
        exp.Select,
        exp.From,
        exp.Join,
        exp.Where,
        exp.Group,
        exp.GroupingSets,
        exp.Having,
        exp.Qualify,
        exp.Order,
        exp.Ordered,
    ),
    *(
        exp.Limit,
        exp.Offset,
        exp.Distinct,
        exp.With,
        exp.CTE,
        exp.Subquery,
        exp.Union,
        exp.Except,
        exp.Intersect,
        exp.Values,
        exp.Tuple,
    ),
    *(exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.Boolean, exp.Null),
    *(
        exp.Placeholder,
        exp.Parameter,
        exp.Var,
        exp.Paren,
        exp.Neg,
        exp.Not,
        exp.Add,
        exp.Sub,
        exp.Mul,
        exp.Div,
        exp.Mod,
    ),
    *(exp.DPipe, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between, exp.Like),
    *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Window, exp.WindowSpec, exp.Filter, exp.WithinGroup, exp.IgnoreNulls),
    *(exp.Interval, exp.DataType, exp.DataTypeParam),
)
"""What else a query may be made of."""

_TYPES: Final = frozenset(
    ("TEXT", "VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMPNTZ", "DECIMAL", "BOOLEAN", "BIGINT", "INT")
)
_EXTRACTS: Final = frozenset(("YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE"))
_WHOLE: Final = (
    exp.Floor,
    exp.Ceil,
    exp.Round,
    exp.Count,
    exp.Length,
    exp.Extract,
    exp.Predicate,
    exp.Connector,
    exp.Not,
)
_DATED: Final = re.compile(r"\w+_(on|at)|start|end|today|as_of")


@lru_cache(maxsize=512)
def parsed(sql: str) -> exp.Query:
    """The tree of a query, checked against the closed language. Do not change it: it is shared; copy it first."""
    tree = unchecked(sql)
    for node in tree.walk():
        if reason := _refusal(node):
            raise BadQuery(_("'{sql}' is refused: {reason}", sql=node.sql(dialect="duckdb")[:120], reason=reason))
    return tree


@lru_cache(maxsize=512)
def unchecked(sql: str) -> exp.Query:
    """The tree of a query that the product itself has built over tables at rest."""
    try:
        tree = sqlglot.parse_one(sql, read="duckdb")
    except SqlglotError as error:
        raise BadQuery(_("'{sql}' cannot be read as SQL: {reason}", sql=sql[:200], reason=str(error)[:200])) from error
    if not isinstance(tree, exp.Query):
        raise BadQuery(_("'{sql}' is not a query. Only SELECT can be asked.", sql=sql[:200]))
    return without_places(tree)


def _refusal(node: exp.Expr) -> str:
    """Why a part of a query would not mean the same on every engine, or not what it seems to; blank if all is well."""
    if isinstance(node, exp.Anonymous):
        return "" if node.name.lower() in OWN else "it is not on the list of functions."
    if isinstance(node, exp.Func) and node.sql_name().lower() not in FUNCTIONS:
        return "it is not on the list of functions."
    if not isinstance(node, exp.Func) and not isinstance(node, _PARTS):
        return "it is not part of the language."
    check = _CHECKS.get(type(node))
    return check(node) if check else ""


def _of_literal(node: exp.Expr) -> str:
    if node.is_string or re.fullmatch(r"\d+|\d+(\.\d+)?e-?\d+", node.this, re.IGNORECASE):
        return ""
    return "Spark would read it as a DECIMAL of so many digits. Write 1e0, 5e-1."


def _of_cast(node: exp.Expr) -> str:
    kind, value = _type_of(node), node.this.unnest()
    if kind not in _TYPES:
        return "no such type on every engine."
    is_whole = isinstance(value, _WHOLE) or (isinstance(value, exp.Column) and value.name.startswith("is_"))
    if kind in ("BIGINT", "INT") and not is_whole:
        return "DuckDB rounds and Spark cuts off. Cast floor(...) or round(...)."
    if kind == "DATE" and _is_moment(value):
        return "that is the day in UTC. Say local_day(...)."
    return ""


def _of_day_part(node: exp.Expr) -> str:
    if isinstance(node, exp.Extract) and node.name.upper() not in _EXTRACTS:
        return "that part of a date differs. There are year, quarter, month, day, hour and minute."
    value = node.expression if isinstance(node, exp.Extract) else node.this
    return "that is of the moment in UTC. Say local_day(...) or local_moment(...) inside." if _is_moment(value) else ""


def _of_sum_of_days(node: exp.Expr) -> str:
    sides = (node.this.unnest(), node.expression.unnest())
    if any(isinstance(side, exp.Interval) for side in sides) or not any(_is_dated(side) for side in sides):
        return ""
    return "of dates DuckDB gives a number and Spark a span. Say days_between(...), seconds_between(...) or days_after(...)."


def _is_moment(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and node.name.endswith("_at")


def _is_dated(node: exp.Expr) -> bool:
    if isinstance(node, exp.Column | exp.Placeholder | exp.Parameter):
        return bool(_DATED.fullmatch(node.name))
    if isinstance(node, exp.Anonymous):
        return node.name.lower().startswith(("local_", "calendar_", "days_after"))
    return isinstance(node, exp.Cast) and _type_of(node) in ("DATE", "TIMESTAMP", "TIMESTAMPNTZ")


def _type_of(node: exp.Expr) -> str:
    return str(node.args["to"].this.value).upper()


def _of_remainder(node: exp.Expr) -> str:
    is_safe = isinstance(node.expression, exp.Literal) and node.expression.this != "0"
    return "" if is_safe else "the engines refuse a remainder by zero. Divide by a number that stands here."


def _of_pattern(node: exp.Expr) -> str:
    pattern = node.expression
    is_plain = isinstance(pattern, exp.Literal) and pattern.is_string and "\\" not in pattern.this
    return (
        ""
        if is_plain
        else "a backslash in a pattern means another thing on Spark. Write the pattern here, or say starts_with."
    )


def _of_round(node: exp.Expr) -> str:
    return "of a DOUBLE the last digit differs. Leave rounding to what is shown." if node.args.get("decimals") else ""


def _of_substring(node: exp.Expr) -> str:
    start = node.args.get("start")
    is_safe = isinstance(start, exp.Literal) and not start.is_string and int(start.this) >= 1
    return "" if is_safe else "before the first letter the engines count otherwise. Start at 1 or later."


def _of_star(node: exp.Expr) -> str:
    return "name the columns." if any(node.args.get(part) for part in ("except_", "replace", "rename")) else ""


def _of_window(node: exp.Expr) -> str:
    return "Spark has no filter on a window. Say sum(case when ... end)." if isinstance(node.this, exp.Filter) else ""


def _of_blanks(node: exp.Expr) -> str:
    return "" if isinstance(node.this, exp.AnyValue) else "Spark reads it in another place."


def _of_distinct(node: exp.Expr) -> str:
    return "which row stays is left to chance. Say row_number() with a unique order." if node.args.get("on") else ""


def _of_interval(node: exp.Expr) -> str:
    is_fixed = isinstance(node.this, exp.Literal) and node.text("unit").upper() in (
        "DAY",
        "MONTH",
        "YEAR",
        "HOUR",
        "MINUTE",
        "SECOND",
    )
    return "" if is_fixed else "an interval is a number that stands here, of seconds to years. Say days_after(day, n)."


_CHECKS: Final[Mapping[type[exp.Expr], Callable[[exp.Expr], str]]] = {
    exp.Literal: _of_literal,
    **dict.fromkeys((exp.Cast, exp.TryCast), _of_cast),
    **dict.fromkeys((exp.Extract, exp.Year, exp.Quarter, exp.Month, exp.Day), _of_day_part),
    **dict.fromkeys((exp.Add, exp.Sub), _of_sum_of_days),
    exp.Mod: _of_remainder,
    exp.Like: _of_pattern,
    exp.Round: _of_round,
    exp.Substring: _of_substring,
    exp.Star: _of_star,
    exp.Window: _of_window,
    exp.IgnoreNulls: _of_blanks,
    exp.Distinct: _of_distinct,
    exp.Interval: _of_interval,
}


def tables_of(tree: exp.Query) -> set[str]:
    """The names of the tables that a query reads, its own CTEs left out. A qualified name is refused."""
    found = set()
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or table.args.get("db") or table.args.get("catalog"):
            raise BadQuery(_("'{name}' is not one of the tables: qualified names are refused.", name=table.sql()))
        if table.name not in _ctes_around(table):
            found.add(table.name)
    return found


def _ctes_around(table: exp.Expr) -> Iterator[str]:
    """The names of the CTEs that may be meant where a table is named: a CTE does not see itself, so it can shadow a table."""
    inner: exp.Expr = table
    outer = table.parent
    while outer is not None:
        around = outer.args.get("with_")
        if isinstance(outer, exp.With):
            before = outer.expressions[: outer.expressions.index(inner) + bool(outer.args.get("recursive"))]
            yield from (each.alias for each in before)
        elif around is not None and around is not inner:
            yield from (each.alias for each in around.expressions)
        inner, outer = outer, outer.parent


def values_of(tree: exp.Query) -> set[str]:
    """The names of the $values that a query binds."""
    return {str(value.this) for value in tree.find_all(exp.Placeholder) if value.this} | {
        value.name for value in tree.find_all(exp.Parameter)
    }


def spoken_to_spark(tree: exp.Query) -> str:
    """The query in Spark's words, where sqlglot's translation would mean something else."""
    return tree.transform(_for_spark).sql(dialect="spark")


def _for_spark(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.PercentileCont) and node.expression is not None:
        # sqlglot says PERCENTILE_CONT(x, p), which Spark does not know, or PERCENTILE_APPROX, which is another number
        return exp.Anonymous(this="PERCENTILE", expressions=[node.this, node.expression])
    if isinstance(node, exp.Avg):
        return exp.Avg(this=exp.cast(node.this, "DOUBLE"))  # of a DECIMAL Spark keeps four digits more, and no further
    if isinstance(node, exp.DataType) and node.this == exp.DataType.Type.TIME:
        return exp.DataType.build("VARCHAR")  # sqlglot says TIMESTAMP; the Parquet files hold times of day as texts
    return node
