"""RFM scores and segments made ready: as `customers.rfm` and `customers.rfm_migration` ask for them, and the customers behind both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Self

from crmetrics.analysis import Behind, Choices
from crmetrics.vocabulary.period import Period, local_day, midnight, months_later
from crmetrics.warehouse.facts.fact import Derived
from crmetrics.warehouse.facts.rfm import LimitsOf, fixed_limits, rfm_moves, rfm_scores
from crmetrics.warehouse.warehouse import Warehouse

BEFORE_ALL: Final = datetime(1900, 1, 1)
CUTS: Final[dict[str, LimitsOf]] = {"first": "then", "fresh": "each"}


@dataclass(frozen=True)
class Scored:
    """The table `rfm_scores` as it was made: from when on purchases count, and since when data are known."""

    start: datetime
    begin: date
    then_on: date

    @property
    def is_compared(self) -> bool:
        """Whether the data reach back to the day a month ago."""
        return self.begin < self.then_on

    @classmethod
    def of(cls, warehouse: Warehouse, choices: Choices) -> Self:
        """Make `rfm_scores` under the choices window, classes, cut, axis, money and money_limits."""
        today, zone = warehouse.today, warehouse.zone
        window, classes = int(choices["window"]), int(choices["classes"])
        then_on = months_later(today, -1)
        start = window_start(warehouse, window)
        first = warehouse.profile.column("orders", "ordered_at").first
        begin = local_day(first, zone) if isinstance(first, datetime) else today
        found = cls(start, begin, then_on)
        warehouse.derive(
            rfm_scores(choices["money"]),
            start=start,
            then_start=window_start(warehouse, window, then_on),
            then_at=midnight(then_on, zone),
            now_at=warehouse.as_of,
            now_on=today,
            then_on=then_on,
            window=window,
            classes=classes,
            cut=choices["cut"],
            axis=choices["axis"],
            money=choices["money"],
            is_compared=found.is_compared,
            **fixed_limits(classes, choices["money_limits"]),
        )
        return found


def moved(warehouse: Warehouse, then_on: date, now_on: date, choices: Choices) -> Derived:
    """Make the moves between two days ready under the choices cut, axis and window; give the table."""
    zone, moves = warehouse.zone, rfm_moves(CUTS[choices["cut"]])
    window = int(choices["window"])
    warehouse.derive(
        moves,
        start=window_start(warehouse, window, now_on),
        then_start=window_start(warehouse, window, then_on),
        then_at=midnight(then_on, zone),
        then_on=then_on,
        now_at=min(midnight(now_on, zone), warehouse.as_of),
        now_on=now_on,
        window=window,
        classes=5,
        cut="quantile",
        axis=choices["axis"],
        is_compared=True,
        limits=choices["cut"],
        **fixed_limits(5, ""),
    )
    return moves


def window_start(warehouse: Warehouse, window: int, day: date | None = None) -> datetime:
    """The first moment of a window of so many days that ends before a day, default that of as-of; 0 reaches back for ever."""
    day = day or warehouse.today
    return midnight(day - timedelta(days=window), warehouse.zone) if window else BEFORE_ALL


_SEGMENTS: Final = Behind(
    {"segment": ""},
    "customers",
    "true",
    groups={"segment": "segment"},
    source="select customer_id, recency_days, orders, net_sales, r, f, m, fm, segment from rfm_scores",
    tells={name: name for name in ("net_sales", "orders", "recency_days", "r", "f", "m")},
    sort="-net_sales",
)


def _scored(warehouse: Warehouse, _period: Period | None, choices: Choices, _at: Mapping[str, str | None]) -> Behind:
    Scored.of(warehouse, choices)
    return _SEGMENTS


def _moves(warehouse: Warehouse, period: Period | None, choices: Choices, _at: Mapping[str, str | None]) -> Behind:
    nobody = "select cast(null as varchar) as customer_id, '' as from_segment, '' as to_segment where false"
    if period is None or (now_on := min(period.end, warehouse.today)) <= period.start:
        return Behind(_MOVES.columns, "customers", "true", groups=_MOVES.groups, source=nobody)
    moves = moved(warehouse, period.start, now_on, choices)
    source = f"select *, coalesce(previous_segment, 'arrived') as from_segment, segment as to_segment from {moves.name}"
    tells = {"net_sales_before": "net_sales_then", "net_sales": "net_sales"}
    order = "-net_sales_before"
    return Behind(_MOVES.columns, "customers", "true", groups=_MOVES.groups, source=source, tells=tells, sort=order)


_MOVES: Final = Behind(
    dict.fromkeys(("customers", "net_sales_before", "net_sales"), ""),
    "customers",
    "true",
    groups={name: name for name in ("from_segment", "to_segment")},
    look=_moves,
)
SEGMENT_ROWS: Final = (replace(_SEGMENTS, look=_scored),)
"""The customers of a segment."""
MOVED_ROWS: Final = (_MOVES,)
"""The customers who went from one segment to another, or stayed."""
