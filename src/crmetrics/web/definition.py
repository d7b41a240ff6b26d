"""The switches of a definition, and what each would make of the figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import QueryParams

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.choices import Choice
from crmetrics.presenting.numbers import NUMERIC, Format
from crmetrics.presenting.passport import choice_value
from crmetrics.presenting.words import say
from crmetrics.vocabulary.unit import Figure, Unit
from crmetrics.web.asking import address

MOST_TRIED: Final = 12
"""So many options are tried for their effect: each is a question of its own."""
_OF_PARTS: Final = frozenset({Unit.SHARE, Unit.POINTS})


@dataclass(frozen=True)
class Setting:
    """One option of a switch: where it leads, and what it would make of the figure, where that was asked."""

    value: str
    shown: str
    address: str
    is_chosen: bool
    figure: str = ""
    change: str = ""


@dataclass(frozen=True)
class Switch:
    """One switch of a definition: its options, or a value to type."""

    name: str
    label: str
    settings: tuple[Setting, ...]
    typed: str = ""
    is_number: bool = False


def switches_of(answer: Answer[Any], given: QueryParams, format: Format) -> tuple[Switch, ...]:
    """The switches of an answer's definition, all but what it is grouped by."""
    found = []
    for choice in answer.declared.choices:
        if choice.kind == "by":
            continue
        now = answer.choices.get(choice.name, choice.default)
        label = say(choice.label, format)
        if choice.kind in ("word", "flag"):
            settings = tuple(
                Setting(value, choice_value(choice, choice.read(value), format), leads, choice.read(value) == now)
                for value, leads in options_of(choice, answer.key, given)
            )
            found.append(Switch(choice.name, label, settings))
        else:
            found.append(Switch(choice.name, label, (), str(now), choice.kind in ("int", "float")))
    return tuple(found)


def options_of(choice: Choice, key: str, given: QueryParams) -> Iterator[tuple[str, str]]:
    """The values of a switch, each with the address that asks for it."""
    for value in choice.words if choice.kind == "word" else ("true", "false"):
        is_default = choice.read(value) == choice.default
        changed = {choice.name: None if is_default else value, "page": None, "sort": None, "effects": None}
        yield value, address(key, given, changed)


def tried(declared: Analysis, switches: tuple[Switch, ...]) -> Iterator[tuple[str, str]]:
    """The options to try, as (switch, value), without those that are set: these are known."""
    if not headline_of(declared):
        return
    other = ((switch.name, each.value) for switch in switches for each in switch.settings if not each.is_chosen)
    for _number, pair in zip(range(MOST_TRIED), other, strict=False):
        yield pair


def headline_of(declared: Analysis) -> str:
    """The column that stands for the whole answer: its headline, else the main figure of its chart."""
    if declared.headline:
        return declared.headline
    charts = getattr(declared.chart, "charts", (declared.chart,))
    names = {column.name for column in declared.row.columns if column.unit in NUMERIC}
    drawn = (getattr(chart, name, "") for chart in charts for name in ("y", "value", "median", "moved"))
    return next((name for name in drawn if name in names), "")


def headline_label(declared: Analysis, format: Format) -> str:
    """What that figure is called."""
    name = headline_of(declared)
    return next((say(each.label, format) for each in declared.row.columns if each.name == name), "")


def figure_of(answer: Answer[Any]) -> Figure | None:
    """The answer in one figure: its total, or the only row's; None if it has none."""
    name = headline_of(answer.declared)
    row = answer.total or (answer.rows[0] if len(answer.rows) == 1 else None)
    column = next((each for each in answer.declared.row.columns if each.name == name), None)
    value = row.values[column.position] if row is not None and column is not None else None
    if isinstance(value, Figure):
        return value
    return Figure(value, column.unit) if column is not None and isinstance(value, int | float) else None


def with_effect(setting: Setting, other: Answer[Any], now: Answer[Any], format: Format) -> Setting:
    """The option with its figure and how far that is from the one of now."""
    there, here = figure_of(other), figure_of(now)
    if there is None or other.locked is not None:
        return setting
    return Setting(
        setting.value,
        setting.shown,
        setting.address,
        setting.is_chosen,
        format.value(there.unit, there.value),
        _change(there, here, format),
    )


def _change(there: Figure, here: Figure | None, format: Format) -> str:
    if here is None or here.unit is not there.unit:
        return ""
    new, old = there.value, here.value
    if not isinstance(new, int | float) or not isinstance(old, int | float) or new == old:
        return ""
    if there.unit in _OF_PARTS:
        return format.points(new - old)
    return format.change((new - old) / abs(old)) if old else ""
