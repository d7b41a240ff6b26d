"""People held against the whole company: worked out once for everybody (R23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from crmetrics.models.fair_shares import FairShares, expected_shares
from crmetrics.warehouse.facts.comparison import CASES_BY_OWNER
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.rows import Array
from crmetrics.warehouse.warehouse import Warehouse

DEPTH: Final = {"both": 2, "first": 1, "none": 0}
"""How many parts of a case's kind are adjusted for."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """What all are held against, the same for every viewer (R23)."""

    whole: float
    weight: float
    cases: int
    without_owner: int


def _work(company: Warehouse, values: Mapping[str, Any]) -> tuple[dict[str, Array], Everybody]:
    """The figures of every owner, held against the cases of the whole company."""
    rows = company.query(CASES_BY_OWNER[values["metric"]], start=values["start"], end=values["end"])
    names, which = rows.groups("owner_id")
    owners = names.values("owner_id")
    is_owned = np.array([each is not None for each in owners], dtype=bool)
    place = np.where(is_owned, np.cumsum(is_owned) - 1, -1)[which] if len(rows) else which
    k, n = rows.numbers("hits"), rows.numbers("cases")
    parts = list(zip(rows.values("first_part"), rows.values("second_part"), strict=True))
    cells = [each[: DEPTH[values["adjusted"]]] for each in parts]
    people = int(is_owned.sum())
    expected, whole = expected_shares(place, cells, k, n, people)
    hits, cases = (np.bincount(place[place >= 0], each[place >= 0], people) for each in (k, n))
    fair = FairShares.fit(hits, cases, expected, whole)
    columns: dict[str, Any] = {
        "employee_id": np.array([each for each in owners if each is not None], dtype=object),
        "k": hits,
        "n": cases,
        "expected": expected,
        "shrunken": fair.shrunken,
    }
    return columns, Everybody(whole, fair.weight, int(n.sum()), int(n[place < 0].sum()))


COMPARED: Final = WorkedOut(
    "compared_people",
    key="employee_id",
    table="employees",
    columns={"employee_id": "VARCHAR", **dict.fromkeys(("k", "n", "expected", "shrunken"), "DOUBLE")},
    work=_work,
)
"""One row a person with cases: employee_id, k of n, expected and shrunken share. Values: metric, adjusted, start, end (UTC instants)."""

PEOPLE: Final = """
select p.employee_id as owner, e.name, e.team, p.k, p.n, p.expected, p.shrunken,
       coalesce(e.left_on <= $today, false) as has_left, coalesce(e.is_bot, false) as is_bot
from compared_people p
join employees e on e.employee_id = p.employee_id
order by p.n desc, owner
"""
"""The compared people whom the viewer sees, with their names."""
