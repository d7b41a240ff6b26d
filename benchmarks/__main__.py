"""`make bench`: what our answers cost beside SQL written by hand, imports beside hand-written loading, starts, the demo."""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.cold_pages import cold_page
from benchmarks.companies import FOLDER, company_of, pipeline_of
from benchmarks.fits import customers_of
from benchmarks.in_browser import complete
from benchmarks.measure import Cost, cost_of, fit_cost
from benchmarks.pages import KEYS, READERS, page_costs, readers, weights
from benchmarks.tasks import BY_HAND
from crmetrics.catalogue import known

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
    is_list    by hand it has no total though ours has one, which is then the sum of the rows
    """

    key: str
    script: str
    asked: Mapping[str, str] = field(default_factory=dict)
    equal: tuple[tuple[str, str], ...] = ()
    is_list: bool = False

    @property
    def is_by_hand(self) -> bool:
        """Whether it has been written by hand."""
        return (BY_HAND / f"{self.script}.sql").is_file()

    @property
    def period(self) -> dict[str, str]:
        """The period that the script names in its first line, if it is not the usual one."""
        text = (BY_HAND / f"{self.script}.sql").read_text(encoding="utf-8") if self.is_by_hand else ""
        found = re.match(r"-- period ([\d.Q-]*\d)", text)
        return {"period": found[1]} if found else {}


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


_LISTED = Question(
    "sales.stale_deals", "stale_deals", equal=(("amount", "whole_amount"), ("stake", "whole_stake"), ("used", "used"))
)
_VALUES = Question(
    "customers.clv_historic", "clv_historic", equal=(("orders", "orders"), ("net_sales", "net_sales")), is_list=True
)
_KNOWN = {each.key: each for each in (*QUESTIONS, _LISTED, _VALUES)}


def _all(area: str, names: str) -> tuple[Question, ...]:
    keys = (f"{area}.{name}" for name in names.split())
    return tuple(_KNOWN.get(key, Question(key, key.partition(".")[2])) for key in keys)


SALES = (
    *_all(
        "sales", "performance team_performance pipeline pipeline_coverage pipeline_changes stage_conversion leak_ledger"
    ),
    *_all(
        "sales", "loss_reasons time_in_stage win_rate lead_conversion win_probability deal_size cycle_length velocity"
    ),
    *_all("sales", "quote_to_sale first_contact_to_quote lead_response follow_up_delay stale_deals activity"),
    *_all("kpis", "target_attainment team_comparison people"),
    *_all("finance", "cac"),
)
"""What a sales meeting asks, of a company with a million deals; in all at most 60 CPU seconds and 3 GB."""
CUSTOMERS = (
    *_all(
        "customers",
        "clv_historic clv_formula clv_predicted churn_rate retention_rate survival churn_reasons churn_risk",
    ),
    *_all("customers", "rfm_migration cohort_value purchase_gap next_order"),
)
"""What is asked of the value of customers and of their going; in all at most 180 CPU seconds and 3 GB."""
SALES_CPU, CUSTOMERS_CPU, MOST_MB = 60.0, 180.0, 3072.0


@dataclass
class Report:
    """Tells each measurement as it comes, and keeps in mind where our answer and the one by hand differ."""

    as_json: bool
    different: list[str] = field(default_factory=list)

    def __call__(self, name: str, told: Mapping[str, float]) -> None:
        if self.as_json:
            sys.stdout.write(json.dumps({"name": name, **told}) + "\n")
        else:
            sys.stdout.write(f"{name:<58}" + "".join(f"  {label} {value:8.2f}" for label, value in told.items()) + "\n")
        sys.stdout.flush()

    def differs(self, name: str, how: str) -> None:
        """Tell of two answers that are not the same: their costs are not to be compared."""
        self.different.append(name)
        sys.stderr.write(f"{name}: the answers differ: {how}\n")


def cost_beside_hand(question: Question, workspace: str, scope: str, runs: int) -> tuple[Cost, Cost | None, str]:
    """What a question costs, what the SQL written by hand does if there is some, and how the two answers differ."""
    asked = {**question.period, **question.asked}
    ours = cost_of("ours", runs, workspace=workspace, key=question.key, scope=scope, **asked)
    if not question.is_by_hand:
        return ours, None, ""
    _rows, mine, has_total = ours.result
    hand = cost_of(
        "by_hand",
        runs,
        workspace=workspace,
        name=question.script,
        scope=scope,
        has_total=has_total and not question.is_list,
    )
    theirs = hand.result[1]
    equal = question.equal or [(name, name) for name in theirs if name in mine and _is_figure(theirs[name])]
    if not equal:
        return ours, hand, "no figure bears the same name in both"
    unlike = [
        f"{name}: ours is {mine[ours_name]}, by hand it is {theirs[name]}"
        for ours_name, name in equal
        if not _is_same(mine[ours_name], theirs[name])
    ]
    return ours, hand, "; ".join(unlike)


def _is_figure(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_same(ours: float | None, hand: float | None) -> bool:
    return ours == hand or (ours is not None and hand is not None and abs(ours - hand) <= 1e-6 * max(1.0, abs(hand)))


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
    options.add_argument("--pages", action="store_true", help="what the pages cost, and nothing else")
    options.add_argument("--runs", type=int, default=3, help="fresh processes a figure, of which the median is told")
    options.add_argument("--only", nargs="+", default=[], help="keys of questions; nothing else is measured then")
    options.add_argument(
        "--lifetimes", metavar="PYTHON", help="a Python that has `lifetimes`, to fit the same customers beside"
    )
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    given = options.parse_args()
    is_all = given.lines is None and given.deals is None

    show = Report(given.json)
    if not given.only and not given.pages and given.lines != []:
        _starts(show)
        _fits(show, given.runs, given.lifetimes)
    for lines in (1_000_000, 10_000_000) if is_all else given.lines or ():
        if not given.only and not given.pages:
            _loads(show, lines, given.runs)
        if not given.pages:
            _questions(show, lines, given.runs, given.only)
        _pages(show, lines, given.only)
    for deals in (1_000_000,) if is_all and not given.pages else given.deals or ():
        _sales(show, deals, given.runs, given.only)
    if show.different:
        raise SystemExit(f"Answers differ: {', '.join(show.different)}")


def _questions(show: Report, lines: int, runs: int, only: Sequence[str]) -> None:
    """Each question in each scope; then what is asked of the customers, seen by the whole company."""
    workspace, told = str(company_of(lines)), f"{lines:,} lines"
    for question in _wanted(QUESTIONS, only):
        for scope, goal in GOALS.items():
            _told(show, question, workspace, f"{SCOPES[scope]}, {told}", scope, runs, goal)
    _together(show, _wanted(CUSTOMERS, only), workspace, told, runs, CUSTOMERS_CPU)


def _pages(show: Report, lines: int, only: Sequence[str]) -> None:
    """Pages by their parts in milliseconds of CPU, cold ones beside their SQL, their weight, and the waits of many readers."""
    workspace, told = company_of(lines), f"{lines:,} lines"
    for key in (each for each in KEYS if not only or each in only):
        show(f"page {key}, {told}", {f"{name} ms": cost for name, cost in page_costs(workspace, key).items()})
        show(f"cold page {key}, {told}", cold_page(workspace, key))
        show(f"weight of {key}, {told}", weights(workspace, key))
        show(f"in a browser {key}, {told}", complete(workspace, f"/a/{key}"))
    if not only or KEYS[0] in only:
        show(f"in a browser the first page, {told}", complete(workspace, "/"))
        show(f"{READERS} readers at once, {KEYS[0]}, {told}", readers(workspace, KEYS[0]))


def _sales(show: Report, deals: int, runs: int, only: Sequence[str]) -> None:
    """Every question of the sales meeting, seen by the whole company."""
    _together(show, _wanted(SALES, only), str(pipeline_of(deals)), f"{deals:,} deals", runs, SALES_CPU)


def _wanted(questions: Sequence[Question], only: Sequence[str]) -> list[Question]:
    return [each for each in questions if known(each.key) is not None and (not only or each.key in only)]


def _together(show: Report, questions: Sequence[Question], workspace: str, told: str, runs: int, most: float) -> None:
    """Each question, then what they cost in all."""
    found = [_told(show, each, workspace, f", {told}", "", runs, GOALS[""]) for each in questions]
    if found:
        cpu, peak = sum(each.cpu for each in found), max(each.peak for each in found)
        show(f"all {len(found)} questions, {told}", {"cpu s": cpu, "MB": peak, "goal s": most, "goal MB": MOST_MB})


def _told(show: Report, question: Question, workspace: str, told: str, scope: str, runs: int, goal: float) -> Cost:
    ours, hand, unlike = cost_beside_hand(question, workspace, scope, runs)
    if unlike:
        show.differs(question.key + told, unlike)
    show(question.key + told, _ratios(ours, None if unlike else hand, goal))
    return ours


def _starts(show: Report) -> None:
    cpu, wall = start(["-c", "import crmetrics"])
    show("import crmetrics", {"cpu s": cpu, "wall s": wall})
    small = str(company_of(20_000))
    cpu, wall = start(["-m", "crmetrics.main", "--workspace", small, "ask", "sales.win_rate"])
    show("cold start of ask, small workspace", {"cpu s": cpu, "wall s": wall, "goal s": 0.7})


def _fits(show: Report, runs: int, other: str | None) -> None:
    """The fit of a BG/NBD model to a million customers, beside that of `lifetimes` where it is installed."""
    customers = customers_of(1_000_000, FOLDER)
    ours = fit_cost(sys.executable, "ours", customers, runs)
    told = {"cpu s": ours.cpu, "MB": ours.peak, "goal s": 2.0, "goal MB": 300.0}
    if other is not None:
        theirs = fit_cost(other, "lifetimes", customers, runs)
        told |= {"times quicker": theirs.cpu / ours.cpu, "goal": 8.0, "their s": theirs.cpu, "their MB": theirs.peak}
        if not _is_same(ours.result["log_likelihood"], theirs.result["log_likelihood"]):
            show.differs("BG/NBD", f"the log-likelihood of ours is {ours.result}, that of lifetimes {theirs.result}")
    show("BG/NBD fit, 1,000,000 customers", told)


def _loads(show: Report, lines: int, runs: int) -> None:
    made = cost_of("making", runs, lines=lines)
    show(f"demo company, {lines:,} lines", {"1000 rows/cpu s": lines / made.cpu / 1000, "MB": made.peak})
    ours, hand, plain = (cost_of(task, runs, lines=lines) for task in ("importing", "loading", "copying"))
    if ours.result != hand.result:
        raise SystemExit(f"import: ours gives {ours.result}, by hand it is {hand.result}")
    told = _ratios(ours, hand, 1.5) | {"to plain COPY": ours.cpu / plain.cpu}
    show(f"import of orders and lines, {lines:,} lines", told)


def _ratios(ours: Cost, hand: Cost | None, goal: float) -> dict[str, float]:
    plain = {"cpu s": ours.cpu, "MB": ours.peak}
    if hand is None:
        return plain
    return {"cpu ratio": ours.cpu / hand.cpu, "goal": goal, "memory ratio": ours.peak / hand.peak, **plain}


if __name__ == "__main__":
    main()
