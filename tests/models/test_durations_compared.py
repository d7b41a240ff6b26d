"""Kaplan-Meier with its intervals, and the log-rank test: textbook figures and cases drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.models.log_rank import log_rank

# Remission in weeks of 21 pairs of patients, 6-MP against placebo: Freireich et al. (1963), as in the textbooks
TREATED = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
TREATED_ENDED = [1] * 9 + [0] * 12
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def remissions():
    ended = np.array(TREATED_ENDED + [1] * 21)
    return np.array(TREATED + PLACEBO, dtype=float), ended, 1 - ended, np.array([0] * 21 + [1] * 21)


def test_log_rank_of_the_textbook():
    test = log_rank(*remissions())
    assert test.observed.tolist() == [9, 21]
    assert test.expected.round(2).tolist() == [19.25, 10.75]
    assert (test.statistic, test.degrees) == (pytest.approx(16.793, abs=5e-4), 1)
    assert test.p == pytest.approx(4.17e-5, rel=2e-3)


def test_log_rank_agrees_with_another_implementation():
    chance = np.random.default_rng(2)
    lasts, limit = chance.exponential(10, 300).round() + 1, chance.integers(3, 25, 300)
    group = chance.integers(0, 2, 300)
    ended = lasts <= limit
    seen = np.minimum(lasts, limit)
    found = log_rank(seen, ended, ~ended, group)
    one, other = (stats.CensoredData.right_censored(seen[group == each], ~ended[group == each]) for each in (0, 1))
    known = stats.logrank(one, other)
    assert found.statistic == pytest.approx(known.statistic**2, rel=1e-9)
    assert found.p == pytest.approx(known.pvalue, rel=1e-9)


def test_log_rank_counts_equal_cases_together_and_compares_many_groups():
    chance = np.random.default_rng(3)
    seen, group, ended = chance.integers(1, 6, 400), chance.integers(0, 3, 400), chance.random(400) < 0.6
    single = log_rank(seen, ended, ~ended, group)
    key = seen * 3 + group
    cells, which = np.unique(key, return_inverse=True)
    counted = log_rank(cells // 3, np.bincount(which, ended), np.bincount(which, ~ended), cells % 3)
    assert single.degrees == counted.degrees == 2
    assert counted.statistic == pytest.approx(single.statistic)
    assert counted.expected == pytest.approx(single.expected)


def test_log_rank_with_nothing_to_compare():
    for given in (([1, 2], [1, 1], [0, 0], [0, 0]), ([1, 2], [0, 0], [1, 1], [0, 1]), ([], [], [], [])):
        assert np.isnan(log_rank(*given).statistic)


def test_log_rank_finds_a_difference_as_often_as_it_says_where_there_is_none():
    chance, found = np.random.default_rng(5), 0
    for _time in range(400):
        lasts, limit = chance.exponential(10, 120), chance.uniform(2, 20, 120)
        found += log_rank(np.minimum(lasts, limit), lasts <= limit, lasts > limit, np.arange(120) % 2).p < 0.05
    assert 8 <= found <= 36  # 20 of 400


def test_intervals_of_the_textbook():
    lasts, ended, running, group = remissions()
    curve = KaplanMeier.fit(lasts, ended, running, group)
    low, high = curve.interval()
    own = curve.group == 0
    assert curve.time[own].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.survival[own].round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert low[own].round(3).tolist() == [0.620, 0.563, 0.503, 0.432, 0.368, 0.268, 0.188]
    assert high[own].round(3).tolist() == [0.952, 0.923, 0.889, 0.849, 0.805, 0.747, 0.680]
    assert np.isnan(low[-1])  # of the placebo group nobody is left
    assert curve.median().tolist() == [23, 8]
    first, last = curve.median_interval()
    assert (first.tolist(), last.tolist()[1]) == ([13, 4], 11)
    assert np.isnan(last[0])  # not before the data end


def test_survival_at_any_time():
    curve = KaplanMeier.fit([2, 4, 8, 5, 10], gone=[1, 1, 1, 0, 0], running=[0, 0, 0, 1, 1])
    assert curve.at([0, 1.9, 2, 7, 8, 10]).round(4).tolist() == [1, 1, 0.8, 0.6, 0.3, 0.3]
    assert np.isnan(curve.at(10.1))


def test_intervals_hold_the_truth_as_often_as_they_say():
    chance, inside = np.random.default_rng(6), 0
    for _time in range(500):
        lasts, limit = chance.exponential(10, 60), chance.uniform(3, 30, 60)
        curve = KaplanMeier.fit(np.minimum(lasts, limit), lasts <= limit, lasts > limit)
        low, high = curve.interval()
        place = np.searchsorted(curve.time, 6.0, side="right") - 1
        inside += low[place] <= np.exp(-0.6) <= high[place]
    assert inside / 500 == pytest.approx(0.95, abs=0.03)
