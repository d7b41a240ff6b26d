"""Average deal size: unknown is not zero."""

from __future__ import annotations

import random
from statistics import mean, median
from typing import Any

import numpy as np
import pytest

from tests.company import company

KEY = "sales.deal_size"


def deal(number: int, amount: float | None, is_won: bool | None = True, **more: Any) -> dict[str, Any]:
    closed = None if is_won is None else "2025-05-20"
    stage = {True: "won", False: "lost", None: "lead"}[is_won]
    return {
        "deal_id": f"d{number}", "stage": stage, "created_at": "2025-05-01", "closed_at": closed, "is_won": is_won,
        "amount": amount, **more,
    }  # fmt: skip


def asked_of(deals: list[dict[str, Any]], period: str = "2025-05", **choices: Any) -> Any:
    more = {name: choices.pop(name) for name in ("exchange_rates",) if name in choices}
    with company(reaches="2025-06-10", deals=deals, **more) as asked:
        return asked.ask(KEY, period=period, **choices)


def left_out(answer: Any) -> list[tuple[str, int]]:
    return [(str(left.reason), left.rows) for left in answer.passport.rows_left_out]


def test_the_worked_example() -> None:
    # twice over and one more, for fewer than five have no mean
    answer = asked_of([deal(number, amount) for number, amount in enumerate((100, 200, None, 100, 200, 150))])
    total = answer.total
    assert (total.won, total.with_amount, total.mean, total.median) == (6, 5, 150, 150)  # with zeros: 125
    assert (answer.passport.rows_used, left_out(answer)) == (5, [("won without an amount", 1)])


def test_the_formula_and_that_it_is_too_little() -> None:
    answer = asked_of([deal(0, 100), deal(1, 200), deal(2, None)])
    assert (answer.total.with_amount, answer.total.amount, answer.total.mean, answer.total.p90) == (2, 300, None, None)
    assert [str(note.message) for note in answer.notes] == ["2 cases: too few to say."]


def test_lost_deals_are_left_out_and_open_ones_stand_beside() -> None:
    won = [deal(number, amount) for number, amount in enumerate((10, 20, 30, 40, 100))]
    lost = [deal(10 + number, 999, is_won=False) for number in range(3)]
    still_open = [deal(20 + number, amount, is_won=None) for number, amount in enumerate((1, 2, 3, 4, 5, None))]
    later = [deal(30, 77) | {"closed_at": "2025-06-02"}]
    answer = asked_of([*won, *lost, *still_open, *later])
    total = answer.total
    assert (total.won, total.mean, total.median, total.p90) == (5, 40, 30, pytest.approx(76))  # type 7: 40 + .6 x 60
    # one that was won in June was open at the end of May
    assert (total.open_deals, total.open_mean, total.open_median) == (7, pytest.approx(92 / 6), 3.5)
    assert left_out(answer) == [("lost", 3)]


def test_totals_are_not_means_of_means() -> None:
    deals = [deal(number, 50, owner_id="ann") for number in range(5)]
    deals += [deal(10 + number, 200, owner_id="ben") for number in range(20)]
    answer = asked_of(deals, by="owner")
    assert [(row.party, row.mean) for row in answer.rows] == [("ben", 200), ("ann", 50)]
    assert (answer.total.mean, answer.total.median) == (170, 200)
    small = asked_of([*deals, deal(99, 7, owner_id="cem")], by="owner")
    assert [row.mean for row in small.rows if row.party == "cem"] == [None]
    assert [str(note.message) for note in small.notes] == ["1 row stands on fewer than 5 cases: too few to say."]


def test_money_is_converted_at_the_day_of_the_close_or_not_counted() -> None:
    deals = [deal(number, 100) for number in range(4)]
    deals += [deal(8, 100, currency="USD"), deal(9, 100, currency="JPY")]
    rates = [
        {"currency": "USD", "rated_on": day, "rate_to_company": rate}
        for day, rate in (("2025-05-19", 2), ("2025-06-01", 9))
    ]
    answer = asked_of(deals, exchange_rates=rates)
    assert (answer.total.with_amount, answer.total.mean) == (5, 120)
    assert left_out(answer) == [("in a currency without a rate", 1)]


def test_open_deals_belong_to_no_month() -> None:
    deals = [*(deal(number, 10) for number in range(5)), *(deal(9 + number, 5, is_won=None) for number in range(6))]
    answer = asked_of(deals, period="2025", by="month")
    assert [(row.party, row.won, row.open_deals, row.open_mean) for row in answer.rows] == [("2025-05", 5, None, None)]
    assert (answer.total.open_deals, answer.total.open_mean) == (6, 5)


def test_a_mean_made_by_a_few_is_told() -> None:
    deals = [*(deal(number, 10) for number in range(40)), deal(99, 4000)]
    assert [str(each.message) for each in asked_of(deals).findings] == [
        "A few large deals make the mean: it is 107.32, but half of the won deals are smaller than 10.00."
    ]
    assert asked_of(deals[:40]).findings == ()


@pytest.mark.parametrize("seed", range(3))
def test_counted_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    deals = [
        deal(
            number,
            rng.choice((None, rng.randint(1, 900), rng.randint(1, 900))),
            rng.choice((True, True, False, None)),
            owner_id=rng.choice("ab"),
        )
        for number in range(90)
    ]
    answer = asked_of(deals, by="owner")
    for row in (*answer.rows, answer.total):
        own = [each for each in deals if row.party is None or each["owner_id"] == row.party]
        won = [each["amount"] for each in own if each["is_won"] and each["amount"] is not None]
        assert (row.with_amount, row.mean, row.median) == (
            len(won),
            pytest.approx(mean(won)),
            pytest.approx(median(won)),
        )
        assert row.p90 == pytest.approx(float(np.percentile(won, 90)))


def test_nothing_asked_of_nothing() -> None:
    answer = asked_of([deal(number, 10) for number in range(5)], period="2020")
    assert (answer.total.won, answer.total.mean) == (0, None)
    assert [str(note.message) for note in answer.notes] == ["No cases in this period, so there is no value."]


def test_a_decided_deal_without_a_day_of_its_close_is_not_open() -> None:
    deals = [*(deal(number, 10) for number in range(5)), deal(7, 99, is_won=None), deal(8, 99) | {"closed_at": None}]
    assert asked_of(deals).total.open_deals == 1
