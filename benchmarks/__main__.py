"""`make bench`: what our answers cost beside SQL written by hand, imports beside hand-written loading, starts, the demo."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.companies import company_of
from benchmarks.measure import Cost, cost_of

GOALS = {"": 1.2, "rep": 1.8, "region": 1.8}
"""Cost of ours / cost by hand: unscoped, and seen by one rep or filtered to one region."""

# what is asked, the SQL written by hand, our choices, and (ours, by hand) columns of the total that must be equal
QUESTIONS: tuple[tuple[str, str, dict[str, Any], tuple[tuple[str, str], ...]], ...] = (
    (
        "sales.performance",
        "performance",
        {"by": "region"},
        (("amount", "amount"), ("buyers", "buyers"), ("before", "before")),
    ),
    ("sales.product_performance", "product_performance", {}, (("net_sales", "net_sales"), ("margin", "margin"))),
    ("finance.margin", "margin", {"by": "category"}, (("margin", "margin"), ("net_sales", "net_sales"))),
    ("finance.whale_curve", "whale_curve", {}, (("cumulated_profit", "cumulated"), ("customers", "customers"))),
)


def questions(lines: int) -> Iterator[tuple[str, Cost, Cost, float]]:
    """Each question in each scope: ours, by hand, the goal of the ratio. Stops if the two answers differ."""
    workspace = str(company_of(lines))
    for key, name, asked, equal in QUESTIONS:
        for scope, goal in GOALS.items():
            ours = cost_of("ours", workspace=workspace, key=key, scope=scope, **asked)
            hand = cost_of("by_hand", workspace=workspace, name=name, scope=scope)
            for mine, other in equal:
                _same(key, ours.result[1][mine], hand.result[1][other])
            yield f"{key}{' seen by a ' + scope if scope else ''}, {lines:,} lines", ours, hand, goal


def _same(key: str, ours: float, hand: float) -> None:
    if abs(ours - hand) > 1e-6 * max(1.0, abs(hand)):
        raise SystemExit(f"{key}: ours is {ours}, by hand it is {hand}")


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
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    given = options.parse_args()

    def show(name: str, told: dict[str, float]) -> None:
        if given.json:
            sys.stdout.write(json.dumps({"name": name, **told}) + "\n")
        else:
            sys.stdout.write(f"{name:<58}" + "".join(f"  {label} {value:8.2f}" for label, value in told.items()) + "\n")
        sys.stdout.flush()

    cpu, wall = start(["-c", "import crmetrics"])
    show("import crmetrics", {"cpu s": cpu, "wall s": wall})
    small = str(company_of(20_000))
    cpu, wall = start(["-m", "crmetrics.main", "--workspace", small, "ask", "sales.win_rate"])
    show("cold start of ask, small workspace", {"cpu s": cpu, "wall s": wall, "goal s": 0.7})
    for lines in given.lines:
        made = cost_of("making", lines=lines)
        show(f"demo company, {lines:,} lines", {"1000 rows/cpu s": lines / made.cpu / 1000, "MB": made.peak})
        ours, hand, plain = (cost_of(task, lines=lines) for task in ("importing", "loading", "copying"))
        if ours.result != hand.result:
            raise SystemExit(f"import: ours gives {ours.result}, by hand it is {hand.result}")
        show(
            f"import of orders and lines, {lines:,} lines",
            _ratios(ours, hand, 1.3) | {"to plain COPY": ours.cpu / plain.cpu},
        )
        for name, mine, other, goal in questions(lines):
            show(name, _ratios(mine, other, goal))


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
