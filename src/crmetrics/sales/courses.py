"""How the deals of a group fared on their way, and whose way is the reference of a leak ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from crmetrics.analysis.funnels import largest_first
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM
from crmetrics.models.funnel import WON, Floats, Funnel
from crmetrics.models.interval import share_of
from crmetrics.models.shrinkage import ShrunkenShares
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.warehouse.facts.funnels import CASES_BY_STEP
from crmetrics.warehouse.facts.references import SEGMENT_FUNNELS
from crmetrics.warehouse.rows import Rows, joined
from crmetrics.warehouse.schema import DIMENSIONS
from crmetrics.warehouse.warehouse import Warehouse

SEGMENT_ROWS: Final = """
select party, pipeline, place, outcome, cases, money, priced from segment_funnels order by party, pipeline, place, outcome
"""
WHOLE_ROWS: Final = """
select cast(null as varchar) as party, place, outcome, sum(cases) as cases, sum(money) as money, sum(priced) as priced
from segment_funnels
group by place, outcome
order by place, outcome
"""


@dataclass(frozen=True)
class Course:
    """The way of one group's deals through k steps.

    reached, lost  (k,) came to the step; were lost there
    moved          (k,) came to the step after: at last, were won
    size           mean amount of the won deals, NaN where fewer than five have one (R4)
    """

    reached: Floats
    moved: Floats
    lost: Floats
    size: float

    @property
    def won(self) -> float:
        """How many were won."""
        return float(self.moved[-1]) if len(self.moved) else 0.0

    @property
    def decided(self) -> float:
        """How many were won or lost."""
        return self.won + float(self.lost.sum())

    def has(self, least: int) -> bool:
        """Whether that many deals were decided at every step."""
        return bool(np.all(self.moved + self.lost >= least))


@dataclass(frozen=True)
class Reference:
    """The course of the best segment, with its name (`party`) and its shrunken win rate."""

    party: str
    course: Course
    win_rate: float


def courses(
    warehouse: Warehouse, period: Period, pipeline: str, steps: int, by: str
) -> tuple[Rows, list[Any], list[Course]]:
    """The cases by step behind them, the groups, the largest first, and the course of each; at last that of all."""
    ((fact, sql, moment),) = CASES_BY_STEP["deals", "or_later"]
    ask = partial(warehouse.query, period=period, pipeline=pipeline, amount_at="close", steps=steps)
    rows = ask(sql, by=by, of=fact, moment=moment)
    rows = rows.with_columns(
        priced=rows.numbers("cases") - rows.numbers("without_amount") - rows.numbers("unconverted")
    )
    groups, group = largest_first(rows)
    return rows, groups, _tallied(rows, group, len(groups) + 1, steps)


def derive_segments(warehouse: Warehouse, period: Period, pipeline: str, segment: str) -> None:
    """Make the funnels of the whole company's segments ready (R23)."""
    span = {"start": midnight(period.start, warehouse.zone), "end": midnight(period.end, warehouse.zone)}
    warehouse.derive(SEGMENT_FUNNELS, by=segment, of="deal_path", pipeline=pipeline, **span)


def whole_course(warehouse: Warehouse, steps: int) -> tuple[Rows, list[Any], list[Course]]:
    """As `courses` for who sees the whole company, ungrouped: the segments hold all that it needs, at half the cost."""
    rows = warehouse.query(WHOLE_ROWS)
    both = joined(rows.with_columns(is_total=[False] * len(rows)), rows.with_columns(is_total=[True] * len(rows)))
    groups, group = largest_first(both)
    return both, groups, _tallied(both, group, len(groups) + 1, steps)


def best_segment(warehouse: Warehouse, steps: int) -> Reference | None:
    """The derived segment with the best shrunken win rate (R14); None if all are too small.

    It needs 30 decided deals at every step; where none has so many, 30 in all.
    """
    rows = warehouse.query(SEGMENT_ROWS)
    parties, which = rows.groups("party")
    found = _tallied(rows, which, len(parties), steps)
    shares = ShrunkenShares.fit([each.won for each in found], [each.decided for each in found]).share
    known = [
        Reference(name, course, float(share))
        for name, course, share in zip(parties.values("party"), found, shares, strict=True)
        if name is not None and course.decided >= PLAIN_FROM and not np.isnan(course.size)
    ]
    firm = [each for each in known if each.course.has(PLAIN_FROM)]
    return max(firm or known, key=lambda each: (each.win_rate, each.course.decided, each.party), default=None)


def last_year(
    warehouse: Warehouse, period: Period, pipeline: str, steps: int, by: str, groups: list[Any]
) -> list[Course | None]:
    """The courses of the same groups, and of all, a year before; None for those that were too small."""
    then = period.compared("year", warehouse.today)
    _rows, names, found = courses(warehouse, then, pipeline, steps, by)
    of_group = dict(zip(names, found, strict=False))
    return [each if _is_enough(each) else None for each in (*(of_group.get(name) for name in groups), found[-1])]


def display_name(warehouse: Warehouse, dimension: str, value: str) -> str:
    """What people call a value of a dimension: the name behind an ID, else the value."""
    names = DIMENSIONS[dimension].names if dimension in DIMENSIONS else None
    if names is None or not warehouse.profile.rows(names[0]):
        return value
    return warehouse.names_of(*names, [value]).get(value, value)


def _is_enough(course: Course | None) -> bool:
    return course is not None and course.decided >= PLAIN_FROM and not np.isnan(course.size)


def _tallied(rows: Rows, group: ArrayLike, groups: int, steps: int) -> list[Course]:
    which, outcome = np.asarray(group, dtype=np.int64), rows.values("outcome")
    found = Funnel.tally(rows.numbers("place"), outcome, rows.numbers("cases"), which, groups, steps)
    is_won = np.array([each == WON for each in outcome], dtype=bool)
    money, priced = (
        np.bincount(which[is_won], np.nan_to_num(rows.numbers(name))[is_won], groups) for name in ("money", "priced")
    )
    size = np.where(priced >= SHOWN_FROM, share_of(money, priced), np.nan)
    return [
        Course(reached[:-1], reached[1:], lost[:-1], float(each))
        for reached, lost, each in zip(found.reached, found.lost, size, strict=True)
    ]
