"""Findings of several answers ranked by the money at stake, each thing told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Analysis, Answer, Finding
from crmetrics.vocabulary.language import Message

_TONES: Final = ("bad", "warn", "good", "info")


@dataclass(frozen=True)
class StandingOut:
    """One finding, the answer that it stands in, and what it is about.

    about     several findings about one thing tell nearly the same: the one with most money is told; blank: about itself
    n         on how many cases it stands, where the sentence does not say it
    remarks   what the reader must know to weigh it: usual swing, target
    step      what can be done about it, in general words; None where it only tells what happened
    proof     the analysis that shows it, with the choices that it is to be asked with
    moved     by how much money it came or went, with its sign; None of all else
    """

    finding: Finding
    answer: Answer[Any]
    about: str = ""
    n: int | None = None
    remarks: tuple[Message, ...] = ()
    step: Message | None = None
    proof: tuple[Analysis, Mapping[str, str]] | None = None
    moved: float | None = None

    @property
    def declared(self) -> Analysis:
        """The analysis that found it."""
        return self.answer.declared

    @property
    def proved_by(self) -> Analysis:
        """The analysis whose page proves it."""
        return self.declared if self.proof is None else self.proof[0]

    @property
    def asked_with(self) -> Mapping[str, str]:
        """What that page must be asked with, the period among it: the choices of the answer, or those that the finding names."""
        named = {name: value for name, value in self.finding.link.items() if name != "key"}
        if self.proof is not None:
            chosen = {**self.proof[1], **named}
        else:
            defaults = {choice.name: choice.default for choice in self.declared.choices}
            given = {name: str(value) for name, value in self.answer.choices.items() if value != defaults[name]}
            chosen = {**given, **named}
        if self.answer.period is not None and self.proved_by.takes_period:
            chosen["period"] = str(self.answer.period)
        return chosen


def findings_of(answer: Answer[Any], about: str = "", step: Message | None = None) -> tuple[StandingOut, ...]:
    """What an answer found; nothing if it is locked."""
    if answer.locked is not None:
        return ()
    return tuple(StandingOut(each, answer, about, _cases(each, answer), step=step) for each in answer.findings)


def ranked(found: Iterable[StandingOut]) -> tuple[StandingOut, ...]:
    """Findings by the money at stake, then what is bad before what is good; each thing told once.

    Two findings tell the same if they are the same sentence, are about the same thing, or are the same sum of money for the
    better or the worse that two analyses come upon.
    """
    told: dict[object, str] = {}
    kept = []
    for each in sorted(found, key=_weight):
        money, sentence = each.finding.money, str(each.finding.message)
        marks: set[object] = {sentence}
        if each.about:
            marks.add(("about", each.about))
        shared = None if not money else (round(abs(money), 2), each.finding.tone)
        if not marks & told.keys() and told.get(shared, each.declared.key) == each.declared.key:
            kept.append(each)
            told.update(dict.fromkeys(marks | ({shared} if shared else set()), each.declared.key))
    return tuple(kept)


def _weight(each: StandingOut) -> tuple[float, int]:
    return -abs(each.finding.money or 0.0), _TONES.index(each.finding.tone)


def _cases(finding: Finding, answer: Answer[Any]) -> int | None:
    """The cases behind a finding, if its sentence does not say them."""
    if "n" in finding.message.values:
        return None
    return (answer.result.used if answer.result.n is None else answer.result.n) or None
