"""Funnels: whoever came further has reached the step too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.funnel import Funnel

STEPS = 4


@given(st.lists(st.tuples(st.integers(0, STEPS), st.booleans()), max_size=40))
def test_reached_is_counted_case_by_case(cases):
    """A case is (furthest step, whether lost); step STEPS is the end."""
    lost = np.array([[sum(at == step and gone for at, gone in cases) for step in range(STEPS)]])
    waiting = np.array([[sum(at == step and not gone for at, gone in cases) for step in range(STEPS)]])
    funnel = Funnel.fit(lost, waiting, [sum(at == STEPS for at, _ in cases)])
    assert funnel.reached[0].tolist() == [sum(at >= step for at, _ in cases) for step in range(STEPS + 1)]
    # reached(s) = reached(s + 1) + lost(s) + still there(s)
    assert (funnel.reached[:, :-1] == funnel.moved()[:, :-1] + lost + waiting).all()


def test_rates_are_unknown_where_nobody_came():
    funnel = Funnel.fit([[2, 0]], [[0, 0]], [0])
    assert funnel.next_rate()[0].tolist() == pytest.approx([0, np.nan, np.nan], nan_ok=True)
    assert funnel.cumulative()[0].tolist() == [1, 0, 0]
    assert funnel.loss_rate()[0].tolist() == pytest.approx([1, np.nan, np.nan], nan_ok=True)


def test_only_the_decided_tell_how_a_step_ends():
    # of ten that came five went on, one was lost, four still wait: 5 of 6
    funnel = Funnel.fit([[1, 0]], [[4, 5]], [0])
    assert funnel.next_rate()[0, 0] == pytest.approx(0.5)
    assert funnel.decided_rate()[0, 0] == pytest.approx(5 / 6)
