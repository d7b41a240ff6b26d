"""Retention of cohorts against the definition, written out member by member."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.cohorts import Retention

RUNNING = 6
# a member: cohort, start, in how many and which periods after the start he was active
MEMBERS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.sets(st.integers(0, 6))), min_size=1, max_size=40)


def lives(members, last):
    """(cohort, start, the periods with activity), each active in his first."""
    return [
        (cohort, start, {start} | {start + k for k in gaps if start + k <= last})
        for cohort, start, gaps in members
        if start <= last
    ]


def fitted(people, last, **how):
    started = Counter((cohort, start) for cohort, start, _ in people)
    seen: Counter[tuple[int, int, int]] = Counter()
    again: Counter[tuple[int, int, int]] = Counter()
    for cohort, start, active in people:
        for period in {max(active)} if how.get("or_later") else active:
            seen[cohort, start, period] += 1
            again[cohort, start, period] += period - 1 in active
    cells = list(seen)
    return Retention.fit(
        [cohort for cohort, _ in started],
        [start for _, start in started],
        list(started.values()),
        (
            *(np.array([cell[i] for cell in cells]) for i in range(3)),
            np.array(list(seen.values())),
            np.array([again[cell] for cell in cells]),
        ),
        cohorts=3,
        running=RUNNING,
        last=last,
        **how,
    )


def written_out(people, cohort, k, last, or_later, from_previous):
    """(n, active, is_complete) of one cell, None where the data do not reach it."""

    def is_active(active, period):
        return any(each >= period for each in active) if or_later else period in active

    own = [(start, active) for which, start, active in people if which == cohort]
    ended = [(start, active) for start, active in own if start + k < RUNNING]
    counted = ended or [(start, active) for start, active in own if start + k == RUNNING <= last]
    if not counted:
        return None
    if from_previous and k > 0:
        counted = [(start, active) for start, active in counted if is_active(active, start + k - 1)]
    return len(counted), sum(is_active(active, start + k) for start, active in counted), bool(ended)


@given(MEMBERS, st.sampled_from([RUNNING - 1, RUNNING]), st.booleans(), st.booleans())
def test_every_cell_is_that_of_the_definition(members, last, or_later, from_previous):
    people = lives(members, last)
    if not people:
        return
    found = fitted(people, last, or_later=or_later, from_previous=from_previous)
    for cohort in range(3):
        assert found.size[cohort] == sum(which == cohort for which, _, _ in people)
        for k in range(found.n.shape[1]):
            expected = written_out(people, cohort, k, last, or_later, from_previous)
            assert bool(found.is_known[cohort, k]) == (expected is not None)
            if expected is not None:
                assert (found.n[cohort, k], found.active[cohort, k], bool(found.is_complete[cohort, k])) == expected


@given(MEMBERS)
def test_shares_stay_between_0_and_1(members):
    people = lives(members, RUNNING)
    for how in ({}, {"or_later": True}, {"from_previous": True}, {"or_later": True, "from_previous": True}):
        rate = fitted(people, RUNNING, **how).rate
        assert np.all((rate[~np.isnan(rate)] >= 0) & (rate[~np.isnan(rate)] <= 1))


def test_means_keep_the_cohorts_that_came_to_nothing():
    # sizes 100, 10, 50 with 20, 5, 0 active: weighted 25/160, simple 23.3 %; without the last it would be 35 %
    found = Retention.fit(
        [0, 1, 2], [0, 0, 0], [100, 10, 50], ([0, 1], [0, 0], [1, 1], [20, 5], [0, 0]), cohorts=3, running=2, last=1
    )
    assert found.weighted()[2][1] == pytest.approx(25 / 160)
    assert found.simple()[0][1] == pytest.approx((0.2 + 0.5 + 0) / 3)
    assert found.simple()[1][1] == 3


def test_nobody_started():
    found = Retention.fit([], [], [], ([], [], [], [], []), cohorts=0, running=0, last=-1)
    assert found.is_known.sum() == 0
    assert found.weighted()[2].tolist() == pytest.approx([np.nan], nan_ok=True)
