"""Cohorts of the public shop: what they brought, to the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

import pytest

from crmetrics.catalogue import OpenCatalogue, open_workspace
from tests.acceptance.conftest import Expected, Imported

RETAIL = "online_retail_uci"


@pytest.fixture(scope="module")
def retail(imported: Callable[..., Imported]) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(imported(RETAIL, ["online_retail_all.csv.gz"]).workspace)
    yield catalogue
    catalogue.engine.close()


def test_what_the_cohorts_of_online_retail_brought(retail: OpenCatalogue, expected: Callable[[str], Expected]) -> None:
    known = expected(RETAIL)
    answer = retail.ask(
        "customers.cohort_value", period="2010-12-01..2012-01-01", money="without_returns", together=False
    )
    found: dict[str, list[float]] = {}
    for row in answer.rows:
        if row.cohort != "all":
            found.setdefault(row.cohort, []).append(row.cum_per_customer)
    sizes = {cohort: counts[0] for cohort, counts in known["cohort_counts"].items()}
    assert found == {
        cohort: pytest.approx([summed / sizes[cohort] for summed in accumulate(brought)], abs=0.0051 / sizes[cohort])
        for cohort, brought in known["cohort_revenue"].items()
    }


def test_online_retail_has_no_costs_so_the_margin_is_locked(retail: OpenCatalogue) -> None:
    assert retail.ask("customers.cohort_value", period="2011").locked.missing == "order_lines.cost_amount"


BOUGHT_BEFORE = """
with bought as (
    select distinct o.customer_id, cast(o.ordered_at at time zone 'UTC' at time zone 'Europe/London' as date) as day_on
    from orders o
    join (select order_id from order_lines group by order_id having sum(net_amount) > 0) using (order_id)
    where not o.is_cancelled and o.customer_id is not null
)
select list(distinct customer_id) from bought where day_on >= date '{day}' - 90 and day_on < date '{day}'
"""


def test_the_customers_of_two_days_of_online_retail(imported: Callable[..., Imported], retail: OpenCatalogue) -> None:
    shop = imported(RETAIL, ["online_retail_all.csv.gz"])
    start, end = (set(shop.one(BOUGHT_BEFORE.format(day=day))[0]) for day in ("2011-06-01", "2011-09-01"))
    asking = {"period": "2011-06-01..2011-09-01", "by": "none", "window": 90}
    kept = retail.ask("customers.retention_rate", **asking).total
    lost = retail.ask("customers.churn_rate", **asking).total
    assert (kept.start, kept.kept, kept.at_end) == (len(start), len(start & end), len(end))
    assert (lost.start, lost.lost - lost.won_back) == (len(start), len(start - end))
