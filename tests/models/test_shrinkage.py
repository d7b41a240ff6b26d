"""Shrinkage: rule R14 and its worked check."""

import numpy as np
import pytest

from crmetrics.models.shrinkage import ShrunkenShares, prior_weight


def test_the_worked_check():
    # team 120/400 = 30 %, m = 10: 3/3 gives 6/13, 45/100 gives 48/110
    found = ShrunkenShares.fit([3, 45, 72], [3, 100, 297])
    assert (found.whole, found.weight) == (0.3, 10.0)
    assert found.share[:2].tolist() == pytest.approx([6 / 13, 48 / 110])


def test_the_weight_by_the_formula_written_out():
    k, n = np.array([10, 30, 22, 18, 60, 9]), np.array([40, 70, 61, 50, 150, 41])
    p, N, g = k.sum() / n.sum(), n.sum(), len(n)
    tau2 = ((n * (k / n - p) ** 2).sum() - (g - 1) * p * (1 - p)) / (N - (n**2).sum() / N - (g - 1))
    assert 5 < p * (1 - p) / tau2 - 1 < 200
    assert prior_weight(k, n, p) == pytest.approx(p * (1 - p) / tau2 - 1)


@pytest.mark.parametrize(
    ("k", "n", "weight"),
    [
        ([5, 5, 5, 5, 5], [10, 10, 10, 10, 10], 200.0),  # no more spread than chance gives
        ([0, 100, 0, 100, 50], [100, 100, 100, 100, 100], 5.0),  # no two alike
        ([1, 0, 1, 0, 1], [1, 1, 1, 1, 1], 200.0),  # one case each: the denominator is 0
        ([1, 2, 3, 4], [9, 9, 9, 9], 10.0),  # four groups are too few to tell
        ([1, 2, 3, 4, 0], [9, 9, 9, 9, 0], 10.0),  # a group without cases is none
        ([0, 0, 0, 0, 0], [9, 9, 9, 9, 9], 200.0),  # nobody won: nothing to tell apart
    ],
)
def test_the_weight_at_its_bounds(k, n, weight):
    assert ShrunkenShares.fit(k, n).weight == weight


def test_the_whole_may_be_larger_than_the_groups():
    found = ShrunkenShares.fit([0, 0], [0, 10], whole=0.5)
    assert found.share.tolist() == [0.5, 0.25]


def test_no_case_at_all_is_unknown():
    assert np.isnan(ShrunkenShares.fit([0, 0], [0, 0]).share).all()


def test_shrunken_shares_are_nearer_to_the_truth():
    rng = np.random.default_rng(5)
    truth = rng.beta(6, 14, 200)
    n = rng.integers(3, 40, 200)
    k = rng.binomial(n, truth)
    found = ShrunkenShares.fit(k, n)
    assert found.weight == pytest.approx(20, rel=0.5)
    assert np.mean((found.share - truth) ** 2) < 0.6 * np.mean((k / n - truth) ** 2)
