"""An address as a question: what stands behind the question mark is the period, comparison, filters and switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from crmetrics.analysis import Analysis
from crmetrics.analysis.choices import day_of
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Compare, midnight
from crmetrics.warehouse.scope import Filter

_ = words("web")

FILTER: Final = "where."
"""`where.region=West` filters; several values of one dimension are alternatives, and a blank one stands for blank."""
COMPARES: Final[tuple[Compare, ...]] = ("previous", "year", "weekdays")
NOT_OF_THE_QUESTION: Final = frozenset({"language", "page", "rows"})


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


def address(key: str, given: QueryParams, changed: Mapping[str, Any], ending: str = "") -> str:
    """The address of a question with some of its parts changed; None takes a part away."""
    kept: list[tuple[str, str]] = [(name, value) for name, value in given.multi_items() if name not in changed]
    kept += [(name, str(value)) for name, value in changed.items() if value is not None]
    return f"/a/{key}{ending}" + (f"?{urlencode(kept)}" if kept else "")


def hidden(given: QueryParams, *without: str) -> Sequence[tuple[str, str]]:
    """The parts of an address that a form must carry along."""
    return [(name, value) for name, value in given.multi_items() if name not in without]
