"""What was understood of unknown files, and what must be asked, as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crmetrics.clean.understanding.proposal import Known, Proposal, Question
from crmetrics.clean.understanding.recognition import SURE, Match
from crmetrics.presenting.letters import cut, harmless, padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES

_ = words("presenting")

_WIDEST: Final = 36
_EXAMPLES: Final = 3

_PARTS: Final = {"first_name": _("First name"), "last_name": _("Last name")}


def told_proposal(proposal: Proposal, format: Format) -> str:
    """Each kind of file with the tables that it gives, and which of its columns is which."""
    lines: list[str] = []
    for known in proposal.known:
        if known.found.own:
            lines += ["", *_told(known, format)]
    if proposal.unknown:
        names = ", ".join(harmless(name) for known in proposal.unknown for name in known.match)
        lines += ["", say(_("Not understood, and left out: {names}", names=names), format)]
    return "\n".join(lines).lstrip("\n")


def told_question(question: Question, format: Format) -> str:
    """A question, with examples of the values."""
    examples = ", ".join(f"'{cut(harmless(value), 40)}'" for value in question.examples[:_EXAMPLES])
    if question.doubt == "column":
        asked = _(
            "{file}: is '{column}' ({examples}) the column {target} of {table}?",
            file=question.entry,
            column=harmless(question.proposed),
            examples=examples,
            target=label(question.table, question.target),
            table=TABLES[question.table].label,
        )
    elif question.doubt == "dates":
        asked = _(
            "{file}: in '{column}', is {examples} written day first?",
            file=question.entry,
            column=harmless(question.target),
            examples=examples,
        )
    elif question.doubt == "decimal":
        asked = _(
            "{file}: in '{column}', is the point in {examples} a decimal mark, and not one of thousands?",
            file=question.entry,
            column=harmless(question.target),
            examples=examples,
        )
    else:
        asked = _("In which currency are amounts that name none? (three letters, such as EUR)")
    return say(asked, format)


def label(table: str, target: str) -> Message:
    """The name of a canonical column, for people."""
    return _PARTS[target] if target in _PARTS else TABLES[table].column(target).label


def _told(known: Known, format: Format) -> Iterator[str]:
    names = ", ".join(harmless(name) for name in known.match) + (f" [{harmless(known.sheet)}]" if known.sheet else "")
    tables = ", ".join(say(TABLES[table].label, format) for table in known.found.tables)
    yield f"{names}: {tables}"
    wide = min(
        max(width(harmless(match.column)) for matches in known.found.tables.values() for match in matches), _WIDEST
    )
    for table, matches in known.found.tables.items():
        for match in matches:
            yield f"  {padded(cut(_columns(match), _WIDEST), wide)}  {_meant(table, match, format)}"


def _columns(match: Match) -> str:
    return harmless(" + ".join(match.joined) if match.joined else match.column)


def _meant(table: str, match: Match, format: Format) -> str:
    named = f"{say(TABLES[table].label, format)} · {say(label(table, match.target), format)}"
    if match.confidence >= SURE:
        return named
    return f"{named}  ? {format.percent(match.confidence)}"
