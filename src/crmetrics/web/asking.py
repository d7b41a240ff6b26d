"""An address as a question: what stands behind the question mark is the period, comparison, filters and switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import QueryParams

from crmetrics.analysis import Analysis
from crmetrics.analysis.choices import day_of
from crmetrics.vocabulary.errors import CrmetricsError, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Compare, midnight
from crmetrics.warehouse.scope import Filter

_ = words("web")

FILTER: Final = "where."
"""`where.region=West` filters; several values of one dimension are alternatives, and a blank one stands for blank."""
COMPARES: Final[tuple[Compare, ...]] = ("previous", "year", "weekdays")
FIND: Final = "find."
"""`find.region=we` narrows the list of values to choose from."""
CUSTOM_PERIOD: Final = "custom"
"""What the list of periods sends where two days were chosen; an address says them as `period=2026-01-01..2026-02-01`."""
NOT_OF_THE_QUESTION: Final = frozenset(
    {"language", "page", "rows", "sort", "choose", "effects", "chart", "bom", "first", "last"}
)


@dataclass(frozen=True)
class Asking:
    """What an address asks of an analysis."""

    period: str | None
    compare: Compare | None
    as_of: datetime | None
    where: tuple[Filter, ...]
    choices: Mapping[str, str]


def asking_of(declared: Analysis, given: QueryParams, zone: str) -> Asking:
    """Read an address; UnknownName or BadValue for what it should not say."""
    filters: dict[str, list[str | None]] = {}
    choices: dict[str, str] = {}
    for name, value in given.multi_items():
        if name.startswith(FILTER):
            filters.setdefault(name.removeprefix(FILTER), []).append(value or None)
        elif name.startswith(FIND):
            continue
        elif name not in NOT_OF_THE_QUESTION and name not in ("period", "compare", "as_of"):
            choices[name] = value
    compared = given.get("compare") or None
    compare = next((each for each in COMPARES if each == compared), None)
    if compare != compared:
        raise UnknownName(
            _(
                "'{value}' is not something to compare with. There are: {names}.",
                value=compared,
                names=", ".join(COMPARES),
            )
        )
    as_of = given.get("as_of")
    return Asking(
        given.get("period") or None,
        compare,
        midnight(day_of(as_of), zone) if as_of else None,
        tuple(Filter(name, tuple(values)) for name, values in filters.items()),
        choices,
    )


def in_short(declared: Analysis, given: QueryParams, latest: date) -> list[tuple[str, str]]:
    """The parts of an address that say something: no blanks, no defaults, nothing twice, two chosen days as one period.

    latest  the day up to which the data reach: as of that is as of now
    """
    found: list[tuple[str, str]] = []
    for name, value in given.multi_items():
        if name == "period" and value == CUSTOM_PERIOD:
            value = _spelled_out(given.get("first", ""), given.get("last", ""))
        is_filter = name.startswith(FILTER)
        is_idle = name in ("first", "last") or (not value and not is_filter) or (name, value) == ("as_of", str(latest))
        is_idle |= name.startswith(FIND) and name.removeprefix(FIND) != given.get("choose")
        if not is_idle and not _is_default(declared, name, value) and (name, value) not in found:
            found.append((name, value))
    return found


def _spelled_out(first: str, last: str) -> str:
    """Two days that were chosen, both inside, as a period; a single one is the whole of it."""
    if not first and not last:
        return ""
    return f"{day_of(first or last)}..{day_of(last or first) + timedelta(days=1)}"


def _is_default(declared: Analysis, name: str, value: str) -> bool:
    if name == "period":
        return value == declared.period
    if name == "page":
        return value == "1"
    choice = declared.choice(name)
    if choice is None:
        return False
    if choice.kind == "by":
        return bool(("" if value in ("none", "-") else value) == choice.default)
    try:
        return bool(choice.read(value) == choice.default)
    except CrmetricsError:  # what is wrong with it is told when it is asked
        return False


def address(key: str, given: QueryParams, changed: Mapping[str, Any], ending: str = "") -> str:
    """The address of a question with some of its parts changed; None takes a part away, a list stands for several."""
    kept: list[tuple[str, str]] = [(name, value) for name, value in given.multi_items() if name not in changed]
    for name, value in changed.items():
        several = value if isinstance(value, list) else [] if value is None else [value]
        kept += [(name, str(each)) for each in several]
    return f"/a/{key}{ending}" + (f"?{urlencode(kept)}" if kept else "")


def hidden(given: QueryParams, *without: str) -> Sequence[tuple[str, str]]:
    """The parts of an address that a form must carry along; a name that ends in a dot stands for all that begin so."""
    groups = tuple(name for name in without if name.endswith("."))
    return [
        (name, value)
        for name, value in given.multi_items()
        if name not in without and not (groups and name.startswith(groups))
    ]


def asked_by(address: str) -> tuple[str, str] | None:
    """The key and the query of an address of ours that leads to the page of an answer; None for any other address."""
    try:
        told = urlsplit(address)
    except ValueError:  # such as http://[
        return None
    key = told.path.removeprefix("/a/")
    if told.scheme or told.netloc or not told.path.startswith("/a/") or "/" in key:
        return None
    return key, told.query
