"""The lines of a leak ledger: each stage and the size of the deals against a reference."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.models.leaks import LeakLedger, Steps, in_steps, merged_steps
from crmetrics.sales.courses import Course
from crmetrics.warehouse.rows import Rows

Lines = dict[str, list[Any]]

SIZE: Final = "deal_size"
MONEY_AND_SHARES: Final = ("actual", "reference", "size", "reference_size", "leak_money", "low", "high")


def ledger(own: Course, other: Course | None, names: dict[str, int]) -> Lines:
    """The lines of one group, the size of its deals last, and their sum behind them."""
    each = [own] if other is None else [own, other]
    steps = merged_steps([one.moved for one in each], [one.lost for one in each], PLAIN_FROM) if names else ()
    moved, lost = in_steps(own.moved, own.lost, steps)
    with_whom = in_steps(other.moved, other.lost, steps) if other else (0 * moved, 0 * lost)
    entries = float(own.reached[0]) if len(own.reached) else 0.0
    sizes = (own.size, other.size if other else np.nan)
    leaks = LeakLedger.fit(entries, moved, lost, *with_whom, *sizes)
    reached = [own.reached[first] for first, _last in steps]
    through = [float(np.prod(shares)) if len(shares) else np.nan for shares in (leaks.actual, leaks.reference)]
    unsaid = [np.nan] * len(steps)
    return {
        "stage": [*_names(steps, [*names]), SIZE, None],
        "stage_no": [*(first + 1 for first, _last in steps), len(names) + 1, None],
        "entered": [*map(int, reached), int(own.won), int(entries)],
        "moved": [*map(int, moved), None, int(own.won)],
        "n": [*map(int, moved + lost), None, int(own.decided)],
        "actual": [*leaks.actual, np.nan, through[0]],
        "reference": [*leaks.reference, np.nan, through[1]],
        "size": [*unsaid, sizes[0], sizes[0]],
        "reference_size": [*unsaid, sizes[1], sizes[1]],
        "leak_money": [*leaks.leak, leaks.gap],
        "low": [*leaks.low, leaks.gap_low],
        "high": [*leaks.high, leaks.gap_high],
    }


def _names(steps: Steps, names: list[str]) -> list[str]:
    return [" + ".join(names[first : last + 1]) for first, last in steps]


def ledger_table(ledgers: list[Lines], groups: list[Any]) -> Rows:
    """The lines of every group, ranked by money, then the total: the sum of the whole company's ledger."""
    shown = ledgers[:-1]
    columns: dict[str, Any] = {
        name: [value for each in shown for value in each[name][:-1]] + ledgers[-1][name][-1:] for name in ledgers[-1]
    }
    columns["party"] = [name for name, each in zip(groups, shown, strict=True) for _line in each["stage"][:-1]] + [None]
    money = np.array(columns["leak_money"][:-1], dtype=np.float64)
    order = np.argsort(-money, kind="stable")
    ranks = np.empty(len(money), dtype=np.int64)
    ranks[order] = np.arange(1, len(money) + 1)
    columns["place"] = [None if np.isnan(some) else int(rank) for some, rank in zip(money, ranks, strict=True)] + [None]
    for name in MONEY_AND_SHARES:
        columns[name] = np.array(columns[name], dtype=np.float64)
    return Rows({}).with_columns(is_total=[False] * len(money) + [True], **columns)
