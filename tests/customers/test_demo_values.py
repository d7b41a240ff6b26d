"""Predicted values of the demo company: what is planted in it is found, as docs/models.md says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from crmetrics.analysis import Answer
from crmetrics.catalogue import open_workspace
from crmetrics.models.foretold import Foretold

Found = tuple[Answer[Any], dict[str, Any]]


@pytest.fixture(scope="module")
def demo(demo_company: Any) -> Iterator[Found]:
    workspace = demo_company("en")
    truth = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))
    catalogue = open_workspace(workspace)
    with closing(catalogue.engine):
        yield catalogue.ask("customers.clv_predicted"), truth["planted"]


def test_the_orders_of_the_year_to_come(demo: Found) -> None:
    answer, truth = demo
    # growth of a tenth is planted, and no model of buying knows of growth
    assert answer.total.expected_purchases == pytest.approx(truth["next_year"]["orders"], rel=0.25)


def test_how_many_are_still_there(demo: Found) -> None:
    answer, truth = demo
    still_there = sum(row.p_alive for row in answer.rows)
    assert still_there == pytest.approx(truth["next_year"]["customers_still_there"], rel=0.15)


def test_who_left_is_less_likely_to_be_there(demo: Found) -> None:
    answer, truth = demo
    rows = {row.customer_id: row for row in answer.rows}
    gone = [
        rows[each["customer_id"]].p_alive for each in truth["churned_customers"]["first"] if each["customer_id"] in rows
    ]
    there = [
        rows[each["customer_id"]].p_alive
        for each in truth["next_year"]["first"]
        if each["customer_id"] in rows and each["orders"] > 0
    ]
    assert np.mean(there) > np.mean(gone) + 0.15


def test_who_will_order_more_is_foretold_to(demo: Found) -> None:
    answer, truth = demo
    rows = {row.customer_id: row for row in answer.rows}
    named = [each for each in truth["next_year"]["first"] if each["customer_id"] in rows]
    foretold, planted = (
        np.array(values)
        for values in (
            [rows[each["customer_id"]].expected_purchases for each in named],
            [each["orders"] for each in named],
        )
    )
    test = Foretold.fit("model", foretold, planted)
    assert test.spearman > 0.6
    assert test.rmse < Foretold.fit("mean", np.full(len(planted), planted.mean()), planted).rmse
