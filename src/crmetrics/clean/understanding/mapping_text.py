"""A proposal as the text of a mapping, to be read, corrected and used, with what is unsure named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from crmetrics.clean.numbers import SIGNS
from crmetrics.clean.understanding.column_formats import column_formats, dates_of_file, decimal_of, missing_of
from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.rates import direction_of, pair_of
from crmetrics.clean.understanding.readings import Form
from crmetrics.clean.understanding.recognition import LIKELY, SURE, Match
from crmetrics.clean.understanding.shapes import shaped_entry, shaped_sections
from crmetrics.clean.understanding.toml import key, value
from crmetrics.clean.understanding.values import CHOICES, choice_map, is_won, same_words, won_map
from crmetrics.warehouse.schema import TABLES, Type

if TYPE_CHECKING:
    from crmetrics.clean.understanding.proposal import Proposal

PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MADE: Final = ("line_no", "stage_no", "kind")
"""Required columns that the import makes where a file has none, or that a section of stages adds."""

WITH_CURRENCY: Final = ("orders", "deals", "products", "quotes", "invoices", "payments", "subscriptions", "costs")

NAMES: Final = (Form.WORD, Form.TEXT)
"""Forms of what people are called by."""

FEW_OPEN: Final = 1.05
"""How many more days of closing than deals won or lost there may be by mistake."""


@dataclass(frozen=True)
class MappingText:
    """Writes the mapping of a proposal."""

    proposal: Proposal

    def text(self) -> str:
        """The mapping, in TOML."""
        parts = ["# What crmetrics understood of these files. Lines marked ? were not sure: look at them.", ""]
        parts += ["[source]", f"name = {value(self.proposal.source)}", f"kind = {value(self._kind)}", ""]
        if self.proposal.currency:
            parts += ["[company]", f"currency = {value(self.proposal.currency)}", ""]
        used = [known for known in self.proposal.known if known.found.own]
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
                if table == "employees":
                    parts += self._managers(known)
                if table == "deals" and known.structure.stages and not self._has_visits():
                    parts += [*self._visits(known), ""]
        return "\n".join(parts)

    @property
    def _kind(self) -> str:
        """A file a day or a month holds what is new, and may hold what came before; under one name alone it holds everything."""
        known = self.proposal.known
        is_added = any("*" in pattern for each in known for pattern in each.match) or any(
            each.overlaps for each in known
        )
        return "delta" if is_added else "full"

    # ── files ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _entry(self, known: Known) -> Iterator[str]:
        yield f"[files.{key(known.name)}]"
        yield from known.structure.lines(known.match)
        if known.sheet is not None:
            yield f"sheet = {value(known.sheet)}"
        if known.key and not known.shape and self._kind == "delta":
            yield f"key = {value(known.key)}"
        if known.encoding:
            yield f"encoding = {value(known.encoding)}    # that of the other files"

    def _formats(self, known: Known) -> Iterator[str]:
        if decimal_of(self.proposal, known) == ",":
            yield 'decimal = ","'
        if dates := dates_of_file(self.proposal, known):
            yield f"dates = {value(dates)}"
        if missing := missing_of(known):
            yield f"missing = {value(missing)}"
        yield from column_formats(self.proposal, known)
        yield from self._lookups(known)

    def _lookups(self, known: Known) -> Iterator[str]:
        if "order_lines" in known.found.tables:
            matches = self._matches(known, "order_lines")
            if looked_up := self._looked_up(known, matches):
                other, ids, _prices = looked_up
                yield ""
                yield f"[files.{key(known.name)}.join.{key(other.name)}]"
                yield f"on = {value({matches['product_id'].column: ids})}"
        named = {match.named.entry: match for table in known.found.tables
                 for match in self._matches(known, table).values() if match.named}  # fmt: skip
        for entry, match in named.items():
            if match.named is None:
                continue
            told = (
                f"    # {match.named.shared} names there are of several: nobody is guessed"
                if match.named.shared
                else ""
            )
            yield ""
            yield f"[files.{key(known.name)}.join.{key(entry)}]"
            yield f"on = {value({match.column: match.named.name})}{told}"
            yield "ignore_case = true"
            yield "single = true"

    def _looked_up(self, known: Known, matches: Mapping[str, Match]) -> tuple[Known, str, str] | None:
        """Where the price of a line's product stands: the kind of file, its column of ids and that of prices."""
        if "product_id" not in matches or "unit_price" in matches or "net_amount" in matches:
            return None
        for other in self.proposal.known:
            if other is not known and other.found.own == "products":
                told = {match.target: match.column for match in other.found.tables["products"]}
                if "list_price" in told:
                    return other, told["product_id"], told["list_price"]
        return None

    # ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _sections(self, known: Known) -> list[str]:
        """The tables of one kind of file, its own last: those beside it are its parents. A table that lacks a column stays out."""
        own, *beside = known.found.tables
        return [table for table in (*reversed(beside), own) if not self.lacking(known, table)]

    def _managers(self, known: Known) -> Iterator[str]:
        """Managers who stand in no row of their own, as employees: where people are called by their names, none is a slip."""
        told = self._matches(known, "employees")
        if not {"employee_id", "manager_id"} <= told.keys() or told["manager_id"].named:
            return
        ids, managers = (known.column(told[name].column) for name in ("employee_id", "manager_id"))
        if (
            ids.reading.form in NAMES
            and managers.reading.form in NAMES
            and managers.evidence.different - ids.evidence.keys
        ):
            yield from ("[[employees]]", f"from = {value(known.name)}", "distinct = true")
            yield from (f"employee_id = {value(managers.name)}", "")

    def lacking(self, known: Known, table: str) -> list[str]:
        """The columns that a table needs, and that nothing in the file gives."""
        given = {target for target, _written in self._cells(known, table, self._matches(known, table))}
        return [
            column.name
            for column in TABLES[table].columns
            if column.is_required and column.default is None and column.name not in given and column.name not in MADE
        ]

    def signed(self, known: Known, table: str) -> str:
        """The currency of a table by the signs beside its amounts: a constant, or the column to read it from; blank: none."""
        # of orders, the amounts of their lines in the same file tell
        tables = known.found.tables if table == "orders" else (table,)
        columns = [
            known.column(match.column)
            for one in tables
            for match in self._matches(known, one).values()
            if TABLES[one].has(match.target) and TABLES[one].column(match.target).type is Type.MONEY
        ]
        signs = {sign for column in columns for sign in column.reading.signs}
        told = {SIGNS.get(sign) or self.proposal.signs.get(sign) or _code(sign) for sign in signs}
        if not signs or (len(signs) == 1 and not next(iter(told))):
            return ""
        if len(told) == 1:
            return f"{{ value = {value(str(next(iter(told))))} }}"
        return value(next(column.name for column in columns if column.reading.signs))

    def _matches(self, known: Known, table: str) -> dict[str, Match]:
        return {
            match.target: match
            for match in known.found.tables[table]
            if match.confidence >= LIKELY and (known.name, table, match.target) not in self.proposal.refused
        }

    def _divided(self, known: Known, table: str) -> tuple[str, ...]:
        """Conditions of the sections of one table; a blank one where it is one section.

        Deals whose day of closing is filled while they are open: it is the expected one then, in a section of its own.
        Rates of pairs that are quoted in both directions.
        """
        matches = self._matches(known, table)
        if table == "exchange_rates":
            return tuple(self._pairs(known, matches)) or ("",)
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
        for target, written in self._cells(known, table, matches, only):
            match = matches.get(target)
            is_unsure = match and match.confidence < SURE and (known.name, table, target) not in self.proposal.confirmed
            doubt = f"    # ? {match.confidence:.0%}" if match and is_unsure else ""
            yield f"{target} = {written}{doubt}"

    def _has_visits(self) -> bool:
        """Whether another file tells the history of stages."""
        return any(known.found.own == "deal_stages" for known in self.proposal.known)

    def _visits(self, known: Known) -> Iterator[str]:
        """The history of stages out of a column for each."""
        cells = dict(self._cells(known, "deals", self._matches(known, "deals")))
        yield "[[deal_stages]]"
        yield f"from = {value(known.name)}"
        yield f"deal_id = {cells['deal_id']}"
        yield f"stages = {value(known.structure.stages)}"

    def _cells(
        self, known: Known, table: str, matches: Mapping[str, Match], only: str = ""
    ) -> Iterator[tuple[str, str]]:
        if {"first_name", "last_name"} <= matches.keys() and "name" not in matches:
            names = (_name(matches[part].column) for part in ("first_name", "last_name"))
            yield "name", f"{{ formula = {value(' || chr || '.join(names).replace('chr', repr(' ')))} }}"
        for target, match in matches.items():
            if not TABLES[table].has(target) or (target == "discount" and self._is_a_share(known, match)):
                continue
            yield (
                target,
                self._rate_cell(known, match, only) if table == "exchange_rates" else self._cell(known, table, match),
            )
        if table in WITH_CURRENCY and "currency" not in matches:
            if signed := self.signed(known, table):
                yield "currency", signed
            elif self.proposal.currency:
                yield "currency", f"{{ value = {value(self.proposal.currency)} }}"
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
        if match.named:
            told = f"coalesce({_name(match.named.entry)}.{_name(match.named.key)}, {_name(match.column)})"
            return f"{{ formula = {value(told)} }}"
        column = known.column(match.column)
        cells = [cell for cell, _times in column.evidence.values]
        declared = TABLES[table].column(match.target)
        if declared.type is Type.SHARE and (column.evidence.greatest or 0) > 1:
            return f"{{ formula = {value(f'{_name(match.column)} / 100')} }}"
        extra = []
        if (declared.references or declared.is_key) and column.reading.form is Form.NUMBER:
            extra.append('strip_suffix = ".0"')
        words: dict[str, str] = {}
        if f"{table}.{match.target}" in CHOICES:
            words = choice_map(f"{table}.{match.target}", cells)
        elif match.target == "is_won" and column.reading.form is not Form.FLAG:
            words = won_map(cells)
        elif match.target == "stage" and (other := same_words(column.evidence.values)):
            words = other | {"*": "*"}
        if words:
            extra.append(f"map = {value(words)}")
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

    # ── exchange rates ──────────────────────────────────────────────────────────────────────────────────────────────

    def _pairs(self, known: Known, matches: Mapping[str, Match]) -> Iterator[str]:
        """Conditions on pairs of currencies: those that name the company's last, then those that name it first."""
        column = matches.get("currency")
        found = {text: pair for text in known.rates if (pair := pair_of(text))}
        if column is None or not found:
            return
        for side in (1, 0):
            named = sorted(text for text, pair in found.items() if pair[side] == self.proposal.currency)
            if named:
                yield f"{_name(column.column)} in ({', '.join(map(_text, named))})"

    def _rate_cell(self, known: Known, match: Match, only: str) -> str:
        pairs = {text: pair for text in known.rates if (pair := pair_of(text))}
        is_first = any(_text(text) in only and pair[0] == self.proposal.currency for text, pair in pairs.items())
        if match.target == "currency" and only:
            mine = {text: pair[1 if is_first else 0] for text, pair in sorted(pairs.items()) if _text(text) in only}
            return f"{{ column = {value(match.column)}, map = {value(mine)} }}"
        if match.target != "rate_to_company":
            return self._cell(known, "exchange_rates", match)
        is_inverse = is_first
        if not pairs:
            is_inverse = direction_of(known.rates, self.proposal.currency).is_inverse
        # of pairs the answer tells whether their names are to be believed
        told = self.proposal.inverse.get(known.name)
        is_inverse = is_inverse if told is None else is_inverse != told if pairs else told
        return f"{{ formula = {value(f'1 / {_name(match.column)}')} }}" if is_inverse else value(match.column)


def _code(sign: str) -> str:
    """A currency whose code stands beside the amount."""
    return sign if re.fullmatch(r"[A-Z]{3}", sign) else ""


def _name(column: str) -> str:
    """A column's name inside a formula."""
    return column if PLAIN_NAME.fullmatch(column) else '"' + column.replace('"', '""') + '"'


def _text(cell: str) -> str:
    """A text inside a formula."""
    return "'" + cell.replace("'", "''") + "'"
