"""What is chosen above an answer: period, comparison, grouping, filters, the day of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.datastructures import QueryParams

from crmetrics.analysis import Analysis, Answer
from crmetrics.catalogue import OpenCatalogue
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import dimension_name
from crmetrics.presenting.table import value_name
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import local_day
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.scope import SEGMENT, Scope, Viewer
from crmetrics.web.asking import CUSTOM_PERIOD, FILTER, FIND, address, asking_of, hidden
from crmetrics.web.values import Value, Values, names_of

_ = words("web")

SHOWN_AT_ONCE: Final = 4
"""So many dimensions have a button of their own beside those that are set; the others are in a list."""
ASKED_MOST: Final = (
    "owner",
    "team",
    SEGMENT,
    "region",
    "category",
    "channel",
    "source",
    "industry",
    "stage",
    "country",
    "plan",
)
VALUES_SHOWN: Final = 60

PERIODS: Final[tuple[tuple[str, Message], ...]] = (
    ("last-12-months", _("Last 12 months")),
    ("last-month", _("Last month")),
    ("last-quarter", _("Last quarter")),
    ("last-year", _("Last year")),
    ("last-week", _("Last week")),
    ("last-90-days", _("Last 90 days")),
    ("this-month", _("This month")),
    ("this-quarter", _("This quarter")),
    ("year-to-date", _("Year to date")),
    ("last-24-months", _("Last 24 months")),
)
COMPARES: Final[tuple[tuple[str, Message], ...]] = (
    ("", _("nothing")),
    ("previous", _("previous period")),
    ("year", _("same period last year")),
    ("weekdays", _("same weekdays last year")),
)


@dataclass(frozen=True)
class Option:
    """One value of a list to choose from."""

    value: str
    shown: str
    is_chosen: bool


@dataclass(frozen=True)
class Field:
    """One thing to choose on a page."""

    name: str
    label: str
    options: tuple[Option, ...]
    is_set: bool = False


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    dimension: str
    value: str
    without: str


@dataclass(frozen=True)
class Choosable:
    """A dimension to filter by: where its values are chosen, and how many are."""

    name: str
    label: str
    address: str
    chosen: int
    is_open: bool


@dataclass(frozen=True)
class Tick:
    """A value to tick, with how often it occurs."""

    value: str
    shown: str
    count: str
    is_ticked: bool


@dataclass(frozen=True)
class Panel:
    """The values of one dimension, to be ticked; those that are stand first."""

    dimension: str
    label: str
    action: str
    values: tuple[Tick, ...]
    typed: str
    is_cut: bool
    carried: Sequence[tuple[str, str]]
    without: str
    back: str


@dataclass(frozen=True)
class Toolbar:
    """All that stands above an answer."""

    fields: tuple[Field, ...]
    first: str
    last: str
    is_custom: bool
    as_of: str
    latest: str
    carried: Sequence[tuple[str, str]]
    dimensions: tuple[Choosable, ...]
    more: tuple[Choosable, ...]
    chips: tuple[Chip, ...]
    all_off: str


def toolbar_of(
    answer: Answer[Any], given: QueryParams, format: Format, catalogue: OpenCatalogue, viewer: Viewer, values: Values
) -> Toolbar:
    """What can be chosen above an answer, and what is."""
    declared, profile = answer.declared, catalogue.engine.profile
    fields = tuple(_fields(answer, given, format, profile))
    dimensions = list(_choosable(declared, given, format, values.dimensions(catalogue, declared, viewer)))
    first = [each for each in dimensions if each.chosen or each.is_open]
    usual = sorted(dimensions, key=lambda each: ASKED_MOST.index(each.name) if each.name in ASKED_MOST else 99)
    first += [each for each in usual if each not in first][:SHOWN_AT_ONCE]
    chips = tuple(_chips(answer, given, format, catalogue, viewer))
    own = [*(field.name for field in fields), "first", "last", "as_of", "page", "choose", FIND]
    named = {name: None for name in given if name.startswith(FILTER)}
    return Toolbar(
        fields,
        answer.period.start.isoformat() if answer.period else "",
        answer.period.last_day.isoformat() if answer.period else "",
        ".." in given.get("period", ""),
        given.get("as_of", ""),
        str(latest_day(catalogue)),
        hidden(given, *own),
        tuple(sorted(first, key=dimensions.index)),
        tuple(each for each in dimensions if each not in first),
        chips,
        address(answer.key, given, {**named, "page": None}) if len(chips) > 1 else "",
    )


def latest_day(catalogue: OpenCatalogue) -> date:
    """The day up to which the data reach."""
    return local_day(catalogue.engine.profile.reaches, catalogue.settings.zone)


def panel_of(
    declared: Analysis, given: QueryParams, format: Format, catalogue: OpenCatalogue, viewer: Viewer, values: Values
) -> Panel | None:
    """The values of the dimension that an address opens; None if it opens none that this analysis has."""
    dimension = given.get("choose", "")
    if dimension not in values.dimensions(catalogue, declared, viewer):
        return None
    name, typed = FILTER + dimension, given.get(FIND + dimension, "")
    ticked = {value or None for value in given.getlist(name)}
    asked = asking_of(declared, given, catalogue.settings.zone)
    scope = Scope(viewer, (), asked.as_of)
    found, is_cut = values.listed(catalogue, scope, declared, dimension, format, typed)
    known = {each.value: each for each in found}
    missing = [value for value in ticked if value not in known]
    names = names_of(catalogue, viewer, dimension, [value for value in missing if value is not None])
    first = [known.get(each) or Value(each, value_name(dimension, each, names, format), 0) for each in ticked]
    first.sort(key=lambda each: -each.count)
    others = [each for each in found if each.value not in ticked][:VALUES_SHOWN]
    return Panel(
        dimension,
        dimension_name(dimension, format),
        f"/a/{declared.key}",
        tuple(
            Tick(
                each.value or "",
                each.shown,
                format.count(each.count) if dimension != SEGMENT else "",
                each.value in ticked,
            )
            for each in (*first, *others)
        ),
        typed,
        is_cut or len(others) < len(found) - len(first),
        hidden(given, name, "page", "choose", FIND),
        address(declared.key, given, {name: None, "choose": None, "page": None, FIND + dimension: None}),
        address(declared.key, given, {"choose": None, FIND + dimension: None}),
    )


def _fields(answer: Answer[Any], given: QueryParams, format: Format, profile: Profile) -> Iterator[Field]:
    declared = answer.declared
    if declared.takes_period:
        yield _period(answer, given, format)
        compare = given.get("compare") or ""
        options = tuple(Option(value, say(shown, format), value == compare) for value, shown in COMPARES)
        yield Field("compare", say(_("Compare with"), format), options, bool(compare))
    for choice in declared.choices:
        if choice.kind == "by":
            now = answer.choices.get(choice.name, choice.default)
            groups = [Option("none", say(_("nothing"), format), now == "")]
            groups += [Option(name, dimension_name(name, format), name == now) for name in declared.groupings(profile)]
            yield Field(choice.name, say(choice.label, format), tuple(groups), now != choice.default)


def _period(answer: Answer[Any], given: QueryParams, format: Format) -> Field:
    chosen = given.get("period") or str(answer.declared.period)
    options = [Option(value, say(shown, format), value == chosen) for value, shown in PERIODS]
    is_custom = ".." in chosen
    if chosen not in dict(PERIODS) and not is_custom:
        options.insert(0, Option(chosen, format.period(answer.period) if answer.period else chosen, True))
    options.append(Option(CUSTOM_PERIOD, say(_("Other days"), format), is_custom))
    return Field("period", say(_("Period"), format), tuple(options), chosen != answer.declared.period)


def _choosable(
    declared: Analysis, given: QueryParams, format: Format, dimensions: tuple[str, ...]
) -> Iterator[Choosable]:
    for name in dimensions:
        opened = address(declared.key, given, {"choose": name, "page": None})
        chosen = len(given.getlist(FILTER + name))
        yield Choosable(name, dimension_name(name, format), opened, chosen, given.get("choose") == name)


def _chips(
    answer: Answer[Any], given: QueryParams, format: Format, catalogue: OpenCatalogue, viewer: Viewer
) -> Iterator[Chip]:
    """The filters that are set, one by one; taking one away leaves the others of its dimension."""
    for name in dict.fromkeys(name for name in given if name.startswith(FILTER)):
        dimension, values = name.removeprefix(FILTER), given.getlist(name)
        names = names_of(catalogue, viewer, dimension, [value for value in values if value])
        for value in values:
            others = [each for each in values if each != value]
            without = address(answer.key, given, {name: others, "page": None})
            yield Chip(dimension_name(dimension, format), value_name(dimension, value or None, names, format), without)
