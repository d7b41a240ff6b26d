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
            connection.execute(
                "create table given as select unnest(?::varchar[]) as cell, 1 + unnest(generate_series(1, len(?::varchar[]))) as _row",
                [list(values), list(values)],
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


def test_no_is_no_beside_yes_and_nothing_elsewhere(read):
    assert read("да", "нет", "нет", "N/A").missing == ("N/A",)
    assert read("да", "нет", "нет", "N/A").form is Form.FLAG
    assert (read("有", "无").form, read("Var", "YOK").form) == (Form.FLAG, Form.FLAG)
    assert read("Київ", "нет", "Львів").missing == ("нет",)


@pytest.mark.parametrize(
    ("values", "form", "dates"),
    [
        (["2026年1月31日 10:30"], Form.MOMENT, ("%Y年%m月%d日 %H:%M",)),
        (["31 Ocak 2026", "1 Şub 2026"], Form.DATE, ("%d %b %Y",)),
        (["31 січня 2026", "1 лютого 2026"], Form.DATE, ("%d %b %Y",)),
        (["31.12.2026 22:30 +0300"], Form.MOMENT, ("%d.%m.%Y %H:%M %z",)),
        (["12/31/2026 10:30 PM"], Form.MOMENT, ("%m/%d/%Y %I:%M %p",)),
        (["31.12.2026 22:30 UTC"], Form.MOMENT, ("%d.%m.%Y %H:%M %Z",)),
        (["31.12.2026", "45292", "45300.5"], Form.DATE, ("excel", "%d.%m.%Y")),
        (["2026-13-01", "2026-02-01"], Form.DATE, ("%Y-%d-%m", "%Y-%m-%d")),
    ],
)
def test_days_and_moments_of_other_systems(read, values, form, dates):
    found = read(*values)
    assert found.form is form
    assert set(found.dates) == set(dates)


def test_numbers_that_may_be_days_or_seconds_are_told(read):
    assert read("45292", "46000.5").counted == ("excel",)  # by the other system it would be in four years
    assert read("40000", "41000").counted == ("excel", "excel-1904")
    assert read("1700000000", "1600000000").counted == ("unix",)
    assert read("1700000000000").counted == ("unix-ms",)
    assert read("17", "46000").counted == ()


def test_both_orders_of_day_and_month_are_shown_and_asked(read):
    swap = read("05/06/2026", "13/01/2026", "14/01/2026", "01/26/2026").swap
    assert (swap.rows, swap.example, swap.row) == (2, "13/01/2026", 3)
    assert (swap.others, swap.other_example, swap.other_row, swap.is_turned) == (1, "01/26/2026", 5, False)
    found = read("05/06/2026", "13/01/2026", "14/01/2026", "01/26/2026")
    assert (found.dates, found.others) == (("%d/%m/%Y", "%m/%d/%Y"), ("%m/%d/%Y|%d/%m/%Y",))


def test_dates_that_a_spreadsheet_has_turned_are_shown_and_asked(read):
    # it took 01/02/2026 for the second of January, and left 13/02/2026 as a text
    found = read("2026-02-01", "2026-12-03", "13/02/2026", "28/02/2026")
    assert (found.dates, found.others) == (("%d/%m/%Y", "%Y-%d-%m"), ("%d/%m/%Y|%Y-%m-%d",))
    assert (found.swap.is_turned, found.swap.other_row) == (True, 2)
    # with a day beyond 12 among the real dates, it did not
    assert read("2026-02-01", "2026-12-30", "13/02/2026", "28/02/2026").swap is None


def test_all_values_decide_and_not_some_of_them(read):
    days = [f"{day:02}/{month:02}/2026 {hour:02}:{minute:02}:00" for month in range(1, 8) for day in range(1, 13)
            for hour in range(24) for minute in range(0, 60, 5)]  # fmt: skip
    assert len(days) > 20_000
    assert read(*days).others == ("%m/%d/%Y %H:%M:%S",)
    assert read(*days, "31/07/2026 10:00:00").others == ()


def test_years_of_two_digits_that_lie_ahead_are_noted(read):
    assert read("14/09/45", "01/02/99").years == 2045
    assert read("14/09/1945").years == 0


@pytest.mark.parametrize(
    ("values", "scales", "decimal"),
    [
        (["12k", "1.5k", "900"], (("k", 3),), "."),
        (["1,5 млн", "300 тис."], (("млн", 6), ("тис", 3)), ","),
        (["1.2万", "3亿", "500"], (("万", 4), ("亿", 8)), "."),
        (["₺1,25 Mn", "3 Mn TL"], (("mn", 6),), ","),
        (["$3.4M", "$2B"], (("m", 6), ("b", 9)), "."),
    ],
)
def test_thousands_in_words(read, values, scales, decimal):
    found = read(*values)
    assert found.form in (Form.NUMBER, Form.MONEY)
    assert (set(found.scales), found.decimal) == (set(scales), decimal)
    assert found.doubted == ("b" if ("b", 9) in scales else "")


def test_signs_of_money_are_noted(read):
    assert read("€ 5", "€ 6").signs == ("€",)
    assert set(read("$5", "12 грн.", "7 TL", "3").signs) == {"$", "ГРН", "TL"}


def test_a_number_that_means_nothing_is_told_with_its_evidence(read):
    ages = [str(age) for age in range(18, 80)]
    assert read(*ages, "-1", "-1", "-1").code.text == "-1"
    assert read(*ages, *["999"] * 4).code.text == "999"
    assert (read(*ages, "999").code, read(*ages, "-1", "-1", "-1", "-5").code) == (None, None)
    prices = [str(price) for price in range(100, 900, 20)]
    assert read(*prices, *["999"] * 9).code is None


def test_the_decimal_mark_is_that_of_most_values(read):
    assert read("1.234,50", "2,5", "3,75", "4.5").decimal == ","


def test_days_that_mean_nothing_are_no_days(read):
    assert read("0000-00-00", "2026-01-31", "9999-12-31").missing == ("0000-00-00", "9999-12-31")
