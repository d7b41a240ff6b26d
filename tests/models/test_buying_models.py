"""Models of repeated buying: held against their formulas, against integrals, and against customers drawn from their own stories."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from crmetrics.models import BetaGeometric, CannotFit, GammaPoisson, ModifiedBetaGeometric, ParetoNbd
from crmetrics.models.purchase_counts import PurchaseCounts
from crmetrics.vocabulary.errors import BadValue
from tests.models.buying import leaving_after_purchases, leaving_at_any_time

BG, MBG, PARETO = (0.8, 6.0, 0.9, 2.5), (0.8, 6.0, 0.9, 2.5), (0.9, 8.0, 0.7, 12.0)
MODELS = [BetaGeometric, ModifiedBetaGeometric, ParetoNbd, GammaPoisson]
OF_LEAVING = MODELS[:3]


def history(model, seed=1, customers=1500, parameters=None):
    if model is ParetoNbd:
        return leaving_at_any_time(seed, customers, parameters or PARETO)
    return leaving_after_purchases(seed, customers, parameters or BG, at_first=model is ModifiedBetaGeometric)


FEW = st.floats(0.05, 8.0)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=25, deadline=None)
@given(parameters=st.tuples(FEW, st.floats(0.5, 30), FEW, st.floats(0.05, 40)))
def test_the_gradient_is_that_of_the_likelihood(model, parameters):
    point = np.array(parameters[: len(model.NAMES)])
    likelihood = model._likelihood(PurchaseCounts.of(*history(model, customers=40)))
    gradient = likelihood(point)[1]
    for place, step in enumerate(np.eye(len(point)) * 1e-6 * point):
        slope = (likelihood(point + step)[0] - likelihood(point - step)[0]) / (2 * step[place])
        assert gradient[place] == pytest.approx(slope, rel=2e-4, abs=2e-4)


def bg_by_the_book(parameters, x, t, T, at_first=0):
    r, alpha, a, b = parameters
    stays = special.beta(a, b + x + at_first) / special.beta(a, b) * (alpha + T) ** -(r + x)
    left = (
        special.beta(a + 1, b + x - 1 + at_first) / special.beta(a, b) * (alpha + t) ** -(r + x)
        if x + at_first
        else 0.0
    )
    return special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + np.log(stays + left)


def pareto_by_the_book(parameters, x, t, T):
    """The published sum of two hypergeometric functions."""
    r, alpha, s, beta = parameters
    low, high, second = min(alpha, beta), max(alpha, beta), s + 1 if alpha >= beta else r + x
    k = r + s + x

    def part(u):
        return special.hyp2f1(k, second, k + 1, (high - low) / (high + u)) / (high + u) ** k

    both = (alpha + T) ** -(r + x) * (beta + T) ** -s + s / k * (part(t) - part(T))
    return special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(both)


CUSTOMERS = [(0, 0.0, 30.0), (1, 2.0, 30.0), (1, 29.0, 30.0), (5, 12.0, 18.0), (26, 30.857, 31.0), (40, 20.0, 60.0)]


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize("parameters", [(0.24, 4.4, 0.79, 2.43), (2.0, 9.0, 1.0, 0.5), (0.6, 15.0, 3.0, 11.0)])
def test_the_likelihood_is_that_of_the_book(parameters, customer):
    counts = PurchaseCounts.of(*([each] for each in customer))
    point = np.array(parameters)
    assert BetaGeometric._likelihood(counts)(point)[0] == pytest.approx(bg_by_the_book(point, *customer), rel=1e-10)
    assert ModifiedBetaGeometric._likelihood(counts)(point)[0] == pytest.approx(
        bg_by_the_book(point, *customer, 1), rel=1e-10
    )
    assert ParetoNbd._likelihood(counts)(point)[0] == pytest.approx(pareto_by_the_book(point, *customer), rel=1e-9)


@pytest.mark.parametrize("customer", CUSTOMERS)
@pytest.mark.parametrize(
    "parameters", [(0.24, 4.4, 0.79, 2.43), (2.0, 9.0, 1.0, 0.5), (0.6, 15.0, 3.0, 11.0), (0.5, 0.3, 0.2, 60.0)]
)
def test_an_integral_of_pareto_is_exact_for_every_shape(parameters, customer):
    r, alpha, s, beta = parameters
    x, t, T = customer
    scale = (alpha + t) ** (r + x) * (beta + t) ** s
    whole = integrate.quad(
        lambda u: s * (alpha + u) ** -(r + x) * (beta + u) ** -(s + 1) * scale, t, T, epsabs=0, epsrel=1e-12, limit=400
    )[0]
    first = (alpha + T) ** -(r + x) * (beta + T) ** -s * scale
    assert float(ParetoNbd(*parameters).alive(*customer)) == pytest.approx(first / (first + whole), rel=1e-9)


def purchases_by_integral(parameters, x, T, horizon, at_first):
    """E[(1 - (1 + p y)^-(r+x)) / p] over the customer's own chance p to leave, by quadrature."""
    r, alpha, a, b = parameters
    y, stay = horizon / (alpha + T), b + x + at_first

    def inner(q):  # over the quantiles of p, where no density runs to infinity
        p = max(stats.beta.ppf(q, a, stay), 1e-300)
        return (r + x) * y if p * y < 1e-12 else -np.expm1(-(r + x) * np.log1p(p * y)) / p

    return integrate.quad(inner, 0, 1, epsabs=0, epsrel=1e-9, limit=400)[0]


@pytest.mark.parametrize("x", [0, 1, 7, 60])
@pytest.mark.parametrize(
    "parameters",
    [
        (0.24, 4.4, 0.79, 2.43),
        (0.5, 6.0, 1.0, 2.0),
        (0.5, 6.0, 0.4, 0.6),
        (0.5, 6.0, 0.3, 0.4),
        (1.5, 0.8, 0.999999, 3.0),
        (3.0, 2.0, 2.5, 9.0),
    ],
    ids=["cdnow", "a is 1", "a + b is 1", "a + b below 1", "next to a pole", "many"],
)
def test_expected_purchases_are_finite_and_right_at_every_pole(parameters, x):
    for model, at_first in ((BetaGeometric, 0), (ModifiedBetaGeometric, 1)):
        for T, horizon in ((0.0, 52.0), (20.0, 39.0), (100.0, 4.0)):
            found = float(model(*parameters).if_alive(horizon, x, T))
            assert found == pytest.approx(purchases_by_integral(parameters, x, T, horizon, at_first), rel=2e-6)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=60, deadline=None)
@given(
    parameters=st.tuples(FEW, st.floats(0.2, 50), FEW, st.floats(0.05, 60)),
    x=st.integers(0, 400),
    share=st.floats(0.001, 1.0),
    age=st.floats(1.0, 400.0),
    horizon=st.floats(0.1, 200.0),
)
def test_chances_are_chances_and_more_time_brings_more(model, parameters, x, share, age, horizon):
    fitted = model(*parameters[: len(model.NAMES)])
    recency = 0.0 if x == 0 else share * age
    alive, none = float(fitted.alive(x, recency, age)), float(fitted.no_purchase(horizon, x, recency, age))
    soon, later = (float(fitted.expected_purchases(each, x, recency, age)) for each in (horizon, 2 * horizon))
    assert 0 <= alive <= 1
    assert -1e-9 <= none <= 1 + 1e-9
    assert 0 <= soon <= later * (1 + 1e-9) + 1e-12
    assert 1 - none <= soon + 1e-7  # at least one purchase is at most the purchases expected


def test_many_purchases_and_a_long_horizon_stay_finite():
    # the library's hypergeometric function is infinite here
    model = ModifiedBetaGeometric(1.0, 0.25, 2.0, 1.0)
    found = model.if_alive(np.array([6.0, 12.0, 1000.0]), 98, 1.0)
    for horizon, told in zip((6.0, 12.0, 1000.0), found, strict=True):
        assert told == pytest.approx(purchases_by_integral((1.0, 0.25, 2.0, 1.0), 98, 1.0, horizon, 1), rel=2e-6)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(BetaGeometric, BG), (ModifiedBetaGeometric, MBG), (ParetoNbd, PARETO), (GammaPoisson, BG[:2])],
)
def test_purchases_drawn_are_those_expected(model, parameters):
    fitted, many = model(*parameters), 40_000
    drawn = fitted.draw_purchases(np.random.default_rng(5), 30.0, np.full(many, 3.0), np.full(many, 25.0))
    assert drawn.mean() == pytest.approx(float(fitted.if_alive(30.0, 3, 25)), abs=5 * drawn.std() / many**0.5)
    assert (drawn == 0).mean() == pytest.approx(float(fitted.none_if_alive(30.0, 3, 25)), abs=0.015)


@pytest.mark.parametrize(
    ("model", "parameters"), [(BetaGeometric, BG), (ModifiedBetaGeometric, MBG), (ParetoNbd, PARETO)]
)
def test_new_customers_of_the_story_buy_as_expected(model, parameters):
    x, last, age = history(model, seed=3, customers=40_000, parameters=parameters)
    fitted = model(*parameters)
    expected = fitted.expected_purchases(age).mean()
    assert x.mean() == pytest.approx(float(expected), rel=0.04)
    assert (x == 0).mean() == pytest.approx(float(fitted.no_purchase(age).mean()), abs=0.01)
    assert np.all((last > 0) == (x > 0))


@pytest.mark.parametrize("model", OF_LEAVING)
def test_the_unit_of_time_changes_alpha_and_the_constant_alone(model):
    x, t, T = history(model)
    weeks, days = model.fit(x, t, T), model.fit(x, 7 * t, 7 * T)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7), abs=1e-6)
    scaled = {"alpha": 7, **({"beta": 7} if model is ParetoNbd else {})}
    for name in model.NAMES:
        assert getattr(days, name) == pytest.approx(getattr(weeks, name) * scaled.get(name, 1), rel=1e-5)
        assert days.standard_errors[name] == pytest.approx(weeks.standard_errors[name] * scaled.get(name, 1), rel=1e-2)


@pytest.mark.parametrize("model", MODELS)
def test_counted_customers_are_the_same_customers(model):
    x, t, T = history(model, customers=400)
    t, T = np.where(x > 0, np.ceil(t), 0), np.ceil(T)
    counts = PurchaseCounts.of(x, t, T)
    counted = model.fit(counts.frequency, counts.recency, counts.age, counts.weights)
    assert len(counts) < len(x)
    assert counted == model.fit(x[::-1], t[::-1], T[::-1])
    assert counted.cases == 400


@pytest.mark.parametrize("model", MODELS)
def test_many_classes_are_fitted_by_a_part_of_them_first_and_no_worse(model, monkeypatch):
    given = history(model, customers=3000)
    plain = model.fit(*given)
    monkeypatch.setattr("crmetrics.models.buying_model.MANY_CLASSES", 500)
    monkeypatch.setattr("crmetrics.models.buying_model.ENOUGH_CLASSES", 300)
    assert model.fit(*given).parameters == pytest.approx(plain.parameters, rel=1e-5)


@pytest.mark.parametrize(("model", "truth"), [(BetaGeometric, BG), (ModifiedBetaGeometric, MBG), (ParetoNbd, PARETO)])
def test_parameters_are_recovered_as_often_as_their_intervals_say(model, truth):
    times, inside = 40, np.zeros(4)
    for seed in range(times):
        x, t, T = history(model, seed=100 + seed, customers=1500, parameters=truth)
        fitted = model.fit(x, np.round(t, 1) + 0.1 * (x > 0), np.round(T, 1) + 0.1)  # equal ones are counted together
        ends = [fitted.intervals()[name] for name in model.NAMES]
        inside += [low <= value <= high for (low, high), value in zip(ends, truth, strict=True)]
    # 95 % of 40 is 38; 33 or fewer would come once in 200 times by chance
    assert inside.min() >= 33
    assert inside.sum() / (4 * times) == pytest.approx(0.95, abs=0.05)


def test_parameters_drawn_spread_as_their_errors_say():
    fitted = BetaGeometric.fit(*history(BetaGeometric))
    drawn = np.log(fitted.drawn_parameters(np.random.default_rng(2), 4000))
    assert drawn.std(axis=0) == pytest.approx(np.sqrt(np.diag(fitted.covariance)), rel=0.1)
    given = BetaGeometric(*BG)
    assert given.drawn_parameters(np.random.default_rng(2), 3).tolist() == [list(BG)] * 3


def test_columns_of_arrow_are_read():
    x, t, T = history(BetaGeometric, customers=300)
    table = pa.table({"x": pa.array(x.astype(int)), "t": pa.chunked_array([t[:100], t[100:]]), "T": pa.array(T)})
    assert BetaGeometric.fit(table["x"], table["t"], table["T"]) == BetaGeometric.fit(x, t, T)
    assert BetaGeometric.fit(list(x), list(t), list(T)) == BetaGeometric.fit(x, t, T)


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_columns_of_frames_are_read(name):
    frames = pytest.importorskip(name)
    x, t, T = history(BetaGeometric, customers=300)
    frame = frames.DataFrame({"x": x, "t": t, "T": T})
    assert BetaGeometric.fit(frame["x"], frame["t"], frame["T"]) == BetaGeometric.fit(x, t, T)


# ── refusals ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(model, *history):
    with pytest.raises(CannotFit) as caught:
        model.fit(*history)
    assert str(caught.value).endswith(".")
    return caught.value.reason


@pytest.mark.parametrize("model", MODELS)
def test_all_bought_once(model):
    assert refused(model, [0] * 50, [0] * 50, [10.0] * 50) == "all_bought_once"


@pytest.mark.parametrize("model", OF_LEAVING)
def test_nobody_and_nobody_watched(model):
    assert refused(model, [], [], []) == "no_customers"
    assert refused(model, [0], [0], [0]) == "no_customers"


@pytest.mark.parametrize("model", OF_LEAVING)
def test_no_dropout_is_told_and_not_made_up(model):
    chance = np.random.default_rng(1)
    x = chance.poisson(chance.gamma(2.0, 2.0, 800)).astype(float)
    # everybody bought to the last moment: a = 0 or b without bound fits best
    assert refused(model, x, np.where(x > 0, 29.99, 0.0), np.full(800, 30.0)) == "no_dropout"


@pytest.mark.parametrize("model", OF_LEAVING)
def test_equal_rates_are_told(model):
    chance = np.random.default_rng(3)
    age = np.full(3000, 30.0)
    ends = np.minimum(2.0 + chance.exponential(25.0, 3000), age)
    x = np.zeros(3000)
    last = np.zeros(3000)
    for place, end in enumerate(ends):
        times = np.arange(0.5, end, 0.5)  # as regular as a clock: even less apart than one rate for all
        x[place], last[place] = len(times), times[-1]
    assert refused(model, x, last, age) == "same_rates"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((-1, 0, 5), "frequency is a whole number"),
        ((1.5, 1, 5), "frequency is a whole number"),
        ((2, 6, 5), "recency is at most age"),
        ((0, 1, 5), "bought once has recency 0"),
        ((3, 0, 5), "purchases of one day are one purchase"),
        ((1, -1, 5), "recency is the time"),
    ],
)
def test_what_no_customer_can_be_is_told_with_its_row(row, said):
    with pytest.raises(BadValue, match=said) as caught:
        BetaGeometric.fit(
            *(
                [0, first, 1] if place == 0 else [0, first, 2] if place == 1 else [9, first, 9]
                for place, first in enumerate(row)
            )
        )
    assert "Row 1" in str(caught.value)


def test_blank_values_and_columns_of_unequal_length_are_told():
    with pytest.raises(BadValue, match="'recency' has 1 blank"):
        BetaGeometric.fit([0, 1], [0, np.nan], [5, 5])
    with pytest.raises(BadValue, match="'age' has 1 values where 2"):
        BetaGeometric.fit([0, 1], [0, 2], [5])
    with pytest.raises(BadValue, match="'frequency' holds something that is not a number"):
        BetaGeometric.fit(["many", "few"], [0, 2], [5, 5])
