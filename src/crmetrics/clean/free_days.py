"""The free days of the company's calendar where it gives none of its own: those of its country, from the `holidays` package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.clean.ledger import MADE_BY, count_derived
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema import TABLES, Type, ddl

if TYPE_CHECKING:
    from holidays import HolidayBase

_ = words("import")

NO_CALENDAR: Final = "none"
"""The setting of a company that has no free days but weekends."""
YEARS_AHEAD: Final = 2
FIRST_YEAR: Final = 1970
"""Working days are counted from here on; a customer said to have bought in 1900 shall not fill a table."""
OF_SOME_ONLY: Final = frozenset(("CN",))
"""Countries whose half days are of some people only: of China's women, youth and soldiers."""
WEEKEND: Final = (5, 6)


@dataclass(frozen=True)
class FreeDay:
    """A day off, half a day off, or a day of the weekend that is worked."""

    held_on: date
    name: str
    is_half_day: bool = False
    is_working_day: bool = False


@dataclass(frozen=True)
class Calendar:
    """The calendar of a version: its name (blank: all of the company's own) and where its free days come from."""

    name: str
    told_by: str = ""


def settle_calendar(
    connection: duckdb.DuckDBPyConnection, tables: set[str], wanted: str, country: str, now: datetime
) -> Calendar:
    """Find the company's calendar, and fill `holidays` from the package where the company gives none for it.

    wanted   the setting: a calendar of the company's own, a country (TR, DE-BY), none, or blank: not set
    country  what is proposed where nothing is set and the company has no holidays of its own
    Needs `meta.profile` for the years of the data. Raises BadValue for a setting that names no calendar.
    """
    own = _own(connection) if "holidays" in tables else []
    name = wanted or ("" if len(own) > 1 else own[0] if own else country)
    if name in ("", NO_CALENDAR, *own):
        return Calendar(name)
    told_by, days = _free_days(name, own, *_years(connection, now))
    if not days:  # as in Ukraine since 2022: under martial law there are none
        return Calendar(name, told_by)
    if "holidays" not in tables:
        connection.execute(ddl(TABLES["holidays"]))
        tables.add("holidays")
    rows = [(name, day.held_on, day.name, day.is_half_day, day.is_working_day, MADE_BY, told_by, now) for day in days]
    connection.executemany(
        "insert into main.holidays (calendar, held_on, name, is_half_day, is_working_day, source_system, source_file, "
        "imported_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    count_derived(connection, MADE_BY, "holidays", "held_on", len(rows))
    return Calendar(name, told_by)


def _own(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select distinct calendar from main.holidays where source_system <> ? order by 1", [MADE_BY]
    )
    return [str(name) for (name,) in found.fetchall()]


def _years(connection: duckdb.DuckDBPyConnection, now: datetime) -> tuple[int, int]:
    """The first and last year of what happened, births and plans apart, and two years more."""
    moments = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if not table.is_shared
        and not column.is_planned
        and (column.type is Type.MOMENT or column.name == table.appears)
    }
    found = connection.execute(
        "select table_name, column_name, year(first_at), year(latest_at) from meta.profile where latest_at is not null"
    ).fetchall()
    years = [year for table, column, *both in found if (table, column) in moments for year in both] or [now.year]
    return max(FIRST_YEAR, min(years)), max(FIRST_YEAR, *years) + YEARS_AHEAD


def _free_days(name: str, own: list[str], first: int, last: int) -> tuple[str, list[FreeDay]]:
    """Which package in which version tells, and the free days of a country in some years."""
    import holidays

    country, _dash, part = name.upper().partition("-")
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known or (part and part not in known[country]):
        raise BadValue(
            _(
                "crmetrics.toml: 'calendar' is '{value}'; expected is a country such as TR or DE-BY, a calendar of your own "
                "holidays ({own}), or none.",
                value=name,
                own=", ".join(own) or "-",
            )
        )
    years = range(first, last + 1)
    free = holidays.country_holidays(country, subdiv=part or None, years=years)
    found = {day: FreeDay(day, called) for day, called in free.items()}
    if "half_day" in free.supported_categories and country not in OF_SOME_ONLY:
        half = holidays.country_holidays(country, subdiv=part or None, years=years, categories=("half_day",))
        found = {day: FreeDay(day, called, is_half_day=True) for day, called in half.items()} | found
    found |= {day: FreeDay(day, "", is_working_day=True) for day in free.weekend_workdays if day.year in years}
    found = {day.held_on: day for day in _other_weekends(free, years)} | found
    return f"holidays {holidays.__version__}", [found[day] for day in sorted(found) if day.year in years]


def _other_weekends(free: HolidayBase, years: range) -> Iterator[FreeDay]:
    """Where the week does not end with Saturday and Sunday: its days off, and the days of our weekend that are worked."""
    if sorted(free.weekend) == list(WEEKEND):
        return
    day = date(years[0], 1, 1)
    while day.year <= years[-1]:
        is_off, is_ours = day.weekday() in free.weekend, day.weekday() in WEEKEND
        if is_off != is_ours:
            yield FreeDay(day, "", is_working_day=is_ours)
        day += timedelta(days=1)
