"""What is asked of open deals that nobody takes care of: made ready once, by the contacts and limits of the whole company."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.silence import OPEN_CONTACTS, SILENCE_LIMITS
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, path_to
from crmetrics.warehouse.views import CUSTOM, custom_path
from crmetrics.warehouse.warehouse import Warehouse

SILENCES: Final = (OPEN_CONTACTS, SILENCE_LIMITS)
"""What the fact `deal_silences` reads."""


def derive_silences(warehouse: Warehouse) -> None:
    """Make the fact `deal_silences` ready to be queried (R23)."""
    for each in SILENCES:
        warehouse.derive(each)


def is_reached(warehouse: Warehouse, table: str, by: str) -> bool:
    """Whether a grouping leads from a table: one of time does not, for that depends on the driving date."""
    if by.startswith(CUSTOM):
        return custom_path(warehouse.profile, TABLES[table], by) is not None
    return not by or (by in DIMENSIONS and path_to(table, DIMENSIONS[by]) is not None)
