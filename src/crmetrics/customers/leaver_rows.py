"""Which customers stand behind what marks the lost, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.customers.leavers import customers_lost, customers_marked
from crmetrics.customers.stay_rows import NOBODY
from crmetrics.customers.stays import Parts, Stays
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.warehouse import Warehouse

_TRAITS: Final = {
    "n_with": "answer = $answer",
    "lost_with": "answer = $answer and is_lost",
    "n_without": "answer <> $answer",
}
_STATED: Final = {"said": "reason is not distinct from cast($mark as varchar)"}


def mark_of(trait: str, answer: str) -> str:
    """The name of a trait with its answer, the same in every language."""
    return f"{trait}={answer}"


def _look(warehouse: Warehouse, period: Period | None, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    stays = Stays.of(warehouse, choices["customer_by"], choices["window"], choices["grace"])
    parts = Parts.of(period, "", warehouse.today, warehouse.week_start) if period else Parts((), (), ())
    columns = _TRAITS if choices["show"] == "traits" else _STATED
    groups, mark = {"mark": "cast($mark as varchar)"}, at.get("mark")
    if not parts.spans or "mark" not in at:
        return Behind(
            dict.fromkeys(columns, "false"), "customers", "true", groups=groups, source=NOBODY, values={"mark": mark}
        )
    if choices["show"] == "stated":
        source, values = customers_lost(warehouse, stays, parts)
        return Behind(columns, "customers", "true", groups=groups, source=source, values={**values, "mark": mark})
    trait, _is, answer = str(mark).partition("=")
    source, values = customers_marked(warehouse, stays, parts, trait)
    return Behind(
        columns, "customers", "true", groups=groups, source=source, values={**values, "mark": mark, "answer": answer}
    )


def marked_rows(choices: Choices) -> tuple[Behind, ...]:
    """The customers behind `customers.churn_reasons`."""
    columns = _TRAITS if choices["show"] == "traits" else _STATED
    return (Behind(columns, "customers", "true", groups={"mark": ""}, look=_look),)
