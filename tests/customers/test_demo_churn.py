"""The churners of the demo company: those who have left stand higher than those who have not."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date, datetime
from typing import Any

import numpy as np

from crmetrics.catalogue import open_workspace
from crmetrics.models.ranking import Ranking


def test_who_has_left_stands_above_who_has_not(demo_company: Any) -> None:
    """At three moments: who had left by then, as planted, though not silent for long yet, against those who had not."""
    workspace = demo_company("en")
    truth = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))
    left = {each["customer_id"]: date.fromisoformat(each["left_on"]) for each in churned_in(truth)["first"]}
    catalogue = open_workspace(workspace)
    last = max(left)  # the truth names the first churners only; up to the last of them it names all
    found, churners = [], 0
    with closing(catalogue.engine):
        for moment in (datetime(2026, 1, 1), datetime(2026, 4, 1), datetime(2026, 7, 1)):
            answer = catalogue.ask("customers.churn_risk", as_of=moment)
            rows = [row for row in answer.rows if row.customer_id <= last]
            # so few customers stand in the order of the plain rule
            told = np.array([row.rule if row.p is None else row.p for row in rows])
            outcome = np.array([left.get(row.customer_id, date.max) < moment.date() for row in rows], dtype=np.float64)
            churners += int(outcome.sum())
            found.append(Ranking.fit(told, outcome).auc(np.ones(len(rows))))
    assert churners >= 10
    assert np.mean(found) > 0.65


def churned_in(truth: Any) -> Any:
    """The planted churners, wherever the truth keeps them."""
    if isinstance(truth, dict):
        if "churned_customers" in truth:
            return truth["churned_customers"]
        return next((found for each in truth.values() if (found := churned_in(each))), None)
    return None
