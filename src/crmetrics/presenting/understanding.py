"""What was understood of unknown files, and what must be asked, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from crmetrics.clean.understanding.dates import serial_day
from crmetrics.clean.understanding.known import Known, Question
from crmetrics.clean.understanding.proposal import Proposal
from crmetrics.clean.understanding.recognition import SURE, Match
from crmetrics.presenting.letters import cut, harmless, padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES

_ = words("understanding")

_WIDEST: Final = 36
_EXAMPLES: Final = 3
_UNUSED: Final = 12

_PARTS: Final = {"first_name": _("First name"), "last_name": _("Last name")}


def told_proposal(proposal: Proposal, format: Format) -> str:
    """Each kind of file with the tables that it gives, and which of its columns is which."""
    lines: list[str] = []
    for known in proposal.known:
        if known.found.own:
            lines += ["", *_told(known, format)]
    if proposal.unknown:
        names = ", ".join(harmless(known.shown) for known in proposal.unknown)
        lines += ["", say(_("Not understood, and left out: {names}", names=names), format)]
    for line in told_left_out(proposal, format):
        lines += ["", line]
    headless = [known for known in proposal.known if not known.structure.has_heads]
    if headless:
        names = ", ".join(harmless(name) for known in headless for name in known.match)
        told = _(
            "Without a row of names: {names}. Put names above the first row, or call the columns by `names` in the mapping.",
            names=names,
        )
        lines += ["", say(told, format)]
    return "\n".join(lines).lstrip("\n")


def told_left_out(proposal: Proposal, format: Format) -> list[str]:
    """What is not read though it is understood: rows above the names of columns, names without rows, the same rows again."""
    told = []
    for known in proposal.known:
        if known.above and known.found.own:
            shown = "; ".join(f"'{cut(harmless(each), _WIDEST)}'" for each in known.above[:_UNUSED])
            told.append(
                _(
                    "{file}: a row above the names of the columns is passed over: {rows}",
                    "{file}: {n} rows above the names of the columns are passed over: {rows}",
                    file=harmless(known.shown),
                    n=len(known.above),
                    rows=shown,
                )
            )
    if proposal.blank:
        names = ", ".join(harmless(known.shown) for known in proposal.blank)
        told.append(_("No rows, only names of columns, and left out: {names}", names=names))
    for known in proposal.copies:
        copy, first = harmless(known.shown), harmless(known.copy_of)
        told.append(_("{file} holds the same rows as {other}, and is left out.", file=copy, other=first))
    return [say(each, format) for each in told]


def told_question(question: Question, format: Format) -> str:
    """A question, with examples of the values."""
    examples = tuple(harmless(value) for value in question.examples)
    shown = ", ".join(f"'{cut(value, 40)}'" for value in examples[:_EXAMPLES])
    if question.doubt == "column":
        asked = _(
            "{file}: is '{column}' ({examples}) the column {target} of {table}?",
            file=question.entry,
            column=harmless(question.proposed),
            examples=shown,
            target=label(question.table, question.target),
            table=TABLES[question.table].label,
        )
    elif question.doubt in ("dates", "swapped"):
        asked = _told_dates(question, examples, shown, format)
    elif question.doubt == "decimal":
        asked = _(
            "{file}: in '{column}', is the point in {examples} a decimal mark, and not one of thousands?",
            file=question.entry,
            column=harmless(question.target),
            examples=shown,
        )
    elif question.doubt in ("rate", "sign"):
        asked = _told_money(question, examples)
    elif question.doubt == "currency":
        asked = _("In which currency are amounts that name none? (three letters, such as EUR)")
    else:
        asked = _told_number(question, examples, shown)
    return say(asked, format)


def _told_dates(question: Question, examples: Sequence[str], shown: str, format: Format) -> Message:
    place = {"file": question.entry, "column": harmless(question.target)}
    if question.proposed in ("excel", "excel-1904"):
        count = float(examples[0].replace(",", "."))
        days = [format.day(serial_day(count, form)) for form in (question.proposed, question.others[0])]
        return _("{file}: in '{column}', is {examples} the day {day}, and not {other}?",
                 examples=shown, day=days[0], other=days[1], **place)  # fmt: skip
    if question.doubt == "dates":
        return _("{file}: in '{column}', is {examples} written day first?", examples=shown, **place)
    one, row, rows, other, other_row, others = examples
    told = {"one": one, "row": row, "n": rows, "other": other, "other_row": other_row, "others": others, **place}
    if question.is_turned:
        return _(
            "{file}: in '{column}', days beyond 12 are texts ({one} in row {row}; {n} of them), and no real date has one "
            "({other} in row {other_row}; {others} of them): a spreadsheet took their days for months. Turn them back?",
            **told,
        )
    if question.proposed.startswith("%d"):
        return _(
            "{file}: '{column}' has days before months ({one} in row {row}; {n} of them) and months before days ({other} in "
            "row {other_row}; {others} of them). Is the day first where both would fit?",
            **told,
        )
    return _(
        "{file}: '{column}' has months before days ({one} in row {row}; {n} of them) and days before months ({other} in "
        "row {other_row}; {others} of them). Is the month first where both would fit?",
        **told,
    )


def _told_money(question: Question, examples: Sequence[str]) -> Message:
    if question.doubt == "sign":
        return _(
            "{file}: in '{column}', which currency is {sign}? (three letters, such as USD)",
            file=question.entry,
            column=examples[0],
            sign=question.target,
        )
    return _(
        "{file}: does {rate} beside {currency} mean that 1 {currency} costs {rate} {company}, and not the other way round?",
        file=question.entry,
        rate=examples[0],
        currency=harmless(question.proposed),
        company=question.target,
    )


def _told_number(question: Question, examples: Sequence[str], shown: str) -> Message:
    if question.doubt == "scale":
        return _(
            "{file}: in '{column}', does {word} in {examples} mean billions, and not thousands?",
            file=question.entry,
            column=harmless(question.target),
            word=question.proposed,
            examples=shown,
        )
    return _(
        "{file}: in '{column}', {value} stands in {n} rows, and the value nearest to it is {nearest}. Does it mean that "
        "nothing is given?",
        file=question.entry,
        column=harmless(question.target),
        value=question.proposed,
        n=examples[0],
        nearest=examples[1],
    )


def label(table: str, target: str) -> Message:
    """The name of a canonical column, for people."""
    return _PARTS[target] if target in _PARTS else TABLES[table].column(target).label


def _told(known: Known, format: Format) -> Iterator[str]:
    tables = ", ".join(say(TABLES[table].label, format) for table in known.found.tables)
    yield f"{harmless(known.shown)}: {tables}"
    heads = [match.column for matches in known.found.tables.values() for match in matches]
    wide = min(max(width(harmless(head)) for head in [*heads, *known.structure.stages]), _WIDEST)
    for table, matches in known.found.tables.items():
        for match in matches:
            yield f"  {padded(cut(_columns(match), _WIDEST), wide)}  {_meant(table, match, format)}"
    visits = say(TABLES["deal_stages"].label, format)
    for column, stage in known.structure.stages.items():
        yield f"  {padded(cut(harmless(column), _WIDEST), wide)}  {visits} · {harmless(stage)}"
    if known.unused:
        yield f"  {say(_told_unused(known.unused), format)}"


def _told_unused(names: Sequence[str]) -> Message:
    shown = ", ".join(cut(harmless(name), _WIDEST) for name in names[:_UNUSED])
    if len(names) <= _UNUSED:
        return _("Not used: {names}", names=shown)
    return _("Not used: {names} and {n} more", names=shown, n=len(names) - _UNUSED)


def _columns(match: Match) -> str:
    return harmless(" + ".join(match.joined) if match.joined else match.column)


def _meant(table: str, match: Match, format: Format) -> str:
    named = f"{say(TABLES[table].label, format)} · {say(label(table, match.target), format)}"
    if match.confidence >= SURE:
        return named
    return f"{named}  ? {format.percent(match.confidence)}"
