"""A watched folder: complete files are imported, once; what cannot be read is told and stays."""

from __future__ import annotations

from contextlib import closing
from threading import Event, Thread

import pytest
from xlsxwriter import Workbook

from crmetrics.intake.lock import import_lock
from crmetrics.intake.watching import Watch, watch, watched
from crmetrics.vocabulary.errors import BadDatabase, BadFile, BadValue
from crmetrics.vocabulary.language import Message
from crmetrics.workspace.arrivals import Arrivals
from crmetrics.workspace.state import open_state

PEOPLE = """
    [source]
    name = "crm"
    kind = "delta"
    [files.people]
    match = "people*.csv"
    key = ["id"]
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
"""
NAMES = "select name from customers order by 1"


@pytest.fixture
def heard(company):
    """What a watch has told so far, and the watch of the exports of a company."""
    company.write("mapping.toml", PEOPLE)
    told = []
    return told, Watch(company.workspace, company.exports, told.append)


def test_a_file_is_taken_once_it_has_stayed_as_it_is(company, heard):
    told, watched = heard
    path = company.write("people1.csv", "id,name\n1,Ann\n")
    watched.look(0.0)
    with path.open("a", encoding="utf-8") as file:
        file.write("2,Bo\n")
    watched.look(4.0)
    watched.look(8.9)  # five seconds since it was first seen, but not since it grew
    assert told == []
    assert watched.is_unsettled
    watched.look(9.0)
    assert [(each.outcome, each.version) for each in told] == [("taken", 1)]
    assert company.rows(NAMES) == [("Ann",), ("Bo",)]
    watched.look(100.0)
    again = Watch(company.workspace, company.exports, told.append)
    again.look(0.0)
    again.look(9.0)
    assert len(told) == 1  # not even by another watch


def test_files_on_their_way_and_locks_of_office_programs_are_no_files(company, heard):
    told, watched = heard
    for name in ("people1.csv.part", "people2.csv.tmp", "~$people3.csv", ".people4.csv", "people5.csv.crdownload"):
        company.write(name, "id,name\n1,Ann\n")
    watched.look(0.0)
    watched.look(9.0)
    assert told == []
    assert company.versions.current() is None


def test_what_cannot_be_read_is_told_stays_and_keeps_nothing_from_the_others(company, heard):
    told, watched = heard
    company.write("people1.csv", "id,name\n1,Ann\n")
    company.write("people11.csv", "number,called\n2,Bo\n")
    bad = company.exports / "people2.csv"
    bad.write_bytes(b"PK\x03\x04 this was to be packed")
    company.write("notes.csv", "nothing,of,ours\n")
    for now in (0.0, 9.0, 18.0):
        watched.look(now)
    outcomes = {each.file.rsplit("/", 1)[1]: each.outcome for each in told}
    assert outcomes == {
        "notes.csv": "passed over",
        "people11.csv": "taken",
        "people1.csv": "taken",
        "people2.csv": "failed",
    }
    assert [str(each.problem) for each in told if each.file.endswith("people11.csv")] == [
        "No row of 'people11.csv' could be used. crmetrics check says why."
    ]
    assert bad.exists()
    assert company.rows(NAMES) == [("Ann",)]
    company.write("people2.csv", "id,name\n2,Bo\n")
    company.write("people3.csv", "id,name\n3,Cy\n")
    watched.look(30.0)
    watched.look(40.0)
    assert company.rows(NAMES) == [("Ann",), ("Bo",), ("Cy",)]
    with closing(open_state(company.workspace)) as state:
        kept = Arrivals(state).latest()
    failed = [each for each in kept if each.outcome == "failed"]
    assert [each.file for each in failed] == [str(bad)]
    assert "people2.csv" in str(failed[0].problem)


def test_files_that_belong_together_are_waited_for(company):
    company.write(
        "mapping.toml",
        PEOPLE.replace('match = "people*.csv"', 'match = "people*.csv"')
        + """
    [files.deals]
    match = "deals.csv"
    [deals]
    from = "deals"
    deal_id = "id"
    customer_id = "who"
    stage = "stage"
    """,
    )
    told = []
    watched = Watch(company.workspace, company.exports, told.append)
    company.write("people1.csv", "id,name\n1,Ann\n")
    watched.look(0.0)
    watched.look(9.0)
    assert [each.outcome for each in told] == ["failed"]  # there are no deals yet
    company.write("deals.csv", "id,who,stage\nD1,1,New\n")
    watched.look(10.0)
    watched.look(19.0)
    assert [each.outcome for each in told[1:]] == ["taken", "taken"]
    assert company.rows("select count(*) from deals join customers using (customer_id)") == [(1,)]


def test_an_import_at_work_is_waited_for(company, heard):
    told, watched = heard
    company.write("people1.csv", "id,name\n1,Ann\n")
    watched.look(0.0)
    company.workspace.mkdir()
    with import_lock(company.workspace / "import.lock"):
        watched.look(9.0)
        assert told == []
    watched.look(10.0)
    assert [each.outcome for each in told] == ["taken"]


@pytest.mark.parametrize("is_polled", [False, True])
def test_a_real_folder_is_watched_until_stopped(company, monkeypatch, is_polled):
    if is_polled:

        def refuse(*_given, **_named):
            raise OSError("no more watches")

        monkeypatch.setattr("watchfiles.watch", refuse)
    company.write("mapping.toml", PEOPLE)
    stop, came, told = Event(), Event(), []

    def hear(arrival):
        told.append(arrival)
        came.set()

    thread = Thread(target=lambda: watch(company.workspace, company.exports, stop, hear, every=0.2, settled=0.1))
    thread.start()
    company.write("people1.csv", "id,name\n1,Ann\n")
    assert came.wait(60)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    assert [each.outcome for each in told] == ["taken"]


def test_the_folder_of_the_settings_is_watched_in_the_background(company):
    company.write("mapping.toml", PEOPLE)
    came, told = Event(), []

    def hear(arrival):
        told.append(arrival.outcome)
        came.set()

    company.workspace.mkdir()
    settings = company.workspace / "crmetrics.toml"
    settings.write_text('watch = "../exports"\nwatch_every = "1s"\n', encoding="utf-8")
    company.write("people1.csv", "id,name\n1,Ann\n")
    with watched(company.workspace, hear):
        assert came.wait(60)
    assert told == ["taken"]
    assert 'watch = "../exports"' in settings.read_text(encoding="utf-8")
    settings.write_text('watch = "nowhere"\n', encoding="utf-8")
    with pytest.raises(BadFile, match="nowhere"), watched(company.workspace, hear):
        pass
    settings.write_text('watch_every = "often"\n', encoding="utf-8")
    with pytest.raises(BadValue, match="often"), watched(company.workspace, hear):
        pass


def test_without_a_mapping_the_way_out_is_told_and_without_a_folder_nothing_starts(company):
    told = []
    company.write("people1.csv", "id,name\n1,Ann\n")
    watched = Watch(company.workspace, company.exports, told.append)
    watched.look(0.0)
    watched.look(9.0)
    assert "Import them once by hand" in str(told[0].problem)
    with pytest.raises(BadFile, match="no folder"):
        watch(company.workspace, company.folder / "nowhere", Event(), told.append)


def test_a_watch_goes_on_where_the_state_cannot_be_reached_for_a_while(company, monkeypatch, caplog):
    company.write("mapping.toml", PEOPLE)
    company.write("people1.csv", "id,name\n1,Ann\n")
    tries, came, stop = [], Event(), Event()

    def opened(folder):
        tries.append(folder)
        if len(tries) < 3:
            raise BadDatabase(Message("the database of people is away"))
        return open_state(folder)

    monkeypatch.setattr("crmetrics.intake.watching.open_state", opened)

    def hear(_arrival):
        came.set()

    thread = Thread(target=lambda: watch(company.workspace, company.exports, stop, hear, every=0.1, settled=0.05))
    thread.start()
    assert came.wait(60)
    stop.set()
    thread.join(60)
    assert company.rows(NAMES) == [("Ann",)]
    assert [each.getMessage() for each in caplog.records if "away" in each.getMessage()] == [
        f"{company.exports}: the database of people is away"
    ]


def test_a_workbook_of_which_no_row_can_be_used_is_told(company, heard):
    told, watched = heard
    company.write("mapping.toml", PEOPLE.replace("people*.csv", "people*"))
    book = Workbook(company.exports / "people1.xlsx")
    sheet = book.add_worksheet("People")
    sheet.write_row(0, 0, ["id", "name"])
    sheet.write_row(1, 0, ["", "Ann"])
    book.close()
    watched.look(0.0)
    watched.look(9.0)
    assert [str(each.problem) for each in told] == ["No row of 'people1.xlsx' could be used. crmetrics check says why."]
