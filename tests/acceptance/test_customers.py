"""Customers of the public shops: how many came back, how long cohorts last, and who is what, to the row and the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from statistics import mean

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
    assert (
        sum(row.size for row in answer.rows if row.k == 0 and row.cohort != "all")
        == known["customer_sales"]["customers"]
    )
    # December 2011 still runs: shown, but in no mean
    assert [(row.cohort, row.k) for row in answer.rows if not row.complete] == [
        (cohort, len(shares) - 1) for cohort, shares in known["cohort_counts"].items()
    ]
    assert left_out(answer) == {
        "without a start": known["distinct"]["customers"] - known["customer_sales"]["customers"]
    }


def test_weighted_retention_of_online_retail(retail, known):
    answer = retail.ask("customers.cohort_retention", period="2010-12-01..2012-01-01")
    counts = [shares[:-1] for shares in known["cohort_counts"].values()]  # without the month that runs
    for row in answer.rows:
        if row.cohort == "all":
            reached = [each for each in counts if len(each) > row.k]
            assert (row.active, row.n) == (sum(each[row.k] for each in reached), sum(each[0] for each in reached))


@pytest.fixture(scope="module")
def scored(retail: OpenCatalogue) -> Answer:
    """The choices that the known figures mean: all history, sales without returns; as-of is 10 December 2011."""
    return retail.ask("customers.rfm", window=0, money="without_returns")


def test_rfm_scores_of_online_retail(scored, known):
    buyers = [row for row in scored.rows if row.r is not None]
    counts = {
        name: {str(score): sum(getattr(row, name.lower()) == score for row in buyers) for score in range(1, 6)}
        for name in "RFM"
    }
    assert counts == known["rfm_score_counts_r12"]
    assert Counter(row.rfm for row in buyers) == known["rfm_cell_counts_r12"]
    # who never bought has a record for his returns alone
    assert Counter(row.segment for row in scored.rows if row.r is None) == {
        "prospects": known["distinct"]["customers"] - known["customer_sales"]["customers"]
    }


def test_rfm_values_of_online_retail(scored, known):
    rows = {row.customer_id: row for row in scored.rows}
    for customer, (recency, orders, money, *scores) in known["rfm_examples"].items():
        row = rows[customer]
        assert (row.recency_days, row.orders, row.r, row.f, row.m) == (recency, orders, *scores)
        assert row.monetary == pytest.approx(money, abs=0.005)
    buyers, summary = [row for row in rows.values() if row.r is not None], known["rfm_summary"]
    assert mean(row.recency_days for row in buyers) == pytest.approx(summary["meanR"], rel=1e-9)
    assert mean(row.orders for row in buyers) == pytest.approx(summary["meanF"], rel=1e-9)
    assert mean(row.monetary for row in buyers) == pytest.approx(summary["meanM"], rel=1e-9)
    assert scored.total.monetary == pytest.approx(known["customer_sales"]["amount"], abs=0.005)
    assert scored.total.net_sales == pytest.approx(known["customer_net"]["amount"], abs=0.005)
    assert scored.total.orders == known["customer_sales"]["orders"]


def test_rfm_of_dunnhumby_differs_only_at_class_borders(imported, expected):
    # its known scores are ceil(5 x percentile): another rule, which differs only for single values next to a border
    catalogue = open_workspace(imported("dunnhumby_complete_journey").workspace)
    rows = catalogue.ask("customers.rfm", window=0).rows
    known = expected("dunnhumby_complete_journey")["rfm_score_counts"]
    for name, counts in known.items():
        found = Counter(getattr(row, name.lower()) for row in rows)
        assert {score: found[int(score)] for score in counts} == {
            score: pytest.approx(count, abs=3) for score, count in counts.items()
        }
    catalogue.engine.close()
