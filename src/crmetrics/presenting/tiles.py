"""Key figures as tiles: a label, the value, its change, and how it stands against its target in a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Answer, Column, Row, Tiles
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import Cells
from crmetrics.vocabulary.unit import Figure

_TONES: Final = {"on": "good", "close": "warn", "behind": "bad"}


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure in the reader's language. `tone` is good, warn, bad or blank; `is_few`: the status says it, no number."""

    label: str
    value: str
    before: str
    change: str
    status: str
    tone: str
    is_few: bool


def tiles(answer: Answer[Any], format: Format) -> tuple[Tile, ...]:
    """The tiles of an answer whose chart is `Tiles`; none for others."""
    chart = answer.declared.chart
    if not isinstance(chart, Tiles) or answer.locked is not None:
        return ()
    cells = Cells(answer, format)
    return tuple(_tile(cells, chart, row) for row in answer.rows)


def _tile(cells: Cells, chart: Tiles, row: Row) -> Tile:
    def column(name: str) -> Column:
        return cells.all_columns[name]

    def told(name: str) -> str:
        return "" if row.values[column(name).position] is None else cells.text(column(name), row)

    status = row.values[column(chart.status).position]
    is_few = status == "few"
    return Tile(
        label=told(chart.x),
        value="" if is_few else _short(cells, column(chart.y), row),
        before=told(chart.before),
        change=told(chart.change),
        status=told(chart.status),
        tone=_TONES.get(str(status), ""),
        is_few=is_few,
    )


def _short(cells: Cells, column: Column, row: Row) -> str:
    value = row.values[column.position]
    if isinstance(value, Figure):
        return cells.format.short(value.unit, value.value)
    return cells.format.short(column.unit, value)
