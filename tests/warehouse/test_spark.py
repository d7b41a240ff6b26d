"""Spark as an engine: private views, the same rows for every scope, clear errors."""

import shutil
from datetime import datetime

import numpy as np
import pytest

from crmetrics.vocabulary.errors import NoEngine
from crmetrics.warehouse import spark
from crmetrics.warehouse.facts.fact import Derived, WorkedOut
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import Filter, Scope, Viewer
from tests.company import on_both_engines
from tests.warehouse.test_as_of import CHANGES, DEALS, EVENTS, STAGES, TICKETS
from tests.warehouse.test_rates import RATES
from tests.warehouse.test_scope import CUSTOMERS, HOSTILE, LINES, ORDERS, PEOPLE, PRODUCTS

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def both():
    tables = {
        "employees": PEOPLE,
        "customers": CUSTOMERS,
        "orders": [
            *ORDERS,
            *({"order_id": f"h{n}", "channel": v, "ordered_at": "2025-05-01"} for n, v in enumerate(HOSTILE)),
        ],
        "order_lines": LINES,
        "products": PRODUCTS,
        "deals": [each | {"currency": ("EUR", "USD", "TRY")[number % 3]} for number, each in enumerate(DEALS)],
        "deal_stages": STAGES,
        "deal_changes": CHANGES,
        "tickets": TICKETS,
        "ticket_events": EVENTS,
        "exchange_rates": RATES,
        "business_hours": [
            {"calendar": "c", "valid_from": "2025-01-01", "weekday": 1, "opens_at": "09:00", "closes_at": "17:30"}
        ],
    }
    with on_both_engines(zone="Europe/Istanbul", currency="TRY", **tables) as made:
        yield made


SCOPES = {
    "everything": Scope(),
    "a rep": Scope(Viewer("ann", "self", "ann")),
    "a team": Scope(Viewer("ann", "team", "ann")),
    "a tree": Scope(Viewer("eve", "team", "eve")),
    "nobody": Scope(Viewer("gus", "self", None)),
    "hostile": Scope(filters=(Filter("channel", (*HOSTILE, None)),)),
    "far away": Scope(filters=(Filter("country", ("TR", None)), Filter("custom.area", ("west", None)))),
    "earlier": Scope(as_of=datetime(2025, 6, 1), filters=(Filter("owner", ("ann",)),)),
}


@pytest.mark.parametrize("name", SCOPES)
def test_every_view_holds_the_same_rows(both, name):
    more = ("customers", "employees", "business_hours", "leads") if name == "everything" else ()
    for table in ("order_lines", "deals", "tickets", *more):
        keys = ", ".join(TABLES[table].key)
        columns = [column.name for column in TABLES[table].columns if column.type.value != "TIME"]
        columns += ["company_rate"] if TABLES[table].has_money else []
        # one table more with a grouping along a path
        grouping = {"by": "team", "of": table} if table in ("order_lines", "deals") else {}
        sql = f"select {', '.join([*columns, 'party'])} from {table} order by {keys}"
        answers = []
        for catalogue in both:
            with catalogue.warehouse(SCOPES[name]) as warehouse:
                answers.append(list(warehouse.query(sql, **grouping).records()))
        assert answers[0] == answers[1], table


def test_each_hostile_value_finds_itself_alone(both):
    for number, value in enumerate(HOSTILE):
        if not set(value) & set("'\\\n$:{"):
            continue  # the others are in the scope "hostile"
        with both.spark.warehouse(Scope(filters=(Filter("channel", (value,)),))) as warehouse:
            assert warehouse.query("select order_id from orders order by 1").values("order_id") == [f"h{number}"], value


def test_times_of_day_are_texts_on_both_engines(both):
    sql = "select cast(opens_at as varchar) as opens from business_hours order by opens"
    for catalogue in both:
        with catalogue.warehouse(Scope()) as warehouse:
            assert warehouse.query(sql).values("opens") == ["09:00:00"]


def test_two_questions_at_once_do_not_see_each_others_views(both):
    query = "select order_id from orders order by 1"
    ann, cem = (Scope(Viewer(name, "self", name)) for name in ("ann", "cem"))
    with both.spark.warehouse(ann) as first, both.spark.warehouse(cem) as second:
        assert [each.query(query).values("order_id") for each in (first, second, first)] == [["o1"], ["o3"], ["o1"]]


def test_a_company_wide_reference_is_worked_out_once_and_then_filtered(both):
    best = Derived(
        "best", key="order_id", table="orders", sql="select order_id, $bonus as bonus, $as_of as at from orders"
    )
    for catalogue in both:
        seen = []
        for scope in (Scope(Viewer("ann", "self", "ann")), Scope()):
            with catalogue.warehouse(scope) as warehouse:
                warehouse.derive(best, bonus=2)
                seen.append(list(warehouse.query("select order_id, bonus, at from best order by order_id").records()))
        assert [row["order_id"] for row in seen[0]] == ["o1"]
        assert len(seen[1]) == 6 + len(HOSTILE)
        assert seen[0][0] == {"order_id": "o1", "bonus": 2, "at": datetime(2026, 1, 1)}
        assert len([asked for asked in catalogue.engine.kept if asked[0] == "best"]) == 1


def test_what_python_works_out_is_kept_once_and_then_filtered(both):
    def work(company, values):
        rows = company.query("select order_id, ordered_at from orders order by order_id")
        count = len(rows)
        score = np.ma.masked_array(np.arange(count, dtype=np.float64), mask=np.arange(count) == 2)
        score[1] = np.nan
        columns = {"order_id": rows.columns["order_id"], "score": score + values["bonus"]}
        return {
            **columns,
            "ordered_at": rows.columns["ordered_at"],
            "is_odd": np.arange(count) % 2 == 1,
        }, f"{count} learned"

    types = {"order_id": "VARCHAR", "score": "DOUBLE", "ordered_at": "TIMESTAMP", "is_odd": "BOOLEAN"}
    scored = WorkedOut("scored", key="order_id", table="orders", columns=types, work=work)
    told = []
    for catalogue in both:
        seen = []
        for scope in (Scope(Viewer("ann", "self", "ann")), Scope()):
            with catalogue.warehouse(scope) as warehouse:
                assert warehouse.work_out(scored, bonus=2.5) == f"{6 + len(HOSTILE)} learned"
                assert any("ordered_at" in each for each in warehouse.statements)
                seen.append(list(warehouse.query("select * from scored order by order_id").records()))
        assert [row["order_id"] for row in seen[0]] == ["o1"]
        assert len(seen[1]) == 6 + len(HOSTILE)
        assert [row["score"] for row in seen[1]][1:3] == [None, None]
        assert seen[1][-1]["is_odd"] is ((5 + len(HOSTILE)) % 2 == 1)
        assert len([asked for asked in catalogue.engine.learned if asked[0] == "scored"]) == 1
        told.append(seen)
    assert told[0] == told[1]


def test_spark_listens_on_the_loopback_only(both):
    context = both.spark.engine._spark.sparkContext
    assert context.getConf().get("spark.driver.bindAddress") == "127.0.0.1"
    assert context.getConf().get("spark.driver.host") == "127.0.0.1"
    assert context.uiWebUrl is None


def test_without_java_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda *_names, **_more: None)
    with pytest.raises(NoEngine, match="openjdk-17"):
        spark.spark_started(1, "1g")
