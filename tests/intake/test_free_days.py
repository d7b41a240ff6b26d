"""The company's calendar: its own holidays, else those of its country from the package, with half days and worked weekends."""

import duckdb
import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.vocabulary.errors import BadValue
from crmetrics.warehouse.scope import Scope
from crmetrics.workspace.settings import Settings, country_of, read_settings, write_settings

ORDERS = """
    [source]
    name = "till"
    kind = "delta"
    zone = "{zone}"
    [files.orders]
    match = "orders*.csv"
    [orders]
    from = "orders"
    order_id = "id"
    ordered_at = "day"
    currency = {{ value = "TRY" }}
"""
OWN = """
    [files.holidays]
    match = "holidays.csv"
    [holidays]
    from = "holidays"
    calendar = "calendar"
    held_on = "day"
"""


def settings_of(company):
    return read_settings(company.workspace / "crmetrics.toml")


def chosen(company, calendar):
    company.workspace.mkdir()
    write_settings(company.workspace / "crmetrics.toml", Settings(zone="UTC", calendar=calendar))


def take_orders(company, zone="UTC", day="2025-05-05", more=""):
    company.write("orders.csv", f"id,day\n1,{day}\n")
    return company.take_in(ORDERS.format(zone=zone) + more)


def held(company, what="held_on::varchar"):
    return [row[0] for row in company.rows(f"select {what} from holidays order by held_on")]


@pytest.mark.parametrize(
    ("zone", "language", "country"),
    [
        *(("Europe/Istanbul", "en", "TR"), ("Europe/Kyiv", "en", "UA"), ("Asia/Shanghai", "tr", "CN")),
        *(("Europe/Kiev", "en", "UA"), ("Turkey", "en", "TR"), ("PRC", "en", "CN"), ("Europe/Berlin", "uk", "DE")),
        *(("UTC", "tr", "TR"), ("UTC", "uk", "UA"), ("UTC", "zh", "CN"), ("UTC", "en", ""), ("Etc/GMT+3", "", "")),
    ],
)
def test_the_country_is_proposed_from_the_zone_else_the_language(zone, language, country):
    assert country_of(zone, language) == country


def test_free_days_of_the_country_are_filled_in_for_the_years_of_the_data_and_two_more(company):
    report = take_orders(company, "Europe/Istanbul")
    days = held(company)
    assert settings_of(company).calendar == "TR"
    assert {day[:4] for day in days} == {"2025", "2026", "2027"}
    assert "2025-04-23" in days
    assert company.rows("select distinct calendar, source_system, source_file like 'holidays %' from holidays") == [
        ("TR", "crmetrics", True)
    ]
    assert report.derived["holidays", "held_on"] == len(days)
    facts = dict(company.rows("select name, value from meta.facts"))
    assert (facts["calendar"], facts["holidays_from"][:9]) == ("TR", "holidays ")


def test_half_days_of_turkey_are_half_days(company):
    take_orders(company, "Europe/Istanbul")
    half = company.rows("select held_on::varchar from holidays where is_half_day and year(held_on) = 2025 order by 1")
    assert half == [("2025-03-29",), ("2025-06-05",), ("2025-10-28",)]


def test_china_works_on_weekends_in_exchange_and_its_half_days_are_of_some_people_only(company):
    take_orders(company, "Asia/Shanghai")
    worked = "select held_on::varchar from holidays where is_working_day and year(held_on) = 2025 order by 1"
    assert company.rows(worked) == [("2025-01-26",), ("2025-02-08",), ("2025-04-27",), ("2025-09-28",), ("2025-10-11",)]
    assert company.rows("select count(*) from holidays where is_half_day or strftime(held_on, '%m-%d') = '03-08'") == [
        (0,)
    ]


def working_days(company, first, last):
    with open_workspace(company.workspace).warehouse(Scope()) as warehouse:
        found = warehouse.query(
            "select sum(worked) as days from working_days where day_on between cast($first as date) and cast($last as date)",
            first=first,
            last=last,
        )
    return found.one()["days"]


@pytest.mark.parametrize(
    ("calendar", "first", "last", "days"),
    [
        ("CN", "2025-01-20", "2025-02-09", 5 + 2 + 0 + 3 + 1),  # the spring festival, two Sundays and Saturdays worked
        ("TR", "2025-10-27", "2025-11-02", 3.5),  # the 28th from noon and the 29th
        ("UA", "2021-08-23", "2021-08-29", 4),  # Monday off for the Saturday, Tuesday independence
        ("SA", "2025-05-05", "2025-05-11", 5),  # Monday to Thursday and Sunday
        ("none", "2025-10-27", "2025-11-02", 5),
    ],
)
def test_working_days_are_those_of_the_calendar_chosen(company, calendar, first, last, days):
    chosen(company, calendar)
    take_orders(company, day=first)
    assert working_days(company, first, last) == days


def test_holidays_of_ones_own_are_the_calendar_and_nothing_is_added(company):
    company.write("holidays.csv", "calendar,day\nours,2025-07-01\n")
    take_orders(company, "Europe/Istanbul", more=OWN)
    assert held(company) == ["2025-07-01"]
    assert settings_of(company).calendar == "ours"


def test_of_several_calendars_none_is_chosen_for_the_company(company):
    company.write("holidays.csv", "calendar,day\na,2025-07-01\nb,2025-07-01\nb,2025-07-02\n")
    take_orders(company, "Europe/Istanbul", more=OWN)
    assert settings_of(company).calendar == ""
    assert working_days(company, "2025-07-01", "2025-07-02") == 1


def test_holidays_of_ones_own_for_the_country_are_kept_as_they_are(company):
    chosen(company, "TR")
    company.write("holidays.csv", "calendar,day\nTR,2025-07-01\nother,2025-07-02\n")
    take_orders(company, more=OWN)
    assert held(company) == ["2025-07-01", "2025-07-02"]
    assert working_days(company, "2025-07-01", "2025-07-02") == 1  # the other calendar's day is worked


def test_another_calendar_is_taken_up_by_the_next_import_of_the_same_files(company):
    take_orders(company, "Europe/Istanbul")
    path = company.workspace / "crmetrics.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('calendar = "TR"', 'calendar = "DE-BY"'), encoding="utf-8")
    take_orders(company, "Europe/Istanbul")
    assert company.rows("select distinct calendar from holidays") == [("DE-BY",)]
    assert "2025-01-06" in held(company)  # Epiphany: in Bavaria, not in all of Germany
    assert company.rows("select count(*) from orders") == [(1,)]
    assert not take_orders(company, "Europe/Istanbul").is_changed


def test_the_years_grow_with_the_data(company):
    take_orders(company, "Europe/Istanbul")
    company.write("orders-2.csv", "id,day\n2,2021-06-01\n")
    company.take_in(ORDERS.format(zone="Europe/Istanbul"), "orders-2.csv")
    assert held(company)[0] == "2021-01-01"
    assert held(company)[-1] == "2027-10-29"
    assert company.rows("select count(*) - count(distinct held_on) from holidays") == [(0,)]


def test_a_country_without_free_days_has_none(company):
    take_orders(company, "Europe/Kyiv")  # martial law: holidays are worked
    assert settings_of(company).calendar == "UA"
    assert working_days(company, "2025-08-18", "2025-08-24") == 5


def test_what_is_no_calendar_is_told(company):
    chosen(company, "XX")
    with pytest.raises(BadValue, match="'calendar' is 'XX'; expected is a country such as TR or DE-BY"):
        take_orders(company)
    assert company.versions.current() is None


def test_a_version_from_before_worked_weekends_were_known_can_be_asked(company):
    company.write("holidays.csv", "calendar,day\nours,2025-07-01\n")
    take_orders(company, more=OWN)
    with duckdb.connect(str(company.versions.current().path)) as connection:
        connection.execute("alter table holidays drop column is_working_day")
        connection.execute("delete from meta.profile where column_name = 'is_working_day'")
    assert working_days(company, "2025-07-01", "2025-07-02") == 1
