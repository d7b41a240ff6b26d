"""Numbers are written as CLDR says (Babel knows it); where the house style differs, as the visual language says."""

import math
import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import perf_counter

import pytest
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from babel.units import format_unit

from crmetrics.presenting.locales import LOCALES, MINUS, NOTHING, SYMBOLS, minor_digits, plural_category
from crmetrics.presenting.numbers import Format, format_for
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import Figure, Unit

DAYS = [date(2025, 1, 1) + timedelta(days=11 * each) for each in range(70)]
# where the house style differs from CLDR's pattern: the place of the currency's sign, the blank before the percent sign
MONEY_PATTERN = {"en": "¤#,##0.00", "tr": "#,##0.00\u00a0¤", "uk": "#,##0.00\u00a0¤", "zh": "¤#,##0.00"}
PERCENT_PATTERN = {"en": "#,##0.0%", "tr": "%#,##0.0", "uk": "#,##0.0\u00a0%", "zh": "#,##0.0%"}


def some_numbers():
    chance = random.Random(11)
    small = [-2.5, -0.125, 0.005, 0.125, 0.5, 1.005, 2.675, 999.995, 1234.5, 1e7, 123456789.125]
    return small + [chance.uniform(-1, 1) * 10 ** chance.randint(-2, 10) for _each in range(500)]


def house(text: str) -> str:
    """CLDR's text with the house's minus; nothing below zero is left of what rounds to nothing."""
    text = text.replace("-", MINUS)
    return text if any(letter in "123456789" for letter in text) else text.replace(MINUS, "")


@pytest.fixture
def format(language):
    return format_for(language, "EUR", "Europe/Istanbul")


def test_numbers_are_those_of_cldr(format, language):
    for number in some_numbers():
        assert format.number(number, 2) == house(format_decimal(number, "#,##0.00", locale=language))
        assert format.number(number) == house(format_decimal(number, "#,##0.##", locale=language))
        assert format.count(int(number)) == house(format_decimal(int(number), locale=language))


def test_money_is_that_of_cldr_but_for_the_place_of_the_sign(format, language):
    for number in some_numbers():
        said = format_currency(number, "EUR", MONEY_PATTERN[language], locale=language, currency_digits=False)
        said = said.replace("EUR", "€")
        assert format.money(number, 2) == house(said)


def test_shares_are_those_of_cldr(format, language):
    for number in some_numbers():
        said = house(format_percent(Decimal(repr(number)), PERCENT_PATTERN[language], locale=language))
        if language == "tr" and said.startswith("%" + MINUS):
            said = said.replace("%" + MINUS, MINUS + "%")
        assert format.percent(number, 1) == said


def test_dates_are_those_of_cldr(format, language):
    pattern = {"zh": "y年M月d日"}.get(language, "d MMM y")
    month = {"zh": "y年M月"}.get(language, "MMM y")
    quarter = {"en": "QQQ y", "tr": "y QQQ", "uk": "QQQ y", "zh": "y年第Q季度"}[language]
    for day in DAYS:
        assert format.day(day) == format_date(day, pattern, locale=language)
        assert format.month(day) == format_date(day, month, locale=language)
        assert format.quarter(day) == format_date(day, quarter, locale=language)


def test_moments_are_written_in_the_company_zone(format, language):
    moment = datetime(2026, 11, 21, 21, 30)
    assert format.moment(moment).endswith("00:30")
    assert format.day(date(2026, 11, 22)) in format.moment(moment)
    skeleton = format_datetime(datetime(2026, 11, 22, 0, 30), "HH:mm", locale=language)
    assert format.moment(moment).endswith(skeleton)


def test_days_take_the_plural_of_cldr(format, language):
    for number in (0, 1, 2, 4, 5, 11, 14, 21, 22, 25, 101, 111, 112, 1.5, 2.6, 21.1):
        assert plural_category(language, number) == Locale.parse(language).plural_form(Decimal(str(number)))
        # Babel reads no long form for these two, whose long and short forms are the same
        length = "short" if language in ("tr", "zh") else "long"
        said = format_unit(number, "day", length, locale=language).replace(" ", "\u00a0")
        assert format.days_in_words(number) == said


def test_short_marks_are_those_of_cldr(language):
    known = Locale.parse(language).compact_decimal_formats["short"]["other"]
    for scale in LOCALES[language].scales:
        said = known[f"{int(scale.size)}"].pattern.replace("0", "").replace("'", "")
        assert scale.mark == {"K": "k"}.get(said, said)


def test_decimals_of_currencies_are_those_of_cldr():
    for currency in [*SYMBOLS, "CHF", "SEK", "KWD", "BHD", "TND", "CLP", "ISK", "XAF"]:
        assert minor_digits(currency) == get_currency_precision(currency), currency


@pytest.mark.parametrize(
    ("language", "money", "small", "percent", "points", "span"),
    [
        ("en", "€104,600", "−€3.50", "−12.1%", "−8.7 pp", "16–22 Nov 2026"),
        ("tr", "104.600 €", "−3,50 €", "−%12,1", "−8,7 puan", "16–22 Kas 2026"),
        ("uk", "104 600 €", "−3,50 €", "−12,1 %", "−8,7 в. п.", "16–22 лист. 2026"),
        ("zh", "€104,600", "−€3.50", "−12.1%", "−8.7个百分点", "2026年11月16–22日"),
    ],
)
def test_the_examples_of_the_visual_language(language, money, small, percent, points, span):
    format = format_for(language, "EUR")
    said = [
        format.money(104600),
        format.money(-3.5),
        format.percent(-0.121),
        format.points(-0.087),
        format.span(date(2026, 11, 16), date(2026, 11, 22)),
    ]
    assert [each.replace("\u00a0", " ") for each in said] == [money, small, percent, points, span]


@pytest.mark.parametrize(
    ("language", "shorts"),
    [
        ("en", "€104.6k|€1.41M|€11.8k|€105k|€2B|−€1M|€850|€3.25|€0|€10k|€1k"),
        ("tr", "104,6 B €|1,41 Mn €|11,8 B €|105 B €|2 Mr €|−1 Mn €|850 €|3,25 €|0 €|10 B €|1 B €"),
        ("uk", "104,6 тис. €|1,41 млн €|11,8 тис. €|105 тис. €|2 млрд €|−1 млн €|850 €|3,25 €|0 €|10 тис. €|1 тис. €"),
        ("zh", "€10.5万|€141.2万|€1.18万|€10.5万|€20亿|−€100万|€850|€3.25|€0|€1万|€1,000"),
    ],
)
def test_short_money(language, shorts):
    amounts = [104600, 1412000, 11800, 105000, 2e9, -999960, 850, 3.25, 0, 9999, 999.99]
    format = format_for(language, "EUR")
    said = [format.short_money(amount).replace("\u00a0", " ") for amount in amounts]
    assert said == shorts.split("|")


def test_a_currency_without_a_sign_is_written_by_its_code():
    assert format_for("en", "CHF").money(104600) == "CHF\u00a0104,600"
    assert format_for("uk", "UAH").money(104600) == "104\u00a0600\u00a0₴"
    assert format_for("zh", "CNY").short_money(108000) == "¥10.8万"
    assert format_for("en", "JPY").money(99.5) == "¥100"


def test_what_is_unknown_is_never_a_number(format):
    for unit in Unit:
        assert format.value(unit, None) == format.short(unit, None) == NOTHING
    for nothing in (math.nan, math.inf):
        assert NOTHING in format.value(Unit.MONEY, nothing)


def test_nothing_is_never_below_zero(format):
    assert MINUS not in format.money(-0.001, 2) + format.points(-0.0001) + format.number(-0.001)
    assert format.change(0.0).strip("%\u00a0").lstrip("%") in ("0.0", "0,0")


def test_a_change_always_has_its_sign():
    format = format_for("en", "EUR")
    assert [format.change(0.05), format.change(-0.05), format.points(0.007)] == ["+5.0%", "−5.0%", "+0.7\u00a0pp"]


def test_a_column_is_written_with_one_number_of_decimals():
    format = format_for("en", "EUR")
    assert format.decimals(Unit.MONEY, [3.25, 1200.0, None]) == 0
    assert format.decimals(Unit.MONEY, [3.25, 12.0]) == 2
    assert format.decimals(Unit.MONEY, [3.0, 12.0]) == 0
    assert format.decimals(Unit.DAYS, [2.0, 2.625]) == 1
    assert format.decimals(Unit.RATIO, [3.1, 2.0, 1 / 3]) == 2
    assert format.decimals(Unit.SHARE, [0.5]) is None


def test_a_figure_in_a_sentence_has_no_needless_decimals():
    format = format_for("en", "EUR")
    figures = [Figure(0.64, Unit.SHARE), Figure(0.712, Unit.SHARE), Figure(2.6, Unit.DAYS), Figure(1.0, Unit.DAYS)]
    assert [format.figure(each) for each in figures] == ["64%", "71.2%", "2.6\u00a0days", "1\u00a0day"]


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (Period(date(2026, 1, 1), date(2027, 1, 1)), "2026"),
        (Period(date(2024, 1, 1), date(2027, 1, 1)), "2024–2026"),
        (Period(date(2026, 10, 1), date(2027, 1, 1)), "Q4 2026"),
        (Period(date(2026, 11, 1), date(2026, 12, 1)), "Nov 2026"),
        (Period(date(2025, 12, 1), date(2026, 12, 1)), "Dec 2025 – Nov 2026"),
        (Period(date(2026, 11, 16), date(2026, 11, 23)), "16–22 Nov 2026"),
        (Period(date(2026, 10, 30), date(2026, 11, 3)), "30 Oct – 2 Nov 2026"),
        (Period(date(2025, 12, 30), date(2026, 1, 3)), "30 Dec 2025 – 2 Jan 2026"),
        (Period(date(2026, 11, 16), date(2026, 11, 17)), "16 Nov 2026"),
    ],
)
def test_a_period_is_said_as_people_say_it(period, said):
    assert format_for("en", "EUR").period(period) == said


def test_grains_of_time_are_written_as_dates():
    format = format_for("zh", "EUR")
    grains = ["2026", "2026-Q4", "2026-11", "2026-11-05", "Aspen"]
    assert [format.grain(each) for each in grains] == ["2026", "2026年第4季度", "2026年11月", "2026年11月5日", "Aspen"]


def test_short_texts_stand_one_after_another():
    assert format_for("en", "EUR").listed(["Bursa", "", "Turkey"]) == "Bursa, Turkey"
    assert format_for("zh", "EUR").listed(["上海", "中国"]) == "上海，中国"
    assert format_for("en", "EUR").named("City", "Bursa") == "City: Bursa"
    assert format_for("zh", "EUR").named("城市", "上海") == "城市：上海"


def test_an_unknown_language_is_told():
    with pytest.raises(UnknownName, match="'de'"):
        format_for("de", "EUR")


def test_a_table_of_200_rows_takes_milliseconds():
    format = Format("uk", "UAH")
    units = [Unit.MONEY, Unit.SHARE, Unit.COUNT, Unit.DAYS, Unit.CHANGE, Unit.RATIO, Unit.POINTS, Unit.DATE]
    day = date(2026, 11, 22)
    best = math.inf
    for _run in range(3):
        start = perf_counter()
        for row in range(200):
            for unit in units:
                format.value(unit, day if unit is Unit.DATE else row * 123.4567)
        best = min(best, perf_counter() - start)
    assert best < 0.03
