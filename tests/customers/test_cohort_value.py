"""Cohort value: what a customer who started brought by then, active or not, and when he has repaid what he cost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from crmetrics.analysis import Answer
from crmetrics.customers.acquisition_cost import AcquisitionCost
from crmetrics.customers.triangle import Placed
from crmetrics.models.cohort_value import CohortValue
from crmetrics.vocabulary.period import Period
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.cohort_value"


def values(answer: Answer) -> dict[tuple[str, int], Any]:
    return {(row.cohort, row.k): row.cum_per_customer for row in answer.rows}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def ten() -> list[tuple[Any, ...]]:
    """Ten customers of January who buy for 50 each; in February 4 of them buy for 200 in all."""
    first = [(f"c{number}", "2025-01-05", 50) for number in range(10)]
    return first + [(f"c{number}", "2025-02-10", 50) for number in range(4)]


def test_divided_by_all_who_started():
    with company(reaches="2025-04-01", **bought(ten())) as asked:
        answer = asked.ask(KEY, period="2025-01", money="net_sales")
    assert [values(answer)["2025-01", k] for k in range(3)] == [50, 70, 70]  # + 20 for each, not + 50
    assert [values(answer)["all", k] for k in range(3)] == [50, 70, 70]
    assert answer.passport.rows_used == 10


def test_margin_takes_off_the_cost_of_the_units():
    tables = bought([(f"c{number}", "2025-01-05", 50) for number in range(10)])
    for line in tables["order_lines"]:
        line["cost_amount"] = 30
    with company(reaches="2025-02-01", **tables) as asked:
        assert values(asked.ask(KEY, period="2025-01"))["2025-01", 0] == 20


def test_margin_is_locked_where_sales_have_no_cost():
    with company(reaches="2025-02-01", **bought(ten())) as asked:
        answer = asked.ask(KEY, period="2025-01")
    assert answer.locked.missing == "order_lines.cost_amount"
    assert "100.0%" in str(answer.locked.message)


def test_returns_are_taken_off_in_their_own_period():
    purchases = [*ten(), ("c9", "2025-03-01", -50), ("c8", "2024-12-31", -5)]
    with company(reaches="2025-04-01", **bought(purchases)) as asked:
        net = asked.ask(KEY, period="2025-01", money="net_sales")
        gross = asked.ask(KEY, period="2025-01", money="without_returns")
    assert [values(net)["2025-01", k] for k in range(3)] == [
        50,
        70,
        65,
    ]  # what came back before the start is not the cohort's
    assert [values(gross)["2025-01", k] for k in range(3)] == [50, 70, 70]


def test_a_running_period_is_shown_and_enters_no_mean():
    with company(reaches="2025-02-15", **bought(ten())) as asked:
        answer = asked.ask(KEY, period="2025-01", money="net_sales")
    assert [(row.cohort, row.k, row.cum_per_customer, row.complete) for row in answer.rows] == [
        ("all", 0, 50, True),
        ("2025-01", 0, 50, True),
        ("2025-01", 1, 70, False),
    ]


def test_of_fewer_than_five_nothing_is_shown():
    with company(reaches="2025-04-01", **bought([("A", "2025-01-05", 50)])) as asked:
        answer = asked.ask(KEY, period="2025-01", money="net_sales")
    assert set(values(answer).values()) == {None}
    assert "Of fewer than 5 customers no value is shown." in said(answer)


def test_money_without_a_rate_is_told():
    purchases = [*ten(), ("c1", "2025-01-20", 99, {"currency": "XAU"})]
    with company(reaches="2025-02-01", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01", money="net_sales")
    assert values(answer)["2025-01", 0] == 50
    assert "1 order in a currency without a rate counts as a purchase, its money does not." in said(answer)


def test_cohorts_by_channel():
    purchases = [
        (f"c{number}", "2025-01-05", 50, {"channel": "store" if number < 6 else "online"}) for number in range(12)
    ]
    purchases += [("c1", "2025-02-01", 60, {"channel": "online"})]
    with company(reaches="2025-04-01", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01", money="net_sales", start="channel")
    assert values(answer)["store", 1] == 60
    assert values(answer)["online", 1] == 50


@pytest.mark.parametrize("seed", range(3))
def test_everything_added_up_by_hand(seed):
    draw = Random(seed)
    purchases = [
        (f"c{number:02}", str(date(2025, 1, 1) + timedelta(days=draw.randrange(180))), draw.choice([-20, 10, 30, 70]))
        for number in range(50)
        for _each in range(draw.randrange(1, 6))
    ]
    months, starts = defaultdict(lambda: defaultdict(int)), {}
    for customer, day, amount in sorted(purchases, key=lambda each: each[1]):
        month = int(day[5:7])
        if amount > 0:
            starts.setdefault(customer, month)
        months[customer][month] += amount
    with company(reaches="2025-07-01", **bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2025-04-01", money="net_sales", together=False)
    found = values(answer)
    for month in (1, 2, 3):
        own = [customer for customer, start in starts.items() if start == month]
        for k in range(7 - month):
            # before the day of the first purchase, but within its month, returns count
            brought = sum(months[customer][each] for customer in own for each in range(month, month + k + 1))
            expected = pytest.approx(brought / len(own)) if len(own) >= 5 else None
            assert found[f"2025-{month:02}", k] == expected
    assert max(k for cohort, k in found if cohort == "2025-03") == 3


def test_the_mean_counts_only_cohorts_that_got_so_far():
    found = CohortValue.fit(
        [0, 1], [0, 1], [10, 30], ([0, 0, 1], [0, 0, 1], [0, 1, 1], [100.0, 50.0, 600.0]), cohorts=2, running=2, last=1
    )
    assert found.weighted()[1].tolist() == [17.5, 15.0]
    assert found.simple()[0].tolist() == [15.0, 15.0]
    assert found.value[0].tolist() == [10.0, 15.0]
    assert not found.is_known[1, 1]


def test_members_of_a_cohort_put_together_are_counted_from_their_own_start():
    # three start in period 0, one in period 1: only the three have reached k = 1
    found = CohortValue.fit(
        [0, 0], [0, 1], [3, 1], ([0, 0, 0], [0, 0, 1], [0, 1, 1], [30.0, 60.0, 100.0]), cohorts=1, running=2, last=1
    )
    assert found.n.tolist() == [[4, 3]]
    assert found.value.tolist() == [[130 / 4, 90 / 3]]


def test_repaid_in_the_first_period_that_reaches_the_cost():
    found = CohortValue.fit(
        [0], [0], [2], ([0, 0, 0], [0, 0, 0], [0, 2, 3], [20.0, 30.0, 50.0]), cohorts=1, running=4, last=3
    )
    assert found.value.tolist() == [[10, 10, 25, 50]]
    assert [found.payback([cost]).tolist()[0] for cost in (10, 25, 25.5, 50)] == [0, 2, 3, 3]
    assert np.isnan(found.payback([51.0])[0])
    assert np.isnan(found.payback([np.nan])[0])


@dataclass
class Told:
    """A catalogue that knows acquisition costs by grain."""

    costs: dict[str, dict[str, float]]
    all: float | None = None

    def known(self, key: str) -> Told | None:
        return self if self.costs else None

    def groupings(self) -> tuple[str, ...]:
        return tuple(self.costs)

    def ask(self, key: str, *, period: Period, by: str) -> Any:
        class Answer:
            locked = None
            total = type("Total", (), {"as_dict": lambda _self: {"cac": self.all}})()
            rows = type(
                "Rows",
                (),
                {"values": lambda _self, name: [*(self.costs[by] if name == "party" else self.costs[by].values())]},
            )()

        return Answer()


def placed(names: tuple[str, ...], together: dict[str, int]) -> Placed:
    nothing = np.array([], dtype=int)
    return Placed(names, together, nothing, nothing, nothing, nothing.astype(bool), 0, 0)


def test_the_cost_is_that_of_the_cohort():
    year = Period(date(2025, 1, 1), date(2026, 1, 1))
    told = Told({"month": {"2025-01": 20.0, "2025-02": 30.0}, "quarter": {"2025-Q2": 40.0}}, all=25.0)
    found = AcquisitionCost.of(
        told, year, "month", "first_purchase", placed(("2025-01", "2025-Q2", "2025-07"), {"2025-Q2": 2})
    )
    assert found.of_cohort.tolist()[:2] == [20.0, 40.0]
    assert np.isnan(found.of_cohort[2])
    assert found.of_all == 25.0
    unknown = AcquisitionCost.of(Told({}), year, "month", "first_purchase", placed(("2025-01",), {}))
    assert np.isnan(unknown.of_cohort[0])
    assert len(unknown.notes) == 1
