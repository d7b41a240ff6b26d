"""Shares of a product's change by factor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmetrics.models.log_mean import factor_shares

FACTOR = st.floats(1e-3, 1e3)


def test_the_worked_example_of_sales_velocity():
    shares = factor_shares([[20], [0.25], [10_000], [1 / 50]], [[25], [0.25], [12_000], [1 / 60]])
    assert shares.ravel().tolist() == pytest.approx([250, 0, 204.27, -204.27], abs=0.01)


@given(st.lists(st.tuples(FACTOR, FACTOR), min_size=1, max_size=5))
def test_shares_sum_to_the_change(factors):
    before, now = np.array(factors).T[:, :, None]
    change = now.prod() - before.prod()
    assert factor_shares(before, now).sum() == pytest.approx(change, rel=1e-9, abs=1e-9 * (before.prod() + now.prod()))


def test_an_unmoved_product_has_its_value_as_weight():
    # 2 x 3 -> 3 x 2: weight 6
    assert factor_shares([[2.0], [3.0]], [[3.0], [2.0]]).ravel().tolist() == pytest.approx(
        [6 * np.log(1.5), -6 * np.log(1.5)]
    )


def test_a_factor_that_is_not_above_zero_cannot_be_shared_out():
    found = factor_shares([[1.0, 2.0, np.nan], [0.0, 1.0, 1.0]], [[2.0, 2.0, 1.0], [1.0, 3.0, 1.0]])
    assert np.isnan(found[:, [0, 2]]).all()
    assert found[:, 1].tolist() == pytest.approx([0.0, 4.0])
