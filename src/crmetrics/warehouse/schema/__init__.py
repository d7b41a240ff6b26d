"""The canonical tables, declared once: every other statement about them is made from this declaration."""

from crmetrics.warehouse.schema.choices import CHOICE_LABELS
from crmetrics.warehouse.schema.dimensions import (
    COUNTRIES,
    DIMENSIONS,
    Dimension,
    Path,
    Step,
    country_dimension,
    path_to,
)
from crmetrics.warehouse.schema.statements import ORIGIN, custom_column, ddl
from crmetrics.warehouse.schema.table import Check, Column, History, Personal, Table, Type
from crmetrics.warehouse.schema.tables import TABLES

__all__ = [
    "CHOICE_LABELS",
    "COUNTRIES",
    "DIMENSIONS",
    "ORIGIN",
    "TABLES",
    "Check",
    "Column",
    "Dimension",
    "History",
    "Path",
    "Personal",
    "Step",
    "Table",
    "Type",
    "country_dimension",
    "custom_column",
    "ddl",
    "path_to",
]
