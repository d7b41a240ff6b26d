"""The cases behind a fair comparison: those that count for a person, whoever has them now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.warehouse.facts.comparison import COMPARED_CASES
from crmetrics.warehouse.warehouse import Warehouse

SHOWN: Final = {"win_rate": "deals", "quote_to_sale": "quotes", "fcr": "tickets", "csat": "responses"}
"""Metric -> the table of its cases; of a deal with several quotes one of them stands for all."""


def compared_rows(choices: Choices) -> tuple[Behind, ...]:
    """The cases of a person, and those of them that went well."""
    return (_cases(choices["metric"]),)


def _cases(metric: str) -> Behind:
    return Behind(
        {"n": "", "k": "is_hit"},
        "employees",
        "true",
        groups={"owner": "employee_id"},
        shows=SHOWN[metric],
        by="case_id",
        source=f"select * from {COMPARED_CASES[metric].name}",
        look=_derived,
    )


def _derived(warehouse: Warehouse, period: Period, choices: Choices, _at: Mapping[str, str | None]) -> Behind:
    metric = choices["metric"]
    # of the same moments as what people are held against
    warehouse.derive(
        COMPARED_CASES[metric],
        start=midnight(period.start, warehouse.zone),
        end=midnight(period.end, warehouse.zone),
    )
    return replace(_cases(metric), look=None)
