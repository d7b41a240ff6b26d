"""An answer's main figure beside the same of the earlier period (R2, R6)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crmetrics.analysis import Answer, Bars, Chart, Column, Funnel, Lines, Result, Row, Spread
from crmetrics.vocabulary.period import GRAINS
from crmetrics.vocabulary.unit import Unit


@dataclass(frozen=True)
class Comparison:
    """Finds for each row what its main figure was before. `keys` name the row; rows over time are paired by their place."""

    measure: Column
    keys: tuple[Column, ...]
    result: Result[Any]
    is_over_time: bool

    @classmethod
    def of(cls, answer: Answer[Any]) -> Comparison | None:
        """The comparison of an answer; None if none was asked for, or the answer has its own column of it."""
        named = _compared(answer.declared.chart)
        columns = {column.name: column for column in answer.declared.row.columns}
        if answer.before is None or named is None or "before" in columns:
            return None
        # every naming column is part of the key: a stage may stand once for each owner
        naming = tuple(column for column in columns.values() if column.dimension is not None)
        measure, keys = columns[named[0]], naming or tuple(columns[name] for name in named[1:])
        dimensions = (answer.choices.get(str(key.dimension), key.dimension) for key in keys)
        return cls(measure, keys, answer.before, any(dimension in GRAINS for dimension in dimensions))

    @property
    def unit(self) -> Unit:
        """The unit of the change: points for shares, else relative."""
        return Unit.POINTS if self.measure.unit is Unit.SHARE else Unit.CHANGE

    def before(self, row: Row, place: int) -> Any:
        """What the main figure of the row at a place was; None if there was none."""
        if self.is_over_time:
            values = self.result.rows.values(self.measure.name)
            return values[place] if place < len(values) else None
        return self._by_key.get(tuple(row.values[key.position] for key in self.keys))

    @property
    def total(self) -> Any:
        """What the main figure of the total was."""
        return None if self.result.total is None else self.result.total.values[self.measure.position]

    def change(self, now: Any, before: Any) -> float | None:
        """The difference of two shares, or the relative change; None where there is nothing to divide by."""
        if not isinstance(now, int | float) or not isinstance(before, int | float):
            return None
        if self.unit is Unit.POINTS:
            return float(now - before)
        return float((now - before) / abs(before)) if before else None

    @cached_property
    def _by_key(self) -> dict[tuple[Any, ...], Any]:
        rows = self.result.rows
        keys = zip(*(rows.values(key.name) for key in self.keys), strict=True)
        return dict(zip(keys, rows.values(self.measure.name), strict=True))


def _compared(chart: Chart | None) -> tuple[str, ...] | None:
    """The chart's main figure and the columns that name its rows."""
    match chart:
        case Bars(x=key, y=measure) | Lines(x=key, y=measure, series=""):
            return measure, key
        case Lines(x=key, y=measure, series=series):
            return measure, key, series
        case Funnel(x=key, moved=measure) | Spread(x=key, median=measure):
            return measure, key
    return None
