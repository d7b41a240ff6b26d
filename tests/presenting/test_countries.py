"""Countries bear their names in the reader's language; files, addresses and filters keep the codes."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from crmetrics.analysis import Bars, Finding, Note, Row, column
from crmetrics.presenting.countries import country_name
from crmetrics.presenting.csv import csv_parts
from crmetrics.presenting.json import as_json
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.order import Sort, order_of
from crmetrics.presenting.table import Cells, show, value_name
from crmetrics.presenting.words import say, say_safely
from crmetrics.vocabulary.language import Message
from crmetrics.vocabulary.unit import MONEY
from tests.presenting.conftest import answer_of

LANGUAGES = ("en", "tr", "uk", "zh")
UNITED_KINGDOM = ("United Kingdom", "Birleşik Krallık", "Велика Британія", "英国")


class Sales(Row):
    party = column("Group", dimension="by")
    net = column("Net sales", MONEY)


@pytest.fixture
def by_country() -> Any:
    """Sales by country: one value is the code of none, one is blank."""
    columns = {"party": ["AU", "GB", "DE", "XX", None], "net": [50.0, 40.0, 30.0, 20.0, 10.0]}
    return answer_of(Sales, columns, Bars(x="party", y="net"), by="order_country")


@pytest.mark.parametrize(("language", "name"), [*zip(LANGUAGES, UNITED_KINGDOM, strict=True)])
def test_a_table_and_a_filter_say_the_name(by_country, language, name):
    format = format_for(language, "EUR")
    shown = [row[0] for row in show(by_country, format).rows]
    assert (shown[1], shown[3]) == (name, "XX")
    assert shown[4] == value_name("country", None, {}, format)
    assert value_name("country", "GB", {}, format) == name
    assert value_name("region", "GB", {}, format) == "GB"


def test_what_is_no_country_keeps_its_text():
    assert [country_name(text, "en") for text in ("EU", "ZZ", "gb", "Unspecified")] == ["EU", "ZZ", "gb", "Unspecified"]


@pytest.mark.parametrize(
    ("language", "order"), [("en", [0, 2, 1]), ("tr", [2, 0, 1]), ("uk", [0, 1, 2]), ("zh", [0, 2, 1])]
)
def test_rows_stand_in_the_order_of_their_names(by_country, language, order):
    found = order_of(by_country, format_for(language, "EUR"), Sort("party"))
    assert [place for place in found if place < 3] == order


def test_programs_get_codes_and_their_names_beside_them(by_country):
    format = format_for("tr", "EUR")
    table = list(csv.DictReader(io.StringIO("".join(csv_parts(by_country, format)))))
    assert [(row["party"], row["party_name"]) for row in table[1:4]] == [
        ("GB", "Birleşik Krallık"),
        ("DE", "Almanya"),
        ("XX", "XX"),
    ]
    told = json.loads(as_json(by_country, format))
    assert told["rows"][1]["party"] == "GB"
    assert told["names"]["party"] == {"AU": "Avustralya", "DE": "Almanya", "GB": "Birleşik Krallık"}


def test_a_sentence_names_the_country_that_its_rows_hold(by_country):
    inner = Message("{best} of", values={"best": "DE"})
    message = Message("{inner} {group}, {other}", values={"group": "GB", "other": "FR", "inner": inner})
    result = replace(by_country.result, findings=(Finding(message),), notes=(Note(message),))
    answer, format = replace(by_country, result=result), format_for("tr", "EUR")
    for told in (*answer.findings, *answer.notes):
        assert (
            say(told.message, format) == "Almanya of Birleşik Krallık, FR"
        )  # no row is of France: it is some other FR
        assert say_safely(told.message, format) == "Almanya of Birleşik Krallık, FR"
        assert str(told.message) == "DE of GB, FR"
    by_region = replace(answer, choices={"by": "region"})
    assert say(by_region.findings[0].message, format) == "DE of GB, FR"


def test_the_mark_of_a_chart_is_called_by_the_name(by_country):
    cells = Cells(by_country, format_for("zh", "EUR"))
    group = by_country.declared.row.columns[0]
    assert [cells.row_name(group, row) for row in by_country.rows][:3] == ["澳大利亚", "英国", "德国"]
