"""Calibration of the weighted pipeline: what the chances of earlier month ends told, and what was won."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from crmetrics.analysis.pipelines import stage_chances
from crmetrics.sales.past_chances import chances_at, tenths
from crmetrics.sales.pipeline_calibration import RECORD
from crmetrics.warehouse.facts.past_chances import RECORD_BY_MONTH
from crmetrics.warehouse.scope import Scope
from tests.company import company
from tests.sales.pipelines import tables, walk


def learned(won: int = 12, lost: int = 28, at: str = "2024-03-01") -> list[Any]:
    """Deals that were decided long before the month end that is asked for, in the lead stage."""
    return [walk(f"p{n}", ("lead", at), ("won" if n < won else "lost", "2024-03-20")) for n in range(won + lost)]


def asked_of(*deals: Any, reaches: str = "2025-07-01", **choices: Any) -> Any:
    with company(reaches=reaches, **tables(*deals)) as asked:
        return asked.ask("sales.pipeline_calibration", **{"period": "2024-05", "within": 30} | choices)


def test_what_stood_there_is_held_against_what_it_became() -> None:
    # of 40 decided 12 were won: 30 % was told of whatever stood in the lead stage at the end of May 2024
    deals = [
        walk("won", ("lead", "2024-05-10"), ("won", "2024-06-10")),
        walk("further", ("lead", "2024-05-10"), ("quote", "2024-06-05"), ("won", "2024-07-10")),
        walk("lost", ("lead", "2024-05-10"), ("lost", "2024-08-01")),
        walk("open", ("lead", "2024-05-10")),
        walk("gone", ("lead", "2024-05-10"), ("won", "2024-05-31 23:00")),
        walk("later", ("lead", "2024-06-01"), ("won", "2024-06-10")),
        walk("quote", ("lead", "2024-05-01"), ("quote", "2024-05-20"), ("won", "2024-06-10")),
    ]
    answer = asked_of(*learned(), *deals)
    (row,) = answer.rows
    # the deal that went on the last day of May was decided by then
    chance = (13 + 10 * (13 / 41)) / (41 + 10)
    assert (row.stage, row.n, row.won, row.lost, row.open_deals) == ("lead", 4, 2, 1, 1)
    assert (row.told, row.happened) == (pytest.approx(chance), 0.5)
    assert row.brier == pytest.approx((2 * (1 - chance) ** 2 + 2 * chance**2) / 4)
    base = 13 / 41
    assert row.base_brier == pytest.approx((2 * (1 - base) ** 2 + 2 * base**2) / 4)
    # the quote stage had but one decided deal behind it, and one that skipped to the win
    assert [(str(each.reason), each.rows) for each in answer.passport.rows_left_out] == [
        ("at a stage with fewer than 30 decided deals by then", 1)
    ]


def test_a_deal_counts_at_every_month_end_and_young_ones_are_pending() -> None:
    deal = walk("a", ("lead", "2024-05-10"), ("won", "2024-08-10"))
    long = asked_of(*learned(), deal, period="2024-05-01..2024-09-01")
    assert (long.total.n, long.total.won) == (3, 3)  # the ends of May, June and July
    young = asked_of(*learned(), deal, period="2024-05-01..2024-09-01", reaches="2024-08-15", within=30)
    assert (young.total.n, young.total.won) == (2, 2)
    assert str(young.notes[0].message) == (
        "1 month end is pending: nine of ten deals take up to 30 days to be decided."
    )
    usual = asked_of(*learned(), deal, period="2024-05-01..2024-09-01", within=0, reaches="2024-06-10")
    assert "take up to 19 days" in str(usual.notes[0].message)


def test_a_pipeline_that_promises_too_much_is_told() -> None:
    stuck = [walk(f"s{n}", ("lead", "2024-05-10")) for n in range(40)]
    answer = asked_of(*learned(), *stuck)
    assert [str(each.message) for each in answer.findings] == [
        "The weighted pipeline promised too much: 30.0% of the open deals, and 0.0% were won."
    ]
    assert asked_of(*learned()).findings == ()


def test_one_rate_for_all_is_as_good_where_there_is_one_stage() -> None:
    answer = asked_of(*learned(), walk("won", ("lead", "2024-05-10"), ("won", "2024-06-10")))
    assert "The chances of the stages do no better than one rate for all deals of the pipeline." in [
        str(note.message) for note in answer.notes
    ]


def test_tenths_hold_equal_chances_together() -> None:
    assert tenths(np.array([0.1, 0.2, 0.2, 0.9]), np.array([10.0, 30.0, 30.0, 30.0])).tolist() == [1, 5, 5, 9]
    answer = asked_of(*learned(), walk("a", ("lead", "2024-05-10")), show="tenths")
    assert [(row.tenth, row.n, row.stage) for row in answer.rows] == [(6, 1, None)]
    assert answer.chart.columns() == ("tenth", "happened", "low", "high", "told")


@pytest.mark.parametrize("seed", range(3))
def test_the_chances_are_those_that_the_pipeline_learned_then(seed: int) -> None:
    chance = random.Random(seed)
    deals = []
    for number in range(150):
        start = datetime(2022, 1, 1) + timedelta(days=chance.randrange(1000), hours=chance.randrange(24))
        moments = [start + timedelta(days=each) for each in sorted(chance.sample(range(1, 300), 3))]
        way = [chance.choice(["lead", "quote"]) for _ in range(chance.randrange(1, 4))]
        end = [chance.choice(["won", "lost"])] if chance.random() < 0.8 else []
        deals.append(walk(f"d{number}", *zip([*way, *end], map(str, [start, *moments]), strict=False)))
    rows = tables(*deals)
    with company(reaches="2026-01-01", zone="Europe/Istanbul", **rows) as asked:
        for day in (date(2023, 3, 1), date(2024, 1, 1), date(2024, 9, 1)):
            as_of = datetime(day.year, day.month, 1) - timedelta(hours=3)
            with asked.warehouse(Scope(as_of=as_of)) as then:
                wanted = stage_chances(then)
            with asked.warehouse(Scope()) as now:
                now.derive(RECORD_BY_MONTH)
                month = (day.year - 1970) * 12 + day.month - 1
                found, _whole = chances_at(now.query(RECORD), "main", 2, month)
            for stage, share in zip(("lead", "quote"), found, strict=True):
                known = wanted.get(("main", stage))
                if known is None or known.decided < 30:
                    assert np.isnan(share)
                else:
                    assert share == pytest.approx(known.rate)


def test_without_a_ripe_month_end_nothing_is_told() -> None:
    answer = asked_of(*learned(), period="2025-06")
    assert (len(answer.rows), answer.total.n, answer.total.told) == (0, 0, None)
    assert "1 month end is pending" in str(answer.notes[0].message)
