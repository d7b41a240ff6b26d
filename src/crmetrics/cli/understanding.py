"""Files without a mapping: what they are is found out, said, and asked about where it is not sure."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from crmetrics.cli.workspace import Here
from crmetrics.vocabulary.errors import BadValue, CrmetricsError
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.spelling import file_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmetrics.clean.understanding.proposal import Proposal, Question
    from crmetrics.intake.finding import Source

_ = words("cli")

CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A mapping that was found out: where it stands, and the files that it leaves out, which has been told (by patterns)."""

    path: Path
    left_out: tuple[str, ...]


def proposed_mapping(
    here: Here, sources: Sequence[Source], currency: str, progress: Callable[[str, float], None], is_only_shown: bool
) -> Proposed:
    """Find out what the files are, ask where that is not sure, and write the mapping into the workspace.

    Without a terminal nothing can be asked: what is open stands above the mapping. Errors: BadValue then, naming it, and
    where a currency is missing.
    """
    proposal, errors = _understood(here, sources, currency, progress)
    is_asked = sys.stdin.isatty() and not is_only_shown
    if is_asked:
        proposal = answered(here, proposal)
    open_questions = [] if is_asked else proposal.questions()
    if any(question.doubt == "currency" for question in open_questions):
        # without it the tables of its amounts could not be written into the mapping
        raise BadValue(
            _("There are amounts here that name no currency. Import again with --currency, such as --currency EUR.")
        )
    path = _written(here, proposal, open_questions)
    if open_questions and not is_only_shown:
        raise BadValue(
            _(
                "{n} column or format is not sure. Look at the lines marked ? in '{path}', then import with --mapping '{path}'.",
                "{n} columns or formats are not sure. Look at the lines marked ? in '{path}', then import with --mapping '{path}'.",
                n=len(open_questions),
                path=str(path),
            )
        )
    kinds = (name for known in proposal.known if not known.found.own for name in known.match)
    return Proposed(path, (*kinds, *(str(error.message.values.get("file", "")) for error in errors)))


def _understood(
    here: Here, sources: Sequence[Source], currency: str, progress: Callable[[str, float], None]
) -> tuple[Proposal, Sequence[CrmetricsError]]:
    """What the files are, said. Errors: BadValue for a currency that is none; BadFile if nothing could be understood."""
    from crmetrics.intake.understanding import check_understood, understand
    from crmetrics.presenting.understanding import told_proposal

    proposal, errors = understand(sources, here.folder / "spill", progress)
    proposal = replace(proposal, currency=_checked_currency(currency or here.settings.currency))
    click.echo(told_proposal(proposal, here.format()))
    for error in errors:
        click.echo(here.say(error.message), err=True)
    click.echo()
    check_understood(proposal)
    return proposal, errors


def _written(here: Here, proposal: Proposal, open_questions: Sequence[Question]) -> Path:
    """The mapping written into the workspace, with what is open above it, and said."""
    from crmetrics.intake.open_questions import with_questions
    from crmetrics.presenting.understanding import told_question
    from crmetrics.warehouse.disk import replace as replace_file

    asked = [told_question(question, here.format()) for question in open_questions]
    path = mapping_path(here, proposal.source)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = with_questions(proposal.text(), asked)
    if path.is_file() and path.read_text(encoding="utf-8") != text:  # somebody may have corrected it by hand
        path.replace(path.with_suffix(".before.toml"))
    replace_file(path, text, path.name + ".part")
    click.echo(here.say(_("The mapping stands in {path}.", path=str(path))))
    for told in asked:
        click.echo(f"  ? {told}")
    return path


def mapping_path(here: Here, source: str) -> Path:
    """Where the mapping of a source without one is kept, for its next import."""
    return here.folder / "mappings" / f"{file_name(source)}.toml"


def answered(here: Here, proposal: Proposal) -> Proposal:
    """The proposal after its questions have been asked, one after the other: an answer may raise another question."""
    while questions := proposal.questions():
        proposal = proposal.after(questions[0], _answer(here, questions[0]))
    return proposal


def _answer(here: Here, question: Question) -> bool | str:
    from crmetrics.presenting.understanding import told_question

    asked = told_question(question, here.format())
    if question.is_yes_or_no:
        return bool(click.confirm(asked, default=True))
    while True:
        told = str(click.prompt(asked, default=question.proposed or None)).strip().upper()
        if CURRENCY.fullmatch(told):
            return told


def _checked_currency(currency: str) -> str:
    if currency and not CURRENCY.fullmatch(currency):
        raise BadValue(_("'{currency}' is not a currency. Write three letters, such as EUR.", currency=currency))
    return currency
