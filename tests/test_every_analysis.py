"""What every analysis must do, whoever wrote it: asked of the demo company, of an empty one, by a rep, on both engines."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest

from crmetrics.analysis import Analysis, Answer
from crmetrics.analysis.metric import course_of, headline_column, reading_of, undivided
from crmetrics.catalogue import OpenCatalogue, find, keys, open_workspace
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.csv import csv_parts
from crmetrics.presenting.json import as_json
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.terminal import shown
from crmetrics.presenting.xlsx import as_xlsx
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import LANGUAGES, Message, translated
from crmetrics.vocabulary.period import Period, months_later, parse_period
from crmetrics.vocabulary.unit import Figure
from crmetrics.warehouse.engine import DuckDbEngine
from crmetrics.warehouse.export import export_parquet
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer
from crmetrics.warehouse.spark import SparkEngine
from tests.company import FOR_FEW_ROWS, company

SHOWN = (str, int, float, bool, date, datetime, tuple, Message, Figure)  # a tuple is drawn as a small line
EVERY = pytest.mark.parametrize("key", keys())

COMPANY_WIDE: dict[str, set[str]] = {
    # who is new is a fact about the customer, whoever sold first
    "kpis.new_customers": {"party", "value", "n"},
    # a customer is scored by all that he bought of the company, among all its customers
    "customers.rfm": {
        *("recency_days", "orders", "net_sales", "monetary", "r", "f", "m", "rfm", "fm"),
        *("segment", "previous_segment", "changed_on"),
    },
    # what a customer brought and will bring is that of the whole company, and so is who bought at all
    **{
        key: {column.name for column in find(key).row.columns}
        for key in ("customers.clv_historic", "customers.clv_predicted")
    },
    # a gap is drawn towards the median of the company's
    "customers.purchase_gap": {"gap", "next_on", "overdue_ratio", "state"},
    # the segments are those of `customers.rfm`: which moves there are follows from them
    "customers.rfm_migration": {
        *("from_segment", "to_segment", "direction", "customers", "share", "net_sales_before", "net_sales", "net"),
    },
    # the chance of a stage is learned from everybody's deals
    "sales.pipeline": {"probability", "n", "weighted"},
    # everybody is held against the company's best segment, and stages are taken together where that has too few
    "sales.leak_ledger": {
        *("party", "stage", "stage_no", "entered", "moved", "n", "actual", "reference", "size", "reference_size"),
        *("leak_money", "low", "high", "place"),
    },
    # a deal has a next step, and somebody has talked about it, whoever of the company it was
    "sales.follow_up_delay": {"no_next_step", "silent"},
    # a person is held against the whole company, and his cases are his, whoever has them now
    "kpis.team_comparison": {
        *("n", "observed", "low", "high", "expected", "index", "adjusted", "shrunken"),
        *("luck_low", "luck_high", "outside", "k", "whole"),
    },
    # the chance of a deal is learned from everybody's deals, and tested on them
    "sales.win_probability": {
        *("p", "stage_rate", "expected_amount", "up", "down"),
        *("model", "brier", "log_loss", "auc", "is_used", "tenth", "told", "happened", "low", "high", "n", "won"),
    },
    # to a rep the whole is what he sees, and its target what is planned for himself
    "kpis.scorecard": {"level_name", "target", "status", "expected"},
    # a prospect waits for his quote from the first contact with whomever of the company, until whoever sends it
    "sales.first_contact_to_quote": {
        each.name for each in find("sales.first_contact_to_quote").row.columns if each.name != "party"
    },
    # what the stages told was learned from everybody's deals
    "sales.pipeline_calibration": {
        *("told", "miss", "brier", "base_brier", "tenth", "n", "happened", "low", "high", "won", "lost", "open_deals"),
        *("pipeline", "stage"),
    },
    # amounts may be weighted by the chances of their stages
    "sales.pipeline_coverage": {"open_due", "coverage", "shortfall", "status"},
    # whether a deal is stale is judged by the won deals of all, and by what anybody has talked about it
    "sales.stale_deals": {
        *("party", "deal_id", "name", "owner_id", "pipeline", "stage", "days", "limit", "silence", "silence_limit"),
        *("expected_close_on", "reasons", "score", "amount", "probability", "stake"),
    },
    # who is new is a fact about the customer, and so what was done before he was one
    "finance.cac": {
        *("party", "cost", "marketing", "sales_cost", "new_customers", "cac", "paid_customers", "cac_paid"),
    },
    # how long a lead is given is learned from everybody's sales
    "sales.lead_conversion": {
        *("party", "step", "step_no", "leads", "moved", "next_rate", "low", "high", "entered", "cumulative"),
        *("lost", "reason", "open_leads", "pending", "amount"),
    },
    # the chance to lose a customer is learned from all customers, and so is what he would bring
    "customers.churn_risk": {
        *("p", "band", "stake", "reason_1", "reason_2", "reason_3", "next_step", "rule", "model"),
    },
    # from which systems the tables came
    "data.coverage": {"source"},
    # what stands in quarantine, and names rows that are not there, is known of the whole company alone
    # which records are one is worked out among all of them; a merge is tried where the raw rows are
    "data.duplicates": {column.name for column in find("data.duplicates").row.columns},
    "data.merge_effect": {"after", "change"},
    "data.quality": {column.name for column in find("data.quality").row.columns},
    "data.cleaning": {column.name for column in find("data.cleaning").row.columns},
    # and so is what another system shows
    "data.reconcile": {column.name for column in find("data.reconcile").row.columns},
}
"""Columns that are the same for every viewer (R23), and so differ from those of a company with one rep's rows alone."""

LEARNED_FROM_ALL: dict[str, tuple[dict[str, Any], ...]] = {
    # the window is then the 90th percentile of the gaps between all purchases of the company
    "customers.churn_rate": ({"window": 0},),
    "customers.retention_rate": ({"window": 0},),
    "customers.churn_reasons": ({"window": 0},),
    # which orders are near depends on the median gap of the company
    "customers.purchase_gap": ({"show": "due"},),
    # a deal's first lead may have been a colleague's
    "sales.cycle_length": ({"start": "lead"},),
    # how a model did that learned from all records of the company
    "sales.win_probability": ({"show": "calibration"}, {"show": "models"}),
    # who can still be lost is told by all that he bought of the company, whoever sold it
    "customers.churn_risk": (
        *({}, {"window": 0}, {"window": 365}, {"horizon": 0}, {"horizon": 365}),
        *({"show": "record"}, {"show": "calibration"}, {"show": "models"}),
    ),
}
"""Choices under which every figure depends on a reference of the whole company (R23)."""

BY_THE_GROUPING = {"finance.margin": {"contribution"}}
"""Columns that mean another thing under every grouping: what is booked on the groups themselves."""

FITTED = {"sales.win_probability": 1e-6, "customers.churn_risk": 1e-6}
"""Analyses whose figures are fitted, and how near they come on two engines. What they learn from is equal to nine digits, but
sums over thousands of cases differ in the last bits with the order in which an engine adds."""

TOLD_BY_THE_ENGINE = {"data.passport": {"value"}, "data.merge_effect": {"after", "change"}}
"""Columns that show which engine worked, and in which words; a merge is tried in a workspace, and exported tables are none."""


# ── the companies ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def demo(demo_company) -> Path:
    return demo_company("en")


@pytest.fixture(scope="session")
def catalogue(demo: Path) -> OpenCatalogue:
    return open_workspace(demo)


@pytest.fixture(scope="session")
def empty() -> Iterator[OpenCatalogue]:
    with company() as opened:
        yield opened


@pytest.fixture(scope="session")
def on_spark(demo: Path, catalogue: OpenCatalogue, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenCatalogue]:
    folder = tmp_path_factory.mktemp("spark") / "parquet"
    export_parquet(version(demo), folder)
    with SparkEngine(folder, options=FOR_FEW_ROWS) as engine:
        yield OpenCatalogue(engine, catalogue.settings, own=catalogue.own)


def version(workspace: Path) -> Path:
    versions = workspace / "versions"
    return versions / (versions / "current").read_text().strip()


OWNED_BY = {
    **dict.fromkeys(
        ("customers", "deals", "leads", "quotes", "orders", "activities", "tickets", "responses"), "owner_id = $rep"
    ),
    **dict.fromkeys(("employees", "costs"), "employee_id = $rep"),
    **dict.fromkeys(
        ("contacts", "campaign_members", "invoices", "payments", "subscriptions", "events"),
        "customer_id in (select customer_id from customers where owner_id = $rep)",
    ),
    **dict.fromkeys(
        ("deal_stages", "deal_changes", "deal_products"), "deal_id in (select deal_id from deals where owner_id = $rep)"
    ),
    "order_lines": "order_id in (select order_id from orders where owner_id = $rep)",
    "ticket_events": "ticket_id in (select ticket_id from tickets where owner_id = $rep)",
    **dict.fromkeys(("targets", "forecasts"), "scope = 'owner' and scope_id = $rep"),
    "other_records": "false",  # what another system shows is nobody's
}
"""Which rows are a rep's, written by hand: the other way round than the product works it out."""


@pytest.fixture(scope="session")
def rep(demo: Path) -> Viewer:
    """A rep with deals and orders of his own."""
    with duckdb.connect(str(version(demo)), read_only=True) as connection:
        found = connection.execute(
            "select owner_id from deals where owner_id in (select owner_id from orders)"
            " group by owner_id order by count(*) desc, owner_id limit 1"
        ).fetchall()
    return Viewer("a rep", "self", found[0][0])


@pytest.fixture(scope="session")
def of_rep(
    demo: Path, catalogue: OpenCatalogue, rep: Viewer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenCatalogue]:
    """A company that has but the rows of that rep, and knows of itself what the whole company knows."""
    path = tmp_path_factory.mktemp("rep") / "rep.duckdb"
    shutil.copyfile(version(demo), path)
    with duckdb.connect(str(path)) as connection:
        present = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        # children first, for they are found by their parents
        for table in reversed([name for name in TABLES if name in present & OWNED_BY.keys()]):
            connection.execute(
                f"delete from {table} where not coalesce({OWNED_BY[table]}, false)", {"rep": rep.employee_id}
            )
        connection.execute(
            "delete from meta.facts where name = 'added_up'"
        )  # they are those of the whole company's orders
    with DuckDbEngine(path) as engine:
        yield OpenCatalogue(engine, catalogue.settings, own=catalogue.own)


def test_every_table_is_shared_or_has_its_owner_here():
    assert {name for name, table in TABLES.items() if not table.is_shared} == set(OWNED_BY)


# ── what is compared ───────────────────────────────────────────────────────────────────────────────────────────────────


def same(one: object, other: object, near: float = 1e-9) -> bool:
    """Whether two figures are the same to nine digits (or as near as said), or two other values altogether."""
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return math.isclose(one, other, rel_tol=near, abs_tol=near)
    if isinstance(one, Figure) and isinstance(other, Figure) and isinstance(one.value, float):
        # an age grows between two questions
        return one.unit is other.unit and math.isclose(one.value, other.value or 0, rel_tol=1e-3)
    return one == other


def differences(one: Answer[Any], other: Answer[Any], but: Collection[str] = ()) -> list[tuple[Any, ...]]:
    """(row, column, value, other value) wherever two answers differ in their rows or totals, some columns apart."""
    assert (one.locked is None) == (other.locked is None)
    names = [column.name for column in one.rows.row.columns if column.name not in but]
    if not names:
        return []
    assert (one.total is None) == (other.total is None)
    rows, others = (
        [row.as_dict() for row in (*each.rows, *((each.total and [each.total]) or ()))] for each in (one, other)
    )
    # on a scorecard what is learned from everybody may be locked for the one and not for the other
    rows, others = ([row for row in each if row.get("key") not in COMPANY_WIDE] for each in (rows, others))
    assert len(rows) == len(others)
    if but:  # rows may stand in the order of what differs
        rows, others = (sorted(each, key=lambda row: str([row[name] for name in names])) for each in (rows, others))
    return [
        (number, name, row[name], other_row[name])
        for number, (row, other_row) in enumerate(zip(rows, others, strict=True))
        for name in names
        if not same(row[name], other_row[name], FITTED.get(one.key, 1e-9))
    ]


def values_of(declared: Analysis) -> Iterator[dict[str, Any]]:
    """Every choice of an analysis at every value, one at a time; numbers at their ends."""
    for choice in declared.choices:
        if choice.kind == "word":
            yield from ({choice.name: word} for word in choice.words if word != choice.default)
        elif choice.kind == "flag":
            yield {choice.name: not choice.default}
        elif choice.kind in ("int", "float"):
            yield from ({choice.name: end} for end in (choice.low, choice.high))


def is_grouped(declared: Analysis) -> bool:
    return any(choice.kind == "by" for choice in declared.choices)


# ── every analysis ─────────────────────────────────────────────────────────────────────────────────────────────────────


@EVERY
def test_answers_its_question(catalogue, key):
    declared = catalogue.find(key)
    answer = catalogue.ask(key, compare="previous" if declared.takes_period else None)
    assert answer.locked is None, str(answer.locked.message)
    assert len(answer.rows) > 0 or answer.total is not None
    assert answer.passport is not None
    assert answer.passport.key == key
    assert (answer.before is not None) == declared.takes_period
    for row in answer.rows:
        for name, value in row.as_dict().items():
            assert not (isinstance(value, float) and not math.isfinite(value)), name
            assert value is None or isinstance(value, SHOWN), name


@EVERY
def test_every_value_of_every_choice_is_answered_or_locked(catalogue, key):
    for choices in values_of(catalogue.find(key)):
        answer = catalogue.ask(key, **choices)
        assert answer.locked is None or answer.locked.missing, choices
        assert all(answer.choices[name] == value for name, value in choices.items())


@EVERY
def test_the_total_is_the_same_however_it_is_grouped(catalogue, key):
    declared = catalogue.find(key)
    if not is_grouped(declared):
        assert declared.groupings() == ()
        return
    whole = catalogue.ask(key, by="none")
    for by in declared.groupings(catalogue.engine.profile):
        grouped = catalogue.ask(key, by=by)
        assert grouped.locked is None, by
        if whole.total is None:
            continue
        total = grouped.total.as_dict()
        different = {
            name: (value, total[name])
            for name, value in whole.total.as_dict().items()
            if name not in BY_THE_GROUPING.get(key, ()) and not same(value, total[name])
        }
        assert different == {}, by


@EVERY
def test_a_step_of_its_course_is_what_that_step_alone_would_give(catalogue, rep, key):
    """A scorecard reads the period before from the course over time, and does not ask for it again."""
    declared = catalogue.find(key)
    last = parse_period("last-month", catalogue.engine.profile.reaches.date())
    if not declared.takes_period or headline_column(declared) is None:
        return
    for scope in ({}, {"viewer": rep}, {"where": (Filter("country", ("GB",)),)}):
        course = course_of(_Scoped(catalogue, scope), declared, last)
        for back in (1, 2, 12):
            month = Period(months_later(last.start, -back), months_later(last.end, -back), 1)
            if course is not None and course.tells(month):
                alone = reading_of(catalogue.ask(key, period=month, **scope, **undivided(declared))).value
                assert same(course.value(month), alone), (scope, month)
    week = parse_period("last-week", catalogue.engine.profile.reaches.date())
    course, before = course_of(catalogue, declared, week), week.compared("previous", week.end)
    if course is not None and course.tells(before):
        alone = reading_of(catalogue.ask(key, period=before, **undivided(declared))).value
        assert same(course.value(before), alone), before


@dataclass(frozen=True)
class _Scoped:
    """A catalogue for one viewer, as an analysis has it that asks others."""

    opened: OpenCatalogue
    scope: dict[str, Any]

    def ask(self, key: str, **asked: Any) -> Answer[Any]:
        return self.opened.ask(key, **{**asked, **self.scope})


@EVERY
def test_the_same_question_has_the_same_answer(catalogue, key):
    again = OpenCatalogue(catalogue.engine, catalogue.settings, own=catalogue.own, folder=catalogue.folder)
    first, second = catalogue.ask(key), again.ask(key)
    assert differences(first, second) == []
    assert [str(note.message) for note in first.notes] == [str(note.message) for note in second.notes]


@EVERY
def test_an_earlier_as_of_is_answered_or_locked(catalogue, key):
    then = catalogue.engine.profile.reaches - timedelta(days=100)
    answer = catalogue.ask(key, as_of=then)
    assert answer.locked is None or answer.locked.missing
    assert answer.passport is not None
    assert answer.passport.as_of == then


@EVERY
@pytest.mark.parametrize("viewer", [ADMINISTRATOR, Viewer("nobody", "self", None)], ids=["administrator", "nobody"])
def test_an_empty_company_is_told_what_is_missing(empty, key, viewer):
    for choices in ({}, *values_of(find(key))):
        answer = empty.ask(key, viewer=viewer, **choices)
        assert answer.locked is not None or answer.notes or len(answer.rows) > 0, choices


@EVERY
def test_who_sees_nothing_gets_an_answer_without_a_figure_of_others(catalogue, key):
    nobody = Viewer("nobody", "self", None)
    answer = catalogue.ask(key, viewer=nobody, compare="year" if catalogue.find(key).takes_period else None)
    whole = catalogue.ask(key)
    counts = [column.name for column in whole.rows.row.columns if column.unit in ("count", "money", "quantity")]
    if key in COMPANY_WIDE or answer.total is None:
        return
    assert all(not answer.total.as_dict()[name] for name in counts)


@EVERY
def test_a_rep_sees_what_a_company_of_his_rows_alone_would_see(catalogue, of_rep, rep, key):
    declared = catalogue.find(key)
    for choices in ({}, *values_of(declared)):
        if choices in LEARNED_FROM_ALL.get(key, ()):
            continue
        differ = differences(
            catalogue.ask(key, viewer=rep, **choices), of_rep.ask(key, **choices), COMPANY_WIDE.get(key, set())
        )
        assert differ == [], choices


@EVERY
def test_a_hostile_filter_finds_nothing_and_breaks_nothing(catalogue, key):
    hostile = Filter("customer", ("' or 1 = 1 --", "\\", "${env:HOME}"))
    answer = catalogue.ask(key, where=(hostile,))
    assert answer.passport is not None
    assert answer.passport.filters == {"customer": hostile.values}


def otherwise(catalogue: OpenCatalogue, key: str) -> dict[str, Any]:
    """As many choices as go together at their last values: the way of asking that is farthest from the usual one."""
    chosen: dict[str, Any] = {}
    for choice in catalogue.find(key).choices:
        if choice.kind in ("word", "flag"):
            value = not choice.default if choice.kind == "flag" else list(choice.words)[-1]
            with suppress(BadValue):
                if catalogue.ask(key, **chosen, **{choice.name: value}).locked is None:
                    chosen[choice.name] = value
    return chosen


@EVERY
@pytest.mark.spark
def test_spark_gives_the_same_figures(catalogue, on_spark, key):
    # a scorecard asks all KPIs, which are asked here one by one
    for choices in ({},) if key.startswith("kpis.") else ({}, otherwise(catalogue, key)):
        differ = differences(
            catalogue.ask(key, **choices), on_spark.ask(key, **choices), TOLD_BY_THE_ENGINE.get(key, ())
        )
        assert differ == [], choices


@EVERY
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_presenter_shows_it(catalogue, empty, key, language):
    declared = catalogue.find(key)
    for asked, compare in ((catalogue, "year" if declared.takes_period else None), (empty, None)):
        answer = asked.ask(key, compare=compare)
        format = format_for(language, answer.currency, "Europe/Istanbul")
        told = json.loads(as_json(answer, format))
        assert told["key"] == key
        assert len(told["rows"]) == len(answer.rows)
        assert all(set(row) == {column["name"] for column in told["columns"]} for row in told["rows"])
        lines = list(csv.reader(io.StringIO("".join(csv_parts(answer, format)))))
        assert len(lines) == 1 + len(answer.rows)
        assert ZipFile(io.BytesIO(as_xlsx(answer, format))).testzip() is None
        assert told["title"] == translated(declared.title, language)
        assert key in shown(answer, format)
        for drawing in drawings(answer, format):
            assert json.dumps(drawing.spec)


@EVERY
def test_it_says_what_it_means(key):
    declared = find(key)
    texts = [declared.title, declared.question, declared.formula, declared.reads, declared.mind, declared.source]
    texts += [text for column in declared.row.columns for text in (column.label, column.meaning) if text is not None]
    texts += [text for choice in declared.choices for text in (choice.label, *choice.words.values())]
    for text in texts:
        assert text.text.strip()
        for language in LANGUAGES:
            assert translated(text, language).strip()
