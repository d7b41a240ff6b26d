"""`make bench`: what our answers cost beside SQL written by hand, imports beside hand-written loading, starts, the demo."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.companies import company_of, pipeline_of
from benchmarks.measure import Cost, cost_of
from benchmarks.tasks import BY_HAND
from crmetrics.catalogue import known

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

    script     its name; where there is none (yet), the cost is told without a ratio
    equal      (ours, by hand) columns of the total; of an answer without one, the sums of columns over its rows.
               Blank: all figures that bear the same name in both. The last row by hand is the total if ours has one
    """

    key: str
    script: str
    asked: Mapping[str, str] = field(default_factory=dict)
    equal: tuple[tuple[str, str], ...] = ()

    @property
    def is_by_hand(self) -> bool:
        """Whether it has been written by hand."""
        return (BY_HAND / f"{self.script}.sql").is_file()


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


_KNOWN = {each.key: each for each in QUESTIONS}
SALES = tuple(
    _KNOWN.get(key, Question(key, key.partition(".")[2]))
    for key in (
        *("sales.performance", "sales.team_performance", "sales.pipeline", "sales.pipeline_coverage"),
        *("sales.pipeline_changes", "sales.stage_conversion", "sales.leak_ledger", "sales.loss_reasons"),
        *("sales.time_in_stage", "sales.win_rate", "sales.lead_conversion", "sales.win_probability", "sales.deal_size"),
        *("sales.cycle_length", "sales.velocity", "sales.quote_to_sale", "sales.first_contact_to_quote"),
        *("sales.lead_response", "sales.follow_up_delay", "sales.stale_deals", "sales.activity"),
        *("kpis.target_attainment", "kpis.team_comparison", "kpis.people", "finance.cac"),
    )
)
"""What a sales meeting asks, of a company with a million deals."""
SALES_CPU, SALES_MB = 60.0, 3072.0


def cost_beside_hand(question: Question, workspace: str, scope: str, runs: int) -> tuple[Cost, Cost | None]:
    """What a question costs, and what the SQL written by hand does if there is some. Stops if the two answers differ."""
    ours = cost_of("ours", runs, workspace=workspace, key=question.key, scope=scope, **question.asked)
    if not question.is_by_hand:
        return ours, None
    _rows, mine, has_total = ours.result
    hand = cost_of("by_hand", runs, workspace=workspace, name=question.script, scope=scope, has_total=has_total)
    theirs = hand.result[1]
    equal = question.equal or [(name, name) for name in theirs if name in mine and _is_figure(theirs[name])]
    if not equal:
        raise SystemExit(f"{question.key}: nothing to compare, no figure bears the same name by hand")
    for ours_name, name in equal:
        _same(f"{question.key}, {ours_name}{SCOPES[scope]}", mine[ours_name], theirs[name])
    return ours, hand


def _is_figure(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
    options.add_argument("--lines", type=int, nargs="*", help="order lines of the companies")
    options.add_argument("--deals", type=int, nargs="*", help="deals of the companies of which the sales meeting asks")
    options.add_argument("--runs", type=int, default=3, help="fresh processes a figure, of which the median is told")
    options.add_argument("--only", nargs="+", default=[], help="keys of questions; nothing else is measured then")
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    given = options.parse_args()
    is_all = given.lines is None and given.deals is None

    def show(name: str, told: dict[str, float]) -> None:
        if given.json:
            sys.stdout.write(json.dumps({"name": name, **told}) + "\n")
        else:
            sys.stdout.write(f"{name:<58}" + "".join(f"  {label} {value:8.2f}" for label, value in told.items()) + "\n")
        sys.stdout.flush()

    if not given.only and given.lines != []:
        _starts(show)
    for lines in (1_000_000, 10_000_000) if is_all else given.lines or ():
        if not given.only:
            _loads(show, lines, given.runs)
        _questions(show, lines, given.runs, given.only)
    for deals in (1_000_000,) if is_all else given.deals or ():
        _sales(show, deals, given.runs, given.only)


def _questions(show: Show, lines: int, runs: int, only: Sequence[str]) -> None:
    """Each question in each scope."""
    workspace = str(company_of(lines))
    for question in (each for each in QUESTIONS if not only or each.key in only):
        for scope, goal in GOALS.items():
            ours, hand = cost_beside_hand(question, workspace, scope, runs)
            show(f"{question.key}{SCOPES[scope]}, {lines:,} lines", _ratios(ours, hand, goal))


def _sales(show: Show, deals: int, runs: int, only: Sequence[str]) -> None:
    """Every question of the sales meeting, seen by the whole company, and what they cost together."""
    workspace, found = str(pipeline_of(deals)), []
    for question in (each for each in SALES if known(each.key) is not None and (not only or each.key in only)):
        ours, hand = cost_beside_hand(question, workspace, "", runs)
        found.append(ours)
        show(f"{question.key}, {deals:,} deals", _ratios(ours, hand, GOALS[""]))
    cpu, peak = sum(each.cpu for each in found), max(each.peak for each in found)
    goals = {"goal s": SALES_CPU, "goal MB": SALES_MB}
    show(f"all {len(found)} questions, {deals:,} deals", {"cpu s": cpu, "MB": peak, **goals})


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


def _ratios(ours: Cost, hand: Cost | None, goal: float) -> dict[str, float]:
    plain = {"cpu s": ours.cpu, "MB": ours.peak}
    if hand is None:
        return plain
    return {"cpu ratio": ours.cpu / hand.cpu, "goal": goal, "memory ratio": ours.peak / hand.peak, **plain}


if __name__ == "__main__":
    main()
