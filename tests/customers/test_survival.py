"""Subscription life: those that run are not left out, and what is joined is one life."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.vocabulary.period import months_later
from tests.company import company
from tests.customers.days import some_subscriptions, subscribers

KEY = "customers.survival"
TODAY = date(2026, 1, 1)


def span(number: int, start: date | str, end: date | str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "subscription_id": f"s{number}",
        "customer_id": f"c{number}",
        "started_on": str(start),
        "ended_on": None if end is None else str(end),
        "monthly_amount": 10,
        **more,
    }


def lasted(number: int, days: int) -> dict[str, Any]:
    """One that ended after so many days, half a year ago."""
    return span(number, date(2025, 6, 1) - timedelta(days=days), "2025-06-01")


def runs(number: int, days: int) -> dict[str, Any]:
    return span(number, TODAY - timedelta(days=days))


def curve(answer: Answer, party: str | None = None) -> list[tuple[int, int, int, float]]:
    return [
        (row.t, row.at_risk, row.ended, row.s) for row in answer.rows if row.party == party and row.at_risk is not None
    ]


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


EXAMPLE = [lasted(1, 2), lasted(2, 4), lasted(3, 8), runs(4, 5), runs(5, 10)]


def test_those_that_run_are_not_left_out():
    with company(**subscribers(EXAMPLE)) as asked:
        answer = asked.ask(KEY)
    assert curve(answer) == [
        (0, 5, 0, 1.0),
        (2, 5, 1, pytest.approx(0.8)),
        (4, 4, 1, pytest.approx(0.6)),
        (8, 2, 1, pytest.approx(0.3)),
    ]
    # half are gone after 8 days, not after the 4.67 that the ended took in the mean
    assert said(answer)[0].startswith("Half have ended after 8.00 (95 % interval: 2.00 to not yet known)")


def test_the_interval_is_even_in_log_log():
    with company(**subscribers(EXAMPLE)) as asked:
        rows = list(asked.ask(KEY).rows)
    # S 0.8, w2 = 1 / (5 x 4): 0.8 ^ exp(-+ 1.96 x sqrt(w2) / -ln 0.8)
    assert (rows[1].low, rows[1].high) == pytest.approx((0.2038, 0.9692), abs=1e-4)
    assert (rows[0].low, rows[0].high) == (None, None)


def test_changes_and_short_gaps_do_not_end_a_life():
    rows = [
        span(1, "2025-01-01", "2025-02-01", end_reason="changed"),
        span(1, "2025-02-01", "2025-03-01"),
        span(2, "2025-03-31", "2025-05-01", customer_id="c1"),  # 30 days later: joined
        span(3, "2025-06-01", "2025-06-11", customer_id="c1"),  # 31 days later: a life of its own
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY)
        none = asked.ask(KEY, grace=0)
    assert [row.t for row in answer.rows if row.ended] == [10, 120]
    assert [row.t for row in none.rows if row.ended] == [10, 31, 59]
    assert answer.passport.rows_used == 4


def test_a_young_end_is_followed_to_it_but_has_not_ended():
    with company(**subscribers([span(1, "2025-01-01", "2025-12-15"), lasted(2, 100), runs(3, 400)])) as asked:
        assert [row.t for row in asked.ask(KEY).rows if row.ended] == [100]
        assert [row.t for row in asked.ask(KEY, grace=10).rows if row.ended] == [100, 348]


def test_trials_are_left_out():
    rows = [lasted(1, 10), lasted(2, 50), {**lasted(3, 7), "plan": "trial"}, {**lasted(4, 9), "plan": "try, then buy"}]
    with company(**subscribers([*rows, span(5, "2025-03-01", "2025-03-01")])) as asked:
        answer = asked.ask(KEY)
        named = asked.ask(KEY, trials="x,try, then buy")
        nothing = asked.ask(KEY, trials="")
    assert answer.passport.rows_used == 3
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "trial plans": 1,
        "ended on the day of their start": 1,
    }
    assert [row.t for row in named.rows if row.ended] == [7, 10, 50]
    assert [row.t for row in nothing.rows if row.ended] == [7, 9, 10, 50]


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2025-01-10", "2025-02-10", 1),  # the whole month was used
        ("2025-01-10", "2025-01-20", 1),  # within the first
        ("2025-01-10", "2025-02-11", 2),
        ("2025-01-31", "2025-02-28", 1),
        ("2024-01-15", "2025-01-15", 12),
    ],
)
def test_an_end_belongs_to_the_renewal_that_closes_its_month(start, end, months):
    with company(**subscribers([span(1, start, end)])) as asked:
        for unit in ("month", "renewal"):
            assert [row.t for row in asked.ask(KEY, unit=unit).rows if row.ended] == [months]


@pytest.mark.parametrize(
    ("start", "whole", "renewed"), [("2025-11-01", 2, 1), ("2025-10-31", 2, 2), ("2025-12-20", 0, 0)]
)
def test_a_renewal_counts_once_it_is_past(start, whole, renewed):
    others = [span(number, months_later(date(2025, 3, 5), -number), "2025-03-05") for number in range(2, 6)]
    with company(**subscribers([span(1, start), *others])) as asked:
        by_month, by_renewal = (asked.ask(KEY, unit=unit) for unit in ("month", "renewal"))
    for answer, last in ((by_month, whole), (by_renewal, renewed)):
        assert {row.t: row.at_risk for row in answer.rows} == {0: 5, **{t: 6 - t + (t <= last) for t in range(2, 6)}}


def regular(kept: list[int]) -> dict[str, Any]:
    """1,000 starters of January 2025, of whom so many are kept at each renewal, on 5 August."""
    rows, alive = [], 1000
    for month, stay in enumerate(kept, start=1):
        rows += [
            span(len(rows) + each, "2025-01-01", months_later(date(2025, 1, 1), month)) for each in range(alive - stay)
        ]
        alive = stay
    return subscribers([*rows, *(span(len(rows) + each, "2025-01-01") for each in range(alive))])


def test_the_model_of_the_published_case():
    # Fader and Hardie (2007), high end: a 0.668, b 3.806
    with company(reaches="2025-09-05", **regular([869, 743, 653, 593, 551, 517, 491])) as asked:
        answer = asked.ask(KEY, unit="renewal", ahead=5, grace=0)
    rows = list(answer.rows)
    # the eighth renewal was passed by all that were left: a, b differ a little from those of seven; so the curve is looked at
    assert [row.at_risk for row in rows[:8]] == [1000, 1000, 869, 743, 653, 593, 551, 517]
    assert [row.s for row in rows[1:8]] == pytest.approx([0.869, 0.743, 0.653, 0.593, 0.551, 0.517, 0.491])
    assert [row.t for row in rows[8:]] == [9, 10, 11, 12, 13]
    assert all(row.s is None and row.at_risk is None for row in rows[8:])


def test_the_model_goes_on_where_the_data_end():
    with company(reaches="2025-08-05", **regular([869, 743, 653, 593, 551, 517, 491])) as asked:
        answer = asked.ask(KEY, unit="renewal", ahead=5, grace=0)
        daily = asked.ask(KEY, grace=0)
    # seven renewals seen: a 0.6681, b 3.8061, the next five .460 .436 .414 .395 .378
    later = [row.s_model for row in answer.rows if row.s is None]
    assert later == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=6e-4)
    assert answer.rows[1].s_model == pytest.approx(3.8061 / (0.6681 + 3.8061), abs=1e-4)
    assert daily.rows[-1].s_model == pytest.approx(
        answer.rows[6].s_model
    )  # day 212 lies before the seventh average month


def test_of_fewer_than_thirty_ends_there_is_no_model():
    with company(**subscribers([lasted(number, 40 + number) for number in range(29)])) as asked:
        answer = asked.ask(KEY, unit="renewal", ahead=5)
    assert {row.s_model for row in answer.rows} == {None}
    assert "In 1 group fewer than 30 have ended: too few for the model." in said(answer)


def test_groups_are_those_of_the_first_span_and_are_tested():
    rows = [{**lasted(number, 20 + number), "plan": "small"} for number in range(40)]
    rows += [{**lasted(number, 200 + number), "plan": "large"} for number in range(40, 80)]
    rows += [
        span(100, "2025-01-01", "2025-02-01", plan="small", end_reason="changed"),
        span(100, "2025-02-01", plan="large"),
    ]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, by="plan")
    assert [(row.party, row.at_risk) for row in answer.rows if row.t == 0] == [("small", 41), ("large", 40)]
    assert any(note.startswith("The groups differ (log-rank test") for note in said(answer))
    (found,) = answer.findings
    assert str(found.message) == "small: half are gone after 40.00, of large only after 259.00."


def test_groups_that_last_alike_are_not_told_apart():
    rows = [{**lasted(number, 20 + number // 2), "plan": "small" if number % 2 else "large"} for number in range(80)]
    with company(**subscribers(rows)) as asked:
        answer = asked.ask(KEY, by="plan")
    assert any(note.startswith("That the groups differ is not proved") for note in said(answer))
    assert answer.findings == ()


def by_hand(lives: list[tuple[int, bool]]) -> list[tuple[int, int, int, float]]:
    found, share = [(0, len(lives), 0, 1.0)], 1.0
    for t in sorted({days for days, is_over in lives if is_over}):
        at_risk = sum(days >= t for days, _over in lives)
        ended = sum(days == t and is_over for days, is_over in lives)
        share *= 1 - ended / at_risk
        found.append((t, at_risk, ended, pytest.approx(share)))
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("grace", [0, 20])
def test_lives_joined_and_followed_by_hand(seed, grace):
    rows = some_subscriptions(Random(seed), 20)
    spans = defaultdict(list)
    for row in rows:
        end = date.fromisoformat(row["ended_on"]) if row["ended_on"] else None
        spans[row["customer_id"]].append((date.fromisoformat(row["started_on"]), end or date.max))
    lives = []
    for own in spans.values():
        joined: list[list[date]] = []
        for start, end in sorted(own):
            if joined and (joined[-1][1] == date.max or start <= joined[-1][1] + timedelta(days=grace)):
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([start, end])
        for start, end in joined:
            is_over = end != date.max and end + timedelta(days=grace) < TODAY
            lives.append(((min(end, TODAY) - start).days, is_over))
    with company(**subscribers(rows)) as asked:
        assert curve(asked.ask(KEY, grace=grace)) == by_hand(lives)


def test_nobody_subscribed_yet():
    with company(**subscribers([span(1, "2026-05-01")])) as asked:
        answer = asked.ask(KEY)
    assert len(answer.rows) == 0
    assert "There are no subscriptions to follow." in said(answer)
