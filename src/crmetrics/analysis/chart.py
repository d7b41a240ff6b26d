"""Chart kinds by the question they answer (see the visual language); names of columns, checked against the Row at import."""

from __future__ import annotations

from dataclasses import dataclass, fields

from crmetrics.analysis.row import Row


@dataclass(frozen=True)
class Chart:
    """What every chart kind shares: fields that name columns of the answer."""

    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the chart reads."""
        found: list[str] = []
        for each in fields(self):
            value = getattr(self, each.name)
            found += [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []
        return tuple(name for name in found if name)

    def check(self, row: type[Row]) -> None:
        """Raise TypeError, at import, for a column that the Row does not have."""
        known = {column.name for column in row.columns}
        for name in self.columns():
            if name not in known:
                raise TypeError(
                    f"{row.__name__} has no column {name!r} for its {type(self).__name__} chart; it has {sorted(known)}"
                )


@dataclass(frozen=True)
class Bars(Chart):
    """One bar a row, `band` a pair of columns drawn as an interval, `before` the earlier value as a pale bar, `goal` as a tick.

    parts  a column of ordered steps: the rows alike in `x` are one bar, stacked by it
    """

    x: str
    y: str
    band: tuple[str, str] | tuple[()] = ()
    before: str = ""
    goal: str = ""
    parts: str = ""


@dataclass(frozen=True)
class Lines(Chart):
    """Values over an ordered x, one line a `series`; `band` an interval around it."""

    x: str
    y: str
    series: str = ""
    band: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Funnel(Chart):
    """Stacked bars per stage: went on, still here, lost."""

    x: str
    moved: str
    waiting: str
    lost: str


@dataclass(frozen=True)
class Spread(Chart):
    """A dot at the median, a line to p75, a ring at the reference."""

    x: str
    median: str
    p75: str
    reference: str = ""


@dataclass(frozen=True)
class FunnelPlot(Chart):
    """Shares `y` over their numbers of cases `x`, within the limits that luck draws around `middle`, the share of all.

    outside  beyond which limits of its own a row lies: none, 95, 99.8; few: not drawn
    """

    x: str
    y: str
    name: str
    middle: str
    outside: str


@dataclass(frozen=True)
class HeatMap(Chart):
    """Cells coloured by value; `open` marks cells whose period is not complete."""

    x: str
    y: str
    value: str
    complete: str = ""


@dataclass(frozen=True)
class Curve(Chart):
    """One curve over a share of the customers (whale curve)."""

    x: str
    y: str


@dataclass(frozen=True)
class Histogram(Chart):
    """How often values of a column occur: columns over bins of equal width."""

    x: str


@dataclass(frozen=True)
class Treemap(Chart):
    """Blocks sized by a sum over `group`, with a 5 x 5 grid of `grid` beside it where given."""

    group: str
    size: str
    grid: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True)
class Waterfall(Chart):
    """From the earlier value of the total (`before`) to that of now (`y`) by the parts of the change, which sum to it.

    Rows of several groups, or nothing to compare with: bars over `x`, as `Bars` draws them. Without `parts` the rows themselves
    are the steps: the first and the last are the totals, those between what leads from one to the other.

    good, neither  steps that are good, or neither good nor bad, whichever way they go
    """

    x: str
    y: str
    before: str = ""
    parts: tuple[str, ...] = ()
    good: frozenset[str] = frozenset()
    neither: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tiles(Chart):
    """KPI tiles: value, change, status."""

    x: str
    y: str
    before: str
    change: str
    status: str


@dataclass(frozen=True)
class FirstOf(Chart):
    """Several charts of one answer: drawn is the first whose columns are shown under the choices asked."""

    charts: tuple[Chart, ...]

    def columns(self) -> tuple[str, ...]:
        """The names of the columns that any of them reads."""
        return tuple(dict.fromkeys(name for chart in self.charts for name in chart.columns()))
