"""Undo, redo and the history of what was done."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import datetime

import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.intake.deciding import decide
from crmetrics.intake.history import history_of
from crmetrics.intake.imports import import_sources
from crmetrics.intake.undoing import redo, undo
from crmetrics.vocabulary.errors import BadValue, UnknownName
from crmetrics.workspace.decisions import Decision, Decisions
from crmetrics.workspace.state import open_state

PEOPLE = """
    [source]
    name = "crm"
    kind = "{kind}"
    [files.people]
    match = "people*.csv"
    key = ["id"]
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
    region = "region"
"""
FIRST = "id,name,region\n1,Ann Lee,West\n2,Bo,East\n2,Bo,East\n,nobody,\n"
SECOND = "id,name,region\n2,Bo Berg,North\n3,Cy,East\n"
NAMES = "select customer_id, name, region from customers order by 1"


def weeks(company, kind="delta"):
    company.write("people1.csv", FIRST)
    company.take_in(PEOPLE.format(kind=kind), "people1.csv", now=datetime(2026, 1, 5))
    company.write("people2.csv", SECOND)
    company.take_in(PEOPLE.format(kind=kind), "people2.csv", now=datetime(2026, 1, 12))


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_undo_takes_back_the_last_import_and_redo_brings_it_back(company, kind):
    company.write("people1.csv", FIRST)
    company.take_in(PEOPLE.format(kind=kind), "people1.csv", now=datetime(2026, 1, 5))
    before = company.rows(NAMES)
    company.write("people2.csv", SECOND)
    company.take_in(PEOPLE.format(kind=kind), "people2.csv", now=datetime(2026, 1, 12))
    after = company.rows(NAMES)
    step, version = undo(company.workspace, by="ana")
    assert (step.number, step.import_no, version.number, version.note) == (2, 2, 3, "↶ crm: people2.csv")
    assert company.rows(NAMES) == before
    step, version = redo(company.workspace)
    assert (step.number, version.note) == (3, "↷ crm: people2.csv")
    assert company.rows(NAMES) == after
    with pytest.raises(BadValue, match="Nothing was taken back"):
        redo(company.workspace)


def test_an_earlier_step_can_be_taken_back_alone(company):
    weeks(company)
    undo(company.workspace, 1)
    assert company.rows(NAMES) == [("2", "Bo Berg", "North"), ("3", "Cy", "East")]
    with pytest.raises(BadValue, match="does not hold any more"):
        undo(company.workspace, 1)
    with pytest.raises(UnknownName, match="no step 9"):
        undo(company.workspace, 9)
    with pytest.raises(BadValue, match="No import would be left"):
        undo(company.workspace)
    assert [each.about["import_no"] for each in standing(company)] == [1]
    undo(company.workspace, 3)  # that of the undo itself
    assert len(company.rows(NAMES)) == 3


def standing(company):
    with closing(open_state(company.workspace)) as state:
        return Decisions(state).standing()


def test_the_history_tells_who_did_what_and_what_it_changed(company):
    weeks(company)
    undo(company.workspace, by="ana")
    history = history_of(company.workspace)
    undone, second, first = history.steps
    assert (first.import_no, first.source, first.by, first.made_from) == (1, "crm", "administrator", 0)
    assert [(each.name, each.read, each.kept, each.quarantined, each.merged) for each in first.files] == [
        ("people1.csv", 4, 2, 1, 1)
    ]
    assert (first.rows, first.rows_before, first.set_aside) == ({"customers": 2}, {}, 1)
    assert (second.rows, second.rows_before, second.made_from) == ({"customers": 3}, {"customers": 2}, 1)
    assert (undone.import_no, undone.by, undone.decided, undone.rows) == (0, "ana", (1,), {"customers": 2})
    assert first.mapping == second.mapping
    assert not second.is_new_mapping
    assert [history.is_in_force(step) for step in history.steps] == [True, False, True]
    assert history.decisions[1].about == {"source": "crm", "import_no": 2}


def test_a_mapping_that_changed_is_told_and_goes_back_with_its_import(company):
    weeks(company)
    other = PEOPLE.format(kind="delta").replace('region = "region"', 'city = "region"')
    company.take_in(other, now=datetime(2026, 1, 19))
    assert company.rows("select distinct region from customers") == [(None,)]
    assert history_of(company.workspace).steps[0].is_new_mapping
    undo(company.workspace)
    assert company.rows("select region from customers where customer_id = '3'") == [("East",)]


def test_what_was_rolled_back_is_told_but_not_taken_back(company):
    weeks(company)
    company.versions.rollback(1)
    history = history_of(company.workspace)
    assert [step.number for step in history.steps] == [2, 1]
    assert [step.number for step in history.led_here] == [1]
    with pytest.raises(BadValue, match="does not hold any more"):
        undo(company.workspace, 2)


def test_the_record_stays_when_versions_go_and_is_read_off_a_version_without_one(company):
    weeks(company)
    told = history_of(company.workspace).steps
    company.versions.prune(keep=1)
    assert len(company.versions.all()) == 1
    assert history_of(company.workspace).steps == told
    (company.workspace / "history" / "000002.json").unlink()
    again = history_of(company.workspace).steps[0]
    assert (again.number, again.files, again.rows) == (2, told[0].files, told[0].rows)


def test_a_decision_that_fails_leaves_neither_a_version_nor_itself(company):
    weeks(company)
    current = company.versions.current()
    everything = [Decision("leave_out", {"source": "crm", "import_no": number}) for number in (1, 2)]
    with pytest.raises(BadValue, match="No import would be left"):
        decide(company.workspace, everything)
    with pytest.raises(UnknownName, match="no decision 7"):
        decide(company.workspace, [everything[0]], without=[7])
    assert company.versions.current() == current
    assert standing(company) == ()


QUESTIONS = ("kpis.scorecard", "sales.win_rate", "sales.pipeline_changes", "customers.rfm", "finance.margin")


def figures(workspace):
    catalogue = open_workspace(workspace)
    return {key: [repr(row) for row in catalogue.ask(key).rows] for key in QUESTIONS}


@pytest.mark.slow
def test_every_figure_of_a_company_is_as_before_after_an_undo(demo_company, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(demo_company("en"), workspace)
    exports, before = workspace / "exports", figures(workspace)
    for name in ("orders_01.csv", "deals.csv"):
        lines = (exports / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (exports / name).write_text("".join([lines[0], *lines[1::2]]), encoding="utf-8")
    import_sources(workspace, [exports], exports / "mapping.toml")
    changed = figures(workspace)
    assert {key for key in QUESTIONS if changed[key] != before[key]} > {"sales.win_rate", "customers.rfm"}
    undo(workspace)
    assert figures(workspace) == before
