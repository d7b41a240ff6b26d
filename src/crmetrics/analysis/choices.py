"""Choices: the switches of a definition, read from the signature of its function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NewType, get_args, get_origin

from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import YEARS

_ = words("crmetrics")

By = NewType("By", str)
"""A choice of grouping: a dimension that the driving table reaches, a grain of time, or "" for none."""


class Options:
    """Labels of a choice among words: `Annotated[Literal["count", "amount"], Options("Counted by", count="deals", amount="money")]`."""

    def __init__(self, label: str, **words: str) -> None:
        self.label, self.words = label, words


@dataclass(frozen=True)
class Number:
    """Label and bounds of a choice of a number: `Annotated[int, Number("Window in days", 1, 3650)]`."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Toggle:
    """Label of a yes-or-no choice."""

    label: str


@dataclass(frozen=True)
class Choice:
    """One switch of a definition."""

    name: str
    label: Message
    default: Any
    kind: Literal["by", "word", "int", "float", "flag", "text"]
    words: Mapping[str, Message]
    low: float | None = None
    high: float | None = None

    def read(self, given: Any) -> Any:
        """A value given as text (command line, URL) or already typed; UnknownName or BadValue tells what was expected."""
        if self.kind == "flag":
            return self._flag(given)
        if self.kind in ("int", "float"):
            return self._number(given)
        value = str(given)
        if self.kind == "word" and value not in self.words:
            raise UnknownName(
                _(
                    "'{value}' is not a choice of {choice}. There are: {names}.",
                    value=value,
                    choice=self.name,
                    names=", ".join(self.words),
                )
            )
        return value

    def _flag(self, given: Any) -> bool:
        if isinstance(given, bool):
            return given
        if str(given).lower() in ("true", "yes", "on", "1"):
            return True
        if str(given).lower() in ("false", "no", "off", "0"):
            return False
        raise BadValue(_("'{value}' is not yes or no for {choice}.", value=given, choice=self.name))

    def _number(self, given: Any) -> int | float:
        try:
            value = int(str(given)) if self.kind == "int" else float(str(given))
        except ValueError:
            value = float("nan")
        low, high = self.low if self.low is not None else value, self.high if self.high is not None else value
        if not low <= value <= high:
            raise BadValue(
                _(
                    "'{value}' does not do for {choice}: a number from {low} to {high} was expected.",
                    value=given,
                    choice=self.name,
                    low=self.low,
                    high=self.high,
                )
            )
        return value


def choice_of(name: str, annotation: Any, default: Any, domain: str) -> Choice:
    """The choice behind one parameter of an analysis; TypeError, at import, for an annotation that says too little."""
    if annotation is By:
        return Choice(name, Message("Grouped by"), default, "by", {})
    marks = getattr(annotation, "__metadata__", ())
    plain = annotation.__origin__ if marks else annotation
    mark = marks[0] if marks else None
    if get_origin(plain) is Literal and isinstance(mark, Options):
        allowed = get_args(plain)
        if set(allowed) != set(mark.words):
            raise TypeError(f"choice {name!r}: the labels {sorted(mark.words)} are not those of {allowed}")
        return Choice(
            name,
            Message(mark.label, domain),
            default,
            "word",
            {word: Message(mark.words[word], domain) for word in allowed},
        )
    if isinstance(mark, Toggle) and plain is bool:
        return Choice(name, Message(mark.label, domain), default, "flag", {})
    if isinstance(mark, Number) and plain in (int, float):
        return Choice(
            name, Message(mark.label, domain), default, "int" if plain is int else "float", {}, mark.low, mark.high
        )
    if isinstance(mark, Options) and plain is str and not mark.words:
        return Choice(name, Message(mark.label, domain), default, "text", {})
    raise TypeError(
        f"choice {name!r} needs a label: Annotated[..., Options(...) | Number(...) | Toggle(...)] or By, not {annotation!r}"
    )


def day_of(text: str) -> date:
    """Read an ISO day."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise BadValue(_("'{text}' is not a date. Write it like 2026-12-31.", text=text))
    return day
