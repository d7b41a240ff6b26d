"""Kaplan-Meier and Aalen-Johansen against the definition written out in fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.kaplan_meier import KaplanMeier

MOVED, LOST, RUNNING = 0, 1, 2
CASES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 3)), max_size=60)


def fitted(cases, groups=4):
    ends = np.array([end for _, end, _ in cases])
    return KaplanMeier.fit(
        [time for time, _, _ in cases],
        np.stack([ends == MOVED, ends == LOST], axis=1) if cases else np.zeros((0, 2)),
        ends == RUNNING,
        [group for _, _, group in cases],
        groups,
    )


def written_out(cases):
    """[(time, S, (F of moved, F of lost))] at every moment at which somebody left, by the definition, in fractions."""
    found, survival, incidence = [], Fraction(1), [Fraction(0), Fraction(0)]
    for moment in sorted({time for time, end, _ in cases if end != RUNNING}):
        at_risk = sum(time >= moment for time, _, _ in cases)
        left = [sum(time == moment and end == cause for time, end, _ in cases) for cause in (MOVED, LOST)]
        incidence = [before + survival * Fraction(some, at_risk) for before, some in zip(incidence, left, strict=True)]
        survival *= 1 - Fraction(sum(left), at_risk)
        found.append((moment, survival, tuple(incidence)))
    return found


def first(curve, reached):
    return next((float(moment) for moment, *rest in curve if reached(*rest)), None)


def known(values):
    return [None if np.isnan(value) else value for value in values]


@given(CASES)
def test_curves_are_those_of_the_definition(cases):
    curves = [written_out([case for case in cases if case[2] == group]) for group in range(4)]
    found = fitted(cases)
    flat = [(group, *point) for group, curve in enumerate(curves) for point in curve]
    assert found.group.tolist() == [group for group, *_ in flat]
    assert found.time.tolist() == [time for _, time, *_ in flat]
    assert found.survival.tolist() == pytest.approx([float(survival) for _, _, survival, _ in flat], abs=1e-12)
    assert found.incidence.ravel().tolist() == pytest.approx(
        [float(share) for *_, both in flat for share in both], abs=1e-12
    )


@given(CASES)
def test_quantiles_hit_their_mark_exactly(cases):
    curves = [written_out([case for case in cases if case[2] == group]) for group in range(4)]
    found = fitted(cases)
    for share in (Fraction(1, 2), Fraction(3, 4)):
        wanted = [first(curve, lambda survival, _, share=share: survival <= 1 - share) for curve in curves]
        assert known(found.quantile(float(share))) == wanted
    for cause in (MOVED, LOST):
        last = [curve[-1][2][cause] if curve else Fraction(0) for curve in curves]
        wanted = [
            first(curve, lambda _, both, half=end / 2, cause=cause: both[cause] >= half > 0)
            for curve, end in zip(curves, last, strict=True)
        ]
        assert known(found.half_time(cause)) == wanted


def test_those_still_there_are_not_left_out():
    # 2, 4, 8 left; 5 and 10 are still there: the mean of those who left would say 4.67
    found = KaplanMeier.fit([2, 4, 8, 5, 10], [1, 1, 1, 0, 0], [0, 0, 0, 1, 1])
    assert found.median().tolist() == [8.0]
    assert np.isnan(found.quantile(0.75)).all()
    assert found.longest.tolist() == [10.0]


def test_a_case_censored_at_a_moment_is_at_risk_there():
    found = KaplanMeier.fit([3, 3, 5], [1, 0, 1], [0, 1, 0])
    assert found.at_risk.tolist() == [3.0, 1.0]
    assert found.survival.tolist() == pytest.approx([2 / 3, 0.0])


def test_without_censoring_the_median_is_hit_for_any_number_of_cases():
    # the plain product of (n - d) / n misses 0.5 by its last bit for many of these
    sizes = np.arange(2, 400, 2)
    group = np.repeat(np.arange(len(sizes)), sizes)
    time = np.concatenate([np.arange(1, size + 1) for size in sizes])
    found = KaplanMeier.fit(time, np.ones(len(time)), np.zeros(len(time)), group)
    assert found.median().tolist() == (sizes / 2).tolist()


def test_losses_compete_and_are_no_censoring():
    # won after 10 and 30, lost after 20, three open at 40: 1 - KM would say .375
    cases = [(10, MOVED, 0), (30, MOVED, 0), (20, LOST, 0), *[(40, RUNNING, 0)] * 3]
    found = fitted(cases, groups=1)
    assert found.incidence[:, MOVED].tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 3])
    assert found.half_time(MOVED).tolist() == [10.0]
    assert found.ever().ravel().tolist() == pytest.approx([1 / 3, 1 / 6])


def test_counts_of_equal_cases_are_the_same_as_single_cases():
    single = KaplanMeier.fit([1, 1, 1, 2, 2, 3], [1, 1, 0, 1, 0, 1], [0, 0, 1, 0, 1, 0])
    counted = KaplanMeier.fit([3, 1, 2], [1, 2, 1], [0, 1, 1])
    assert counted.survival.tolist() == single.survival.tolist()


def test_the_unit_of_time_changes_only_the_scale():
    rng = np.random.default_rng(7)
    time, gone = rng.integers(1, 500, 300), rng.random(300) < 0.7
    days, hours = (KaplanMeier.fit(time * unit, gone, ~gone) for unit in (1, 24))
    assert (hours.median() / days.median()).tolist() == [24.0]
    assert hours.survival.tolist() == days.survival.tolist()


def test_it_recovers_the_median_of_a_known_law():
    rng = np.random.default_rng(11)
    time, seen_until = rng.exponential(10.0, 40_000), rng.uniform(5.0, 60.0, 40_000)
    gone = time <= seen_until
    found = KaplanMeier.fit(np.minimum(time, seen_until), gone, ~gone)
    assert found.median()[0] == pytest.approx(10 * np.log(2), rel=0.03)


def test_a_group_without_cases_knows_nothing():
    found = KaplanMeier.fit([4.0], [1], [0], [1], groups=3)
    assert known(found.median()) == [None, 4.0, None]
    assert found.ever().ravel().tolist() == [0.0, 1.0, 0.0]
    assert KaplanMeier.fit([], [], [], groups=2).survival.tolist() == []
