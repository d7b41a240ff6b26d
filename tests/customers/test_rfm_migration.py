"""Segment moves: who moved because of what he did, and not because of new cut points."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.models.scores import SEGMENT_MAP, fm_scores, mid_rank_scores
from crmetrics.warehouse.scope import Filter
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.rfm_migration"
FIRST, LAST = date(2025, 10, 1), date(2026, 1, 1)
PERIOD = f"{FIRST}..{LAST}"


def some_purchases(seed: int, customers: int = 60) -> list[tuple[str, str, int]]:
    chance = Random(seed)
    return [
        (f"c{number:02}", str(LAST - timedelta(days=chance.randint(1, 600))), chance.choice([-30, 5, 20, 75, 120]))
        for number in range(customers)
        for _ in range(chance.randint(1, 7))
    ]


def counted(answer: Answer) -> dict[tuple[str, str], int]:
    return {(row.from_segment, row.to_segment): row.customers for row in answer.rows if row.customers}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def values_on(purchases: Any, day: date) -> dict[str, tuple[int | None, int, int, int]]:
    """customer -> recency, orders, money in the year before the day, and purchases ever."""
    found = {}
    for customer in sorted({who for who, *_ in purchases}):
        own = [(date.fromisoformat(on), amount) for who, on, amount in purchases if who == customer and on < str(day)]
        ever = [on for on, amount in own if amount > 0]
        inside = [(on, amount) for on, amount in own if (day - on).days <= 365]
        recency = (day - max(ever)).days if ever else None
        found[customer] = (recency, sum(each > 0 for _, each in inside), sum(each for _, each in inside), len(ever))
    return found


def segments(values: dict[str, Any], limits: dict[str, dict[int, float]]) -> dict[str, str]:
    found = {}
    for who, (recency, orders, money, ever) in values.items():
        if not orders:
            found[who] = "hibernating" if ever else "prospects"
            continue
        r = next((score for score in (5, 4, 3, 2) if -recency >= limits["r"].get(score, 1e9)), 1)
        f = next((score for score in (5, 4, 3, 2) if orders >= limits["f"].get(score, 1e9)), 1)
        m = next((score for score in (5, 4, 3, 2) if money >= limits["m"].get(score, 1e9)), 1) if money > 0 else 1
        fm = 1 if ever == 1 else max(2, int(fm_scores([f], [m])[0]))
        found[who] = SEGMENT_MAP[r, fm]
    return found


def limits_of(values: dict[str, Any]) -> dict[str, dict[int, float]]:
    """The smallest value that got each score or a better one."""
    buyers = [each for each in values.values() if each[1]]
    found = {}
    for name, own in (
        ("r", [-each[0] for each in buyers]),
        ("f", [each[1] for each in buyers]),
        ("m", [each[2] for each in buyers]),
    ):
        scores = mid_rank_scores(own).tolist()
        found[name] = {
            limit: min(value for value, score in zip(own, scores, strict=True) if score >= limit)
            for limit in range(2, 6)
            if any(score >= limit for score in scores)
        }
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_cut_points_of_the_first_day_hold_for_both(seed):
    purchases = some_purchases(seed)
    then, now = values_on(purchases, FIRST), values_on(purchases, LAST)
    limits = limits_of(then)
    expected = Counter((start, segments(now, limits)[who]) for who, start in segments(then, limits).items())
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period=PERIOD)
    assert counted(answer) == expected
    moved = {pair: sum(now[who][2] for who, start in segments(then, limits).items()
                       if (start, segments(now, limits)[who]) == pair) for pair in expected}  # fmt: skip
    assert {(row.from_segment, row.to_segment): row.net_sales for row in answer.rows if row.customers} == pytest.approx(
        moved
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_fresh_cut_points_are_those_of_each_day_alone(seed):
    purchases = some_purchases(seed)
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period=PERIOD, cut="fresh")
        one, other = (
            {row.customer_id: row.segment for row in asked.ask("customers.rfm", as_of=day).rows}
            for day in (datetime(2025, 10, 1), None)
        )
    assert counted(answer) == Counter((one[who], other[who]) for who in other)


def test_who_does_the_same_stays_where_he_is():
    # A buys every 46 days as ever; thirty others buy much more than before, so that fresh scores of A fall
    steady = [("A", str(LAST - timedelta(days=46 * each + 5)), 50) for each in range(16)]
    crowd = [
        (f"x{number:02}", str(FIRST - timedelta(days=3 + 9 * each + number)), 20)
        for number in range(30)
        for each in range(number // 5)
    ]
    more = [
        (f"x{number:02}", str(LAST - timedelta(days=1 + each + number % 3)), 100)
        for number in range(30)
        for each in range(20)
    ]
    with company(**bought([*steady, *crowd, *more])) as asked:
        only_a = (Filter("customer", ("A",)),)
        first = asked.ask(KEY, period=PERIOD, where=only_a)
        fresh = asked.ask(KEY, period=PERIOD, where=only_a, cut="fresh")
    assert [row.direction for row in first.rows if row.customers] == ["same"]
    assert [row.direction for row in fresh.rows if row.customers] == ["down"]


def test_shares_need_thirty_and_net_is_gained_less_lost():
    purchases = [(f"a{number:02}", "2025-09-20", 10) for number in range(40)]
    purchases += [(f"b{number:02}", "2025-03-01", 10) for number in range(20)]
    purchases += [(f"a{number:02}", "2025-12-20", 10) for number in range(10)]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period=PERIOD)
    sizes = Counter()
    for row in answer.rows:
        sizes[row.from_segment] += row.customers
    for row in answer.rows:
        assert row.share == (row.customers / sizes[row.from_segment] if sizes[row.from_segment] >= 30 else None)
        if row.from_segment == row.to_segment:
            gained = sum(each.customers for each in answer.rows if each.to_segment == row.to_segment)
            assert row.net == gained - sizes[row.from_segment]
        else:
            assert row.net is None
    assert "Of segments of fewer than 30 customers on the first day no share is shown." in said(answer)
    assert answer.passport.rows_used == sum(row.customers for row in answer.rows) == 60


def test_who_came_since_has_arrived_and_who_comes_later_is_left_out():
    tables = bought(
        [
            *((f"x{number:02}", "2025-09-01", 10) for number in range(30)),
            ("N", "2025-12-25", 10),
            ("L", "2026-02-01", 10),
        ]
    )
    for row in tables["customers"]:
        row["created_at"] = {"N": "2025-11-01", "L": "2026-01-15"}.get(row["customer_id"], "2025-01-01")
    with company(reaches="2026-03-01", **tables) as asked:
        answer = asked.ask(KEY, period=PERIOD)
    assert {to: n for (start, to), n in counted(answer).items() if start == "arrived"} == {"about_to_sleep": 1}
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "no customer yet on the last day": 1
    }
    assert [row.direction for row in answer.rows if row.from_segment == "arrived"] == ["new"]


def test_few_buyers_are_scored_by_fixed_cut_points():
    with company(**bought([("A", "2025-09-20"), ("A", "2025-09-01"), ("B", "2025-05-01")])) as asked:
        answer = asked.ask(KEY, period=PERIOD)
    assert "Too few buyers to rank: scored by fixed cut points, FM is the frequency alone." in said(answer)
    # A: 11 days ago, then 103; two purchases are F 2. B: 153 days ago, then 245; his only purchase is FM 1
    assert counted(answer) == {("potential_loyalists", "hibernating"): 1, ("hibernating", "hibernating"): 1}


def test_a_period_to_come_moves_nobody():
    with company(**bought([("A", "2025-09-20")])) as asked:
        answer = asked.ask(KEY, period="2026-05")
    assert len(answer.rows) == 0
    assert said(answer)[0].startswith("No data reach beyond")


def test_the_largest_move_down_is_told_with_its_money():
    purchases = [
        (f"g{number:02}", str(LAST - timedelta(days=100 + 30 * each)), 200) for number in range(20) for each in range(6)
    ]
    purchases += [
        (f"h{number:02}", str(LAST - timedelta(days=10 + 40 * each)), 20 + number)
        for number in range(40)
        for each in range(5)
    ]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period=PERIOD)
    down = [found for found in answer.findings if found.tone == "bad"]
    assert [found.money for found in down] == [20 * 6 * 200]
    assert str(down[0].message).startswith("20 customers went down from ")
