"""Files beside those that the mapping names: whoever puts a new export into a folder hears that it is not read."""

import zipfile

import pytest

from crmetrics.intake.report import not_read
from crmetrics.intake.watching import Watch
from crmetrics.presenting.arrivals import told_arrival
from crmetrics.presenting.imports import told_import
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say

PEOPLE = """
    [source]
    name = "crm"
    [files.people]
    match = "people*.csv"
    [customers]
    from = "people"
    customer_id = "id"
    name = "name"
"""
NAMES = "select name from customers order by 1"
ENGLISH = format_for("en", "EUR")


def test_a_new_file_that_no_table_names_is_told_also_when_nothing_else_is_new(company):
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("README.md", "# what these files are\n")
    assert company.take_in(PEOPLE).unread == ()
    company.write("visits.csv", "id,day\nC1,2026-01-01\n")
    company.write("below/stock.json", '[{"sku": "A", "n": 1}]')
    (company.exports / "picture.png").write_bytes(b"\x89PNG no table")
    again = company.take_in(PEOPLE)
    assert (again.is_changed, again.unread) == (False, ("stock.json", "visits.csv"))
    told = told_import(again, ENGLISH)
    assert "Not read: stock.json, visits.csv: no table of the mapping names them." in told
    assert "crmetrics import SOURCE --propose" in told
    company.write("people2.csv", "id,name\nC2,Two\n")
    more = company.take_in(PEOPLE)
    assert (more.is_changed, more.unread) == (True, ("stock.json", "visits.csv"))
    assert "Not read: stock.json, visits.csv" in told_import(more, ENGLISH)
    assert company.rows(NAMES) == [("One",), ("Two",)]


def test_a_file_named_alone_leaves_the_others_untold(company):
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("visits.csv", "id,day\nC1,2026-01-01\n")
    assert company.take_in(PEOPLE, "people.csv").unread == ()


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        (
            "en",
            "Not read: x.csv: no table of the mapping names it.",
            "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 more",
        ),
        ("tr", "Okunmadı: x.csv", "12 ve 2 dosya daha"),
        ("uk", "Не прочитано: x.csv", "12 і ще 2"),
        ("zh", "未读取：x.csv", "12 等，另有 2 个"),
    ],
)
def test_twelve_are_named_and_the_others_counted(language, one, many):
    format = format_for(language, "EUR")
    assert say(not_read(["x.csv"]), format).startswith(one)
    told = say(not_read([str(number) for number in range(1, 15)]), format)
    assert many in told
    assert "13" not in told


def test_a_watched_folder_keeps_it_on_record(company):
    company.write("mapping.toml", PEOPLE)
    company.write("people.csv", "id,name\nC1,One\n")
    company.write("visits.csv", "id,day\nC1,2026-01-01\n")
    told = []
    watched = Watch(company.workspace, company.exports, told.append)
    watched.look(0.0)
    watched.look(9.0)
    lines = {each.outcome: told_arrival(each, ENGLISH) for each in told}
    assert lines["passed over"].startswith("Not read: visits.csv: no table of the mapping names it. To have it read, ")
    with zipfile.ZipFile(company.exports / "more.zip", "w") as packed:
        packed.writestr("people2.csv", "id,name\nC2,Two\n")
        packed.writestr("calls.csv", "id,day\nC1,2026-01-01\n")
    watched.look(20.0)
    watched.look(29.0)
    assert told_arrival(told[-1], ENGLISH) == "Not read: calls.csv: no table of the mapping names it."
    assert (told[-1].outcome, company.rows(NAMES)) == ("taken", [("One",), ("Two",)])


def test_a_line_of_totals_among_customers_is_told(company):
    company.write("people.csv", "id,name\nC1,One\nC2,Total\nTOPLAM:,2\n")
    (warning,) = company.take_in(PEOPLE).warnings
    assert (warning.table, warning.column, warning.rows) == ("customers", "customer_id", 1)
    assert str(warning.reason) == "It is a word for a total: the row is hardly one of the table."
