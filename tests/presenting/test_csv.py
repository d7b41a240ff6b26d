"""CSV for other programs: raw values, stable heads, and no text that a spreadsheet would run."""

import csv
import io

import pytest

from crmetrics.presenting.csv import csv_parts, harmless_cell, write_csv
from crmetrics.presenting.numbers import format_for

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def read(answer, **options):
    text = "".join(csv_parts(answer, ENGLISH, **options))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_every_answer_has_its_rows(any_answer):
    assert len(read(any_answer)) == len(any_answer.rows)


def test_values_are_raw_and_names_stand_beside_ids(win_rate):
    rows = read(win_rate)
    assert rows[0] == {
        "party": "7", "party_name": "Elif Şahin", "won": "45", "lost": "55", "n": "100", "rate": "0.45", "low": "0.356", "high": "0.548",
    }  # fmt: skip
    assert rows[3]["party"] == rows[3]["party_name"] == ""


def test_labels_and_bom_for_people_with_a_spreadsheet(win_rate):
    text = "".join(csv_parts(win_rate, ENGLISH, is_labelled=True, has_bom=True))
    assert text.startswith("\ufeffOwner,Owner (name),Won")


@pytest.mark.parametrize("text", ["=1+1", "+90 532", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_text_that_starts_a_formula_gets_an_apostrophe(text):
    assert harmless_cell(text) == "'" + text
    assert harmless_cell("a" + text) == "a" + text


def test_a_hostile_name_is_text_and_a_negative_number_a_number(rfm, win_rate):
    assert read(rfm)[0]["customer_id_name"].startswith("'=HYPERLINK")
    assert read(win_rate)[1]["party_name"] == "<script>alert('1')</script>"
    changed = type(win_rate.rows)(
        win_rate.rows.row, {name: [-1] * 2 for name in ("party", "won", "lost", "n", "rate", "low", "high")}
    )
    object.__setattr__(win_rate.result, "rows", changed)
    assert read(win_rate)[0]["won"] == "-1"


def test_flags_and_days(retention, rfm):
    assert {row["complete"] for row in read(retention)} == {"true", "false"}
    assert read(rfm)[0]["last_on"] == "2026-01-01"


def test_it_can_be_written_to_a_stream(sales):
    stream = io.StringIO()
    write_csv(sales, ENGLISH, stream)
    assert stream.getvalue() == "".join(csv_parts(sales, ENGLISH))
