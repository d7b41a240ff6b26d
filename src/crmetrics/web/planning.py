"""What may be planned: which KPIs, for whom by the rights of who asks, over which days, and how what was typed is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, get_args

from crmetrics.analysis import Analysis
from crmetrics.analysis.metric import unit_of
from crmetrics.analysis.targets import own_scope
from crmetrics.catalogue import OpenCatalogue
from crmetrics.intake.planned import Level, Plan
from crmetrics.presenting.numbers import NUMERIC, Format
from crmetrics.presenting.words import alphabetical, say
from crmetrics.vocabulary.errors import BadValue, NotAllowed, UnknownName
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period, months_later, parse_period
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.scope import Scope, Viewer
from crmetrics.warehouse.warehouse import team_of

_ = words("targets")

LEVELS: Final[tuple[Level, ...]] = get_args(Level)
COMPANY: Final = _("Company")
AHEAD: Final = 12  # months offered beside the running one


@dataclass(frozen=True, slots=True)
class Party:
    """For whom a target is: the company, a team by its name, or an employee by his id."""

    level: Level
    id: str = ""
    name: str = ""

    @property
    def word(self) -> str:
        """How a form names it."""
        return f"{self.level}:{self.id}" if self.id else self.level


def parties(catalogue: OpenCatalogue, viewer: Viewer) -> tuple[Party, ...]:
    """For whom a viewer may plan: he who sees all for all; who leads a team for it and those in it; any other for himself."""
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        rows: list[Mapping[str, Any]] = []
        led: tuple[str, ...] = ()
        if warehouse.profile.rows("employees"):
            sql = "select employee_id, name, team, manager_id from employees order by name, employee_id"
            staff = warehouse.query(sql)
            rows = list(staff.records())
            led = team_of(viewer.employee_id, staff) if viewer.sees == "team" and viewer.employee_id else ()
        level, own = own_scope(warehouse)
    named = [Party("owner", row["employee_id"], row["name"] or row["employee_id"]) for row in rows]
    if level == "company":
        teams = sorted({row["team"] for row in rows if row["team"]})
        return (Party("company"), *(Party("team", team, team) for team in teams), *named)
    if level == "owner":
        return tuple(each for each in named if each.id == viewer.employee_id)
    return (*([Party("team", own, own)] if own else []), *(each for each in named if each.id in led))


def plannable(catalogue: OpenCatalogue, viewer: Viewer, format: Format) -> list[tuple[str, str]]:
    """The KPIs that can have a target with these data: key and title with the unit, in the order of the titles."""
    found = []
    for entry in catalogue.entries(viewer):
        if entry.state != "locked" and _is_plannable(entry.declared):
            unit = unit_word(unit_of(entry.declared), format)
            title = say(entry.declared.title, format)
            found.append((entry.declared.key, f"{title} ({unit})" if unit else title))
    return sorted(found, key=lambda pair: alphabetical(pair[1], format.language))


def unit_word(unit: Unit, format: Format) -> str:
    """The unit in which a target is typed."""
    return format.currency if unit is Unit.MONEY else "%" if unit is Unit.SHARE else ""


def spans(today: date, format: Format) -> list[tuple[str, str]]:
    """Periods to choose from, the running month first: months, quarters, years; each as it is read, and as people say it."""
    first = today.replace(day=1)
    months = [months_later(first, ahead) for ahead in range(AHEAD + 1)]
    quarter = months_later(first, -((first.month - 1) % 3))
    quarters = [months_later(quarter, 3 * ahead) for ahead in range(5)]
    named = [f"{each:%Y-%m}" for each in months]
    named += [f"{each.year}-Q{(each.month + 2) // 3}" for each in quarters]
    named += [str(today.year + ahead) for ahead in range(3)]
    return [(each, format.grain(each)) for each in named]


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form says of a target. Days of its own, `first` and `last`, are meant where they are typed, whatever `period` stands there."""

    kpi: str = ""
    party: str = ""
    period: str = ""
    first: str = ""
    last: str = ""
    value: str = ""


def plan_of(catalogue: OpenCatalogue, viewer: Viewer, typed: Typed, by: str, format: Format, today: date) -> Plan:
    """The target that was typed. Errors: UnknownName, NotAllowed, BadValue, each with the value."""
    declared, party = catalogue.find(typed.kpi), party_of(catalogue, viewer, typed.party)
    title = declared.title
    if not _is_plannable(declared):
        raise BadValue(_("'{kpi}' is not one figure, so it can have no target.", kpi=title))
    if party.level != "company" and party.level not in declared.groupings():
        level = _LEVEL_NAMES[party.level]
        raise BadValue(_("'{kpi}' cannot be told by {level}: set it for the company.", kpi=title, level=level))
    has_days = bool(typed.first or typed.last or not typed.period)
    span = _days(typed.first, typed.last) if has_days else parse_period(typed.period, today)
    unit, value = unit_of(declared), number_of(typed.value, format)
    if unit is Unit.SHARE:
        value /= 100
    money = catalogue.settings.currency or "" if unit is Unit.MONEY else ""
    return Plan(declared.key, party.level, party.id, span.start, span.end, value, money, by)


def party_of(catalogue: OpenCatalogue, viewer: Viewer, word: str) -> Party:
    """The party that a form names. UnknownName if there is none, NotAllowed for one whose rows the viewer does not see."""
    found = next((each for each in parties(catalogue, viewer) if each.word == word), None)
    if found is None and word.partition(":")[0] not in LEVELS:
        raise UnknownName(_("'{party}' is neither the company nor a team nor a person.", party=word[:60]))
    if found is None:
        raise NotAllowed(_("You may not set a target for '{party}', or there is none such.", party=word[:60]))
    return found


def number_of(text: str, format: Format) -> Decimal:
    """A number as readers of the language write it: 12,500.50 or 12.500,50. BadValue for anything else."""
    plain, marks = re.sub(r"[\s%]", "", text), format.locale
    decimal, group = re.escape(marks.decimal), re.escape(marks.group.strip() or "'")
    if len(plain) > 24 or not re.fullmatch(
        rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{decimal}\d+)?|\d+(?:{decimal}\d+)?", plain
    ):
        example = format.number(12500.5)
        raise BadValue(_("'{value}' is not a number. Write it like {example}.", value=text[:40], example=example))
    return Decimal(plain.replace(marks.group.strip() or "'", "").replace(marks.decimal, "."))


def _days(first: str, last: str) -> Period:
    try:
        return Period(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1))
    except (ValueError, OverflowError):
        raise BadValue(
            _("Choose a period, or a first and a last day: '{first}' and '{last}' are not two days.", first=first[:20], last=last[:20])
        ) from None  # fmt: skip


def _is_plannable(declared: Analysis) -> bool:
    return unit_of(declared) in NUMERIC and unit_of(declared) is not Unit.CHANGE


_LEVEL_NAMES: Final[dict[str, Message]] = {"team": _("team"), "owner": _("person")}
