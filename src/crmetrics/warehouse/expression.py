"""The small expression grammar of mapping files and of companies' own KPIs: a closed list of words, never SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import Message, words

_ = words("import")

LONGEST: Final = 2000
DEEPEST: Final = 40

_LEGAL: Final[Mapping[type[exp.Expr], frozenset[str]]] = MappingProxyType(
    {
        kind: frozenset(parts.split())
        for kind, parts in (
            (exp.Column, "this table"),
            (exp.Literal, "this is_string"),
            (exp.Null, ""),
            (exp.Boolean, "this"),
            (exp.Paren, "this"),
            (exp.Neg, "this"),
            (exp.Not, "this"),
            (exp.Add, "this expression"),
            (exp.Sub, "this expression"),
            (exp.Mul, "this expression"),
            (exp.Div, "this expression typed safe"),
            (exp.DPipe, "this expression safe"),
            (exp.EQ, "this expression"),
            (exp.NEQ, "this expression"),
            (exp.LT, "this expression"),
            (exp.LTE, "this expression"),
            (exp.GT, "this expression"),
            (exp.GTE, "this expression"),
            (exp.And, "this expression"),
            (exp.Or, "this expression"),
            (exp.Is, "this expression"),
            (exp.In, "this expressions"),
            (exp.Like, "this expression negate"),
            (exp.Coalesce, "this expressions"),
            (exp.Lower, "this"),
            (exp.Upper, "this"),
            (exp.Trim, "this"),
            (exp.Replace, "this expression replacement"),
            (exp.StartsWith, "this expression"),
        )
    }
)
"""Every kind of node that may stand in an expression, with the parts of it that are understood here. A part that is not
named (such as the query of IN) makes the expression refused, so nothing can be lost in silence."""

_ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = MappingProxyType({exp.Add: "+", exp.Sub: "-", exp.Mul: "*"})
_COMPARISONS: Final[Mapping[type[exp.Expr], str]] = MappingProxyType(
    {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
)
_TEXT_FUNCTIONS: Final[Mapping[type[exp.Expr], str]] = MappingProxyType(
    {exp.Lower: "lower", exp.Upper: "upper", exp.Trim: "trim"}
)


class Kind(StrEnum):
    """What an expression gives. RAW is a file's text, which is read as a number where a number is wanted."""

    RAW = "text of a file"
    TEXT = "text"
    NUMBER = "number"
    FLAG = "yes or no"
    DATE = "date"
    MOMENT = "moment"
    NOTHING = "null"

    @property
    def word(self) -> Message:
        """The kind as a word for people."""
        return _KIND_WORDS[self]


_KIND_WORDS: Final = MappingProxyType(
    {
        Kind.RAW: _("text"),
        Kind.TEXT: _("text"),
        Kind.NUMBER: _("number"),
        Kind.FLAG: _("condition"),
        Kind.DATE: _("date"),
        Kind.MOMENT: _("moment"),
        Kind.NOTHING: _("blank"),
    }
)


@dataclass(frozen=True, slots=True)
class Name:
    """A column that an expression names; `of` is the joined file, blank for the own one."""

    column: str
    of: str = ""

    def __str__(self) -> str:
        return f'{self.of}."{self.column}"' if self.of else self.column


@dataclass(frozen=True, slots=True)
class Typed:
    """A piece of SQL and what it gives."""

    sql: str
    kind: Kind


Columns = Callable[[Name], Typed]
"""Gives the SQL of a named column; raises BadValue if there is no such column."""
AsNumber = Callable[[Name], str]
"""Gives the SQL that reads a RAW column as a number."""


@dataclass(frozen=True)
class Expression:
    """An expression that has passed the list of allowed words. Made by `parse_expression` alone."""

    text: str
    tree: exp.Expr

    @property
    def names(self) -> tuple[Name, ...]:
        """The columns it names, each once, in order."""
        return tuple(dict.fromkeys(_name(column) for column in self.tree.find_all(exp.Column, bfs=False)))

    def sql(self, columns: Columns, as_number: AsNumber | None = None) -> Typed:
        """Write it as DuckDB SQL over the columns that `columns` gives.

        `as_number` is needed where `columns` gives RAW texts. Raises BadValue where kinds do not fit ("stage" > 5).
        """
        return _Writer(self.text, columns, as_number).write(self.tree)

    def condition(self, columns: Columns, as_number: AsNumber | None = None) -> str:
        """Write it as a condition; raises BadValue if it is not one."""
        typed = self.sql(columns, as_number)
        if typed.kind not in (Kind.FLAG, Kind.NOTHING):
            raise BadValue(
                _("'{text}' is not a condition. Compare something in it, such as Quantity > 0.", text=self.text)
            )
        return typed.sql


def parse_expression(text: str) -> Expression:
    """Read an expression; raises BadValue naming the word that is not allowed."""
    if len(text) > LONGEST or _depth(text) > DEEPEST:
        raise BadValue(_("The expression '{text}...' is too long or too deeply nested.", text=text[:60]))
    try:
        trees = sqlglot.parse(text, read="duckdb")
    except (SqlglotError, RecursionError):
        trees = []
    if len(trees) != 1 or not isinstance(trees[0], exp.Expr):
        raise BadValue(
            _(
                "'{text}' cannot be read as an expression. Write it like Quantity * \"Unit Price\" or "
                "Status <> 'cancelled' and Quantity > 0.",
                text=text,
            )
        )
    for node in trees[0].walk():
        _check_allowed(text, node)
    return Expression(text, trees[0])


def identifier(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL, for the places where no value can be bound (views, CREATE TABLE AS)."""
    return "'" + text.replace("'", "''") + "'"


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return deepest


def _check_allowed(text: str, node: exp.Expr) -> None:
    if isinstance(node, exp.Identifier):
        return
    legal = _LEGAL.get(type(node))
    given = {part for part, value in node.args.items() if value not in (None, False, [], ())}
    if legal is None or not given <= legal or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
        raise BadValue(
            _(
                "'{part}' is not allowed in '{text}'. Allowed are column names, 'texts', numbers, + - * / ||, "
                "comparisons, and, or, not, in (...), is null, like, and the functions coalesce, lower, upper, trim, "
                "replace, starts_with.",
                part=node.sql(dialect="duckdb")[:80],
                text=text,
            )
        )
    if isinstance(node, exp.Replace) and node.args.get("replacement") is None:
        raise BadValue(_("'{text}': replace needs three values: the text, what is replaced, by what.", text=text))
    if isinstance(node, exp.Is) and not isinstance(node.expression, exp.Null):
        raise BadValue(_("'{text}': after 'is' only null or not null may stand.", text=text))
    if isinstance(node, exp.Literal) and not node.is_string and not re.fullmatch(r"\d+(\.\d*)?|\.\d+", node.this):
        raise BadValue(_("'{text}': '{part}' is not a number written like 12 or 0.5.", text=text, part=node.this))


def _name(column: exp.Column) -> Name:
    return Name(column.name, column.table)


class _Writer:
    """Writes a checked tree as SQL, working out on the way what every part gives."""

    def __init__(self, text: str, columns: Columns, as_number: AsNumber | None) -> None:
        self.text, self.columns, self.as_number = text, columns, as_number

    def write(self, node: exp.Expr) -> Typed:
        if isinstance(node, exp.Paren):
            inner = self.write(node.this)
            return Typed(f"({inner.sql})", inner.kind)
        if isinstance(node, exp.Column):
            return self.columns(_name(node))
        if isinstance(node, exp.Literal):
            return Typed(literal(node.this), Kind.TEXT) if node.is_string else Typed(_number(node.this), Kind.NUMBER)
        if isinstance(node, exp.Null):
            return Typed("null", Kind.NOTHING)
        if isinstance(node, exp.Boolean):
            return Typed("true" if node.this else "false", Kind.FLAG)
        if isinstance(node, exp.Neg | exp.Add | exp.Sub | exp.Mul | exp.Div):
            return self.arithmetic(node)
        if isinstance(node, exp.And | exp.Or | exp.Not):
            return self.logic(node)
        if isinstance(node, exp.In | exp.Is) or type(node) in _COMPARISONS:
            return self.comparison(node)
        return self.function(node)

    def arithmetic(self, node: exp.Expr) -> Typed:
        left = self.number(node.this)
        if isinstance(node, exp.Neg):
            return Typed(f"(-{left})", Kind.NUMBER)
        right = self.number(node.expression)
        if isinstance(node, exp.Div):
            # Division by zero gives nothing, on every engine; and never whole-number division.
            return Typed(f"(({left}) * 1e0 / nullif({right}, 0))", Kind.NUMBER)
        return Typed(f"({left} {_ARITHMETIC[type(node)]} {right})", Kind.NUMBER)

    def logic(self, node: exp.Expr) -> Typed:
        if isinstance(node, exp.Not):
            return Typed(f"(not {self.flag(node.this)})", Kind.FLAG)
        word = "and" if isinstance(node, exp.And) else "or"
        return Typed(f"({self.flag(node.this)} {word} {self.flag(node.expression)})", Kind.FLAG)

    def comparison(self, node: exp.Expr) -> Typed:
        if isinstance(node, exp.Is):
            return Typed(f"({self.write(node.this).sql} is null)", Kind.FLAG)
        if isinstance(node, exp.In):
            first, *others = self.alike([node.this, *node.expressions])
            return Typed(f"({first} in ({', '.join(others)}))", Kind.FLAG)
        left, right = self.alike([node.this, node.expression])
        return Typed(f"({left} {_COMPARISONS[type(node)]} {right})", Kind.FLAG)

    def function(self, node: exp.Expr) -> Typed:
        if isinstance(node, exp.Coalesce):
            parts = [node.this, *node.expressions]
            kinds = {self.write(part).kind for part in parts} - {Kind.NOTHING}
            kind = kinds.pop() if len(kinds) == 1 else Kind.NUMBER if Kind.NUMBER in kinds else Kind.TEXT
            return Typed(f"coalesce({', '.join(self.alike(parts))})", kind)
        if type(node) in _TEXT_FUNCTIONS:
            return Typed(f"{_TEXT_FUNCTIONS[type(node)]}({self.words(node.this)})", Kind.TEXT)
        if isinstance(node, exp.Replace):
            parts = [node.this, node.expression, node.args["replacement"]]
            return Typed(f"replace({', '.join(self.words(part) for part in parts)})", Kind.TEXT)
        if isinstance(node, exp.StartsWith):
            return Typed(f"starts_with({self.words(node.this)}, {self.words(node.expression)})", Kind.FLAG)
        if isinstance(node, exp.Like):
            word = "not like" if node.args.get("negate") else "like"
            return Typed(f"({self.words(node.this)} {word} {self.words(node.expression)})", Kind.FLAG)
        return Typed(f"({self.words(node.this)} || {self.words(node.expression)})", Kind.TEXT)

    def number(self, node: exp.Expr) -> str:
        return self._as(node, Kind.NUMBER)

    def words(self, node: exp.Expr) -> str:
        return self._as(node, Kind.TEXT)

    def flag(self, node: exp.Expr) -> str:
        return self._as(node, Kind.FLAG)

    def alike(self, nodes: list[exp.Expr]) -> list[str]:
        """Write parts that are compared with each other, all as the kind that the firmest of them has."""
        kinds = [self.write(node).kind for node in nodes]
        firm = next((kind for kind in kinds if kind not in (Kind.RAW, Kind.NOTHING, Kind.TEXT)), None)
        return [self._as(node, firm or Kind.TEXT) for node in nodes]

    def _as(self, node: exp.Expr, wanted: Kind) -> str:
        typed = self.write(node)
        if typed.kind is wanted or typed.kind is Kind.NOTHING or (typed.kind is Kind.RAW and wanted is Kind.TEXT):
            return typed.sql
        bare = node.unnest()
        if typed.kind is Kind.RAW and wanted is Kind.NUMBER and self.as_number is not None:
            if isinstance(bare, exp.Column):
                return self.as_number(_name(bare))
            if isinstance(bare, exp.Coalesce):
                return f"coalesce({', '.join(self.number(part) for part in (bare.this, *bare.expressions))})"
        if isinstance(bare, exp.Literal) and bare.is_string and wanted in (Kind.DATE, Kind.MOMENT):
            return self.moment(bare.this, wanted)
        raise BadValue(
            _(
                "'{text}': '{part}' is a {kind}, but a {wanted} is needed there.",
                text=self.text,
                part=node.sql(dialect="duckdb"),
                kind=typed.kind.word,
                wanted=wanted.word,
            )
        )

    def moment(self, text: str, wanted: Kind) -> str:
        try:
            if wanted is Kind.DATE:
                return f"date '{date.fromisoformat(text).isoformat()}'"
            return f"timestamp '{datetime.fromisoformat(text).replace(tzinfo=None).isoformat(sep=' ')}'"
        except ValueError:
            raise BadValue(
                _("'{text}': '{part}' is not a date. Write it like 2026-12-31.", text=self.text, part=text)
            ) from None


def _number(text: str) -> str:
    # A decimal literal would lose digits on Spark; 5e-1 is a double everywhere.
    return text if text.isdigit() else f"{float(text)!r}e0" if "e" not in repr(float(text)) else repr(float(text))
