"""Customers of the public shops: how many came back, how long cohorts last, and who is what, to the row and the cent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from crmetrics.analysis import Answer
from crmetrics.catalogue import OpenCatalogue, open_workspace
from tests.acceptance.conftest import Expected, Imported

RETAIL = "online_retail_uci"


@pytest.fixture(scope="module")
def retail(imported: Callable[..., Imported]) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(imported(RETAIL, ["online_retail_all.csv.gz"]).workspace)
    yield catalogue
    catalogue.engine.close()


@pytest.fixture(scope="module")
def known(expected: Callable[[str], Expected]) -> Expected:
    return expected(RETAIL)


def left_out(answer: Answer) -> dict[str, int]:
    return {str(left.reason): left.rows for left in answer.passport.rows_left_out}


def test_repeat_purchase_rate_of_online_retail(retail, known):
    answer = retail.ask("customers.repeat_purchase_rate", period="2010-12-01..2011-12-10")
    sales = known["customer_sales"]
    assert answer.total.rate == pytest.approx(known["repeat_purchase_rate"], rel=1e-9)
    assert answer.total.buyers == sales["customers"]
    assert answer.passport.rows_used == sales["orders"]
    assert answer.passport.rows_used + sum(left_out(answer).values()) == known["distinct"]["invoices"]


def test_repeat_purchase_rate_of_dunnhumby(imported, expected):
    catalogue = open_workspace(imported("dunnhumby_complete_journey").workspace)
    answer = catalogue.ask("customers.repeat_purchase_rate", period="2017-01-01..2018-01-02")
    assert answer.total.rate == pytest.approx(expected("dunnhumby_complete_journey")["repeat_rate"], rel=1e-9)
    catalogue.engine.close()


def test_repeat_purchase_rate_of_superstore(imported, expected):
    catalogue = open_workspace(imported("superstore").workspace)
    answer = catalogue.ask("customers.repeat_purchase_rate", period="2019-01-01..2023-01-01")
    known = expected("superstore")
    # two orders of the file name four customers each; an order has one here, so three repeat buyers have none
    without_order = 3
    assert answer.total.buyers == known["rows"]["customers"] - without_order
    assert answer.total.repeaters == round(known["repeat_purchase_rate"] * known["rows"]["customers"]) - without_order
    catalogue.engine.close()


def test_cohort_retention_of_online_retail(retail, known):
    answer = retail.ask("customers.cohort_retention", period="2010-12-01..2012-01-01")
    counts: dict[str, list[int]] = {}
    rates: dict[str, list[float]] = {}
    for row in answer.rows:
        if row.cohort != "all":
            counts.setdefault(row.cohort, []).append(row.active)
            rates.setdefault(row.cohort, []).append(row.rate)
    assert counts == known["cohort_counts"]
    assert rates == {cohort: pytest.approx(shares, rel=1e-9) for cohort, shares in known["cohort_retention"].items()}
    assert sum(row.size for row in answer.rows if row.k == 0 and row.cohort != "all") == known["customer_sales"]["customers"]
    # December 2011 still runs: shown, but in no mean
    assert [(row.cohort, row.k) for row in answer.rows if not row.complete] == [
        (cohort, len(shares) - 1) for cohort, shares in known["cohort_counts"].items()
    ]
    assert left_out(answer) == {"without a start": known["distinct"]["customers"] - known["customer_sales"]["customers"]}


def test_weighted_retention_of_online_retail(retail, known):
    answer = retail.ask("customers.cohort_retention", period="2010-12-01..2012-01-01")
    counts = [shares[:-1] for shares in known["cohort_counts"].values()]  # without the month that runs
    for row in answer.rows:
        if row.cohort == "all":
            reached = [each for each in counts if len(each) > row.k]
            assert (row.active, row.n) == (sum(each[row.k] for each in reached), sum(each[0] for each in reached))
