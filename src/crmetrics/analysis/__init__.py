"""What an analysis is: its declaration, its rows, what it finds, and the answer that people get."""

from crmetrics.analysis.answer import Answer, Finding, LeftOut, Locked, Note, Passport, Result, Table
from crmetrics.analysis.behind import Behind, Choices
from crmetrics.analysis.catalogue import Catalogue, Entry
from crmetrics.analysis.chart import (
    Bars,
    Chart,
    Curve,
    FirstOf,
    Funnel,
    FunnelPlot,
    HeatMap,
    Histogram,
    Lines,
    Spread,
    Tiles,
    Treemap,
    Waterfall,
)
from crmetrics.analysis.choices import By, Number, Options, Toggle
from crmetrics.analysis.declaration import Analysis, NeedsBy, analysis
from crmetrics.analysis.row import Column, Row, column

__all__ = [
    "Analysis",
    "Answer",
    "Bars",
    "Behind",
    "By",
    "Catalogue",
    "Chart",
    "Choices",
    "Column",
    "Curve",
    "Entry",
    "Finding",
    "FirstOf",
    "Funnel",
    "FunnelPlot",
    "HeatMap",
    "Histogram",
    "LeftOut",
    "Lines",
    "Locked",
    "NeedsBy",
    "Note",
    "Number",
    "Options",
    "Passport",
    "Result",
    "Row",
    "Spread",
    "Table",
    "Tiles",
    "Toggle",
    "Treemap",
    "Waterfall",
    "analysis",
    "column",
]
