"""How values are written is decided on all of them, and said where it cannot be."""

import duckdb
import pytest

from crmetrics.clean.understanding.evidence import evidence_of
from crmetrics.clean.understanding.formats import Form, reading_of


@pytest.fixture
def read(tmp_path):
    def reading(*values):
        path = tmp_path / "rows.parquet"
        with duckdb.connect() as connection:
            connection.execute("create table given (cell varchar, _row bigint)")
            connection.executemany(
                "insert into given values (?, ?)", list(zip(values, range(2, len(values) + 2), strict=True))
            )
            connection.execute(f"copy given to '{path}' (format parquet)")
            return reading_of(evidence_of(connection, [path], ["cell"])[0])

    return reading


@pytest.mark.parametrize(
    ("values", "form", "dates"),
    [
        (["2026-01-31", "2026-02-01"], Form.DATE, ()),
        (["2026-01-31 10:00:00", "2026-02-01"], Form.MOMENT, ()),
        (["2017-01-01T00:46:09Z"], Form.MOMENT, ()),
        (["31/01/2026", "02/03/2026"], Form.DATE, ("%d/%m/%Y",)),
        (["1/31/2026", "2/3/2026"], Form.DATE, ("%m/%d/%Y",)),
        (["01.02.2026", "03.04.2026"], Form.DATE, ("%d.%m.%Y",)),
        (["14/09/19", "01/02/19"], Form.DATE, ("%d/%m/%y",)),
        (["2/26/2018 19:58", "3/1/2018 7:05"], Form.MOMENT, ("%m/%d/%Y %H:%M",)),
        (["19970101", "19981231"], Form.DATE, ("%Y%m%d",)),
        (["2026年1月31日"], Form.DATE, ("%Y年%m月%d日",)),
        (["31 Jan 2026", "1 Feb 2026"], Form.DATE, ("%d %b %Y",)),
    ],
)
def test_days_and_moments(read, values, form, dates):
    found = read(*values)
    assert (found.form, found.dates, found.others) == (form, dates, ())


def test_a_day_that_may_be_a_month_is_asked(read):
    found = read("01/02/2026", "03/04/2026")
    assert (found.dates, found.others) == (("%d/%m/%Y",), ("%m/%d/%Y",))


def test_days_and_months_that_a_spreadsheet_has_swapped_are_counted(read):
    found = read("13/01/2026", "14/01/2026", "25/01/2026", "01/26/2026")
    assert found.form is Form.DATE
    assert (found.dates[0], found.swapped) == ("%d/%m/%Y", 1)


@pytest.mark.parametrize(
    ("values", "form", "decimal"),
    [
        (["1", "20", "-3"], Form.WHOLE, ""),
        (["1.5", "20"], Form.NUMBER, "."),
        (["1,5", "20"], Form.NUMBER, ","),
        (["1.234,56", "7"], Form.NUMBER, ","),
        (["1,234.56"], Form.NUMBER, "."),
        (["1.234.567"], Form.NUMBER, ","),
        (["$6.62 ", "($1,000.00)"], Form.MONEY, "."),
        (["1 234,50 грн", "12,00 грн"], Form.MONEY, ","),
        (["₺1.234,50"], Form.MONEY, ","),
        (["12 %", "3.5 %"], Form.SHARE, "."),
    ],
)
def test_numbers(read, values, form, decimal):
    found = read(*values)
    assert (found.form, found.decimal, found.others) == (form, decimal, ())


def test_a_point_that_may_part_thousands_is_asked(read):
    found = read("1.234", "5.678")
    assert (found.decimal, found.others) == (".", (",",))


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["00001", "00042"], Form.CODE),
        (["A-17", "B-18"], Form.CODE),
        (["a@b.co", "c@d.com"], Form.EMAIL),
        (["+90 532 123 45 67", "0212 555 44 33"], Form.PHONE),
        (["Evet", "Hayır"], Form.FLAG),
        (["是", "否"], Form.FLAG),
        (["Ankara", "İzmir"], Form.WORD),
        ([None, " "], Form.BLANK),
    ],
)
def test_other_forms(read, values, form):
    assert read(*values).form is form


def test_words_for_nothing_are_found_in_our_languages(read):
    found = read("Ankara", "YOK", "немає", "无", "N/A", "Select", "İzmir")
    assert set(found.missing) == {"YOK", "немає", "无", "N/A", "Select"}
    assert read("N/A", "12", "13").form is Form.WHOLE
