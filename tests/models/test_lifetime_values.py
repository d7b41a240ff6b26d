"""What customers will bring: discounted, drawn many times, and held against what they did."""

from __future__ import annotations

import numpy as np
import pytest

from crmetrics.models import BetaGeometric, CannotFit, GammaGamma, GammaPoisson, ParetoNbd
from crmetrics.models.buying_contest import BuyingContest, Plain, by_frequency, by_tenth
from crmetrics.models.foretold import Foretold, best_found, mean_ranks
from crmetrics.models.lifetime_value import MONTH, draw_futures, months_ahead
from crmetrics.models.shrunken_value import ShrunkenValue
from tests.models.buying import leaving_after_purchases, spending

TRUTH, SPEND = (0.8, 6.0, 0.9, 2.5), (5.0, 4.0, 90.0)


def lived(seed=1, customers=3000, seen=60.0, ahead=52.0):
    """Customers until a moment and until later: x, t_x and T of each, by one life of each."""
    chance, (r, alpha, a, b) = np.random.default_rng(seed), TRUTH
    rate, leaves = chance.gamma(r, 1 / alpha, customers), chance.beta(a, b, customers)
    age = seen * (0.3 + 0.7 * chance.random(customers))
    columns = {name: np.zeros(customers) for name in ("x", "t", "x_later", "t_later")}
    now, there = np.zeros(customers), np.ones(customers, dtype=bool)
    while there.any():
        now = now + chance.exponential(1 / rate)
        there &= now <= age + ahead
        before = there & (now <= age)
        columns["x"], columns["t"] = columns["x"] + before, np.where(before, now, columns["t"])
        columns["x_later"], columns["t_later"] = columns["x_later"] + there, np.where(there, now, columns["t_later"])
        there &= chance.random(customers) >= leaves
    return (columns["x"], columns["t"], age), (columns["x_later"], columns["t_later"], age + ahead)


def test_months_add_up_and_later_ones_are_worth_less():
    model, x, T = BetaGeometric(*TRUTH), np.array([0.0, 3, 3, 12]), np.array([10.0, 20, 20, 40])
    plain, worth = months_ahead(model, x, T, 12, 7, 0.1)
    assert plain == pytest.approx(model.if_alive(12 * MONTH / 7, x, T))
    assert months_ahead(model, x, T, 12, 7, 0.0)[1] == pytest.approx(plain)
    assert np.all(worth < plain)
    assert np.all(worth > plain / 1.1)
    in_days = BetaGeometric(TRUTH[0], 7 * TRUTH[1], *TRUTH[2:])
    assert months_ahead(in_days, x, 7 * T, 12, 1, 0.1)[1] == pytest.approx(worth)


def test_intervals_hold_what_came_as_often_as_they_say():
    (x, t, T), (x_later, _t, _T) = lived()
    chance = np.random.default_rng(9)
    nu = chance.gamma(SPEND[1], 1 / SPEND[2], len(x))  # the scale of each customer's own purchases, at all times
    value = np.where(x > 0, chance.gamma(SPEND[0] * np.maximum(x, 1)) / nu / np.maximum(x, 1), 0.0)
    came = chance.gamma(np.maximum(SPEND[0] * (x_later - x), 1e-9)) / nu * (x_later > x)
    model, spend = BetaGeometric.fit(x, t, T), GammaGamma.fit(x[x > 0], value[x > 0])
    futures = draw_futures(model, spend, (x, t, T, value), 52.0, np.ones(len(x)))
    inside = (futures.low <= came) & (came <= futures.high)
    assert inside.mean() == pytest.approx(0.965, abs=0.02)  # many bring nothing, so the lower tail is not used up
    expected = model.expected_purchases(52.0, x, t, T) * spend.expected_value(x, value)
    spread = np.sqrt(futures.variance.sum() + (futures.unsure * expected.sum()) ** 2)
    assert abs(came.sum() - expected.sum()) < 3 * spread
    assert 0.005 < futures.unsure < 0.2


def test_futures_are_the_same_every_time_and_sure_with_many_customers(monkeypatch):
    history = (np.array([0.0, 4]), np.array([0.0, 30]), np.array([40.0, 35]), np.array([0.0, 20]))
    model, spend = ParetoNbd(0.9, 8.0, 0.7, 12.0), GammaGamma(*SPEND)
    one, other = (draw_futures(model, spend, history, 52.0, np.ones(2)) for _time in range(2))
    assert one.high.tolist() == other.high.tolist()
    assert one.high[1] > one.high[0]
    monkeypatch.setattr("crmetrics.models.lifetime_value.SURE", 1)
    sure = draw_futures(model, spend, history, 52.0, np.ones(2))
    assert sure.high[1] == pytest.approx(one.high[1], rel=0.5)


def test_a_shrunken_mean_where_no_distribution_fits():
    spend = ShrunkenValue.fit([1, 3], [10.0, 30.0])
    assert spend.mean == 25
    assert spend.expected_value([0, 2, 98], [0.0, 75.0, 75.0]).tolist() == [25, 50, 74]
    drawn = spend.draw_values(
        np.random.default_rng(1), np.full(50_000, 2.0), np.full(50_000, 2.0), np.full(50_000, 75.0)
    )
    assert drawn.mean() == pytest.approx(100, rel=0.02)
    with pytest.raises(CannotFit):
        ShrunkenValue.fit([], [])
    futures = draw_futures(
        GammaPoisson(1.0, 10.0), spend, (np.ones(3), np.ones(3), np.full(3, 9.0), np.full(3, 30.0)), 10.0, np.ones(3)
    )
    assert np.all(futures.high > futures.low)


def test_the_contest_finds_the_model_that_customers_live_by():
    before, whole = lived()
    contest = BuyingContest.fit(before, whole, 52.0)
    tests = {each.name: each for each in contest.tests}
    assert contest.ranked[0] == contest.winner == "BG/NBD"
    assert "NBD" not in contest.ranked  # it promises far too much
    assert abs(tests["BG/NBD"].bias) < 0.1
    assert tests["rate"].bias > 0.5
    happened = whole[0] - before[0]
    bins, tenths = by_frequency(contest, before[0], happened), by_tenth(contest, happened, mean_ranks)
    for classes in (bins, tenths):
        assert classes.happened.sum() == happened.sum()
        assert classes.expected.sum() == pytest.approx(contest.expected.sum())
        assert classes.customers.sum() == len(happened)
    assert bins.number.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert np.abs(tenths.expected - tenths.happened).sum() < 0.25 * happened.sum()


def test_where_no_model_can_be_fitted_the_better_baseline_is_used():
    x = np.zeros(60)
    later = x.copy()
    later[:5] = 1
    contest = BuyingContest.fit((x, x, np.full(60, 20.0)), (later, 25.0 * later, np.full(60, 30.0)), 10.0)
    assert (contest.ranked, len(contest.refused)) == ((), 4)
    assert contest.winner in ("rate", "mean")
    assert contest.expected.tolist() == [0.0] * 60


def test_baselines_by_hand():
    rate, mean, zero = Plain.all_of(np.array([4.0, 0.0]), np.array([10.0, 30.0]))
    for each, wanted in ((rate, [2.0, 0.0]), (mean, [0.5, 0.5]), (zero, [0.0, 0.0])):
        assert each.expected(5.0, np.array([4.0, 0.0]), np.array([10.0, 30.0])).tolist() == wanted
    assert rate.expected(5.0, np.array([0.0]), np.array([0.0])).tolist() == [0.0]


def test_measures_of_what_was_foretold():
    told, came = np.array([5.0, 4, 3, 2, 1, 0, 0, 0, 0, 0]), np.array([9.0, 0, 8, 0, 1, 0, 0, 0, 0, 0])
    test = Foretold.fit("m", told, came)
    assert (test.expected, test.happened) == (15, 18)
    assert test.bias == pytest.approx(15 / 18 - 1)
    assert test.mae == pytest.approx(np.abs(told - came).mean())
    assert test.correlation == pytest.approx(np.corrcoef(told, came)[0, 1])
    assert test.spearman == pytest.approx(np.corrcoef(mean_ranks(told), mean_ranks(came))[0, 1])
    assert test.found == 0.5  # of the two who bought most one was among the two foretold most
    assert best_found(np.ones(10), came) == pytest.approx(0.2)  # all alike: no better than chance
    assert np.isnan(best_found(told, np.zeros(10)))
    nobody = Foretold.fit("m", np.array([]), np.array([]))
    assert np.isnan(nobody.rmse)
    assert np.isnan(nobody.bias)


def test_spend_of_the_story_is_that_of_the_model():
    x, _t, _T = leaving_after_purchases(3, 4000, TRUTH)
    bought = x[x > 0]
    fitted = GammaGamma.fit(bought, spending(4, bought, SPEND))
    assert fitted.parameters == pytest.approx(SPEND, rel=0.15)
