"""Rows in quarantine: written into a workbook, corrected there, taken back; nothing is lost, and all of it can be undone."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from xlsxwriter import Workbook

from crmetrics.catalogue import open_workspace
from crmetrics.clean.mapping import Formats
from crmetrics.cli.app import command_line
from crmetrics.intake.correcting import Change, take, take_workbook
from crmetrics.intake.history import history_of
from crmetrics.intake.quarantine import set_aside
from crmetrics.intake.rebuilding import rebuild
from crmetrics.intake.workbook import MARK, PLACES, as_text, kept
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.quarantine import as_workbook
from crmetrics.vocabulary.errors import BadFile
from crmetrics.workspace.decisions import Decisions
from crmetrics.workspace.state import open_state

MAPPING = """
[source]
name = "shop"
kind = "{kind}"

[company]
currency = "EUR"
zone = "UTC"
language = "en"

[files.sales]
match = "sales*.csv"
decimal = ","
dates = ["%d.%m.%Y"]
missing = ["yok"]

[orders]
from = "sales"
order_id = "No"
ordered_at = "Tarih"
customer_id = "Cari"
currency = {{ value = "EUR" }}

[order_lines]
from = "sales"
order_id = "No"
line_no = {{ value = "1" }}
quantity = "Adet"
net_amount = "Tutar"
"""
SALES = """
    No;Tarih;Cari;Adet;Tutar
    1;05.01.2026;=HYPERLINK("x");1;100,00
    2;31.02.2026;K2;1;50,00
    3;07.01.2026;K3;2;yirmi
    4;yarin;K4;1;1.000,50
    4b;08.01.2026;yok;1;-
"""


@pytest.fixture
def shop(company):
    company.write("sales-1.csv", SALES)
    company.take_in(MAPPING.format(kind="full"))
    return company


def read_account(company):
    return company.rows(
        "select sum(rows_read)::int, sum(rows_kept)::int, sum(rows_quarantined)::int, sum(rows_merged)::int from meta.files where is_live"
    )[0]


def net_sales(company) -> float:
    return open_workspace(company.workspace).ask("kpis.net_sales", period="2026").total.value


def rows_aside(company):
    return {each.place.row: each for each in set_aside(company.workspace)}


def back(company, tmp_path, edits):
    """The workbook as a user gives it back: some cells of some rows written over."""
    rows = [
        replace(each, values={**each.values, **edits.get(each.place.row, {})}) for each in set_aside(company.workspace)
    ]
    path = tmp_path / "back.xlsx"
    path.write_bytes(as_workbook(rows, format_for("en", "EUR", "UTC")))
    return path


def test_every_row_is_listed_with_all_that_stood_in_it(shop):
    found = rows_aside(shop)
    assert {row: (each.columns, str(each.reasons[0].message)) for row, each in found.items()} == {
        3: (("Tarih",), "It is not a date in the declared form."),
        4: (("Tutar",), "It is not a number."),
        5: (("Tarih",), "It is not a date in the declared form."),
        6: (
            ("Tutar",),
            "It is no number with the declared decimal mark, but would be one with the other mark: it is not guessed.",
        ),
    }
    assert found[5].values == {"No": "4", "Tarih": "yarin", "Cari": "K4", "Adet": "1", "Tutar": "1.000,50"}


def test_what_is_corrected_counts_and_the_rest_stays(shop, tmp_path):
    assert net_sales(shop) == 100
    path = back(shop, tmp_path, {3: {"Tarih": "28.02.2026"}, 5: {"Tarih": "09.01.2026"}})
    taken = take_workbook(shop.workspace, path)
    assert (taken.corrected, taken.unchanged, taken.problems) == (2, 2, ())
    assert net_sales(shop) == 100 + 50 + 1000.5
    assert set(rows_aside(shop)) == {4, 6}
    assert read_account(shop) == (5, 3, 2, 0)  # read = kept + set aside + merged, before as after
    told = open_workspace(shop.workspace).ask("data.cleaning")
    by_hand = [row for row in told.rows if str(row.rule) == "A value was corrected by hand."]
    assert {(row.example_before, row.example_after) for row in by_hand} == {
        ("31.02.2026", "28.02.2026"),
        ("yarin", "09.01.2026"),
    }
    assert all(row.undo_id.startswith("decision:") for row in by_hand)


def test_a_correction_taken_back_is_as_if_it_had_never_been(shop):
    before = shop.rows("from orders order by order_id")
    take(shop.workspace, [Change(rows_aside(shop)[3], {"Tarih": "28.02.2026"})])
    assert shop.rows("from orders order by order_id") != before
    with closing(open_state(shop.workspace)) as state:
        Decisions(state).undo(Decisions(state).standing("correct")[0].number)
    rebuild(shop.workspace)
    assert shop.rows("from orders order by order_id") == before


def test_what_is_still_wrong_is_told_by_sheet_row_and_column_and_not_kept(shop, tmp_path):
    path = back(shop, tmp_path, {3: {"Tarih": "30.02.2026"}, 4: {"Tutar": "20,00"}})
    taken = take_workbook(shop.workspace, path)
    assert taken.corrected == 1
    (problem,) = taken.problems
    assert (problem.sheet, problem.number, problem.column) == ("1 sales", 2, "Tarih")
    assert str(problem.reason) == "'30.02.2026': It is not a date in the declared form."
    assert net_sales(shop) == 120
    with closing(open_state(shop.workspace)) as state:
        assert [dict(each.about)["row"] for each in Decisions(state).standing("correct")] == [4]
    assert rows_aside(shop)[3].values["Tarih"] == "31.02.2026"  # as it came


def test_the_same_row_of_a_later_export_is_corrected_as_well(shop):
    take(shop.workspace, [Change(rows_aside(shop)[3], {"Tarih": "28.02.2026"})])
    (shop.exports / "sales-1.csv").unlink()
    shop.write("sales-2.csv", SALES.replace("    1;05.01.2026", "    0;04.01.2026;K0;1;1,00\n    1;05.01.2026"))
    shop.take_in(MAPPING.format(kind="full"))
    assert set(rows_aside(shop)) == {5, 6, 7}  # one line further down than before
    assert net_sales(shop) == 1 + 100 + 50


def test_of_two_rows_alike_the_one_that_was_corrected_is(company):
    company.write("sales-1.csv", "No;Tarih;Cari;Adet;Tutar\n7;05.01.2026;A;1;viele\n7;05.01.2026;A;1;viele\n")
    mapping = MAPPING.format(kind="full")
    company.take_in(mapping)
    take(company.workspace, [Change(rows_aside(company)[3], {"No": "8", "Tutar": "5,00"})])
    assert company.rows("select order_id from orders") == [("8",)]
    assert set(rows_aside(company)) == {2}


def test_of_one_row_a_later_correction_adds_to_the_earlier_one(company):
    company.write("sales-1.csv", "No;Tarih;Cari;Adet;Tutar\n7;05.01.2026;A;1;viele\n")
    company.take_in(MAPPING.format(kind="delta"))
    company.write("sales-2.csv", "No;Tarih;Cari;Adet;Tutar\n7;05.01.2026;A;1;viele\n9;05.01.2026;A;1;2,00\n")
    company.take_in(MAPPING.format(kind="delta"))
    (first, *others) = set_aside(company.workspace)
    assert len(others) == 0  # the second file says the same
    take(company.workspace, [Change(first, {"Tutar": "3,00"})])
    assert net_sales(company) == 5
    assert read_account(company) == (3, 2, 0, 1)


def test_another_workbook_is_refused(shop, tmp_path):
    path = tmp_path / "other.xlsx"
    path.write_bytes(b"no workbook")
    with pytest.raises(BadFile, match=r"other\.xlsx"):
        take_workbook(shop.workspace, path)


def test_a_workbook_that_would_fill_the_memory_is_refused(shop, tmp_path):
    path = tmp_path / "far.xlsx"
    with Workbook(path) as book:
        far = book.add_worksheet("1 sales")
        far.write(0, 0, "Place")
        far.write(1_048_575, 16_383, "x")
        places = book.add_worksheet(PLACES)
        places.write_row(0, 0, [MARK, "1"])
        places.write_row(1, 0, ["1 sales", "shop", "sales", "No"])
    with pytest.raises(BadFile, match="needs more memory than there is"):
        take_workbook(shop.workspace, path)


def test_a_row_that_is_no_longer_there_is_told(shop, tmp_path):
    path = back(shop, tmp_path, {3: {"Tarih": "28.02.2026"}})
    take_workbook(shop.workspace, path)
    taken = take_workbook(shop.workspace, path)
    assert taken.corrected == 0
    assert [(each.number, str(each.reason)[:38]) for each in taken.problems] == [
        (2, "The row is not in quarantine any more.")
    ]


@pytest.mark.parametrize(
    ("cell", "formats", "text"),
    [
        (12.5, Formats(decimal=","), "12,5"),
        (12.0, Formats(), "12"),
        (datetime(2026, 2, 28), Formats(dates=("%d.%m.%Y",)), "28.02.2026"),
        (datetime(2026, 2, 28, 10, 30), Formats(), "2026-02-28 10:30:00"),
        (datetime(2026, 2, 28), Formats(dates=("excel",)), "46081"),
        (True, Formats(), "true"),
        ("", Formats(), None),
        ("1.000,50", Formats(decimal=","), "1.000,50"),
    ],
)
def test_a_cell_becomes_what_would_stand_in_the_file(cell, formats, text):
    assert as_text(cell, formats) == text


def test_a_text_survives_the_workbook_as_far_as_a_cell_can_hold_it():
    assert kept("a\r\nb\x00\tc") == "a\nb\tc"
    assert len(kept("x" * 40_000)) == 32_767


def test_nothing_in_the_workbook_can_run(company, tmp_path):
    company.write("sales-1.csv", 'No;Tarih;Cari;Adet;Tutar\n7;05.01.2026;"=cmd|calc";1;+1+1\n')
    company.take_in(MAPPING.format(kind="full"))
    path = tmp_path / "q.xlsx"
    path.write_bytes(as_workbook(set_aside(company.workspace), format_for("tr", "EUR", "UTC")))
    with ZipFile(path) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
        assert 'quotePrefix="1"' in parts.read("xl/styles.xml").decode()


def test_the_commands(shop, tmp_path):
    def crmetrics(*given):
        return CliRunner().invoke(command_line(lambda *_given: None), ["--workspace", str(shop.workspace), *given])

    assert "4  order" not in crmetrics("quarantine").output
    assert "It is not a number." in crmetrics("quarantine").output
    book = tmp_path / "q.xlsx"
    assert "4 rows written" in crmetrics("quarantine", "--to", str(book)).output
    assert "4 rows were left as they are" in crmetrics("quarantine", "--from", str(book)).output
    told = crmetrics("check")
    assert (told.exit_code, "stand in quarantine" in told.output) == (0, True)
    assert crmetrics("check", "--strict").exit_code == 2
    page = tmp_path / "q.html"
    assert crmetrics("check", "--html", str(page), "--language", "zh").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert 'lang="zh-Hans"' in text
    assert "<script" not in text
    assert "31.02.2026" in text
    take(shop.workspace, [Change(row, {"Tarih": "09.01.2026", "Tutar": "1,00"}) for row in rows_aside(shop).values()])
    assert crmetrics("check", "--strict", "--at-least", "0").exit_code == 0


def test_the_record_says_who_corrected(shop):
    found = rows_aside(shop)
    taken = take(shop.workspace, [Change(found[3], {"Tarih": "28.02.2026"})], by="ana")
    assert (taken.corrected, history_of(shop.workspace).steps[0].by) == (1, "ana")
    taken = take(shop.workspace, [Change(found[5], {"Tarih": "dun"})], by="ben")
    assert (taken.corrected, history_of(shop.workspace).steps[0].by) == (0, "ben")


HEADS = "No;Tarih;Cari;Adet;Tutar\n"


def two_years(company):
    """A folder a year, each with a file of the same name, and in the same line of each what cannot be read."""
    company.write("2025/sales.csv", HEADS + "1;05.01.2025;A;1;10,00\n2;gestern;A;1;20,00\n")
    company.write("2026/sales.csv", HEADS + "3;05.01.2026;B;1;40,00\n4;morgen;B;1;80,00\n")


def test_files_of_one_name_are_told_apart_by_their_folders(company):
    two_years(company)
    report = company.take_in(MAPPING.format(kind="full"))
    assert [(each.name, each.read, each.kept, each.quarantined) for each in report.files] == [
        ("2025/sales.csv", 2, 1, 1),
        ("2026/sales.csv", 2, 1, 1),
    ]
    found = {each.place.file: each for each in set_aside(company.workspace)}
    assert {name: each.values["No"] for name, each in found.items()} == {"2025/sales.csv": "2", "2026/sales.csv": "4"}
    take(company.workspace, [Change(found["2025/sales.csv"], {"Tarih": "06.01.2026"})])
    assert company.rows("select order_id, year(ordered_at) from orders order by 1") == [
        ("1", 2025),
        ("2", 2026),
        ("3", 2026),
    ]


def test_so_are_those_of_a_zip_and_of_two(company, tmp_path):
    two_years(company)
    company.exports.rename(tmp_path / "unpacked")
    company.exports.mkdir()
    for name in ("one", "two"):
        with ZipFile(company.exports / f"{name}.zip", "w") as packed:
            packed.writestr("sales.csv", (tmp_path / f"unpacked/202{5 + (name == 'two')}/sales.csv").read_text())
    report = company.take_in(MAPPING.format(kind="full"))
    assert [(each.name, each.kept, each.quarantined) for each in report.files] == [
        ("sales.csv", 1, 1),
        ("sales.csv #2", 1, 1),
    ]
    assert sorted(each.values["No"] for each in set_aside(company.workspace)) == ["2", "4"]


def test_a_file_that_was_saved_twice_is_read_once(company):
    company.write("sales-1.csv", HEADS + "1;05.01.2026;A;1;10,00\n")
    company.write("sales-1 (1).csv", HEADS + "1;05.01.2026;A;1;10,00\n")
    mapping = MAPPING.format(kind="full").replace('line_no = { value = "1" }\n', "")
    report = company.take_in(mapping)
    assert (net_sales(company), len(report.files), len(report.known)) == (10, 1, 1)
    assert not company.take_in(mapping).is_changed
