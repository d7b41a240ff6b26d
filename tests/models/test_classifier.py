"""Classifiers, their calibration and their contest, beside scikit-learn and brute force."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from crmetrics.models import boosted
from crmetrics.models.boosted import Boosted
from crmetrics.models.calibration import Calibration, Tenths, brier_score, log_losses
from crmetrics.models.classifier import Classifier, Contest
from crmetrics.models.design import Design
from crmetrics.models.logistic import Logistic, chance_of
from crmetrics.models.ranking import Ranking
from crmetrics.vocabulary.errors import NoEngine


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def simulated(rng, cases=3000):
    """Cases of whom it is known how likely it was: two numbers, one word, some unknown."""
    age, amount = rng.normal(size=cases), rng.normal(size=cases)
    source = rng.choice(np.array(["web", "fair", None], dtype=object), cases)
    truth = chance_of(-0.4 + 1.2 * age - 0.7 * amount + 0.9 * (source == "web"))
    unknown = rng.random(cases) < 0.1
    features = {"age": age, "amount": np.where(unknown, np.nan, amount), "source": source}
    return features, (rng.random(cases) < truth).astype(float), truth


@pytest.mark.parametrize("penalty", [0.1, 1.0, 25.0])
def test_logistic_regression_is_that_of_scikit_learn(rng, penalty):
    columns = rng.normal(size=(500, 6))
    outcome = (rng.random(500) < chance_of(columns[:, 0] - 1)).astype(float)
    weight = rng.uniform(0.1, 2.0, 500)
    ours = Logistic.fit(columns, outcome, weight, penalty)
    theirs = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=1000).fit(columns, outcome, sample_weight=weight)
    assert ours.slopes == pytest.approx(theirs.coef_[0], abs=1e-5)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-5)
    assert ours.contributions(columns).sum(axis=1) + ours.intercept == pytest.approx(ours.log_odds(columns))


def test_logistic_regression_of_cases_told_apart_stays_finite():
    found = Logistic.fit(np.array([[-1.0], [1.0]] * 50), np.array([0.0, 1.0] * 50), np.ones(100))
    assert 1 < found.slopes[0] < 10
    one_outcome = Logistic.fit(np.zeros((9, 1)), np.ones(9), np.ones(9))
    assert np.isfinite(one_outcome.intercept)


def test_weights_count_as_cases(rng):
    columns = rng.normal(size=(60, 2))
    outcome = (rng.random(60) < 0.4).astype(float)
    times = rng.integers(1, 4, 60)
    one = Logistic.fit(columns, outcome, times.astype(float))
    other = Logistic.fit(np.repeat(columns, times, axis=0), np.repeat(outcome, times), np.ones(times.sum()))
    assert one.slopes == pytest.approx(other.slopes, abs=1e-9)


def test_ranking_is_that_of_scikit_learn_with_ties_and_weights(rng):
    for _repeat in range(20):
        score = np.round(rng.random(200), 1)
        outcome = (rng.random(200) < score).astype(float)
        weight = rng.uniform(0.0, 2.0, 200)
        ranking = Ranking.fit(score, outcome)
        assert ranking.average_precision(weight) == pytest.approx(
            average_precision_score(outcome, score, sample_weight=weight)
        )
        assert ranking.auc(weight) == pytest.approx(roc_auc_score(outcome, score, sample_weight=weight))


def test_lift_of_a_perfect_and_of_an_equal_score():
    outcome = np.repeat([1.0, 0.0], [10, 90])
    assert Ranking.fit(outcome, outcome).lift(np.ones(100)) == pytest.approx(10)
    assert Ranking.fit(np.zeros(100), outcome).lift(np.ones(100)) == pytest.approx(1)


def test_brier_and_log_loss_are_those_of_scikit_learn(rng):
    chance, weight = rng.uniform(0.01, 0.99, 300), rng.uniform(0.1, 1, 300)
    outcome = (rng.random(300) < chance).astype(float)
    assert brier_score(chance, outcome, weight) == pytest.approx(
        brier_score_loss(outcome, chance, sample_weight=weight)
    )
    losses = np.average(log_losses(chance, outcome), weights=weight)
    assert losses == pytest.approx(log_loss(outcome, chance, sample_weight=weight))


def test_calibration_takes_back_what_was_told_too_loudly(rng):
    log_odds = rng.normal(size=20_000)
    outcome = (rng.random(20_000) < chance_of(log_odds)).astype(float)
    found = Calibration.fit(3 * log_odds + 1, outcome, np.ones(20_000))
    assert found.slope == pytest.approx(1 / 3, rel=0.05)
    assert found.log_odds(np.array([1.0]))[0] == pytest.approx(0.0, abs=0.05)
    assert Tenths.fit(chance_of(found.log_odds(3 * log_odds + 1)), outcome, np.ones(20_000)).error < 0.01


def test_calibration_of_chances_that_are_all_equal():
    found = Calibration.fit(np.zeros(100), np.repeat([1.0, 0.0], [30, 70]), np.ones(100))
    assert chance_of(found.log_odds(np.zeros(1)))[0] == pytest.approx(0.3, abs=1e-6)


def test_tenths_hold_a_tenth_each_and_their_means_are_those_of_the_cases(rng):
    chance = rng.random(1000)
    outcome = (rng.random(1000) < chance).astype(float)
    found = Tenths.fit(chance, outcome, np.ones(1000))
    assert found.tenth.tolist() == list(range(1, 11))
    assert found.cases.tolist() == [100] * 10
    first = np.sort(chance)[:100]
    assert found.told[0] == pytest.approx(first.mean())
    assert found.happened @ found.cases == pytest.approx(outcome.sum())
    assert Tenths.fit(np.full(9, 0.5), np.ones(9), np.ones(9)).tenth.tolist() == [6]


@pytest.mark.parametrize("kind", ["logistic", "boosted"])
def test_a_classifier_learns_the_chances_and_tells_its_reasons(rng, kind):
    features, outcome, _truth = simulated(rng)
    fresh, _outcome, truth = simulated(np.random.default_rng(8))
    found = Classifier.fit(features, outcome, np.ones(3000), np.arange(3000), kind)
    told = found.chance(fresh)
    assert np.mean(np.abs(told - truth)) < 0.09
    reasons = found.contributions(fresh)
    assert set(reasons) == {"age", "amount", "source"}
    # the reasons are all that sets one case apart from another
    log_odds = found.calibration.log_odds(found.model.log_odds(found.design.matrix(fresh)))
    rest = log_odds - sum(reasons.values())
    assert np.ptp(rest) < 1e-8
    strongest = max(reasons, key=lambda name: np.std(reasons[name]))
    assert strongest == "age"
    again = Classifier.fit(features, outcome, np.ones(3000), np.arange(3000), kind)
    assert (again.chance(fresh) == told).all()


def test_our_calibration_is_as_good_as_that_of_scikit_learn(rng):
    features, outcome, _truth = simulated(rng)
    fresh, happened, _chances = simulated(np.random.default_rng(9))
    ours = Classifier.fit(features, outcome, np.ones(3000), np.arange(3000), "logistic")
    columns = Design.fit(features, np.ones(3000))
    theirs = CalibratedClassifierCV(LogisticRegression(), method="sigmoid").fit(columns.matrix(features), outcome)
    told = theirs.predict_proba(columns.matrix(fresh))[:, 1]
    one = np.ones(3000)
    assert brier_score(ours.chance(fresh), happened, one) == pytest.approx(brier_score(told, happened, one), abs=0.002)


def test_rare_and_unknown_words_have_no_column_of_their_own():
    words = np.array(["web"] * 60 + ["fair"] * 30 + ["once"] + [None] * 25, dtype=object)
    design = Design.fit({"source": words, "same": np.full(116, 3.0)}, np.ones(116))
    assert [column.word for column in design.columns] == ["web", "fair", None]
    new = design.matrix({"source": np.array(["once", "never seen"], dtype=object), "same": np.full(2, 3.0)})
    assert (new[0] == new[1]).all()


def test_beyond_what_was_learned_from_nothing_is_made_up():
    design = Design.fit({"age": np.array([1.0, 2.0, 3.0])}, np.ones(3))
    told = design.matrix({"age": np.array([3.0, 1000.0, 1.0, -5.0, np.nan])})[:, 0]
    assert told[1] == told[0]
    assert told[3] == told[2]
    assert told[4] == 0


def test_the_order_of_the_cases_does_not_matter(rng):
    features, outcome, _truth = simulated(rng, 400)
    order = rng.permutation(400)
    mixed = {name: values[order] for name, values in features.items()}
    one, other = (Design.fit(each, np.ones(400)) for each in (features, mixed))
    assert [(each.feature, each.word) for each in one.columns] == [(each.feature, each.word) for each in other.columns]
    fits = [
        Logistic.fit(one.matrix(each), happened, np.ones(400))
        for each, happened in ((features, outcome), (mixed, outcome[order]))
    ]
    assert fits[0].slopes == pytest.approx(fits[1].slopes, abs=1e-9)


@pytest.mark.parametrize("measure", ["log_loss", "average_precision"])
def test_the_simpler_way_is_kept_unless_the_other_is_surely_better(rng, measure):
    _features, outcome, truth = simulated(rng)
    blurred = chance_of(np.log(truth / (1 - truth)) + rng.normal(0, 0.02, 3000))
    told = {"base": np.full(3000, outcome.mean()), "blurred": blurred, "truth": truth}
    found = Contest.fit(told, outcome, np.ones(3000), np.arange(3000), measure, rankings={"order": truth * 1000})
    assert found.winner == "blurred"
    assert found.entrant("order").auc == pytest.approx(found.entrant("truth").auc)
    assert np.isnan(found.entrant("order").brier)
    # the weeks of one deal say one thing together: repeated cases make nobody surer
    groups = np.arange(3000) // 1000
    few = Contest.fit(told, outcome, np.ones(3000), groups, measure)
    assert few.entrants == found.entrants[:3]


def test_without_its_library_the_boosted_trees_say_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *given, **more):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    boosted.is_available.cache_clear()
    try:
        assert not boosted.is_available()
        with pytest.raises(NoEngine, match="libgomp1"):
            Boosted.fit(np.zeros((2, 1)), np.zeros(2), np.ones(2))
    finally:
        boosted.is_available.cache_clear()
