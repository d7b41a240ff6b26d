"""Spend, renewals and opportunities: published figures, integrals, and what is refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmetrics.models import BetaGeometricBetaBinomial, CannotFit, GammaGamma, ShiftedBetaGeometric
from crmetrics.models import gamma_gamma as spend
from crmetrics.models import shifted_beta_geometric as renewals
from crmetrics.models.gamma_gamma import related
from crmetrics.vocabulary.errors import BadValue
from tests.models.buying import spending

SOME = st.floats(0.1, 12.0)


def slopes(likelihood, point):
    return [
        (likelihood(point + step)[0] - likelihood(point - step)[0]) / (2 * step[place])
        for place, step in enumerate(np.eye(len(point)) * 1e-6 * point)
    ]


# ── Gamma-Gamma ────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=30, deadline=None)
@given(st.tuples(SOME, SOME, st.floats(0.5, 90)))
def test_the_gradient_of_spend(parameters):
    x = np.array([1.0, 1, 2, 3, 9, 40])
    m = np.array([3.0, 80, 12, 25, 31, 7])
    likelihood = spend._likelihood(x, m, np.array([1.0, 4, 1, 2, 1, 1]))
    assert likelihood(np.array(parameters))[1] == pytest.approx(
        slopes(likelihood, np.array(parameters)), rel=1e-4, abs=1e-4
    )


def test_spend_is_recovered_as_often_as_its_intervals_say():
    truth, times, inside = (5.0, 3.5, 20.0), 60, np.zeros(3)
    for seed in range(times):
        x = np.random.default_rng(seed).integers(1, 8, 800).astype(float)
        fitted = GammaGamma.fit(x, spending(seed, x, truth))
        inside += [low <= value <= high for (low, high), value in zip(fitted.intervals().values(), truth, strict=True)]
    assert inside.min() >= 51  # 57 of 60 is 95 %
    assert inside.sum() / (3 * times) == pytest.approx(0.95, abs=0.05)


def test_one_purchase_counts_less_than_many():
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    mean = float(model.expected_value(0, 0))
    once, often = model.expected_value([1, 50], [200.0, 200.0])
    assert mean == pytest.approx(35.22, abs=0.005)
    assert mean < once < often < 200


def test_values_drawn_are_those_expected():
    model, many = GammaGamma(p=6.25, q=3.74, v=15.44), 60_000
    drawn = model.draw_values(np.random.default_rng(1), np.full(many, 3.0), np.full(many, 4.0), np.full(many, 50.0))
    assert drawn.mean() == pytest.approx(3 * float(model.expected_value(4, 50)), rel=0.01)
    assert model.draw_values(np.random.default_rng(1), np.zeros(3), np.ones(3), np.ones(3)).tolist() == [0, 0, 0]


def test_a_mean_without_a_limit_is_refused():
    x = np.full(4000, 5.0)
    with pytest.raises(CannotFit, match="the mean of all has no limit") as caught:
        GammaGamma.fit(x, spending(1, x, (6.0, 0.7, 15.0)))
    assert caught.value.reason == "infinite_mean"


def test_equal_spend_and_no_customers_are_refused():
    with pytest.raises(CannotFit) as caught:
        GammaGamma.fit(np.full(50, 2.0), np.full(50, 30.0))
    assert caught.value.reason == "same_values"
    with pytest.raises(CannotFit) as caught:
        GammaGamma.fit([], [])
    assert caught.value.reason == "no_customers"


def test_refunds_and_who_never_bought_again_are_no_spend():
    with pytest.raises(BadValue, match="2 rows have no purchase"):
        GammaGamma.fit([0, 1, 1, 2], [0, 10, -5, 12])


def test_counted_spend_is_the_same_spend():
    x, m = np.array([1.0, 1, 2, 3, 5] * 20), np.array([10.0, 20, 15, 18, 30] * 20)
    weights = np.full(5, 20.0)
    assert GammaGamma.fit(x[:5], m[:5], weights).parameters == pytest.approx(
        GammaGamma.fit(pa.array(x), pa.array(m)).parameters, rel=1e-6
    )
    assert related(x, m) == pytest.approx(np.corrcoef(x, m)[0, 1])
    assert np.isnan(related([1, 1], [2, 3]))


# ── renewals ───────────────────────────────────────────────────────────────────────────────────────────────────────────

REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)


def of_survivors(kept):
    return range(1, len(kept)), -np.diff(kept), [0] * (len(kept) - 2) + [kept[-1]]


@pytest.mark.parametrize(
    ("kept", "a", "b", "likelihood"), [(REGULAR, 0.7041, 1.1820, -1680.27), (HIGH_END, 0.6681, 3.8061, -1611.16)]
)
def test_renewals_of_the_published_company(kept, a, b, likelihood):
    model = ShiftedBetaGeometric.fit(*of_survivors(kept))
    assert (model.a, model.b) == (pytest.approx(a, abs=5e-5), pytest.approx(b, abs=5e-5))
    assert model.log_likelihood == pytest.approx(likelihood, abs=5e-3)
    assert model.cases == 1000


def test_the_next_renewals_of_the_high_end_are_foretold():
    model = ShiftedBetaGeometric.fit(*of_survivors(HIGH_END))
    assert model.survival(range(8, 13)).round(3).tolist() == [0.460, 0.436, 0.414, 0.395, 0.378]
    assert model.kept(8) == pytest.approx(float(model.survival(8) / model.survival(7)))
    assert float(model.ending(range(1, 4000)).sum() + model.survival(3999)) == pytest.approx(1)
    assert model.ending(0) == 0


@settings(max_examples=30, deadline=None)
@given(st.tuples(SOME, SOME))
def test_the_gradient_of_renewals(parameters):
    likelihood = renewals._likelihood(np.array([0.0, 1, 2, 5]), np.array([0.0, 30, 12, 3]), np.array([7.0, 0, 9, 20]))
    assert likelihood(np.array(parameters))[1] == pytest.approx(
        slopes(likelihood, np.array(parameters)), rel=1e-4, abs=1e-4
    )


def test_renewals_are_recovered_also_where_contracts_began_at_different_times():
    chance, inside = np.random.default_rng(4), np.zeros(2)
    for _time in range(60):
        ends = chance.geometric(chance.beta(1.2, 3.4, 1500))
        seen = chance.integers(0, 9, 1500)
        gone = np.bincount(ends[ends <= seen], minlength=9)
        running = np.bincount(seen[ends > seen], minlength=9)
        fitted = ShiftedBetaGeometric.fit(range(9), gone[:9], running)
        inside += [
            low <= value <= high for (low, high), value in zip(fitted.intervals().values(), (1.2, 3.4), strict=True)
        ]
    assert inside.min() >= 51


def test_renewals_left_are_the_discounted_sum_of_those_to_come():
    model = ShiftedBetaGeometric(a=0.7, b=3.8)
    ahead = np.arange(1, 4000)
    by_hand = float((model.survival(2 + ahead) / model.survival(2) * 1.1 ** -(ahead - 1.0)).sum())
    assert float(model.renewals_left(2, 0.1)) == pytest.approx(by_hand, rel=1e-9)


def test_no_end_and_equal_chances_are_refused():
    with pytest.raises(CannotFit) as caught:
        ShiftedBetaGeometric.fit([1, 2], [0, 0], [5, 5])
    assert caught.value.reason == "no_dropout"
    lost = [1000 * 0.8**t * 0.2 for t in range(8)]
    with pytest.raises(CannotFit) as caught:
        ShiftedBetaGeometric.fit(range(1, 9), lost, [0] * 7 + [1000 * 0.8**8])
    assert caught.value.reason == "same_rates"
    with pytest.raises(BadValue, match="ends at its first renewal or later"):
        ShiftedBetaGeometric.fit([0, 1], [3, 2], [0, 9])


# ── opportunities ──────────────────────────────────────────────────────────────────────────────────────────────────────


def opportunities(seed, customers, parameters, n=8):
    chance, (alpha, beta, gamma, delta) = np.random.default_rng(seed), parameters
    takes, leaves = chance.beta(alpha, beta, customers), chance.beta(gamma, delta, customers)
    x, last, there = np.zeros(customers), np.zeros(customers), np.ones(customers, dtype=bool)
    for place in range(1, n + 1):
        there &= chance.random(customers) >= leaves
        taken = there & (chance.random(customers) < takes)
        x, last = x + taken, np.where(taken, place, last)
    return x, last, np.full(customers, n)


def test_opportunities_are_recovered():
    truth = (1.2, 0.75, 0.66, 2.8)
    fitted = BetaGeometricBetaBinomial.fit(*opportunities(1, 12_000, truth))
    for (low, high), value in zip(fitted.intervals(z=3.3).values(), truth, strict=True):
        assert low <= value <= high
    x, last, n = opportunities(1, 12_000, truth, n=6)
    later = opportunities(1, 12_000, truth, n=8)[0] - x
    model = BetaGeometricBetaBinomial(*truth)
    assert float(model.expected_purchases(2, x, last, n).sum()) == pytest.approx(later.sum(), rel=0.03)


@pytest.mark.parametrize(
    ("row", "reason"),
    [(([0, 0], [0, 0], [6, 6]), "all_bought_once"), (([3, 6, 2, 5], [6, 6, 6, 6], [6, 6, 6, 6]), "no_dropout")],
)
def test_opportunities_that_tell_nothing_are_refused(row, reason):
    with pytest.raises(CannotFit) as caught:
        BetaGeometricBetaBinomial.fit(*row)
    assert caught.value.reason == reason


def test_more_taken_than_there_were():
    with pytest.raises(BadValue, match="at most the place of the last taken"):
        BetaGeometricBetaBinomial.fit([3], [2], [6])
