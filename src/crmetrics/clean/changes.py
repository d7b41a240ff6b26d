"""What cleaning changed: of each rule in how many values of a column, with one example before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from crmetrics.clean import values
from crmetrics.clean.mapping import NUMBERS, Cell, Formats
from crmetrics.clean.raw_rows import EntryRows
from crmetrics.clean.section import SectionSql
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import Type

_ = words("quality")

TABLE: Final = (
    "changes(source varchar, entry varchar, table_name varchar, column_name varchar, rule varchar, rule_domain varchar, "
    "rule_values varchar, rows bigint, changed bigint, example_before varchar, example_after varchar, undo_id varchar)"
)

TRIMMED: Final = _("Blanks around the value are removed.")
NOT_GIVEN: Final = _("A word that means 'not given' is left blank.")
NUMBER: Final = _("A number is read by the marks of its file.")
DATED: Final = _("A date is read by the form of its file.")
YES_OR_NO: Final = _("Yes and no are read in four languages.")
LISTED: Final = _("A word is written as the list of the column has it.")
CURRENCY: Final = _("A currency is written by its ISO 4217 code.")
USUAL: Final = _("A value is written in its usual form.")
REPLACED: Final = _("A value is replaced as the mapping says.")

_ISO: Final = "%Y-%m-%d"
_MARKS_BEFORE, _MARKS_AFTER = "+", "9"
"""A plain number starts with a sign between these, and ends so; money signs, brackets and % lie outside."""


@dataclass(frozen=True, slots=True)
class _Watched:
    """One rule on one cell: `condition` is true for the values that it changes; `raw` is the alias of the value as it came.

    is_word  few different values are to be expected, and the condition may name what is made of them
    """

    cell: Cell
    rule: Message
    condition: str
    raw: str
    is_word: bool = False


def make_table(
    connection: duckdb.DuckDBPyConnection, has_old: bool, read: Collection[tuple[str, str]], sources: Collection[str]
) -> None:
    """Make `meta.changes`, with what is told of entries that are not read again."""
    connection.execute(f"create table if not exists meta.{TABLE}")
    known = (
        "select 1 from duckdb_tables() where database_name = 'old' and schema_name = 'meta' and table_name = 'changes'"
    )
    if has_old and connection.execute(known).fetchall():
        again = ", ".join(literal(f"{source}\x1f{entry}") for source, entry in sorted(read)) or "null"
        kept = ", ".join(map(literal, sorted(sources))) or "null"
        connection.execute(
            "insert into meta.changes by name select * from old.meta.changes "
            f"where concat(source, chr(31), entry) not in ({again}) and source in ({kept})"
        )


def note_changes(
    connection: duckdb.DuckDBPyConnection, source: str, rows: EntryRows, sections: Sequence[SectionSql], aside: str
) -> None:
    """Note what the rules changed in one entry; a value that feeds several tables is told with each of them.

    aside  the table of rows that stand in quarantine, of which nothing was taken; blank if there are none

    One search over the texts as they came, which is cheaper than reading them a second time; words out of a list are looked at once
    for each different one.
    """
    number = max((part.import_no for part in rows.parts), default=0)
    lines: list[tuple[object, ...]] = []
    for section in sections:
        watched = list(_watched(section))
        found = _counted(connection, section, [each for each in watched if not each.is_word], aside)
        for each in watched:
            if each.is_word:
                found += _counted_words(connection, section, each, aside)
        changed = [(each, line) for each, line in found if line[1]]
        examples = _examples(connection, section, [(each, line[2]) for each, line in changed])
        lines += [
            (
                source, rows.entry, section.section.table.name, each.cell.target, each.rule.text, each.rule.domain, None,
                filled, count, before, after, f"{source}:{number}",
            )
            for (each, (filled, count, _first)), (before, after) in zip(changed, examples, strict=True)
        ]  # fmt: skip
    if lines:  # at once: each statement takes its time
        places = ", ".join([f"({', '.join('?' * len(lines[0]))})"] * len(lines))
        connection.execute(f"insert into meta.changes values {places}", [value for line in lines for value in line])


_Line = tuple[int, int, int]
"""Values that are given, values that a rule changed, the place of the first of them."""


def _texts(section: SectionSql, aside: str) -> str:
    """SQL of the rows with the texts as they came; nothing is looked up for that, unless a condition says which rows there are."""
    if section.section.where is not None:
        return section.taken(section.given(section.rows(aside)))
    own = [f"{identifier(name.column)} as r{place}" for place, name in enumerate(section.names) if not name.of]
    condition = f" where _pos not in (select _pos from {aside})" if aside else ""
    return f"select {', '.join(['_pos', *own])} from {section.relation}{condition}"


def _counted(
    connection: duckdb.DuckDBPyConnection, section: SectionSql, watched: Sequence[_Watched], aside: str
) -> list[tuple[_Watched, _Line]]:
    if not watched:
        return []
    counts = [
        f"count({each.raw}), count(*) filter (where {each.condition}), min(_pos) filter (where {each.condition})"
        for each in watched
    ]
    found = list(connection.execute(f"select {', '.join(counts)} from ({_texts(section, aside)})").fetchall()[0])
    return [(each, (found[3 * n], found[3 * n + 1], found[3 * n + 2])) for n, each in enumerate(watched)]


def _counted_words(
    connection: duckdb.DuckDBPyConnection, section: SectionSql, watched: _Watched, aside: str
) -> list[tuple[_Watched, _Line]]:
    others = [f"cast(null as varchar) as {alias}" for alias in section.aliases if alias != watched.raw]
    words_ = (
        f"select {', '.join([watched.raw, *others])}, count(*) as times, min(_pos) as _pos from ({_texts(section, aside)}) "
        f"where {watched.raw} is not null group by {watched.raw}"
    )
    rows = f"select * from ({section.given(words_)})"
    found = connection.execute(
        f"select sum(times)::bigint, (sum(times) filter (where {watched.condition}))::bigint, "
        f"min(_pos) filter (where {watched.condition}) from ({rows})"
    ).fetchall()[0]
    return [(watched, (found[0] or 0, found[1] or 0, found[2]))]


def _examples(
    connection: duckdb.DuckDBPyConnection, section: SectionSql, wanted: Sequence[tuple[_Watched, int]]
) -> list[tuple[str | None, str | None]]:
    """The first value that each rule changed, as it came and as it is read."""
    if not wanted:
        return []
    connection.execute(
        "create or replace temp table example_rows as select unnest($places::bigint[]) as _pos",
        {"places": [place for _each, place in wanted]},
    )
    typed = section.typed(section.given(section.rows(only="example_rows")))
    shown = ", ".join(
        f"any_value({each.raw}) filter (where _pos = {place}), "
        f"any_value(cast({identifier(each.cell.target)} as varchar)) filter (where _pos = {place})"
        for each, place in wanted
    )
    found = connection.execute(f"select {shown} from ({typed})").fetchall()[0]
    return [(found[2 * place], found[2 * place + 1]) for place in range(len(wanted))]


def _watched(section: SectionSql) -> Iterator[_Watched]:
    """The rules that may change something, column by column; what is looked up elsewhere is told there."""
    for cell in section.section.cells:
        if cell.column is None or cell.column.of:
            continue
        place = section.names.index(cell.column)
        raw, text = f"r{place}", f"x{place}"
        formats = _formats(section, cell)
        is_tidy = (section.section.entry, cell.column.column) in section.tidy
        given = f"nullif({raw}, '')" if is_tidy else values.trimmed(raw, ())
        if not is_tidy:
            yield _Watched(cell, TRIMMED, values.is_untidy(raw), raw)
        if formats.missing:
            yield _Watched(
                cell, NOT_GIVEN, f"{given} is not null and {values.without(given, formats.missing)} is null", raw
            )
        if cell.map or cell.strip_prefix or cell.strip_suffix:
            yield _Watched(cell, REPLACED, f"{section.text_of(cell)} is distinct from {text}", raw, is_word=True)
        else:
            yield from _by_type(section, cell, raw, text, given)


def _by_type(section: SectionSql, cell: Cell, raw: str, text: str, given: str) -> Iterator[_Watched]:
    formats, column = _formats(section, cell), section.section.column(cell.target)
    meant = values.without(given, formats.missing)
    if cell.type in NUMBERS:
        marks = " or ".join(f"contains({raw}, '{mark}')" for mark in (",.", ", ")[formats.decimal == "."])
        odd = f"left({raw}, 1) < '{_MARKS_BEFORE}' or left({raw}, 1) > '{_MARKS_AFTER}' or right({raw}, 1) > '{_MARKS_AFTER}'"
        yield _Watched(cell, NUMBER, f"({marks} or {odd}) and {meant} is not null", raw)
    elif cell.type in (Type.DATE, Type.MOMENT):
        if any(not each.startswith(_ISO) for each in formats.dates):
            yield _Watched(cell, DATED, f"{meant} is not null", raw)
    elif cell.type is Type.FLAG:
        yield _Watched(cell, YES_OR_NO, f"{text} not in ('true', 'false')", raw, is_word=True)
    elif cell.type is Type.TEXT:
        read = values.typed(text, text, cell.type, column, formats, section.zone)
        if read != text:
            rule = LISTED if column and column.choices else CURRENCY if cell.target == "currency" else USUAL
            yield _Watched(cell, rule, f"({read}) <> {text}", raw, is_word=True)


def _formats(section: SectionSql, cell: Cell) -> Formats:
    """How the values of a cell that is read from a column of its own file are written."""
    return cell.formats or section.entry.formats_of(cell.column.column if cell.column else "")
