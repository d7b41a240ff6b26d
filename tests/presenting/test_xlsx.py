"""A spreadsheet file: typed cells, and text that stays text."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from python_calamine import CalamineWorkbook

from crmetrics.analysis import Result, Table
from crmetrics.presenting import xlsx
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.xlsx import as_xlsx
from crmetrics.vocabulary.errors import BadValue

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def sheets(answer, format=ENGLISH):
    book = CalamineWorkbook.from_filelike(io.BytesIO(as_xlsx(answer, format)))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def test_every_answer(any_answer):
    answer, definition = sheets(any_answer, format_for("tr", "TRY", "Europe/Istanbul"))
    has_total = any_answer.total is not None
    assert len(answer) == 1 + len(any_answer.rows) + has_total
    assert definition[0][1].endswith("?") or definition[0][1].endswith("？")


def test_cells_are_typed(win_rate, rfm):
    answer, definition = sheets(win_rate)
    assert answer[0][:3] == ["Owner", "Won", "Lost"]
    assert answer[1] == ["Elif Şahin", 45.0, 55.0, 100.0, 0.45, 0.356, 0.548]
    assert answer[-1][:2] == ["All", 60.0]
    assert ["Formula", "won / (won + lost)"] in definition
    assert sheets(rfm)[0][1][-1] == date(2026, 1, 1)


def test_text_never_becomes_a_formula(rfm):
    file = as_xlsx(rfm, ENGLISH)
    assert sheets(rfm)[0][1][0] == '=HYPERLINK("http://x.example","y")'
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        written = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels")))
    assert "<f>" not in written
    assert "hyperlink" not in written.replace("HYPERLINK", "")


def test_numbers_are_shown_by_their_unit(sales):
    with zipfile.ZipFile(io.BytesIO(as_xlsx(sales, format_for("tr", "TRY")))) as parts:
        styles = parts.read("xl/styles.xml").decode()
    assert "#,##0.00 &quot;₺&quot;" in styles


def test_figures_of_unlike_units(scorecard):
    assert sheets(scorecard)[0][1][:2] == ["Win rate", 0.464]


def test_more_rows_than_a_sheet_holds_are_told(win_rate, monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    with pytest.raises(BadValue, match="take CSV"):
        as_xlsx(win_rate, ENGLISH)


def test_a_total_that_repeats_the_only_row_is_left_out(compared):
    rows = compared.rows.row
    one = Result(Table(rows, {"party": [None], "amount": [5.0], "rate": [0.5]}), rows((None, 5.0, 0.5)))
    assert len(sheets(replace(compared, result=one))[0]) == 2
