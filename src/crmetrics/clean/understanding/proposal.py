"""What was understood of some files: which tables they give, what is proposed, and what only the user can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from crmetrics.clean.numbers import SIGNS
from crmetrics.clean.understanding.known import Known, Question
from crmetrics.clean.understanding.mapping_text import MappingText
from crmetrics.clean.understanding.rates import direction_of, is_as_named, pair_of
from crmetrics.clean.understanding.readings import NUMERIC, TEMPORAL
from crmetrics.clean.understanding.recognition import SURE
from crmetrics.clean.understanding.suiting import Read
from crmetrics.warehouse.schema import TABLES, Type

__all__ = ["Known", "Proposal", "Question"]

WITH_CURRENCY: Final = ("orders", "deals", "products", "quotes", "invoices", "payments", "subscriptions", "costs")

USUAL: Final = {"$": "USD", "¥": "CNY", "￥": "CNY"}
"""What a sign of several currencies is asked to be."""


@dataclass(frozen=True)
class Proposal:
    """The kinds of files with what is proposed for them; `currency` is that of amounts that name none, blank: unknown.

    The others hold what the user said: `refused` the (entry, table, target) that are not so and `confirmed` those that
    are, `dates` the forms of an
    (entry, column), `decimals` the mark of an entry, `scales` the power of ten of a doubtful word in an (entry, column),
    `codes` whether a number there means "not given", `signs` which currency a sign is, `inverse` whether the rates of an
    entry are units of the currency for one of company money.
    """

    source: str
    known: tuple[Known, ...]
    currency: str = ""
    refused: frozenset[tuple[str, str, str]] = frozenset()
    confirmed: frozenset[tuple[str, str, str]] = frozenset()
    dates: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    decimals: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[tuple[str, str], int] = field(default_factory=dict)
    codes: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    signs: Mapping[str, str] = field(default_factory=dict)
    inverse: Mapping[str, bool] = field(default_factory=dict)

    @property
    def unknown(self) -> tuple[Known, ...]:
        """The kinds of files that are none of our tables."""
        return tuple(each for each in self.known if not (each.found.own or each.copy_of) and each not in self.blank)

    @property
    def blank(self) -> tuple[Known, ...]:
        """The kinds of files that hold names of columns and no rows."""
        return tuple(each for each in self.known if not each.found.own and each.columns and not each.rows)

    @property
    def copies(self) -> tuple[Known, ...]:
        """The kinds of files that hold the rows of another one."""
        return tuple(each for each in self.known if each.copy_of)

    def text(self) -> str:
        """The mapping, in TOML, with a word on every column that was not sure."""
        return MappingText(self).text()

    def questions(self) -> list[Question]:
        """What must be asked: columns that are likely and not sure, formats that fit two ways, currencies, directions."""
        found = []
        if not self.currency and any(self._needs_currency(known) for known in self.known):
            found.append(Question("", "currency", "", "currency", self._usual_currency()))
        for known in self.known:
            if known.found.own and not known.shape:
                found += [*self._of_columns(known), *self._of_formats(known), *self._of_rates(known)]
        return list(dict.fromkeys(found))

    def after(self, question: Question, answer: bool | str) -> Proposal:
        """The proposal after a question was answered: by yes or no, or by a currency where one was asked for."""
        place = (question.entry, question.target)
        if question.doubt == "currency":
            return replace(self, currency=str(answer))
        if question.doubt == "sign":
            return replace(self, signs={**self.signs, question.target: str(answer)})
        if question.doubt == "column":
            one = {(question.entry, question.table, question.target)}
            told = (self.refused - one, self.confirmed | one) if answer else (self.refused | one, self.confirmed - one)
            return replace(self, refused=told[0], confirmed=told[1])
        if question.doubt == "decimal":
            return replace(self, decimals={**self.decimals, question.entry: "." if answer else ","})
        if question.doubt == "scale":
            return replace(self, scales={**self.scales, place: 9 if answer else 3})
        if question.doubt == "code":
            return replace(self, codes={**self.codes, place: bool(answer)})
        if question.doubt == "rate":
            return replace(self, inverse={**self.inverse, question.entry: not answer})
        forms = question.proposed if answer else question.others[0]
        return replace(self, dates={**self.dates, place: tuple(forms.split("|"))})

    def _of_columns(self, known: Known) -> Iterator[Question]:
        for table, matches in known.found.tables.items():
            for match in matches:
                is_told = (known.name, table, match.target) in self.refused | self.confirmed
                if match.confidence < SURE and not is_told:
                    examples = tuple(cell for cell, _times in known.column(match.column).evidence.values[:3])
                    yield Question(
                        known.name, "column", table, match.target, match.column, match.joined, examples, match.confidence
                    )  # fmt: skip

    def _of_formats(self, known: Known) -> Iterator[Question]:
        for column in known.columns:
            kinds = self._kinds(known, column)
            place = (known.name, column.name)
            reading = column.reading
            if reading.form in TEMPORAL and kinds and reading.others and place not in self.dates:
                yield self._of_dates(known, column)
            if kinds & {Type.DATE, Type.MOMENT} and len(reading.counted) > 1 and place not in self.dates:
                yield Question(
                    known.name, "dates", "", column.name, reading.counted[0], reading.counted[1:], (reading.evidence,)
                )
            if reading.form not in NUMERIC or not kinds - {Type.DATE, Type.MOMENT, Type.TEXT}:
                continue
            if reading.others and known.name not in self.decimals:
                yield Question(
                    known.name, "decimal", "", column.name, reading.decimal, reading.others, (reading.evidence,)
                )
            if reading.doubted and place not in self.scales:
                yield Question(known.name, "scale", "", column.name, reading.doubted, (), (reading.evidence,))
            if reading.code and place not in self.codes:
                shown = (str(reading.code.rows), f"{reading.code.nearest:g}")
                yield Question(known.name, "code", "", column.name, reading.code.text, (), shown)
            for sign in reading.signs if Type.MONEY in kinds and len(set(reading.signs)) > 1 else ():
                if sign not in SIGNS and sign in USUAL and sign not in self.signs:
                    yield Question(known.name, "sign", "", sign, USUAL[sign], (), (column.name,))

    @staticmethod
    def _of_dates(known: Known, column: Read) -> Question:
        reading, examples = column.reading, (column.reading.evidence,)
        forms = "|".join(reading.dates)
        if (swap := reading.swap) is not None:
            shown = (
                swap.example,
                str(swap.row),
                str(swap.rows),
                swap.other_example,
                str(swap.other_row),
                str(swap.others),
            )
            return Question(
                known.name, "swapped", "", column.name, forms, reading.others, shown, is_turned=swap.is_turned
            )
        return Question(known.name, "dates", "", column.name, forms, reading.others, examples)

    def _of_rates(self, known: Known) -> Iterator[Question]:
        if known.found.own != "exchange_rates" or not self.currency or known.name in self.inverse or not known.rates:
            return
        pairs = {text: pair for text in known.rates if (pair := pair_of(text))}
        if pairs:
            is_sure = all(is_as_named(pair, known.rates[text]) for text, pair in pairs.items())
        else:
            is_sure = direction_of(known.rates, self.currency).is_sure
        others = {text: rate for text, rate in known.rates.items() if text != self.currency}
        if not is_sure and others:
            text, rate = next(iter(sorted(others.items())))
            yield Question(known.name, "rate", "", self.currency, text, (), (f"{rate:g}",))

    def _kinds(self, known: Known, column: Read) -> set[Type]:
        """The types of what a column was taken for."""
        return {
            TABLES[table].column(match.target).type if TABLES[table].has(match.target) else Type.TEXT
            for table, matches in known.found.tables.items()
            for match in matches
            if column.name == match.column or column.name in match.joined
        }

    def _needs_currency(self, known: Known) -> bool:
        """Whether it gives amounts in a currency that it does not name."""
        if known.shape is not None or not known.found.own:
            return False
        if known.found.own == "exchange_rates":
            return True
        return any(
            table in WITH_CURRENCY
            and not any(match.target == "currency" for match in matches)
            and not MappingText(self).signed(known, table)
            and (table == "orders" or any(_is_money(table, match.target) for match in matches))
            for table, matches in known.found.tables.items()
        )

    def _usual_currency(self) -> str:
        """What the only sign of money beside the amounts may mean."""
        signs = {sign for known in self.known for column in known.columns for sign in column.reading.signs}
        return USUAL.get(next(iter(signs)), "") if len(signs) == 1 else ""


def _is_money(table: str, target: str) -> bool:
    return TABLES[table].has(target) and TABLES[table].column(target).type is Type.MONEY
