"""The KPIs give the same on Spark."""

from __future__ import annotations

import pytest

from crmetrics.catalogue import OpenCatalogue
from tests.company import on_both_engines
from tests.kpis.test_kpis import ACTIVITIES, DEALS, ORDERS, QUOTES, RESPONSES, TICKETS

EACH_KIND = (
    *("kpis.net_sales", "kpis.buyers", "kpis.new_customers", "kpis.margin_pct", "kpis.time_to_close"),
    *("kpis.overdue_tasks", "kpis.satisfaction"),
)
"""A sum by channel, a distinct count, a reference of the whole company, a ratio of money, a median, what is planned, a share."""


def told(catalogue: OpenCatalogue, key: str) -> list[tuple[object, ...]]:
    answer = catalogue.ask(key, period="2025-05", by="channel" if key == "kpis.net_sales" else "none")
    return [tuple(row.values) for row in (*answer.rows, answer.total)]


@pytest.mark.spark
@pytest.mark.slow
def test_each_kind_of_kpi_is_the_same_on_both_engines() -> None:
    with on_both_engines(
        reaches="2025-05-25",
        orders=[head for head, _line in ORDERS],
        order_lines=[line for _head, line in ORDERS],
        deals=DEALS,
        quotes=QUOTES,
        activities=ACTIVITIES,
        tickets=TICKETS,
        responses=RESPONSES,
    ) as (duckdb, spark):
        for key in EACH_KIND:
            here, there = told(duckdb, key), told(spark, key)
            assert len(here) == len(there), key
            for ours, theirs in zip(here, there, strict=True):
                assert [value is None for value in ours] == [value is None for value in theirs], key
                assert [value or 0 for value in ours[1:]] == pytest.approx(
                    [value or 0 for value in theirs[1:]], rel=1e-9
                ), key
                assert ours[0] == theirs[0], key
