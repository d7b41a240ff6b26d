"""Which customers stand behind the cells of cohorts: who started in one, whose k-th period has come, who was active in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Self

from crmetrics.analysis import Behind, Choices
from crmetrics.customers.cohort_answers import named
from crmetrics.customers.cohort_money import CohortMoney
from crmetrics.customers.cohorts import FOLLOWED, Cohorts
from crmetrics.customers.triangle import ALL, Placed
from crmetrics.vocabulary.period import Period, local_day
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

MEMBERS: Final = (
    FOLLOWED.partition(",\ncounted as")[0]  # the members and what was seen of them, without the counts
    + """
select m.customer_id, m.start_in, m.label, {apart} as apart, coalesce(s.is_again, false) as is_again
from members m
left join seen s on s.customer_id = m.customer_id and s.active_in >= m.start_in
"""
)
APART: Final = {
    "day": "days_between(m.start_in, s.active_in)",
    "week": "days_between(m.start_in, s.active_in) / 7",
    "month": "months_apart(m.start_in, s.active_in)",
    "quarter": "months_apart(m.start_in, s.active_in) / 3",
}
NOBODY: Final = "select cast(null as varchar) as customer_id, cast(null as date) as start_in, '' as label, 0 as apart, false as is_again"

_GROUPS: Final = {"cohort": "cast($cohort as varchar)", "k": "cast($k as varchar)"}


@dataclass(frozen=True)
class Opened:
    """A cell of cohorts: the starts of its cohort, and those of them whose k-th period is counted in it."""

    started: frozenset[tuple[date, str | None]]
    reached: frozenset[tuple[date, str | None]]

    @classmethod
    def of(cls, placed: Placed, rows: Rows, names: Mapping[str | None, str | None], cohort: str | None, k: int) -> Self:
        """Counted are starts whose period k has ended; where none of a cohort has, those whose k-th one still runs."""
        starts = list(zip(rows.values("start_in"), rows.values("label"), strict=True))
        wanted = [each for each, name in enumerate(placed.names) if cohort == ALL or names.get(name, name) == cohort]
        at = [each for each in range(len(starts)) if placed.is_size[each] and placed.cohort[each] in wanted]
        ended = [each for each in at if placed.since[each] + k < placed.running]
        if not ended and cohort != ALL:
            ended = [each for each in at if placed.since[each] + k == placed.running]
        return cls(frozenset(starts[each] for each in at), frozenset(starts[each] for each in ended))


# as texts that are bound: the same SQL for every cell is read once
_IN_CELL: Final = (
    "contains(',' || ${days} || ',', ',' || cast(start_in as varchar) || ',') "
    "and ($is_all or label is not distinct from $label)"
)


def _days(starts: frozenset[tuple[date, str | None]]) -> str:
    return ",".join(sorted({day.isoformat() for day, _label in starts}))


def _nobody(columns: Sequence[str], at: Mapping[str, str | None]) -> Behind:
    source = NOBODY
    return Behind(dict.fromkeys(columns, "false"), "customers", "true", groups=_GROUPS, source=source, values={**at})


def _opened(
    rows: Rows, warehouse: Warehouse, choices: Choices, at: Mapping[str, str | None]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Conditions under which a member is of the size and of the counted of a cell, and what they bind."""
    by_label = choices["start"] in ("campaign", "channel")
    placed = Placed.of(rows, choices["grain"], by_label=by_label, together=choices["together"])
    names: dict[str | None, str | None] = {}
    if choices["start"] == "campaign":
        names = dict(zip(placed.names, named(warehouse, list(placed.names)), strict=True))
    cell = Opened.of(placed, rows, names, at["cohort"], int(at["k"] or 0))
    label = next((each for _day, each in cell.started), None)
    values = {
        "days": _days(cell.started),
        "days_reached": _days(cell.reached),
        "is_all": at["cohort"] == ALL or not by_label,
        "label": label,
        "apart_at": int(at["k"] or 0),
        **at,
    }
    return {"size": _IN_CELL.replace("{days}", "days"), "n": _IN_CELL.replace("{days}", "days_reached")}, values


def _is_cell(at: Mapping[str, str | None]) -> bool:
    return "cohort" in at and (at.get("k") or "").isdecimal() and len(at.get("k") or "") < 6


def _followed(warehouse: Warehouse, period: Period | None, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    or_later = choices["counted"] == "later"
    previous = choices["base"] == "previous"
    cohorts = Cohorts(
        choices["activity"], choices["start"], choices["grain"], False, or_later, previous and not or_later
    )
    if period is None or not _is_cell(at) or cohorts.locked(warehouse):
        return _nobody(("size", "n", "active"), at)
    columns, values = _opened(cohorts.members(warehouse, period), warehouse, choices, at)
    k, meets = int(at["k"] or 0), ">=" if or_later else "="
    again = " and is_again" if previous and not or_later and k else ""
    columns["active"] = f"{columns['n']} and apart {meets} $apart_at{again}"
    if previous and k:
        columns["n"] += f" and apart + 1 {meets} $apart_at"
    reached = local_day(warehouse.as_of - timedelta(microseconds=1), warehouse.zone)
    source = cohorts.written(MEMBERS.replace("{apart}", APART[choices["grain"]]), warehouse, reached)
    return Behind(columns, "customers", "true", groups=_GROUPS, source=source, values=values)


def _valued(warehouse: Warehouse, period: Period | None, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    cohorts = CohortMoney(choices["money"], choices["start"], choices["grain"])
    if period is None or not _is_cell(at) or cohorts.locked(warehouse):
        return _nobody(("size", "n"), at)
    columns, values = _opened(cohorts.sums(warehouse, period), warehouse, choices, at)
    return Behind(columns, "customers", "true", groups=_GROUPS, source=cohorts.started(), values=values)


_FOLLOWED: Final = Behind(
    dict.fromkeys(("size", "n", "active"), ""), "customers", "true", groups=_GROUPS, look=_followed
)
VALUED: Final = (replace(_FOLLOWED, columns=dict.fromkeys(("size", "n"), ""), look=_valued),)
"""The customers behind `customers.cohort_value`."""


def followed(choices: Choices) -> tuple[Behind, ...]:
    """The customers behind `customers.cohort_retention`. Who is in the cohort of every active period is counted in each: there a cell
    of several cohorts is no set of customers."""
    return (_FOLLOWED,) if choices["joins"] == "first" or choices["start"] == "sign_up" else ()
