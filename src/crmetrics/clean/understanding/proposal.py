"""What was understood of some files, as a mapping to be read, corrected and used, with what is unsure named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL, Form
from crmetrics.clean.understanding.recognition import LIKELY, SURE, Match, Recognised
from crmetrics.clean.understanding.shapes import Shape, shaped_entry, shaped_sections
from crmetrics.clean.understanding.suiting import Read
from crmetrics.clean.understanding.toml import key, value
from crmetrics.clean.understanding.values import CHOICES, choice_map, country_map, is_won, won_map
from crmetrics.warehouse.schema import TABLES, Type

PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MADE: Final = ("line_no", "stage_no", "kind")
"""Required columns that the import makes where a file has none, or that a section of stages adds."""

WITH_CURRENCY: Final = ("orders", "deals", "products", "quotes", "invoices", "payments", "subscriptions", "costs")

FEW_OPEN: Final = 1.05
"""How many more days of closing than deals won or lost there may be by mistake."""

Doubt = Literal["column", "dates", "decimal", "currency"]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the user can tell: what is proposed stands in `proposed`, what else it may be in `others`."""

    entry: str
    doubt: Doubt
    table: str
    target: str
    proposed: str
    others: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    confidence: float = 0.0


@dataclass(frozen=True)
class Known:
    """One kind of file: how its files are found, its columns, and what it was recognised as."""

    name: str
    match: tuple[str, ...]
    columns: tuple[Read, ...]
    found: Recognised
    sheet: str | None = None
    shape: Shape | None = None
    """The system that it is an export of; it is called as there."""

    def column(self, name: str) -> Read:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True)
class Proposal:
    """The kinds of files with what is proposed for them; `currency` is that of amounts that name none, blank: unknown.

    `refused` are the (entry, table, target) that the user said no to.
    """

    source: str
    known: tuple[Known, ...]
    currency: str = ""
    refused: frozenset[tuple[str, str, str]] = frozenset()
    dates: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    decimals: Mapping[str, str] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[Known, ...]:
        """The kinds of files that are none of our tables."""
        return tuple(known for known in self.known if not known.found.own)

    def questions(self) -> list[Question]:
        """What must be asked: columns that are likely and not sure, forms of dates and numbers that fit two ways, a currency."""
        found = [question for known in self.known for question in self._of_entry(known)]
        if not self.currency and any(self._needs_currency(known) for known in self.known):
            found.append(Question("", "currency", "", "currency", "", examples=()))
        return found

    def _of_entry(self, known: Known) -> Iterator[Question]:
        if not known.found.own or known.shape:
            return  # told, and not asked: most are no tables, such as a word on the licence
        for table, matches in known.found.tables.items():
            for match in matches:
                if match.confidence < SURE and (known.name, table, match.target) not in self.refused:
                    examples = tuple(cell for cell, _times in known.column(match.column).evidence.values[:3])
                    yield Question(
                        known.name,
                        "column",
                        table,
                        match.target,
                        match.column,
                        match.joined,
                        examples,
                        match.confidence,
                    )
        used = {match.column for matches in known.found.tables.values() for match in matches}
        for column in known.columns:
            if column.name in used and column.reading.others and (known.name, column.name) not in self.dates:
                doubt: Doubt = "dates" if column.reading.form in TEMPORAL else "decimal"
                proposed = column.reading.dates[0] if doubt == "dates" else column.reading.decimal
                if doubt == "dates" or known.name not in self.decimals:
                    yield Question(
                        known.name, doubt, "", column.name, proposed, column.reading.others, (column.reading.evidence,)
                    )

    def _needs_currency(self, known: Known) -> bool:
        return any(
            known.shape is None
            and table in WITH_CURRENCY
            and not any(match.target == "currency" for match in matches)
            and (table == "orders" or any(_is_money(table, match.target) for match in matches))
            for table, matches in known.found.tables.items()
        )

    # ── the text ────────────────────────────────────────────────────────────────────────────────────────────────────

    def text(self) -> str:
        """The mapping, in TOML, with a word on every column that was not sure."""
        parts = ["# What crmetrics understood of these files. Lines marked ? were not sure: look at them.", ""]
        parts += ["[source]", f"name = {value(self.source)}", 'kind = "full"', ""]
        if self.currency:
            parts += ["[company]", f"currency = {value(self.currency)}", ""]
        used = [known for known in self.known if known.found.own]
        there = {known.name for known in used if known.shape}
        for known in used:
            told = shaped_entry(known.shape, known.name, there) if known.shape else self._formats(known)
            parts += [*self._entry(known), *told, ""]
        for known in used:
            if known.shape:
                parts += shaped_sections(known.shape, known.name, there)
                continue
            for table in self._sections(known):
                for only in self._divided(known, table):
                    parts += [*self._section(known, table, only), ""]
        return "\n".join(parts)

    def _sections(self, known: Known) -> list[str]:
        """The tables of one kind of file, its own last: those beside it are its parents. A table that lacks a column stays out."""
        own, *beside = known.found.tables
        return [table for table in (*reversed(beside), own) if not self.lacking(known, table)]

    def lacking(self, known: Known, table: str) -> list[str]:
        """The columns that a table needs, and that nothing in the file gives."""
        given = {target for target, _written in self._cells(known, table, self._matches(known, table))}
        return [
            column.name
            for column in TABLES[table].columns
            if column.is_required and column.default is None and column.name not in given and column.name not in MADE
        ]

    def _matches(self, known: Known, table: str) -> dict[str, Match]:
        return {
            match.target: match
            for match in known.found.tables[table]
            if match.confidence >= LIKELY and (known.name, table, match.target) not in self.refused
        }

    def _entry(self, known: Known) -> Iterator[str]:
        yield f"[files.{key(known.name)}]"
        yield f"match = {value(known.match)}"
        if known.sheet is not None:
            yield f"sheet = {value(known.sheet)}"

    def _formats(self, known: Known) -> Iterator[str]:
        if mark := self._decimal(known):
            yield f"decimal = {value(mark)}"
        if dates := self._dates(known):
            yield f"dates = {value(dates)}"
        missing = dict.fromkeys(word for column in known.columns for word in column.reading.missing)
        if missing:
            yield f"missing = {value(tuple(missing))}"
        yield from self._lookups(known)

    def _lookups(self, known: Known) -> Iterator[str]:
        if "order_lines" in known.found.tables:
            matches = self._matches(known, "order_lines")
            if looked_up := self._looked_up(known, matches):
                other, ids, _prices = looked_up
                yield ""
                yield f"[files.{key(known.name)}.join.{key(other.name)}]"
                yield f"on = {value({matches['product_id'].column: ids})}"

    def _decimal(self, known: Known) -> str:
        if known.name in self.decimals:
            return self.decimals[known.name] if self.decimals[known.name] == "," else ""
        marks = Counter(column.reading.decimal for column in known.columns if column.reading.form in NUMERIC)
        return "," if marks[","] > marks["."] else ""

    def _dates(self, known: Known) -> tuple[str, ...]:
        """The forms of dates that most of its columns share; none for ISO."""
        forms = Counter(self._dates_of(known, column) for column in known.columns if column.reading.form in TEMPORAL)
        return forms.most_common(1)[0][0] if forms else ()

    def _dates_of(self, known: Known, column: Read) -> tuple[str, ...]:
        return self.dates.get((known.name, column.name), column.reading.dates)

    def _divided(self, known: Known, table: str) -> tuple[str, ...]:
        """Deals whose day of closing is filled while they are open: it is the expected one then, in a section of its own."""
        matches = self._matches(known, table)
        if table != "deals" or not {"stage", "closed_at"} <= matches.keys() or "expected_close_on" in matches:
            return ("",)
        stages = known.column(matches["stage"].column).evidence.values
        decided = [cell for cell, _times in stages if is_won(cell) is not None]
        ended = sum(times for cell, times in stages if cell in decided)
        if not decided or known.column(matches["closed_at"].column).evidence.filled <= FEW_OPEN * ended:
            return ("",)
        stage, words = _name(matches["stage"].column), ", ".join(_text(cell) for cell in decided)
        return (f"{stage} not in ({words})", f"{stage} in ({words})")

    def _section(self, known: Known, table: str, only: str = "") -> Iterator[str]:
        yield f"[[{table}]]"
        yield f"from = {value(known.name)}"
        if table != known.found.own:
            yield "distinct = true"
        matches = self._matches(known, table)
        if only:
            yield f"where = {value(only)}"
            if " not in (" in only:
                matches["expected_close_on"] = replace(matches.pop("closed_at"), target="expected_close_on")
        for target, written in self._cells(known, table, matches):
            match = matches.get(target)
            doubt = f"    # ? {match.confidence:.0%}" if match and match.confidence < SURE else ""
            yield f"{target} = {written}{doubt}"

    def _cells(self, known: Known, table: str, matches: Mapping[str, Match]) -> Iterator[tuple[str, str]]:
        if {"first_name", "last_name"} <= matches.keys() and "name" not in matches:
            names = (_name(matches[part].column) for part in ("first_name", "last_name"))
            yield "name", f"{{ formula = {value(' || chr || '.join(names).replace('chr', repr(' ')))} }}"
        for target, match in matches.items():
            if not TABLES[table].has(target) or (target == "discount" and self._is_a_share(known, match)):
                continue
            yield target, self._cell(known, table, match)
        if table in WITH_CURRENCY and "currency" not in matches and self.currency:
            yield "currency", f"{{ value = {value(self.currency)} }}"
        if table == "order_lines":
            yield from self._line(known, matches)
        if table == "activities" and "created_at" not in matches:
            first = matches.get("due_at") or matches.get("done_at")
            if first:
                yield "created_at", self._cell(known, table, replace(first, target="created_at"))
        if table == "deals":
            yield from self._outcome(known, matches)
        if table == "stages" and "stage" in matches and "stage_no" not in matches:
            told = self._stages(known, matches["stage"])
            yield from (cell for cell in told if cell[0] not in matches)

    def _cell(self, known: Known, table: str, match: Match) -> str:
        if match.joined:
            joined = " || '/' || ".join(_name(column) for column in match.joined)
            return f"{{ formula = {value(joined)} }}"
        column = known.column(match.column)
        cells = [cell for cell, _times in column.evidence.values]
        declared = TABLES[table].column(match.target)
        if declared.type is Type.SHARE and (column.evidence.greatest or 0) > 1:
            return f"{{ formula = {value(f'{_name(match.column)} / 100')} }}"
        extra = []
        if (declared.references or declared.is_key) and column.reading.form is Form.NUMBER:
            extra.append('strip_suffix = ".0"')
        if column.reading.form in TEMPORAL and self._dates_of(known, column) != self._dates(known):
            dates = self._dates_of(known, column) or ("%Y-%m-%d",)
            extra.append(f"dates = {value(dates)}")
        if f"{table}.{match.target}" in CHOICES:
            words = choice_map(f"{table}.{match.target}", cells)
            if words:
                extra.append(f"map = {value(words)}")
        elif match.target == "is_won" and column.reading.form is not Form.FLAG:
            extra.append(f"map = {value(won_map(cells))}")
        if match.target == "country":
            words = country_map(cells)
            if words:
                extra.append(f"map = {value(words | {'*': '*'})}")
        return value(match.column) if not extra else f"{{ column = {value(match.column)}, {', '.join(extra)} }}"

    def _is_a_share(self, known: Known, match: Match) -> bool:
        """Whether a discount is a share of the price: no money of a whole line stays below 1."""
        evidence = known.column(match.column).evidence
        return evidence.greatest is not None and evidence.greatest <= 1

    def _line(self, known: Known, matches: Mapping[str, Match]) -> Iterator[tuple[str, str]]:
        if "quantity" not in matches:
            yield "quantity", "{ value = 1 }"
        price = self._price(known, matches)
        if "net_amount" in matches or not price:
            return
        formula = f"{_name(matches['quantity'].column)} * {price}" if "quantity" in matches else price
        if "discount" in matches:
            discount = _name(matches["discount"].column)
            formula += (
                f" * (1 - coalesce({discount}, 0))"
                if self._is_a_share(known, matches["discount"])
                else f" - coalesce({discount}, 0)"
            )
        yield "net_amount", f"{{ formula = {value(formula)} }}"

    def _price(self, known: Known, matches: Mapping[str, Match]) -> str:
        """The price of a line: its own, else the product's, looked up in another file."""
        if "unit_price" in matches:
            return _name(matches["unit_price"].column)
        looked_up = self._looked_up(known, matches)
        return f"{_name(looked_up[0].name)}.{_name(looked_up[2])}" if looked_up else ""

    def _looked_up(self, known: Known, matches: Mapping[str, Match]) -> tuple[Known, str, str] | None:
        """Where the price of a line's product stands: the kind of file, its column of ids and that of prices."""
        if "product_id" not in matches or "unit_price" in matches or "net_amount" in matches:
            return None
        for other in self.known:
            if other is not known and other.found.own == "products":
                told = {match.target: match.column for match in other.found.tables["products"]}
                if "list_price" in told:
                    return other, told["product_id"], told["list_price"]
        return None

    def _outcome(self, known: Known, matches: Mapping[str, Match]) -> Iterator[tuple[str, str]]:
        """Won or lost by the words of the stage, where no column says so."""
        if "is_won" in matches or "stage" not in matches:
            return
        words = won_map(cell for cell, _times in known.column(matches["stage"].column).evidence.values)
        if words:
            yield "is_won", f"{{ column = {value(matches['stage'].column)}, map = {value(words)} }}"

    def _stages(self, known: Known, match: Match) -> Iterator[tuple[str, str]]:
        """Open stages in the order in which they hold fewer deals; won and lost after them."""
        values = known.column(match.column).evidence.values
        kinds = {cell: {True: "won", False: "lost", None: "open"}[is_won(cell)] for cell, _times in values}
        order = sorted(values, key=lambda one: (("open", "won", "lost").index(kinds[one[0]]), -one[1], one[0]))
        numbers = {cell: str(place) for place, (cell, _times) in enumerate(order, start=1)}
        yield "stage_no", f"{{ column = {value(match.column)}, map = {value(numbers)} }}    # ? their order"
        yield "kind", f"{{ column = {value(match.column)}, map = {value(kinds)} }}"


def _is_money(table: str, target: str) -> bool:
    return TABLES[table].has(target) and TABLES[table].column(target).type is Type.MONEY


def _name(column: str) -> str:
    """A column's name inside a formula."""
    return column if PLAIN_NAME.fullmatch(column) else '"' + column.replace('"', '""') + '"'


def _text(cell: str) -> str:
    """A text inside a formula."""
    return "'" + cell.replace("'", "''") + "'"
