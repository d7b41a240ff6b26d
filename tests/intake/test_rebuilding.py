"""A version made again from raw files, mappings and decisions."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from datetime import datetime

import duckdb
import pytest

from crmetrics.intake.rebuilding import preview, rebuild
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state

ORDERS = """
    [source]
    name = "shop"
    kind = "{kind}"
    [files.orders]
    match = "orders*.csv"
    key = ["id"]
    [orders]
    from = "orders"
    order_id = "id"
    customer_id = "who"
    ordered_at = "at"
    currency = {{ value = "EUR" }}
    [order_lines]
    from = "orders"
    order_id = "id"
    line_no = {{ value = "1" }}
    net_amount = "sum"
    quantity = {{ value = "1" }}
    [customers]
    from = "orders"
    distinct = true
    customer_id = "who"
    name = "name"
"""
PEOPLE = """
    [source]
    name = "crm"
    [files.people]
    match = "people.csv"
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
    region = "region"
"""
HEADER = "id,who,name,at,sum\n"


def everything(company, version=None):
    """All rows of all tables of a version, and what it tells of rows that it left out."""
    current = version or company.versions.current()
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name = 'main' or table_name in "
            "('quarantine', 'warning_counts', 'derived', 'profile', 'currencies', 'daily_rates', 'united', 'sources')"
        ).fetchall()
        return {
            name: sorted(map(repr, connection.execute(f"select * from {name}").fetchall())) for (name,) in tables
        } | {"reaches": current.reaches}


def decide(company, *decisions):
    with closing(open_state(company.workspace)) as state:
        return Decisions(state).add(*decisions)


def left_out(source, number):
    return Decision("leave_out", {"source": source, "import_no": number})


def two_sources(company, kind="delta"):
    company.write("orders1.csv", HEADER + "1,A,Ann,2026-01-05,10\n2,B,Bo,2026-01-06,20\n2x,B,Bo,someday,5\n")
    company.take_in(ORDERS.format(kind=kind), "orders1.csv", now=datetime(2026, 2, 1))
    company.write("people.csv", "id,name,region\nA,Ann Lee,West\nC,Cy,East\n")
    company.take_in(PEOPLE, "people.csv", now=datetime(2026, 2, 2))
    company.write("orders2.csv", HEADER + "2,B,Bo,2026-01-06,25\n3,C,Cy,2026-01-09,30\n")
    company.take_in(ORDERS.format(kind=kind), "orders2.csv", now=datetime(2026, 2, 3))


@pytest.mark.parametrize("kind", ["delta", "full"])
def test_a_rebuild_without_decisions_is_the_same_version_again(company, kind):
    two_sources(company, kind)
    before = everything(company)
    version = rebuild(company.workspace, note="again")
    assert (version.number, version.note) == (4, "again")
    assert everything(company) == before
    files = company.rows("select import_no, file, is_live from meta.files order by all")
    assert files == [
        (1, "orders1.csv", kind == "delta"),
        (2, "people.csv", True),
        (3, "orders2.csv", True),
    ]


@pytest.mark.parametrize("kind", ["delta", "full"])
def test_an_import_left_out_is_as_if_it_had_never_been(company, kind):
    two_sources(company, kind)
    after_two = company.versions.all()[1]
    before = everything(company, after_two)
    (decision,) = decide(company, left_out("shop", 3))
    rebuild(company.workspace)
    assert everything(company) == before
    assert company.rows("select number, kind from meta.decisions") == [(decision.number, "leave_out")]
    assert company.rows("select import_no, is_live from meta.files order by all") == [(1, True), (2, True), (3, False)]


def test_taking_the_decision_back_brings_the_import_back(company):
    two_sources(company)
    before = everything(company)
    decide(company, left_out("shop", 3))
    rebuild(company.workspace)
    with closing(open_state(company.workspace)) as state:
        Decisions(state).undo(1)
    rebuild(company.workspace)
    assert everything(company) == before


def test_a_known_file_at_hand_still_counts_in_a_rebuild(company):
    company.write("orders1.csv", HEADER + "1,A,Ann,2026-01-05,10\n")
    company.take_in(ORDERS.format(kind="full"))
    company.write("orders2.csv", HEADER + "2,B,Bo,2026-01-06,20\n")
    company.take_in(ORDERS.format(kind="full"))  # the first is still there, and is not read again
    before = everything(company)
    assert len(before["main.orders"]) == 2
    rebuild(company.workspace)
    assert everything(company) == before


def test_an_import_first_makes_again_what_was_decided_since_the_version(company):
    two_sources(company)
    decide(company, left_out("crm", 2))
    company.write("orders3.csv", HEADER + "4,A,Ann,2026-01-12,40\n")
    company.take_in(ORDERS.format(kind="delta"), "orders3.csv")
    assert company.rows("select customer_id, name, region from customers order by 1") == [
        ("A", "Ann", None),
        ("B", "Bo", None),
        ("C", "Cy", None),
    ]
    assert company.rows("select sum(net_amount)::int from order_lines") == [(105,)]


def test_a_preview_is_what_would_be_and_leaves_nothing_behind(company):
    two_sources(company)
    (decision,) = decide(company, left_out("crm", 2))
    rebuild(company.workspace)
    before, files = everything(company), company.files()
    with preview(company.workspace, [left_out("shop", 3)], without=[decision.number]) as version:
        assert version.number == 0
        assert company.rows("select sum(net_amount)::int from order_lines", version) == [(30,)]
        assert company.rows("select region from customers where customer_id = 'A'", version) == [("West",)]
    assert everything(company) == before
    assert company.files() == files
    assert not list((company.workspace / "spill").iterdir())


def test_a_preview_under_way_is_not_cleared_by_an_import(company):
    two_sources(company)
    with preview(company.workspace, [left_out("shop", 3)]) as version:
        company.write("orders3.csv", HEADER + "4,A,Ann,2026-01-12,40\n")
        company.take_in(ORDERS.format(kind="delta"), "orders3.csv")
        assert company.rows("select sum(net_amount)::int from order_lines", version) == [(30,)]


def test_leaving_everything_out_is_refused_and_changes_nothing(company):
    company.write("people.csv", "id,name,region\nA,Ann Lee,West\n")
    company.take_in(PEOPLE)
    before, current = everything(company), company.versions.current()
    decide(company, left_out("crm", 1))
    with pytest.raises(BadValue, match="No import would be left"):
        rebuild(company.workspace)
    assert company.versions.current() == current
    assert everything(company) == before


def test_without_data_there_is_nothing_to_make_again(tmp_path):
    with pytest.raises(NoWorkspace, match="no data yet"):
        rebuild(tmp_path)


def test_a_plain_import_neither_makes_state_nor_loads_what_reads_it(company):
    company.write("people.csv", "id,name,region\nA,Ann Lee,West\n")
    mapping = company.mapping(PEOPLE)
    program = (
        "import json, sys\nfrom pathlib import Path\nfrom crmetrics.intake.imports import import_sources\n"
        "import_sources(Path(sys.argv[1]), [Path(sys.argv[2])], Path(sys.argv[3]))\nprint(json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, company.workspace, company.exports, mapping],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert not {"sqlalchemy", "splink", "phonenumbers"} & set(json.loads(run.stdout))
    assert not (company.workspace / "state.db").exists()
