"""Two shares: intervals and tests against published figures and against scipy's."""

from __future__ import annotations

import random

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from scipy.stats import fisher_exact as by_scipy

from crmetrics.models.two_shares import benjamini_hochberg, fisher_exact, newcombe


@pytest.mark.parametrize(
    ("k", "n", "other_k", "other_n", "low", "high"),
    [
        # Newcombe (1998), Stat. Med. 17, 873-890, table II, method 10
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_newcombes_own_table(k, n, other_k, other_n, low, high):
    found = newcombe([k], [n], [other_k], [other_n])
    assert (found[0][0], found[1][0]) == pytest.approx((low, high), abs=5.1e-5)


def test_fisher_is_scipys():
    draw = random.Random(5)
    for _ in range(300):
        n, other_n = draw.randrange(1, 60), draw.randrange(1, 60)
        k, other_k = draw.randrange(n + 1), draw.randrange(other_n + 1)
        expected = by_scipy([[k, n - k], [other_k, other_n - other_k]]).pvalue
        assert fisher_exact([k], [n], [other_k], [other_n])[0] == pytest.approx(expected, rel=1e-9)


def test_fisher_of_many_cases_is_finite():
    found = fisher_exact([50_000, 0, 30_000], [100_000, 0, 60_000], [49_000, 0, 10], [100_000, 10, 100_000])
    assert np.isfinite(found).all()
    assert found[0] == pytest.approx(by_scipy([[50_000, 50_000], [49_000, 51_000]]).pvalue, rel=1e-6)
    assert found[1] == 1.0


def test_benjamini_hochberg_is_scipys():
    draw = np.random.default_rng(5)
    for count in (1, 2, 10, 50):
        p = draw.random(count) ** 3
        assert benjamini_hochberg(p).tolist() == pytest.approx(false_discovery_control(p).tolist())
    assert benjamini_hochberg([]).tolist() == []


def test_of_random_traits_few_are_found():
    """At a false discovery rate of 5 %, in about one of twenty tries is anything found where nothing is."""
    draw, tries = np.random.default_rng(7), 200
    hits = 0
    for _ in range(tries):
        n = np.full(20, 200)
        k, other = draw.binomial(200, 0.3, 20), draw.binomial(200, 0.3, 20)
        hits += bool((benjamini_hochberg(fisher_exact(k, n, other, n)) < 0.05).any())
    assert hits <= 0.1 * tries
