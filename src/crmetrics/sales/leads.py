"""Leads on their way to a sale: in which time, and which are none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.littleness import SHOWN_FROM
from crmetrics.models.funnel import LOST
from crmetrics.vocabulary.period import Period, midnight, months_later
from crmetrics.warehouse.facts.fact import WorkedOut
from crmetrics.warehouse.facts.interest import days_to_sale, leads_by_step
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.warehouse import Warehouse

DAY: Final = 86_400
RECORD_MONTHS: Final = 24
WINDOW_OF_FEW: Final = 90
"""Days that a lead is given where fewer than five sales tell how long it takes."""

WORD: Final = re.compile(r"\w+")

NO_LEAD: Final = (
    *("spam", "duplicate", "fake", "junk"),
    *("mükerrer", "yinelenen", "sahte", "çift kayıt"),
    *("спам", "дублікат", "дубль", "фейк"),
    *("垃圾", "重复", "虚假"),
)
"""Parts of reasons by which people mark what never was a lead, in the languages of the product."""
TESTS: Final = frozenset(("test", "tests", "testing", "deneme", "тест", "тестовий", "тестова", "тестові", "测试"))
RECORDS: Final = frozenset(
    (
        *("a", "the", "only", "lead", "record", "entry", "data", "kayıt", "kaydı", "veri", "verisi"),
        *("запис", "лід", "дані", "测试数据", "测试线索", "测试记录"),
    )
)
"""A test is no lead where a reason says nothing else: who asked for the latest model, or whose trial (deneme) ran out, was one."""


def by_step(warehouse: Warehouse, period: Period, by: str, source: str, days: int) -> Rows:
    """The leads of a period by group, furthest step within so many days, outcome and reason; the total's rows behind them.

    Without deals (`source` orders) the quote is the third step.
    """
    link_leads(warehouse)
    rows = warehouse.query(
        leads_by_step(source), period=period, by=by, of="leads", moment="created_at", window=float(days * DAY)
    )
    if source == "deals":
        return rows
    return rows.with_columns(place=[max(place - 1, 2) if place > 2 else place for place in rows.values("place")])


def usual_window(warehouse: Warehouse, source: str) -> tuple[int, int]:
    """The days in which nine of ten sales of the last 24 months were won, of the whole company (R23), and how many those are."""
    since = midnight(months_later(warehouse.today, -RECORD_MONTHS), warehouse.zone)
    return warehouse.work_out(USUAL_WINDOW, source=source, since=since)


def is_no_lead(rows: Rows) -> NDArray[np.bool_]:
    """Which rows are of leads that were disqualified as spam, test or duplicate."""
    return np.array([says_no_lead(reason or "") for reason in rows.values("reason")], dtype=bool)


def says_no_lead(reason: str) -> bool:
    """Whether a reason of disqualification says that it was spam, a test or a duplicate."""
    reason = reason.casefold()
    if any(part in reason for part in NO_LEAD):
        return True
    said = frozenset(WORD.findall(reason))
    is_test = bool(said & TESTS) or any(word.startswith("测试") for word in said)
    return is_test and said <= TESTS | RECORDS


def top_reasons(
    rows: Rows, group: NDArray[np.int64], chosen: NDArray[np.bool_], groups: int, steps: int
) -> list[str | None]:
    """For every group and step the most frequent reason of disqualification, None where none is told. Shape: (groups x steps,)."""
    told: dict[tuple[int, int], Counter[str]] = {}
    columns = (group, chosen, *(rows.values(name) for name in ("place", "outcome", "reason", "cases")))
    for number, is_chosen, place, outcome, reason, cases in zip(*columns, strict=True):
        if is_chosen and outcome == LOST and reason is not None:
            told.setdefault((int(number), int(place)), Counter())[reason] += int(cases)
    found: list[str | None] = []
    for number in range(groups):
        for place in range(1, steps + 1):
            counts = told.get((number, place), Counter())
            found.append(min(counts, key=lambda reason: (-counts[reason], reason)) if counts else None)
    return found


def link_leads(warehouse: Warehouse) -> None:
    """A filter goes by the lead: its deal, quotes and earlier leads are known whoever has them and wherever they came from."""
    for name in ("leads", "deals", "quotes"):
        warehouse.restate(f"{name}_linked", TABLES[name], warehouse.as_of, is_filtered=False)


def _learn(company: Warehouse, values: Mapping[str, Any]) -> tuple[Mapping[str, Array], tuple[int, int]]:
    link_leads(company)
    since: datetime = values["since"]
    found = company.query(days_to_sale(values["source"]), since=since).one()
    sales = int(found["sales"] or 0)
    days = max(1, ceil(found["days"])) if sales >= SHOWN_FROM else WINDOW_OF_FEW
    return {"stage": np.array(["-"], dtype=object)}, (days, sales)


USUAL_WINDOW: Final[WorkedOut[tuple[int, int]]] = WorkedOut(
    "usual_window", key="stage", table="stages", columns={"stage": "VARCHAR"}, work=_learn
)
"""Only what is learned is asked for; its row belongs to nobody."""
