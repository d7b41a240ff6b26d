"""The canonical tables, declared once: every other statement about them is made from this declaration."""

from crmetrics.warehouse.schema.choices import CHOICE_LABELS
from crmetrics.warehouse.schema.dimensions import DIMENSIONS, Dimension, Path, Step, path_to
from crmetrics.warehouse.schema.statements import ORIGIN, custom_column, ddl
from crmetrics.warehouse.schema.table import Check, Column, History, Personal, Table, Type
from crmetrics.warehouse.schema.tables import TABLES

__all__ = [
    "CHOICE_LABELS",
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
    "custom_column",
    "ddl",
    "path_to",
]
