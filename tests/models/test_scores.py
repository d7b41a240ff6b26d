"""Scores by average rank, and the map of segments."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import floor

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.scores import EXPORT_NAMES, SEGMENT_MAP, fm_scores, mid_rank_scores


def written_out(values, classes):
    ranks = [
        sum(other < value for other in values) + Fraction(sum(other == value for other in values) + 1, 2)
        for value in values
    ]
    return [min(classes, floor(classes * (rank - Fraction(1, 2)) / len(values)) + 1) for rank in ranks]


@given(st.lists(st.integers(-3, 12), min_size=1, max_size=60), st.sampled_from([3, 5]))
def test_scores_are_those_of_the_rule(values, classes):
    assert mid_rank_scores(values, classes).tolist() == written_out(values, classes)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_equal_values_share_a_score_and_more_is_never_worse(values):
    scores = mid_rank_scores(values)
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(scores[order]) >= 0)
    assert all(len(set(scores[np.array(values) == value])) == 1 for value in values)


def test_worked_example_of_the_rule():
    assert mid_rank_scores([1, 1, 1, 1, 1, 1, 2, 3, 4, 9]).tolist() == [2, 2, 2, 2, 2, 2, 4, 4, 5, 5]
    assert set(mid_rank_scores([4] * 7).tolist()) == {3}


def test_nobody_is_scored():
    assert mid_rank_scores([]).tolist() == []


def test_segments_of_the_125_combinations():
    found = Counter(SEGMENT_MAP[r, int(fm_scores([f], [m])[0])] for r, f, m in product(range(1, 6), repeat=3))
    assert found == {
        "champions": 10,
        "loyal": 20,
        "potential_loyalists": 28,
        "new": 1,
        "promising": 1,
        "need_attention": 9,
        "about_to_sleep": 6,
        "at_risk": 32,
        "cannot_lose": 6,
        "hibernating": 12,
    }
    assert sum(found.values()) == 125
    assert set(EXPORT_NAMES) == set(found) | {"prospects"}
