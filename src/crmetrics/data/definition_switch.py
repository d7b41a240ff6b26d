"""Definition compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

from crmetrics.analysis import (
    Analysis,
    Answer,
    Bars,
    Catalogue,
    Finding,
    Note,
    Options,
    Result,
    Row,
    Table,
    analysis,
    column,
)
from crmetrics.analysis.choices import Choice
from crmetrics.analysis.metric import difference, difference_unit, headline_column, reading_of, undivided
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, FLAG, RATIO, Figure, Unit

_ = words("data")

NOTABLE_POINTS: Final = 0.05
NOTABLE_CHANGE: Final = 0.1
"""From this difference on the choice of definition is told as a finding."""


class DefinitionSwitch(Row):
    switch = column("Switch")
    value = column("Setting")
    is_usual = column("Usual", FLAG, "as it is answered where nothing is chosen")
    figure = column("Figure", meaning="the metric under this setting, all others as usual")
    n = column("Cases", COUNT, "on how many cases it stands")
    difference = column(
        "Difference", meaning="from the usual setting: in percentage points of a share, else in percent"
    )
    raw = column("Figure as a number", RATIO, is_hidden=True)


@analysis("Definition compare", needs={}, date="", chart=Bars(x="value", y="raw"))
def definition_switch(
    period: Period,
    catalogue: Catalogue,
    key: Annotated[str, Options("Metric")] = "sales.win_rate",
    switch: Annotated[str, Options("Switch, or all of them")] = "",
) -> Result[DefinitionSwitch]:
    """How much does the choice of definition change the number?

    Formula: the metric under each setting of each of its switches, the others as usual, on the same rows; difference from the usual
             setting in percentage points of a share, else in percent.
    Reads:   The answers of the metric itself.
    Mind:    None of the settings is wrong: they are answers to different questions. Only figures of one setting compare over time.
    Source:  Own definition.
    """
    declared = catalogue.find(key)
    figure = headline_column(declared)
    switches = [choice for choice in declared.choices if _settings(choice) and switch in ("", choice.name)]
    if switch and not switches:
        names = ", ".join(choice.name for choice in declared.choices if _settings(choice)) or "-"
        raise UnknownName(_("{key} has no switch '{name}'. It has: {names}.", key=key, name=switch, names=names))
    if figure is None or not switches:
        why = _("{analysis} has no single figure that switches could change.", analysis=declared.title)
        return Result(_table([]), notes=(Note(why, "warn"),))
    usual = _ask(catalogue, declared, period, {})
    if usual.locked is not None:
        return Result(_table([]), notes=usual.notes, locked=usual.locked)
    lines = [line for choice in switches for line in _lines(catalogue, declared, period, choice, usual)]
    return Result(
        _table(lines),
        notes=usual.notes,
        findings=_findings(declared, figure.unit, lines),
        used=usual.result.used,
        left_out=usual.result.left_out,
        n=usual.result.n,
    )


def _table(lines: Sequence[dict[str, Any]]) -> Table[DefinitionSwitch]:
    return Table(
        DefinitionSwitch, {each.name: [line[each.name] for line in lines] for each in DefinitionSwitch.columns}
    )


def _settings(choice: Choice) -> tuple[tuple[Any, Message], ...]:
    """The settings of a switch with their words, the usual one first; none of a number or a grouping."""
    if choice.kind == "word":
        found: list[tuple[Any, Message]] = list(choice.words.items())
    elif choice.kind == "flag":
        found = [(False, _("no")), (True, _("yes"))]
    else:
        return ()
    return tuple(sorted(found, key=lambda each: each[0] != choice.default))


def _ask(catalogue: Catalogue, declared: Analysis, period: Period, choices: dict[str, Any]) -> Answer[Any]:
    return catalogue.ask(
        declared.key, period=period if declared.takes_period else None, **undivided(declared), **choices
    )


def _lines(
    catalogue: Catalogue, declared: Analysis, period: Period, choice: Choice, usual: Answer[Any]
) -> Iterator[dict[str, Any]]:
    """One line a setting; one that is locked, or has no such figure (a list, a chart of its own), is told without one."""
    figure = headline_column(declared)
    unit = figure.unit if figure is not None else Unit.RATIO
    base = reading_of(usual).value
    for value, label in _settings(choice):
        is_usual = value == choice.default
        answer = usual if is_usual else _ask(catalogue, declared, period, {choice.name: value})
        reading = reading_of(answer)
        gap = None if is_usual else difference(reading.value, base, unit)
        yield {
            "switch": choice.label,
            "value": label,
            "is_usual": is_usual,
            "figure": None if reading.value is None else Figure(reading.value, unit),
            "n": reading.n,
            "difference": None if gap is None else Figure(gap, difference_unit(unit)),
            "raw": reading.value,
        }


def _findings(declared: Analysis, unit: Unit, lines: Sequence[dict[str, Any]]) -> tuple[Finding, ...]:
    """How far apart the settings are, where that is notable."""
    told = [line for line in lines if line["figure"] is not None]
    if len(told) < 2:
        return ()
    least, most = (pick(told, key=lambda line: line["raw"]) for pick in (min, max))
    apart = difference(most["raw"], least["raw"], unit)
    limit = NOTABLE_POINTS if difference_unit(unit) is Unit.POINTS else NOTABLE_CHANGE
    if apart is None or apart < limit:
        return ()
    message = _(
        "{analysis} is {least} or {most}, by the setting: {low} or {high}.",
        analysis=declared.title,
        least=least["figure"],
        most=most["figure"],
        low=least["value"],
        high=most["value"],
    )
    return (Finding(message, tone="info"),)
