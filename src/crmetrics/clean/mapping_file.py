"""Reading a mapping file (TOML): every mistake is told with its file, section, key and value, and the way out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Final

from crmetrics.clean.layout import DATABASE_KEYS, LAYOUT_KEYS, is_headed, read_asked, read_layout
from crmetrics.clean.mapping import NUMBERED, NUMBERS, Cell, Entry, Formats, Join, Mapping, Section, target_of_custom
from crmetrics.clean.mapping_formats import FORMAT_KEYS, FormatReader, no_zone
from crmetrics.clean.wide_stages import spread
from crmetrics.vocabulary.errors import BadMapping, BadValue
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import is_zone
from crmetrics.warehouse.expression import Expression, Kind, Name, Typed, parse_expression
from crmetrics.warehouse.schema import TABLES, Table, Type

_ = words("import")

WITH_CUSTOM: Final = ("customers", "products", "deals", "orders")
"""The tables that keep a company's own columns."""

_SECTION_KEYS: Final = ("from", "distinct", "where", "custom")
_ENTRY_KEYS: Final = (
    "match", "sheet", "encoding", "delimiter", "header", "key", "join", "may_be_empty", "columns",
    *LAYOUT_KEYS, *DATABASE_KEYS, *FORMAT_KEYS,
)  # fmt: skip
_CELL_KEYS: Final = ("column", "value", "formula", "map", "strip_prefix", "strip_suffix", *FORMAT_KEYS)
_SOURCE_KEYS: Final = ("name", "kind", "zone")
_COMPANY_KEYS: Final = ("name", "currency", "zone", "language")


def read_mapping(path: Path, default_name: str) -> Mapping:
    """Read a mapping file. `default_name` names the source where the file does not.

    Raises BadMapping with the file, section, key and value that is wrong, and what may stand there.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadMapping(_("There is no mapping file '{path}'.", path=str(path))) from None
    except UnicodeDecodeError:
        raise BadMapping(_("{file} is not a text file in UTF-8.", file=path.name)) from None
    return parse_mapping(path, text, default_name)


def parse_mapping(path: Path, text: str, default_name: str) -> Mapping:
    """Read the text of a mapping file; `path` is named in errors. Raises BadMapping."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadMapping(_("{file} is not valid TOML: {problem}.", file=path.name, problem=str(error))) from None
    return _Reader(path, text).mapping(document, default_name)


def nearest(name: str, known: Iterable[str]) -> Message:
    """Say which known names come near, or name the first few of them."""
    known = list(known)
    folded = {one.casefold(): one for one in known}
    close = [folded[one] for one in get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)]
    if close:
        return _("Did you mean {names}?", names=_listed(close))
    more = ", ..." if len(known) > 40 else ""
    return _("There are: {names}.", names=_listed(known[:40]) + more)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


class _Reader:
    """One mapping file being read: knows the place of every value, for the errors."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def wrong(self, section: str, key: str, problem: Message) -> BadMapping:
        place = f"{self.path.name}, [{section}]" + (f", {key}" if key else "")
        return BadMapping(_("{place}: {problem}", place=place, problem=problem))

    def mapping(self, document: MappingOf[str, object], default_name: str) -> Mapping:
        source = self.table(document.get("source", {}), "source", "")
        company = self.table(document.get("company", {}), "company", "")
        self.known(source, _SOURCE_KEYS, "source")
        self.known(company, _COMPANY_KEYS, "company")
        kind = self.word(source.get("kind", "full"), "source", "kind")
        if kind not in ("full", "delta"):
            raise self.wrong("source", "kind", _("'{value}' is neither full nor delta.", value=kind))
        name = self.word(source.get("name", default_name), "source", "name")
        if not name or set(name) & set("/\\\0") or name.startswith(("_", ".")):
            raise self.wrong(
                "source", "name", _("'{value}' cannot name a source: use letters, digits, - .", value=name)
            )
        for section, found in (("source", source), ("company", company)):
            self.zone(found.get("zone"), section)
        entries = self.entries(self.table(document.get("files", {}), "files", ""), kind)
        sections = tuple(self.sections(document, entries))
        if not sections:
            raise BadMapping(
                _(
                    '{file} fills no table. Add a section such as [orders] with from = "{entry}".',
                    file=self.path.name,
                    entry=next(iter(entries), "lines"),
                )
            )
        zone = source.get("zone")
        return Mapping(
            self.path, self.text, name, "delta" if kind == "delta" else "full",
            None if zone is None else str(zone), {key: str(value) for key, value in company.items()}, entries, sections,
        )  # fmt: skip

    def entries(self, files: MappingOf[str, object], kind: str) -> dict[str, Entry]:
        if not files:
            raise BadMapping(
                _(
                    '{file} names no files. Add a section such as [files.orders] with match = "orders*.csv".',
                    file=self.path.name,
                )
            )
        found = {name: self.entry(name, self.table(body, f"files.{name}", ""), kind) for name, body in files.items()}
        for entry in found.values():
            for join in entry.joins:
                if join.name not in found:
                    place = f"files.{entry.name}.join.{join.name}"
                    problem = _(
                        "there is no file entry '{name}'. {near}", name=join.name, near=nearest(join.name, found)
                    )
                    raise self.wrong(place, "", problem)
        return found

    def entry(self, name: str, body: MappingOf[str, object], kind: str) -> Entry:
        place = f"files.{name}"
        self.known(body, _ENTRY_KEYS, place)
        asked = read_asked(body, kind, lambda key, problem: self.wrong(place, key, problem))
        match = self.texts(body.get("match", ()), place, "match")
        if not match and asked is None:
            raise self.wrong(place, "match", _('say which files these are, such as match = "orders*.csv".'))
        joins = self.table(body.get("join", {}), place, "join")
        return Entry(
            name,
            match,
            self.optional(body, place, "sheet"),
            self.optional(body, place, "encoding"),
            self.optional(body, place, "delimiter"),
            self.flag(body.get("header", is_headed(body)), place, "header"),
            self.formats(body, place, Formats()),
            self.texts(body.get("key", ()), place, "key"),
            tuple(self.join(place, other, self.table(found, place, "join")) for other, found in joins.items()),
            self.flag(body.get("may_be_empty", False), place, "may_be_empty"),
            self.columns(body, place, self.formats(body, place, Formats())),
            read_layout(body, lambda key, problem: self.wrong(place, key, problem)),
            asked,
        )

    def join(self, place: str, other: str, body: MappingOf[str, object]) -> Join:
        place = f"{place}.join.{other}"
        self.known(body, ("on", "ignore_case", "single"), place)
        on = self.table(body.get("on", {}), place, "on")
        if not on:
            raise self.wrong(place, "on", _('say which columns are equal, such as on = { ProductKey = "ProductKey" }.'))
        pairs = {mine: self.word(theirs, place, "on") for mine, theirs in on.items()}
        ignores_case = self.flag(body.get("ignore_case", False), place, "ignore_case")
        return Join(other, pairs, ignores_case, self.flag(body.get("single", False), place, "single"))

    def sections(self, document: MappingOf[str, object], entries: MappingOf[str, Entry]) -> Iterator[Section]:
        for name, body in document.items():
            if name in ("source", "company", "files"):
                continue
            if name not in TABLES:
                known = ["source", "company", "files", *TABLES]
                raise self.wrong(
                    name, "", _("there is no table '{name}'. {near}", name=name, near=nearest(name, known))
                )
            told = body if isinstance(body, list) else [body]
            bodies = [part for one in told for part in spread(name, one, partial(self.wrong, name))]
            for number, one in enumerate(bodies, 1):
                place = name if len(bodies) == 1 else f"{name} ({number})"
                yield self.section(TABLES[name], place, self.table(one, place, ""), entries)

    def section(
        self, table: Table, place: str, body: MappingOf[str, object], entries: MappingOf[str, Entry]
    ) -> Section:
        entry = self.word(body.get("from", ""), place, "from")
        if entry not in entries:
            near = nearest(entry, entries)
            raise self.wrong(place, "from", _("there is no file entry '{name}'. {near}", name=entry, near=near))
        joins = {join.name for join in entries[entry].joins}
        cells = [
            self.cell(table, place, target, value, entries[entry], joins)
            for target, value in body.items()
            if target not in _SECTION_KEYS
        ]
        custom = self.table(body.get("custom", {}), place, "custom")
        if custom and table.name not in WITH_CUSTOM:
            problem = _("only {tables} keep columns of your own.", tables=", ".join(WITH_CUSTOM))
            raise self.wrong(place, "custom", problem)
        for key, value in custom.items():
            cells.append(
                self.filled(place, f"custom.{key}", target_of_custom(key), Type.TEXT, value, entries[entry], joins)
            )
        where = body.get("where")
        condition = None if where is None else self.expression(where, place, "where", joins, Kind.FLAG)
        distinct = self.flag(body.get("distinct", False), place, "distinct")
        self.complete(table, place, cells)
        if distinct and not any(cell.target in table.key and cell.value is None for cell in cells):
            problem = _(
                "a distinct section needs a column of the file for the key of the table: {key}.",
                key=", ".join(table.key),
            )
            raise self.wrong(place, "distinct", problem)
        return Section(table, entry, place, tuple(cells), distinct, condition)

    def complete(self, table: Table, place: str, cells: Sequence[Cell]) -> None:
        given = {cell.target for cell in cells}
        for column in table.columns:
            numbered = column.name in NUMBERED and column.is_key
            if column.is_required and column.default is None and column.name not in given and not numbered:
                problem = _(
                    "the table needs it. Say which column of the file gives it, or a constant: { value = ... }."
                )
                raise self.wrong(place, column.name, problem)

    def cell(self, table: Table, place: str, target: str, value: object, entry: Entry, joins: set[str]) -> Cell:
        if not table.has(target):
            names = [column.name for column in table.columns]
            problem = _("{table} has no such column. {near}", table=table.name, near=nearest(target, names))
            raise self.wrong(place, target, problem)
        column = table.column(target)
        cell = self.filled(place, target, target, column.type, value, entry, joins)
        for text in (cell.value, *cell.map.values()) if column.choices else ():
            if text not in (None, "*") and text.strip().lower() not in column.choices:
                problem = _("'{value}' is none of {choices}.", value=text, choices=_listed(column.choices))
                raise self.wrong(place, target, problem)
        return cell

    def filled(
        self, place: str, key: str, target: str, kind: Type, value: object, entry: Entry, joins: set[str]
    ) -> Cell:
        if isinstance(value, str):
            return Cell(target, kind, column=self.name(value, joins))
        body = self.table(value, place, key)
        self.known(body, _CELL_KEYS, f"{place}.{key}")
        given = [one for one in ("column", "value", "formula") if one in body]
        if len(given) != 1:
            raise self.wrong(place, key, _("say exactly one of column, value, formula."))
        written = entry.formats_of(str(body.get("column", "")))
        is_own = any(one in body for one in FORMAT_KEYS)
        formats = self.formats(body, place, replace(written, missing=())) if is_own else None
        prefix = self.word(body.get("strip_prefix", ""), place, key)
        suffix = self.word(body.get("strip_suffix", ""), place, key)
        pairs = {
            one: self.constant(other, place, key) for one, other in self.table(body.get("map", {}), place, key).items()
        }
        if given == ["value"]:
            constant = self.constant(body["value"], place, key)
            self.check_constant(constant, kind, place, key)
            return Cell(target, kind, value=constant)
        if given == ["formula"]:
            wanted = Kind.NUMBER if kind in NUMBERS and not pairs else Kind.FLAG if kind is Type.FLAG else Kind.TEXT
            formula = self.expression(body["formula"], place, key, joins, wanted)
            return Cell(target, kind, None, None, formula, prefix, suffix, pairs, formats)
        column = self.name(self.word(body["column"], place, key), joins)
        return Cell(target, kind, column, None, None, prefix, suffix, pairs, formats)

    def check_constant(self, text: str, kind: Type, place: str, key: str) -> None:
        try:
            if kind in (Type.INTEGER, Type.NUMBER, Type.MONEY, Type.SHARE, Type.RATE):
                Decimal(text)
            elif kind is Type.DATE:
                date.fromisoformat(text)
            elif kind is Type.MOMENT:
                datetime.fromisoformat(text)
            elif kind is Type.FLAG and text not in ("true", "false"):
                raise ValueError(text)
        except (ValueError, InvalidOperation):
            raise self.wrong(place, key, _("'{value}' does not fit the column.", value=text)) from None

    def name(self, text: str, joins: set[str]) -> Name:
        """A column of the file; `products.Unit Cost` is a column of the joined entry products."""
        of, dot, column = text.partition(".")
        return Name(column, of) if dot and of in joins else Name(text)

    def expression(self, value: object, place: str, key: str, joins: set[str], wanted: Kind) -> Expression:
        try:
            expression = parse_expression(self.word(value, place, key))
            kind = expression.sql(lambda name: Typed("x", Kind.RAW), lambda name: "n").kind
        except BadValue as error:
            raise self.wrong(place, key, error.message) from None
        for name in expression.names:
            if name.of and name.of not in joins:
                problem = _(
                    "'{name}' is of a file that is not joined. {near}", name=str(name), near=nearest(name.of, joins)
                )
                raise self.wrong(place, key, problem)
        fits = kind is wanted or kind in (Kind.RAW, Kind.TEXT) if wanted is not Kind.FLAG else kind is wanted
        if not fits:
            problem = _("'{value}' does not fit: it is no {wanted}.", value=expression.text, wanted=wanted.word)
            raise self.wrong(place, key, problem)
        return expression

    def formats(self, body: MappingOf[str, object], place: str, default: Formats) -> Formats:
        return FormatReader(body, lambda key, problem: self.wrong(place, key, problem)).formats(default)

    def columns(self, body: MappingOf[str, object], place: str, default: Formats) -> dict[str, Formats]:
        """How single columns of a file are written, where it is not as the others are."""
        found = {}
        for column, said in self.table(body.get("columns", {}), place, "columns").items():
            one = self.table(said, f"{place}.columns", column)
            self.known(one, FORMAT_KEYS, f"{place}.columns.{column}")
            formats = self.formats(one, f"{place}.columns.{column}", default)
            missing = tuple(dict.fromkeys([*default.missing, *formats.missing]))
            found[column] = replace(formats, missing=missing)
        return found

    def zone(self, value: object, place: str) -> None:
        if value is not None and not is_zone(self.word(value, place, "zone")):
            raise self.wrong(place, "zone", no_zone(str(value)))

    def known(self, body: MappingOf[str, object], keys: Sequence[str], place: str) -> None:
        for key in body:
            if key not in keys:
                raise self.wrong(place, key, _("there is no such key. {near}", near=nearest(key, keys)))

    def table(self, value: object, place: str, key: str) -> MappingOf[str, object]:
        if not isinstance(value, dict):
            problem = _("'{value}' stands where a column name or { ... } is expected.", value=str(value))
            raise self.wrong(place, key, problem)
        return value

    def word(self, value: object, place: str, key: str) -> str:
        if not isinstance(value, str):
            raise self.wrong(place, key, _("'{value}' is not a text in quotes.", value=str(value)))
        return value

    def optional(self, body: MappingOf[str, object], place: str, key: str) -> str | None:
        return self.word(body[key], place, key) if key in body else None

    def constant(self, value: object, place: str, key: str) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        raise self.wrong(
            place, key, _("'{value}' is neither a text, a number, a date nor true or false.", value=str(value))
        )

    def texts(self, value: object, place: str, key: str) -> tuple[str, ...]:
        return FormatReader({key: value}, lambda _key, problem: self.wrong(place, key, problem)).texts(key, ())

    def flag(self, value: object, place: str, key: str) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(place, key, _("'{value}' is neither true nor false.", value=str(value)))
        return value
