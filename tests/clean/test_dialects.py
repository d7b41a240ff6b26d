"""Whatever is written in a declared way reads back exactly, or is set aside: never as another value."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmetrics.clean.mapping import Formats
from crmetrics.clean.moments import MONTHS
from crmetrics.clean.values import trimmed, typed
from crmetrics.warehouse.schema import TABLES, Type

SCALES = (("k", 3), ("тис", 3), ("bin", 3), ("M", 6), ("млн", 6), ("mn", 6), ("万", 4), ("亿", 8))
CURRENCY = TABLES["orders"].column("currency")
few = settings(max_examples=8, deadline=None)
"""Examples of up to fifty values each, which are read at once."""


@pytest.fixture(scope="module")
def read():
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")

    def reading(texts, kind, formats, zone="UTC", column=None):
        sql = typed("raw", trimmed("raw", formats.missing), kind, column, formats, zone)
        rows = [texts] if isinstance(texts, str) else texts
        found = connection.execute(f"select {sql} from (select unnest(?::varchar[]) as raw)", [rows]).fetchall()
        return found[0][0] if isinstance(texts, str) else [value for (value,) in found]

    yield reading
    connection.close()


def written(number: Decimal, decimal: str, group: str, is_bracketed: bool) -> str:
    whole, _point, rest = f"{abs(number):,f}".partition(".")
    text = whole.replace(",", group) + (decimal + rest if rest else "")
    if number < 0:
        return f"({text})" if is_bracketed else f"-{text}"
    return text


def many(strategy):
    return st.lists(strategy, min_size=1, max_size=50)


amounts = many(st.decimals(-99_999_999, 99_999_999, places=2))
marks = st.sampled_from(
    [(".", ","), (".", " "), (".", "'"), (".", ""), (",", "."), (",", "\u00a0"), (",", "\u202f"), (",", "")]
)
signs = st.sampled_from(["{}", "{} ", "$ {}", "{} €", "₺{}", "{} TL", "{} грн.", "¥{}", "{}元", "UAH {}"])


@few
@given(amounts, marks, signs, st.booleans())
def test_an_amount_reads_back_to_the_cent(read, numbers, marks, sign, is_bracketed):
    decimal, group = marks
    texts = [sign.format(written(number, decimal, group, is_bracketed)) for number in numbers]
    assert read(texts, Type.MONEY, Formats(decimal)) == numbers


@few
@given(amounts, marks)
def test_with_the_other_decimal_mark_an_amount_is_set_aside_or_the_same(read, numbers, marks):
    decimal, group = marks
    other = "," if decimal == "." else "."
    found = read([written(number, decimal, group, False) for number in numbers], Type.MONEY, Formats(other))
    # of two decimals behind the wrong mark nothing can be made: it is no group of thousands
    assert all(value in (None, number) for value, number in zip(found, numbers, strict=True))


@few
@given(
    many(st.decimals(-9_999, 9_999, places=2)),
    st.sampled_from(SCALES),
    st.sampled_from([".", ","]),
    st.sampled_from(["", " "]),
)
def test_thousands_in_words(read, numbers, scale, decimal, gap):
    word, power = scale
    texts = [f"{number:f}".replace(".", decimal) + gap + word for number in numbers]
    expected = [number * 10**power for number in numbers]
    formats = Formats(decimal, scales=SCALES)
    assert read(texts, Type.MONEY, formats) == expected
    assert read([text + "₴" for text in texts], Type.MONEY, formats) == expected
    assert read(texts, Type.INTEGER, formats) == [number if number % 1 == 0 else None for number in expected]
    # where nobody declared it
    assert set(read(texts, Type.MONEY, Formats(decimal))) == {None}


days = many(st.dates(date(1900, 3, 1), date(2099, 12, 31)))
FORMS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日", "%d-%b-%Y", "%B %d, %Y")


@few
@given(days, st.sampled_from(FORMS))
def test_a_day_reads_back_in_its_own_form_alone(read, days, form):
    texts = [day.strftime(form) for day in days]
    assert read(texts, Type.DATE, Formats(dates=(form,))) == days
    for other in FORMS:
        may_be_another = {form, other} == {"%d/%m/%Y", "%m/%d/%Y"}
        for day, found in zip(days, read(texts, Type.DATE, Formats(dates=(other,))), strict=True):
            assert found in (None, day) or (may_be_another and day.day <= 12)


@few
@given(days)
def test_a_day_of_two_digits_is_of_the_hundred_years_up_to_the_last_one(read, days):
    texts = [day.strftime("%d.%m.%y") for day in days]
    found = read(texts, Type.DATE, Formats(dates=("%d.%m.%y",), last_year=2026))
    for text, day in zip(texts, found, strict=True):
        if text.startswith("29.02"):
            assert day is None or day.day == 29
        else:
            assert 1927 <= day.year <= 2026
            assert day.strftime("%d.%m.%y") == text
    # with four digits declared, the year 26 is no year
    assert set(read(texts, Type.DATE, Formats(dates=("%d.%m.%Y",)))) == {None}


@few
@given(many(st.datetimes(datetime(1904, 1, 1), datetime(2099, 12, 31))), st.sampled_from([".", ","]))
def test_moments_counted_by_a_spreadsheet(read, moments, decimal):
    moments = [moment.replace(microsecond=0) for moment in moments]
    for form, origin in (("excel", datetime(1899, 12, 30)), ("excel-1904", datetime(1904, 1, 1))):
        counts = [(moment - origin) / timedelta(days=1) for moment in moments]
        texts = [f"{count:.10f}".rstrip("0").rstrip(".").replace(".", decimal) for count in counts]
        assert read(texts, Type.MOMENT, Formats(dates=(form,))) == moments


@few
@given(many(st.text(alphabet="0123456789.,-+() %/:TZkM万e_x", max_size=14)))
def test_no_text_breaks_a_reader(read, texts):
    formats = Formats(",", ("%d.%m.%Y", "excel", "unix-ms"), scales=SCALES)
    for kind in (Type.MONEY, Type.INTEGER, Type.SHARE, Type.DATE, Type.MOMENT, Type.FLAG):
        assert len(read(texts, kind, formats)) == len(texts)
    assert len(read(texts, Type.TEXT, formats, column=CURRENCY)) == len(texts)


@pytest.mark.parametrize(
    ("text", "day"),
    [("1", date(1900, 1, 1)), ("59", date(1900, 2, 28)), ("60", None), ("61", date(1900, 3, 1)), ("45292", date(2024, 1, 1)),
     ("45292.5", date(2024, 1, 1)), ("45292,75", date(2024, 1, 1)), ("2958466", None), ("-3", None), ("45.292,5", None)],
)  # fmt: skip
def test_days_counted_by_a_spreadsheet(read, text, day):
    assert read(text, Type.DATE, Formats(dates=("excel",))) == day


def test_seconds_since_1970_are_in_utc_wherever_the_file_is_from(read):
    for text, form in (("1700000000", "unix"), ("1700000000000", "unix-ms")):
        assert read(text, Type.MOMENT, Formats(dates=(form,)), zone="Asia/Shanghai") == datetime(
            2023, 11, 14, 22, 13, 20
        )
    assert read("1700000000", Type.DATE, Formats(dates=("unix",)), zone="Asia/Shanghai") == date(2023, 11, 15)


def test_a_column_may_be_of_another_zone_than_its_file(read):
    formats = Formats(zone="UTC")
    assert read("2026-07-01 10:00", Type.MOMENT, formats, zone="Europe/Istanbul") == datetime(2026, 7, 1, 10)


@pytest.mark.parametrize("form", ["%d %b %Y", "%d %B %Y"])
def test_months_have_names_in_each_language(read, form):
    for number, names in enumerate(MONTHS, 1):
        texts = [f"9 {name.upper()} 2026" for name in names]
        assert set(read(texts, Type.DATE, Formats(dates=(form,)))) == {date(2026, number, 9)}, names
    assert read("9 січ. 2026 р.", Type.DATE, Formats(dates=(form,))) == date(2026, 1, 9)
    assert read("9 blub 2026", Type.DATE, Formats(dates=(form,))) is None


@pytest.mark.parametrize(("text", "number"), [("１，２３４．５０", "1234.50"), ("￥１２", "12"), ("（３）", "-3")])
def test_wide_digits_of_chinese_keyboards(read, text, number):
    assert read(text, Type.MONEY, Formats()) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [("€ 1.250,00", "EUR"), ("1250 TL", "TRY"), ("12 грн.", "UAH"), ("12,5 usd", "USD"), ("US$ 5", "USD"), ("$5", "CAD"),
     ("¥5", "¥"), ("5", None), ("5元", "CNY"), ("eur", "EUR"), ("₺", "TRY")],
)  # fmt: skip
def test_the_currency_stands_beside_the_amount(read, text, code):
    assert read(text, Type.TEXT, Formats(signs=(("$", "CAD"),)), column=CURRENCY) == code


@pytest.mark.parametrize("text", ["DOĞRU", "Doğru", "YANLIŞ", "yanlış", "HAYIR", "hayır", "Hayir", "ДА", "Ні", "真"])
def test_yes_and_no_in_capitals(read, text):
    expected = text.lower() in ("doğru", "да", "真")
    assert read(text, Type.FLAG, Formats()) is expected
