"""Groups by what persons are (gender, occupation): told only of so many customers that nobody can be made out (R17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from crmetrics.analysis.answer import Note, Result
from crmetrics.analysis.row import Row
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema import DIMENSIONS
from crmetrics.warehouse.warehouse import Warehouse

_ = words("crmetrics")

R = TypeVar("R", bound=Row)

LEAST: Final = 10
SIZES: Final = (
    "select party, count(*) as customers from customers where party is not null group by party order by party"
)


def without_small_groups(result: Result[R], choices: Mapping[str, Any], warehouse: Warehouse) -> Result[R]:
    """A result without the groups of fewer than ten customers, and without what is found of them, where it is grouped by a personal
    attribute; the total holds them. Who is of no known group is one of all."""
    by = DIMENSIONS.get(str(choices.get("by")))
    column = next((each.name for each in result.rows.row.columns if each.dimension == "by"), None)
    if by is None or not by.is_personal or column is None:
        return result
    sizes = warehouse.query(SIZES, by=by.name, of="customers")
    large = {party for party, n in zip(sizes.values("party"), sizes.values("customers"), strict=True) if n >= LEAST}
    parties = result.rows.values(column)
    kept = [place for place, party in enumerate(parties) if party is None or party in large]
    hidden = {party for party in parties if party is not None} - large
    if not hidden:
        return result
    message = _(
        "{n} group of fewer than 10 customers is not shown, so that nobody can be made out.",
        "{n} groups of fewer than 10 customers are not shown, so that nobody can be made out.",
        n=len(hidden),
    )
    found = tuple(each for each in result.findings if hidden.isdisjoint(map(str, each.message.values.values())))
    return replace(result, rows=result.rows.taken(kept), notes=(*result.notes, Note(message)), findings=found)
