"""Texts become values by the declared formats, and what cannot be read becomes nothing, never something else."""

from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import pytest

from crmetrics.clean.mapping import Formats
from crmetrics.clean.numbers import other_marks
from crmetrics.clean.values import trimmed, typed
from crmetrics.warehouse.schema import TABLES, Type


@pytest.fixture(scope="module")
def connection():
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    yield connection
    connection.close()


def read(connection, text, kind, formats=None, zone="UTC", column=None):
    formats = formats or Formats()
    sql = typed("raw", trimmed("raw", formats.missing), kind, column, formats, zone)
    return connection.execute(f"select {sql} from (select ?::varchar as raw)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"), ("12.5", "12.5"), (" 12.5 ", "12.5"), ("-7", "-7"), ("+7", "7"), (".5", ".5"),
        ("$6.62 ", "6.62"), ("$1,234.50", "1234.50"), ("-$5", "-5"), ("$-5", "-5"), ("USD 12", "12"), ("12 USD", "12"),
        ("(1,234.50)", "-1234.50"), ("5-", "-5"), ("\u22125", "-5"), ("- 5", "-5"),
        ("1,234", "1234"), ("1 234.5", "1234.5"), ("1\u00a0234", "1234"), ("1'234'567.8", "1234567.8"),
        ("1,5", None), ("12,50", None), ("1.2.3", None), ("12 34", None), ("abc", None), ("12a", None), ("inf", None),
        ("nan", None), ("1e400", None), ("99999999999999999", None), ("", None), (" ", None), ("\u00a0", None),
    ],
)  # fmt: skip
def test_numbers_with_a_decimal_point(connection, text, number):
    expected = None if number is None else Decimal(number)
    assert read(connection, text, Type.MONEY) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"), ("12,5", "12.5"), ("-1,5", "-1.5"), ("18.500", "18500"), ("1.234.567,89", "1234567.89"),
        ("1 234,5", "1234.5"), ("₺1.250,00", "1250"), ("1.250,00 TL", "1250"), ("(3,5)", "-3.5"),
        ("18500.00", None), ("1,234.5", None), ("1.5", None), ("1,2,3", None),
    ],
)  # fmt: skip
def test_numbers_with_a_decimal_comma(connection, text, number):
    expected = None if number is None else Decimal(number)
    assert read(connection, text, Type.MONEY, Formats(",")) == expected


def test_a_number_of_the_other_decimal_mark_is_known_as_such(connection):
    def is_other(text, decimal):
        return connection.execute(
            f"select {other_marks('given', decimal)} from (select ?::varchar as given)", [text]
        ).fetchall()

    assert is_other("18500.00", ",") == [(True,)]
    assert is_other("12,50", ".") == [(True,)]
    assert is_other("twelve", ",") == [(False,)]


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("3.0", 3), ("1,000", 1000), ("-2", -2), ("3.7", None), ("1e3", None), ("x", None)]
)
def test_whole_numbers_are_never_rounded(connection, text, number):
    assert read(connection, text, Type.INTEGER) == number


@pytest.mark.parametrize(
    ("text", "share"), [("45%", 0.45), ("45 %", 0.45), ("0.45", 0.45), ("1", 1.0), ("nan", None), ("inf", None)]
)
def test_shares(connection, text, share):
    assert read(connection, text, Type.SHARE) == share


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01", datetime(2026, 6, 30, 21)),
        ("2026-07-01 08:26", datetime(2026, 7, 1, 5, 26)),
        ("2026-07-01T08:26:30", datetime(2026, 7, 1, 5, 26, 30)),
        ("2026-07-01 08:26:30.25", datetime(2026, 7, 1, 5, 26, 30, 250_000)),
        ("2026-07-01T08:26:00Z", datetime(2026, 7, 1, 8, 26)),
        ("2026-07-01 08:00+01", datetime(2026, 7, 1, 7)),
        ("2026-07-01 08:00:00+05:30", datetime(2026, 7, 1, 2, 30)),
        ("2026-02-30", None), ("01.07.2026", None), ("epoch", None), ("infinity", None), ("2026-07-01 Europe/London", None),
        ("20260701", None),
    ],
)  # fmt: skip
def test_moments_are_local_to_the_file_unless_they_say_otherwise(connection, text, moment):
    assert read(connection, text, Type.MOMENT, zone="Europe/Istanbul") == moment


@pytest.mark.parametrize(
    ("text", "formats", "day"),
    [
        ("31.12.2026", ("%d.%m.%Y",), date(2026, 12, 31)),
        ("1.2.26", ("%d.%m.%Y", "%d.%m.%y"), date(2026, 2, 1)),
        ("31.12.2026", ("%d.%m.%y", "%d.%m.%Y"), date(2026, 12, 31)),
        ("1/13/2016", ("%m/%d/%Y",), date(2016, 1, 13)),
        ("13/1/2016", ("%m/%d/%Y",), None),
        ("31.12.2026 23:30", ("%d.%m.%Y %H:%M", "%d.%m.%Y"), date(2026, 12, 31)),
        ("31.02.2026", ("%d.%m.%Y",), None),
        ("2026-12-31", ("%d.%m.%Y",), None),
        ("31.12.2026 22:30 +0000", ("%d.%m.%Y %H:%M %z",), date(2027, 1, 1)),
    ],
)
def test_days_in_declared_formats(connection, text, formats, day):
    assert read(connection, text, Type.DATE, Formats(".", formats), "Europe/Istanbul") == day


def test_clocks_change_with_the_zone(connection):
    winter, summer = (
        read(connection, f"2026-{month}-15 12:00", Type.MOMENT, zone="Europe/London") for month in ("01", "07")
    )
    assert (winter.hour, summer.hour) == (12, 11)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("true", True),
        ("Yes", True),
        ("EVET", True),
        ("так", True),
        ("是", True),
        ("0", False),
        ("Hayır", False),
        ("ні", False),
        ("否", False),
        ("maybe", None),
    ],
)
def test_yes_and_no_in_four_languages(connection, text, flag):
    assert read(connection, text, Type.FLAG) is flag


@pytest.mark.parametrize(
    ("text", "choice"), [("Best Case", "best_case"), ("best-case", "best_case"), ("COMMIT", "commit"), ("other", None)]
)
def test_words_of_a_closed_list(connection, text, choice):
    column = TABLES["deals"].column("forecast_category")
    assert read(connection, text, column.type, column=column) == choice


def test_times_and_currencies(connection):
    assert read(connection, "9:05", Type.TIME) == time(9, 5)
    currency = TABLES["orders"].column("currency")
    assert [read(connection, text, Type.TEXT, column=currency) for text in ("usd", "€", "tl", " ₴ ", "$")] == [
        "USD", "EUR", "TRY", "UAH", "$",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["-", "yok", "YOK", " n/a ", "", "\t"])
def test_texts_that_mean_not_given(connection, text):
    assert read(connection, text, Type.TEXT, Formats(missing=("-", "yok", "N/A"))) is None


def test_a_text_is_kept_as_it_is(connection):
    for text in ("=1+1", "<b>x</b>", "'; drop table customers; --", "İstanbul ", "00017", "a\x1fb"):
        assert read(connection, text, Type.TEXT) == text.strip()
