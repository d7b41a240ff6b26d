"""Histories that the product wrote itself, after an earlier import has been left out."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from datetime import datetime

import duckdb
import pytest

from crmetrics.intake.rebuilding import preview, rebuild
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state
from tests.intake.conftest import Company

DEALS = """
    [source]
    name = "crm"
    kind = "{kind}"
    [files.deals]
    match = "deals*.csv"
    key = ["id"]
    [deals]
    from = "deals"
    deal_id = "id"
    owner_id = "owner"
    stage = "stage"
    amount = "amount"
    currency = {{ value = "EUR" }}
    created_at = "made"
    closed_at = "closed"
    is_won = "won"
    expected_close_on = "due"
"""
TALKS = """
    [source]
    name = "phone"
    [files.talks]
    match = "talks.csv"
    [activities]
    from = "talks"
    activity_id = "id"
    kind = { value = "call" }
    owner_id = "owner"
    created_at = "at"
"""
HEADER = "id,owner,stage,amount,made,closed,won,due\n"
WEEKS = (0, 1, None, 2, 3)
"""The weeks in their order, and the calls of another source (None)."""
STATES = (
    "D1,Ann,New,100,2026-01-05,,,2026-03-01\nD2,Ann,Offer,,2026-01-06,,,\nD3,Bob,New,7,2026-01-07,,,\n",
    "D1,Bob,Offer,120,2026-01-05,,,2026-03-01\nD2,Ann,Won,50,2026-01-06,2026-01-14 16:00,yes,\nD4,Bob,New,9,2026-01-15,,,\n",
    "D1,Ann,Talk,130,2026-01-05,,,2026-04-01\nD4,Bob,Talk,9,2026-01-15,,,\nD5,Bob,New,1,2026-01-19,,,\n",
    "D1,Ann,Won,140,2026-01-05,2026-01-26,yes,2026-04-01\nD4,Bob,New,9,2026-01-15,,,\nD5,Eve,Offer,1,2026-01-19,,,\n",
)


def tables(company, version=None):
    current = version or company.versions.current()
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        return {name: sorted(map(repr, connection.execute(f"select * from {name}").fetchall())) for (name,) in names}


def take(company, step, kind):
    """The import of one week; the second week brings calls as well, by another source."""
    for old in company.exports.glob("deals*.csv"):
        old.unlink()
    company.write(f"deals{step}.csv", HEADER + STATES[step])
    company.take_in(DEALS.format(kind=kind), now=datetime(2026, 1, 8 + 7 * step, 9))


def talk(company):
    company.write("talks.csv", "id,owner,at\nT1,Ann,2026-01-16 10:00\n")
    company.take_in(TALKS, "talks.csv", now=datetime(2026, 1, 17, 9))


def leave_out(company, *numbers):
    with closing(open_state(company.workspace)) as state:
        Decisions(state).add(*(Decision("leave_out", {"source": "crm", "import_no": number}) for number in numbers))


@pytest.fixture(scope="module")
def company_of(tmp_path_factory):
    """Companies that imported some of the four weeks, each made once out of the one a week younger; given as copies."""
    known = {}
    patched = pytest.MonkeyPatch()
    patched.setenv("TZ", "UTC")  # proposed as the company's zone

    def grown(kind, steps):
        if (kind, steps) not in known:
            other = Company(tmp_path_factory.mktemp("grown"))
            if steps:
                shutil.copytree(grown(kind, steps[:-1]).folder, other.folder, dirs_exist_ok=True)
                talk(other) if steps[-1] is None else take(other, steps[-1], kind)
            known[kind, steps] = other
        return known[kind, steps]

    def copied(folder, steps, kind):
        shutil.copytree(grown(kind, tuple(each for each in WEEKS if each is None or each in steps)).folder, folder)
        return Company(folder)

    yield copied
    patched.undo()


@pytest.mark.parametrize(("kind", "missing"), [("full", 0), ("delta", 1)])
def test_what_later_imports_saw_is_as_if_the_one_left_out_had_never_been(company_of, tmp_path, kind, missing):
    whole = company_of(tmp_path / "whole", {0, 1, 2, 3}, kind)
    never = company_of(tmp_path / "never", {0, 1, 2, 3} - {missing}, kind)
    before = tables(whole)
    rebuild(whole.workspace)
    assert tables(whole) == before
    assert before != tables(never)
    number = missing + 1
    leave_out(whole, number)
    rebuild(whole.workspace)
    assert tables(whole) == tables(never)
    assert whole.versions.current().reaches == never.versions.current().reaches
    with closing(open_state(whole.workspace)) as state:
        Decisions(state).undo(1)
    rebuild(whole.workspace)
    assert tables(whole) == before


def test_the_next_import_goes_on_from_the_histories_that_count(company_of, tmp_path):
    kind = "full"
    whole = company_of(tmp_path / "whole", {0, 1, 2}, kind)
    never = company_of(tmp_path / "never", {0, 2}, kind)
    leave_out(whole, 2)
    rebuild(whole.workspace)
    take(whole, 3, kind)
    take(never, 3, kind)
    assert tables(whole) == tables(never)


def test_a_correction_of_a_deal_is_in_what_was_seen_of_it(company_of, tmp_path):
    company = company_of(tmp_path / "company", {0, 1, 2}, "delta")
    first = company.versions.current()
    told = json.loads((company.workspace / "raw" / "crm" / "000002" / "manifest.json").read_text(encoding="utf-8"))
    about = {
        "source": "crm", "entry": "deals", "file": "deals1.csv", "sha256": told["files"][0]["sha256"], "row": 2, "print": "",
        "was": {"stage": "Offer"}, "values": {"stage": "Lost"},
    }  # fmt: skip
    with closing(open_state(company.workspace)) as state:
        Decisions(state).add(Decision("correct", about))
    rebuild(company.workspace)
    stages = "select stage from deal_stages where deal_id = 'D1' order by entered_at"
    assert company.rows(stages) == [("New",), ("Lost",), ("Talk",)]
    with closing(open_state(company.workspace)) as state:
        Decisions(state).undo(1)
    rebuild(company.workspace)
    assert tables(company) == tables(company, first)


def test_a_preview_sees_again_and_keeps_nothing(company_of, tmp_path):
    company = company_of(tmp_path / "company", {0, 1, 2}, "full")
    files = company.files()
    with preview(company.workspace, [Decision("leave_out", {"source": "crm", "import_no": 2})]) as version:
        stages = company.rows("select stage from deal_stages where deal_id = 'D1' order by entered_at", version)
    assert stages == [("New",), ("Talk",)]
    assert company.files() == files
