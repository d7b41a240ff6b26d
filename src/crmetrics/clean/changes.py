"""What cleaning changed: of each rule in how many values of a column, with one example before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
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
_FIRST, _BEYOND = "+", ":"
"""A plain number starts with a sign from + to 9, which is the one before the colon, and ends so; money signs, brackets lie outside."""


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
    for each different one. What an example is read as is worked out of its text alone.
    """
    number = max((part.import_no for part in rows.parts), default=0)
    lines: list[tuple[object, ...]] = []
    for section in sections:
        seen = _seen(section)
        watched = list(_watched(seen))
        texts = _texts(section, seen, aside)
        found = _counted(connection, [each for each in watched if not each.is_word], texts)
        found += _counted_words(connection, seen, [each for each in watched if each.is_word], texts)
        changed = [(each, line) for each, line in found if line[1]]
        read = _read(connection, seen, [(each, line[2]) for each, line in changed])
        lines += [
            (
                source, rows.entry, section.section.table.name, each.cell.target, each.rule.text, each.rule.domain, None,
                filled, count, before, after, f"{source}:{number}",
            )
            for (each, (filled, count, before)), after in zip(changed, read, strict=True)
        ]  # fmt: skip
    if lines:  # at once: each statement takes its time
        places = ", ".join([f"({', '.join('?' * len(lines[0]))})"] * len(lines))
        connection.execute(f"insert into meta.changes values {places}", [value for line in lines for value in line])


_Line = tuple[int, int, str | None]
"""Values that are given, values that a rule changed, the first of them as it came."""


def _seen(section: SectionSql) -> SectionSql:
    """The same section with only the cells that are watched: what is looked up elsewhere is told there."""
    cells = tuple(each for each in section.section.cells if each.column is not None and not each.column.of)
    return replace(section, section=replace(section.section, cells=cells, where=None))


def _texts(section: SectionSql, seen: SectionSql, aside: str) -> str:
    """SQL of the rows with the texts as they came; nothing is looked up for that, unless a condition says which rows there are."""
    if section.section.where is not None:
        texts = [f"r{section.names.index(name)} as r{place}" for place, name in enumerate(seen.names)]
        return f"select {', '.join(['_pos', *texts])} from ({section.taken(section.given(section.rows(aside)))})"
    texts = [f"{identifier(name.column)} as r{place}" for place, name in enumerate(seen.names)]
    condition = f" where _pos not in (select _pos from {aside})" if aside else ""
    return f"select {', '.join(['_pos', *texts])} from {section.relation}{condition}"


def _counted(
    connection: duckdb.DuckDBPyConnection, watched: Sequence[_Watched], texts: str
) -> list[tuple[_Watched, _Line]]:
    if not watched:
        return []
    # Each condition stands once, in a column of its own: beside several sums it would be worked out for each.
    raws = list(dict.fromkeys(each.raw for each in watched))
    columns = ["_pos", *raws, *(f"{each.condition} as c{n}" for n, each in enumerate(watched))]
    counts = [f"count({raw})" for raw in raws]
    counts += [f"count_if(c{n}), arg_min({each.raw}, _pos) filter (where c{n})" for n, each in enumerate(watched)]
    found = connection.execute(
        f"select {', '.join(counts)} from (select {', '.join(columns)} from ({texts}))"
    ).fetchall()
    filled, ours = dict(zip(raws, found[0], strict=False)), found[0][len(raws) :]
    return [(each, (filled[each.raw], ours[2 * n], ours[2 * n + 1])) for n, each in enumerate(watched)]


def _counted_words(
    connection: duckdb.DuckDBPyConnection, seen: SectionSql, watched: Sequence[_Watched], texts: str
) -> list[tuple[_Watched, _Line]]:
    """The same of words: a row of one group has a text in that column alone."""
    if not watched:
        return []
    raws = list(dict.fromkeys(each.raw for each in watched))
    others = [f"cast(null as varchar) as {alias}" for alias in seen.aliases if alias not in raws]
    words_ = (
        f"select {', '.join([*raws, *others])}, count(*) as times, min(_pos) as _pos from ({texts}) "
        f"group by grouping sets ({', '.join(f'({raw})' for raw in raws)}) having coalesce({', '.join(raws)}) is not null"
    )
    conditions = [f"{each.raw} is not null and {each.condition} as c{n}" for n, each in enumerate(watched)]
    counts = [
        f"coalesce(sum(times) filter (where {each.raw} is not null), 0)::bigint, "
        f"coalesce(sum(times) filter (where c{n}), 0)::bigint, arg_min({each.raw}, _pos) filter (where c{n})"
        for n, each in enumerate(watched)
    ]
    found = connection.execute(
        f"select {', '.join(counts)} from (select *, {', '.join(conditions)} from ({seen.given(words_)}))"
    ).fetchall()[0]
    return [(each, (found[3 * n], found[3 * n + 1], found[3 * n + 2])) for n, each in enumerate(watched)]


def _read(
    connection: duckdb.DuckDBPyConnection, seen: SectionSql, wanted: Sequence[tuple[_Watched, str | None]]
) -> list[str | None]:
    """What the cells make of these texts."""
    if not wanted:
        return []
    cells = {each.cell.target: each.cell for each, _text in wanted}
    only = replace(seen, section=replace(seen.section, cells=tuple(cells.values())))
    texts = [[text if name == each.cell.column else None for name in only.names] for each, text in wanted]
    places = ", ".join(f"({', '.join([str(n), *('?' * len(only.names))])})" for n in range(len(wanted)))
    rows = (
        f"select _pos, {', '.join(f'cast({alias} as varchar) as {alias}' for alias in only.aliases)} "
        f"from (values {places}) as texts(_pos, {', '.join(only.aliases)})"
    )
    read = " ".join(
        f"when {n} then cast({identifier(each.cell.target)} as varchar)" for n, (each, _text) in enumerate(wanted)
    )
    found = connection.execute(
        f"select case _pos {read} end from ({only.typed(only.given(rows))}) order by _pos",
        [text for row in texts for text in row],
    ).fetchall()
    return [after for (after,) in found]


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
        # A whole text is compared by its first sign; left() and right() cost ten times as much.
        odd = f"{raw} < '{_FIRST}' or {raw} >= '{_BEYOND}' or {raw}[-1] >= '{_BEYOND}'"
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
