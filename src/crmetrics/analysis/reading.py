"""What a question says, checked before it is answered: filters and switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmetrics.analysis.declaration import Analysis
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema import DIMENSIONS
from crmetrics.warehouse.scope import SEGMENT, Filter
from crmetrics.warehouse.views import CUSTOM

_ = words("crmetrics")


def check_filters(where: tuple[Filter, ...]) -> None:
    """UnknownName for a filter on a dimension that does not exist."""
    for each in where:
        if each.dimension not in {*DIMENSIONS, SEGMENT} and not each.dimension.startswith(CUSTOM):
            raise UnknownName(
                _(
                    "'{name}' is not a dimension. There are: {names}.",
                    name=each.dimension,
                    names=", ".join(sorted(DIMENSIONS)),
                )
            )


def read_choices(declared: Analysis, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every choice of an analysis, the given ones read and checked, the others at their defaults."""
    if unknown := sorted(given.keys() - {choice.name for choice in declared.choices}):
        names = ", ".join(choice.name for choice in declared.choices) or "-"
        raise UnknownName(
            _("{key} has no choice '{name}'. It has: {names}.", key=declared.key, name=unknown[0], names=names)
        )
    read = {
        choice.name: choice.read(given[choice.name]) if choice.name in given else choice.default
        for choice in declared.choices
    }
    for choice in declared.choices:
        value = read[choice.name]
        if choice.kind == "by":
            read[choice.name] = value = "" if value in ("none", "-") else value
            if value and not value.startswith(CUSTOM) and value not in declared.groupings():
                raise UnknownName(
                    _(
                        "{key} cannot be grouped by '{by}'. It can by: {names}.",
                        key=declared.key,
                        by=value,
                        names=", ".join(declared.groupings()),
                    )
                )
    return read
