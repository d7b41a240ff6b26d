"""`make bench`: what our answers cost beside SQL written by hand, imports beside hand-written loading, starts, the demo."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.companies import company_of
from benchmarks.measure import Cost, cost_of

Show = Callable[[str, dict[str, float]], None]
GOALS = {"": 1.2, "rep": 1.8, "region": 1.8}
"""Cost of ours / cost by hand: unscoped, and seen by one rep or filtered to one region."""
SCOPES = {"": "", "rep": ", one rep", "region": ", one region"}

NINE = (
    "sales.win_rate,kpis.time_to_close,kpis.accepted_quotes,customers.repeat_purchase_rate,kpis.nps,"
    "kpis.net_sales,kpis.won_amount,kpis.average_order_value,kpis.new_customers"
)


@dataclass(frozen=True)
class Question:
    """What is asked, the SQL written by hand for it, and what of the two answers must be equal.

    equal      (ours, by hand) columns of the total; of an answer without one, the sums of columns over its rows
    has_total  whether the last row by hand is the total
    """

    key: str
    script: str
    asked: Mapping[str, str]
    equal: tuple[tuple[str, str], ...]
    has_total: bool = True


QUESTIONS = (
    Question(
        "customers.rfm",
        "rfm",
        {},
        (("orders", "orders"), ("net_sales", "net_sales"), ("used", "used"), ("left_out", "left_out")),
    ),
    Question(
        "customers.cohort_retention",
        "cohort_retention",
        {},
        tuple((name, name) for name in ("size", "k", "n", "active", "rate", "low", "high")),
        has_total=False,
    ),
    Question(
        "sales.pipeline",
        "pipeline",
        {},
        tuple(
            (name, name)
            for name in ("deals", "amount", "weighted", "probability", "median_age", "no_next_step", "overdue", "used")
        ),
    ),
    Question(
        "kpis.scorecard",
        "scorecard",
        {"metrics": NINE},
        tuple((name, name) for name in ("value", "n", "before", "change", "target", "swing")),
        has_total=False,
    ),
    Question(
        "sales.performance",
        "performance",
        {"by": "region"},
        (("amount", "amount"), ("buyers", "buyers"), ("before", "before")),
    ),
    Question(
        "sales.product_performance", "product_performance", {}, (("net_sales", "net_sales"), ("margin", "margin"))
    ),
    Question("finance.margin", "margin", {"by": "category"}, (("margin", "margin"), ("net_sales", "net_sales"))),
    Question("finance.whale_curve", "whale_curve", {}, (("cumulated_profit", "cumulated"), ("customers", "customers"))),
)


def questions(lines: int, runs: int, only: Sequence[str] = ()) -> Iterator[tuple[str, Cost, Cost, float]]:
    """Each question in each scope: ours, by hand, the goal of the ratio. Stops if the two answers differ."""
    workspace = str(company_of(lines))
    for question in QUESTIONS:
        if only and question.key not in only:
            continue
        for scope, goal in GOALS.items():
            ours = cost_of("ours", runs, workspace=workspace, key=question.key, scope=scope, **question.asked)
            hand = cost_of(
                "by_hand",
                runs,
                workspace=workspace,
                name=question.script,
                scope=scope,
                has_total=question.has_total,
            )
            for mine, other in question.equal:
                _same(f"{question.key}, {mine}{SCOPES[scope]}", ours.result[1][mine], hand.result[1][other])
            yield f"{question.key}{SCOPES[scope]}, {lines:,} lines", ours, hand, goal


def _same(name: str, ours: float | None, hand: float | None) -> None:
    if ours == hand:
        return
    if ours is None or hand is None or abs(ours - hand) > 1e-6 * max(1.0, abs(hand)):
        raise SystemExit(f"{name}: ours is {ours}, by hand it is {hand}")


def start(words: list[str]) -> tuple[float, float]:
    """Median processor and wall seconds of a whole process of ours."""
    found = []
    for _run in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall))
    return sorted(found)[len(found) // 2]


def main() -> None:
    """Measure all and print it."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument(
        "--lines", type=int, nargs="+", default=[1_000_000, 10_000_000], help="order lines of the companies"
    )
    options.add_argument("--runs", type=int, default=3, help="fresh processes a figure, of which the median is told")
    options.add_argument("--only", nargs="+", default=[], help="keys of questions; nothing else is measured then")
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    given = options.parse_args()

    def show(name: str, told: dict[str, float]) -> None:
        if given.json:
            sys.stdout.write(json.dumps({"name": name, **told}) + "\n")
        else:
            sys.stdout.write(f"{name:<58}" + "".join(f"  {label} {value:8.2f}" for label, value in told.items()) + "\n")
        sys.stdout.flush()

    if not given.only:
        _starts(show)
    for lines in given.lines:
        if not given.only:
            _loads(show, lines, given.runs)
        for name, mine, other, goal in questions(lines, given.runs, given.only):
            show(name, _ratios(mine, other, goal))


def _starts(show: Show) -> None:
    cpu, wall = start(["-c", "import crmetrics"])
    show("import crmetrics", {"cpu s": cpu, "wall s": wall})
    small = str(company_of(20_000))
    cpu, wall = start(["-m", "crmetrics.main", "--workspace", small, "ask", "sales.win_rate"])
    show("cold start of ask, small workspace", {"cpu s": cpu, "wall s": wall, "goal s": 0.7})


def _loads(show: Show, lines: int, runs: int) -> None:
    made = cost_of("making", runs, lines=lines)
    show(f"demo company, {lines:,} lines", {"1000 rows/cpu s": lines / made.cpu / 1000, "MB": made.peak})
    ours, hand, plain = (cost_of(task, runs, lines=lines) for task in ("importing", "loading", "copying"))
    if ours.result != hand.result:
        raise SystemExit(f"import: ours gives {ours.result}, by hand it is {hand.result}")
    told = _ratios(ours, hand, 1.3) | {"to plain COPY": ours.cpu / plain.cpu}
    show(f"import of orders and lines, {lines:,} lines", told)


def _ratios(ours: Cost, hand: Cost, goal: float) -> dict[str, float]:
    return {
        "cpu ratio": ours.cpu / hand.cpu,
        "goal": goal,
        "memory ratio": ours.peak / hand.peak,
        "cpu s": ours.cpu,
        "MB": ours.peak,
    }


if __name__ == "__main__":
    main()
