"""Which table a file is, and which of its columns is which: words and values must agree."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from math import exp
from typing import Final

from crmetrics.clean.understanding.headers import HERE, Meanings, are_foreign, folded, lexicon, meanings_of
from crmetrics.clean.understanding.readings import Form
from crmetrics.clean.understanding.suiting import Read, suiting
from crmetrics.warehouse.schema import TABLES, Type

SELF: Final = "self"
"""Stands for a head that says no more than the table's own word: "Account" in a file of accounts."""

SURE: Final = 0.85
"""From this confidence on a column is not asked about."""

JOINED: Final = 0.8
"""Of a key that no column is."""

BESIDE_CODES: Final = 0.7
A_CODE: Final = 0.6
"""Of a name as the key beside codes that nobody understood; of a code that no head calls the key, in a file of the table."""

LIKELY: Final = 0.5
"""Below it a column is not proposed."""

A_FILE_NAME: Final = 2.0
AN_OWN_KEY: Final = 1.5
"""What a file's name, and a key that is named as the table's own, tell of it, in columns."""

MOST_TOLD: Final = 4.0
"""What further columns can tell in all: names, towns and e-mails stand in many tables."""

REPEATED_KEY: Final = 0.2
"""What is left of a key that repeats: a file of order lines names customers, but is not one of them."""

LATER: Final = 0.04
EXTRA: Final = 0.25
OF_ANOTHER: Final = 0.55
UNKNOWN: Final = 0.12
"""What is taken from a match: for each alternative before it, each meaning too many (more if it is another thing's: the date
of an order is not that of its customer), each word that is not known."""

OF_UNKNOWN: Final = 0.18
"""What is taken more of an id of something that is not known: a seller_id is hardly a customer's."""

UNNAMED: Final = 0.84
"""What is left of a table's columns where neither the file's name nor that of its key says that it is the table: it is asked."""

LEAST_UNNAMED: Final = 0.6
LEAST_EXPLAINED: Final = 0.4
"""The score, and the share of its columns that are understood, below which a file that says nothing of a table is none."""

LEAST_KNOWN: Final = 0.25
"""The share of its columns that are understood, below which a file is asked about though it is called as the table."""

NOT_ITS_OWN: Final = 0.5
"""What is left of a table's score where its key repeats from row to row."""

BESIDE_FROM: Final = 0.75
BESIDE: Final = ("orders", "customers", "products", "employees", "stages", "tickets", "contacts")
"""Tables that a file may give beside its own: a list of order lines names customers, products and orders as well."""


@dataclass(frozen=True, slots=True)
class Named:
    """Another file whose rows a column calls by their names: its entry, its columns of names and of keys, and how many of
    its names are those of several."""

    entry: str
    name: str
    key: str
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A column of a file taken for a canonical one: with what confidence (0-1), by word and by values."""

    target: str
    column: str
    by_word: float
    by_values: float
    joined: tuple[str, ...] = ()
    """Where no column is it: those that make it together."""
    named: Named | None = None
    """Where the column holds names of another file's rows, and not their keys."""

    @property
    def confidence(self) -> float:
        return self.by_word * self.by_values


@dataclass(frozen=True)
class Recognised:
    """What a file is: its own table first, and those that it gives beside it, each with its columns."""

    entry: str
    tables: Mapping[str, tuple[Match, ...]] = field(default_factory=dict)
    score: float = 0.0

    @property
    def own(self) -> str:
        return next(iter(self.tables), "")


@dataclass(frozen=True)
class Pattern:
    """How a canonical table is told: the words for itself, the columns it cannot be without, the meanings of each."""

    table: str
    about: frozenset[str]
    needs: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[frozenset[str], ...]]


@cache
def patterns() -> Mapping[str, Pattern]:
    """The tables that can be recognised."""
    declared = tomllib.loads((HERE / "tables.toml").read_text(encoding="utf-8"))
    return {table: _pattern(table, body) for table, body in declared.items()}


def _pattern(table: str, body: Mapping[str, object]) -> Pattern:
    def alternatives(text: object) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(one.split()) for one in str(text).split("|"))

    about = frozenset(word for one in alternatives(body["about"]) for word in one)
    needs = tuple(tuple(str(one).split("|")) for one in body["needs"]) if isinstance(body["needs"], list) else ()
    columns = {name: alternatives(text) for name, text in body.items() if name not in ("about", "needs")}
    return Pattern(table, about, needs, columns)


def recognise(entry: str, columns: Sequence[Read]) -> Recognised:
    """Tell what a file is by its name and its columns; without a table where none fits."""
    named = meanings_of(entry).words
    found = [_of_table(pattern, columns, named) for pattern in patterns().values()]
    best = max(found, key=lambda one: one[1], default=("", 0.0, ()))
    table, score, matches = best
    if score <= 0:
        return Recognised(entry)
    if not _is_named(patterns()[table], columns, matches, named):
        if score < LEAST_UNNAMED or len({match.column for match in matches}) < max(
            2.0, LEAST_EXPLAINED * _filled(columns)
        ):
            return Recognised(entry)
        matches = _doubted(matches)
    elif score < LIKELY or len({match.column for match in matches}) < LEAST_KNOWN * _filled(columns):
        matches = _doubted(matches)
    tables = _with_others(table, matches, columns)
    return Recognised(entry, {each: _asked_if_foreign(told, columns) for each, told in tables.items()}, score)


def _doubted(matches: Sequence[Match]) -> tuple[Match, ...]:
    return tuple(replace(match, by_word=match.by_word * UNNAMED) for match in matches)


def _asked_if_foreign(matches: tuple[Match, ...], columns: Sequence[Read]) -> tuple[Match, ...]:
    """The matches of a file; none is sure where its language is not known: a few words are the same in many."""
    if not are_foreign([column.meanings for column in columns]):
        return matches
    return tuple(replace(match, by_word=min(match.by_word, UNNAMED)) for match in matches)


def as_lines(found: Recognised, columns: Sequence[Read]) -> Recognised:
    """A list of orders with their amounts as order lines, one each: where no file tells of lines, it is all that is sold."""
    _table, score, matches = _of_table(patterns()["order_lines"], columns, frozenset())
    amount = next((match for match in matches if match.target == "net_amount"), None)
    taken = {match.column for match in found.tables["orders"]}
    if score <= 0 or amount is None or amount.column in taken:
        return found
    key = next((match for match in found.tables["orders"] if match.target == "order_id"), None)
    if key is None:
        return found
    lines = tuple(key if match.target == "order_id" else match for match in matches)
    others = {table: told for table, told in found.tables.items() if table != "order_lines"}
    # what tells of the order itself does so here as well
    lines = tuple(match for match in lines if match is key or match.column not in taken)
    return Recognised(found.entry, {"order_lines": _asked_if_foreign(lines, columns), **others}, found.score)


def _with_others(table: str, matches: tuple[Match, ...], columns: Sequence[Read]) -> dict[str, tuple[Match, ...]]:
    """A table with those that the file gives beside it."""
    tables = {table: matches}
    for other in BESIDE:
        if other not in tables and (beside := _beside(patterns()[other], table, tables, columns)):
            tables[other] = beside
    return tables


def _is_named(pattern: Pattern, columns: Sequence[Read], matches: Sequence[Match], named: frozenset[str]) -> bool:
    """Whether the file's name, or the head of its key, tells of the table."""
    key = TABLES[pattern.table].key[0]
    keys = [_column(columns, match.column) for match in matches if match.target == key]
    return bool(named & pattern.about) or any(column.meanings.words & pattern.about for column in keys)


def _of_table(pattern: Pattern, columns: Sequence[Read], named: frozenset[str]) -> tuple[str, float, tuple[Match, ...]]:
    matches = _with_key(pattern, columns, assigned(pattern, columns), bool(named & pattern.about))
    targets = {match.target: match for match in matches}
    if not all(any(name in targets for name in needed) for needed in pattern.needs):
        return pattern.table, 0.0, ()
    own_key = TABLES[pattern.table].key[0]
    key = targets.get(own_key) or targets[pattern.needs[0][0]]
    sure = {match.target: match.confidence for match in matches}
    is_repeated = len(TABLES[pattern.table].key) == 1 and key.target == own_key and not _is_key(columns, key)
    if is_repeated:
        sure[key.target] *= REPEATED_KEY
        if len(pattern.needs) == 1:
            return pattern.table, sure[key.target], matches
    needed = [max(sure.get(name, 0.0) for name in names) for names in pattern.needs]
    # a name that stands for the key as well tells nothing twice
    twice = sum(match.confidence for match in matches if match.column == key.column and match.target != key.target)
    told = max(sum(sure.values()) - sum(needed) - twice, 0.0)
    by_name = A_FILE_NAME * len(named & pattern.about) / max(len(named), 1)
    by_key = AN_OWN_KEY * bool(_column(columns, key.column).meanings.words & pattern.about) * sure[key.target]
    score = sum(needed) / len(needed) + MOST_TOLD * (1 - exp(-told / MOST_TOLD)) + by_name + by_key
    return pattern.table, score * (NOT_ITS_OWN if is_repeated else 1.0), matches


def _filled(columns: Sequence[Read]) -> int:
    return sum(column.reading.form is not Form.BLANK for column in columns)


def _is_key(columns: Sequence[Read], key: Match) -> bool:
    return _column(columns, key.column).evidence.is_unique


def _column(columns: Sequence[Read], name: str) -> Read:
    return next(column for column in columns if column.name == name)


def _with_key(pattern: Pattern, columns: Sequence[Read], matches: list[Match], is_named: bool) -> tuple[Match, ...]:
    """Where no column is the key, a unique name or address may stand for it; an order is what a customer bought at a time."""
    key = pattern.needs[0][0]
    if any(match.target == key for match in matches) or key not in pattern.columns:
        return tuple(matches)
    if pattern.table == "order_lines":
        bought = {match.target: match for match in assigned(patterns()["orders"], columns)}
        if "customer_id" in bought and "ordered_at" in bought:
            who, when = bought["customer_id"], bought["ordered_at"]
            sure = min(who.confidence, when.confidence, JOINED)
            return (Match(key, who.column, sure, 1.0, (who.column, when.column)), *matches)
        return tuple(matches)
    by_name = {match.target: match for match in matches}
    taken = {match.column for match in matches}
    codes = [
        one for one in columns if one.name not in taken and one.reading.form is Form.CODE and one.evidence.is_unique
    ]
    for substitute in ("name", "email"):
        match = by_name.get(substitute)
        if match and _column(columns, match.column).evidence.is_unique:
            # with codes beside it that nobody understood, the name is hardly the key
            return (*matches, replace(match, target=key, by_word=min(match.by_word, BESIDE_CODES if codes else 0.9)))
    if codes and is_named:
        return (*matches, Match(key, codes[0].name, A_CODE, 1.0))
    return tuple(matches)


def _beside(
    pattern: Pattern, own: str, found: Mapping[str, tuple[Match, ...]], columns: Sequence[Read]
) -> tuple[Match, ...]:
    """The columns of another table in the same file: its key must be named as its own, and something must be told of it."""
    key = pattern.needs[0][0]
    references = (
        match for table, told in found.items() for match in told if _refers_to(table, match.target, pattern.table)
    )
    reference = next(references, None)
    explicit = [column for column in columns if column.meanings.words & pattern.about]
    keys = [match for match in assigned(pattern, explicit) if match.target == key]
    if reference is None or (pattern.table not in ("employees", "stages") and not keys):
        return ()
    key_match = replace(reference, target=key)
    taken = {
        match.column for table, matches in found.items() for match in matches if not _is_place(table, match.target)
    }
    rest = [column for column in columns if column.name not in taken or column in explicit]
    # what a file of lines says without a word of whose it is, it says of its products, customers and orders
    heads = rest if own == "order_lines" else [column for column in rest if column in explicit]
    told = [
        match
        for match in _of_one_thing(pattern, key_match, assigned(pattern, heads), columns)
        if match.target != key
        and match.column not in (key_match.column, *key_match.joined)
        and match.confidence >= BESIDE_FROM
    ]
    if pattern.table == "orders" and not any(match.target == "ordered_at" for match in told):
        return ()
    return (key_match, *told) if told or pattern.table in ("employees", "stages") else ()


def _of_one_thing(pattern: Pattern, key: Match, matches: Sequence[Match], columns: Sequence[Read]) -> Iterator[Match]:
    """Matches beside a key, those doubted whose heads name another thing: beside a customer, a contact's name is not his.

    So are names that name no thing at all beside a word that is not known: whose display name is it?
    """
    whose = _column(columns, key.column).meanings.words & pattern.about
    for match in matches:
        meant = _column(columns, match.column).meanings
        named = meant.words & pattern.about
        # a company that the key does not speak of may be the one whose system it is
        is_other = bool(named) and not whose & named and bool(whose or named == {"company"})
        is_another = is_other or (not named and meant.unknown > 0 and match.target == "name")
        yield replace(match, by_word=match.by_word * UNNAMED) if is_another else match


def _is_place(table: str, target: str) -> bool:
    """A country of an order is one of its customer's too."""
    return target in ("country", "region", "city", "customer_id")


def _refers_to(own: str, target: str, table: str) -> bool:
    if own == table or not TABLES[own].has(target):
        return False
    return TABLES[own].column(target).references == table or (own, target, table) == ("deals", "stage", "stages")


# ── columns ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def assigned(pattern: Pattern, columns: Sequence[Read]) -> list[Match]:
    """The best canonical column for each column of a file, each once, the surest first."""
    candidates = [
        match
        for column in columns
        for target in pattern.columns
        if (match := _match(pattern, target, column)).confidence >= LIKELY
    ]
    # among equals the one that is called as the column is, or of keys and days names the table itself: "Order date" before "Date"
    named = {column.name for column in columns if column.meanings.words & pattern.about}
    words = {column.name: len(column.meanings.words) + column.meanings.unknown for column in columns}
    candidates.sort(
        key=lambda match: (
            -match.confidence, -match.by_word, match.target,
            not (_is_called(match) or (match.column in named and _is_key_or_day(pattern.table, match.target))),
            words[match.column], len(match.column), match.column,
        )
    )  # fmt: skip
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for match in candidates:
        if match.target not in chosen and match.column not in taken:
            chosen[match.target] = match
            taken.add(match.column)
    return [chosen[target] for target in pattern.columns if target in chosen]


def _is_key_or_day(table: str, target: str) -> bool:
    declared = TABLES[table].column(target) if TABLES[table].has(target) else None
    return declared is not None and (declared.is_key or declared.type in (Type.DATE, Type.MOMENT))


def _is_called(match: Match) -> bool:
    return match.target.split("_")[0] in folded(match.column)


def _match(pattern: Pattern, target: str, column: Read) -> Match:
    by_word = max(
        (
            _agreement(column.meanings, wanted, pattern) - LATER * place
            for place, wanted in enumerate(pattern.columns[target])
        ),
        default=0.0,
    )
    if (
        TABLES[pattern.table].has(target)
        and TABLES[pattern.table].column(target).is_key
        and "id" in column.meanings.words
    ):
        by_word -= OF_UNKNOWN * min(column.meanings.unknown, 1)
    by_values = suiting(pattern.table, target, column) if by_word > 0 else 0.0
    return Match(target, column.name, max(by_word, 0.0), by_values)


def _agreement(meant: Meanings, wanted: frozenset[str], pattern: Pattern) -> float:
    """How well a head says what is wanted; the table's own words may be there or not."""
    if not meant.words:
        return 0.0
    own = pattern.about - wanted
    said = meant.words - own
    if not said:  # nothing but the table's own word
        said = frozenset((SELF,))
        wanted = frozenset((SELF,)) if wanted == frozenset(("id",)) else wanted
        wanted = frozenset((SELF,)) if wanted and wanted <= meant.words else wanted
    if not wanted <= said:
        return 0.0
    extra = sum(OF_ANOTHER if word in lexicon().things else EXTRA for word in said - wanted)
    is_bare_self = said == {SELF} and wanted == {SELF}
    return 1.0 - extra - UNKNOWN * min(meant.unknown, 3) - (0.1 if is_bare_self else 0.0)
