"""The leaks of a funnel: parts that sum to the gap, whatever the signs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.leaks import LeakLedger, in_steps, leaks, merged_steps

SHARES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6)
SIZES = st.floats(1, 1e6)


@given(st.integers(1, 10_000), SHARES, SIZES, SIZES)
def test_the_parts_sum_to_the_gap_also_with_gains(entries, shares, size, reference_size):
    actual, reference = np.array(shares).T
    gap = entries * (reference.prod() * reference_size - actual.prod() * size)
    parts = leaks(entries, actual, reference, size, reference_size)
    assert parts.sum() == pytest.approx(gap, rel=1e-9, abs=1e-6 * entries)


def test_the_worked_example():
    found = LeakLedger.fit(100, [50, 20], [50, 30], [60, 30], [40, 30], 1_000, 1_000)
    assert found.leak == pytest.approx([5_000, 5_000, 0])
    assert found.gap == pytest.approx(100 * 0.6 * 0.5 * 1_000 - 100 * 0.5 * 0.4 * 1_000)
    assert (found.low[:2] < found.leak[:2]).all()
    assert (found.leak[:2] < found.high[:2]).all()
    assert found.gap_low < found.gap < found.gap_high


def test_a_smaller_size_is_a_leak_of_its_own():
    found = LeakLedger.fit(100, [50], [50], [50], [50], 800, 1_000)
    assert found.leak == pytest.approx([0, 100 * 0.5 * 200])
    assert found.gap == pytest.approx(10_000)


def test_an_unknown_size_leaves_the_steps():
    found = LeakLedger.fit(100, [50], [50], [60], [40], float("nan"), 1_000)
    assert found.leak == pytest.approx([10_000, np.nan], nan_ok=True)
    assert found.gap == pytest.approx(10_000)
    assert found.gap_low < 10_000 < found.gap_high


def test_where_nothing_is_won_the_size_of_it_leaks_nothing():
    found = LeakLedger.fit(100, [0], [60], [30], [30], float("nan"), 1_000)
    assert found.leak == pytest.approx([100 * 0.5 * 1_000, 0])
    assert found.gap == pytest.approx(50_000)


def test_without_a_decided_case_nothing_is_said():
    found = LeakLedger.fit(10, [0], [0], [30], [30], 100, 100)
    assert np.isnan([*found.leak[:-1], *found.low, *found.high, found.gap, found.gap_low]).all()


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Of 300 draws of a funnel with a known leak about 95 % of the intervals cover it."""
    rng = np.random.default_rng(7)
    actual, reference = np.array([0.7, 0.5]), np.array([0.75, 0.6])
    truth = leaks(1, actual, reference, 100, 100)
    held = np.zeros(3)
    for _ in range(300):
        moved, best = rng.binomial(400, actual), rng.binomial(400, reference)
        found = LeakLedger.fit(1, moved, 400 - moved, best, 400 - best, 100, 100)
        held += (found.low <= truth) & (truth <= found.high)
    assert (held[:2] / 300).min() > 0.91


def test_the_same_counts_give_the_same_interval():
    first, again = (LeakLedger.fit(100, [50, 20], [50, 30], [60, 30], [40, 30], 9, 9) for _ in range(2))
    assert (first.low == again.low).all()


@pytest.mark.parametrize(
    ("decided", "steps"),
    [
        ([40, 40, 40], ((0, 0), (1, 1), (2, 2))),
        ([40, 29, 40], ((0, 0), (1, 2))),  # with the next
        ([40, 40, 29], ((0, 0), (1, 2))),  # the last with the one before
        ([29, 40, 40], ((0, 1), (2, 2))),
        ([9, 8, 7], ((0, 2),)),  # all in one, however few
        ([9], ((0, 0),)),
        ([], ()),
    ],
)
def test_short_steps_are_merged(decided, steps):
    assert merged_steps([[0] * len(decided)], [decided], least=30) == steps


def test_steps_are_merged_where_either_funnel_is_short():
    assert merged_steps([[50, 40], [50, 9]], [[50, 10], [50, 9]], least=30) == ((0, 1),)


def test_a_merged_step_is_left_by_who_leaves_its_last():
    moved, lost = in_steps([50, 40, 20], [10, 5, 3], ((0, 1), (2, 2)))
    assert (moved.tolist(), lost.tolist()) == ([40, 20], [15, 3])
