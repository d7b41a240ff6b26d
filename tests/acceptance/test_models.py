"""Models that foretell, on real sets: above their baselines on cases that they had not learned from, and calibrated."""

from __future__ import annotations

import csv
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.model_selection import StratifiedKFold

from crmetrics.catalogue import open_workspace
from crmetrics.customers.churn_scores import CHURN_SCORES
from crmetrics.models.calibration import Tenths
from crmetrics.models.classifier import Classifier, Contest
from crmetrics.models.ranking import Ranking
from crmetrics.sales.deal_scores import DEAL_SCORES
from crmetrics.warehouse.scope import Scope

TOLD_TOO_LATE = {"Convertions", "Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}
"""Columns of the lead set that were filled in when the outcome was known, or are a copy of it."""
NUMBERS = {"TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"}


def shown(title: str, contest: Contest) -> None:
    """Print how the models did; pytest shows it with -s."""
    lines = ["", f"{title}: {contest.cases:.0f} cases, {contest.base:.1%} of them, by {contest.winner}"]
    for each in contest.entrants:
        scores = f"Brier {each.brier:.4f}  log loss {each.log_loss:.4f}  average precision {each.average_precision:.4f}"
        lines.append(f"  {each.name:10} {scores}  AUC {each.auc:.4f}  lift of the first tenth {each.lift:.2f}")
    tenths = contest.tenths
    for told, happened, cases in zip(tenths.told, tenths.happened, tenths.cases, strict=True):
        lines.append(f"    told {told:6.1%}  came true {happened:6.1%}  of {cases:.0f}")
    sys.stdout.write("\n".join([*lines, ""]))


def is_calibrated(tenths: Tenths) -> bool:
    """Whether chances are what happens: off by 5 points at most on average, and nowhere surely by more than 8."""
    off = np.maximum(tenths.low - tenths.told, tenths.told - tenths.high)
    return tenths.error < 0.05 and float(off.max()) < 0.08


def test_win_probability_of_the_maven_set(imported: Any) -> None:
    catalogue = open_workspace(imported("crm_maven_kaggle").workspace)
    with closing(catalogue.engine), catalogue.warehouse(Scope()) as warehouse:
        contest = warehouse.work_out(DEAL_SCORES).contest
        answer = catalogue.ask("sales.win_probability")
        shown("Maven, deals won", contest)
    assert contest.winner in ("logistic", "boosted")
    best, base = contest.entrant(contest.winner), contest.entrant("stage")
    assert best.log_loss < base.log_loss
    assert best.brier < base.brier
    assert is_calibrated(contest.tenths)
    assert len(answer.rows) == 2089
    assert "boosted trees" in str(answer.notes[0].message) or "logistic regression" in str(answer.notes[0].message)


def leads(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Features, whether converted, and the running number, of the lead set without what was told too late."""
    with (folder / "Leads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    features: dict[str, np.ndarray] = {}
    left_out = TOLD_TOO_LATE | {"Prospect ID", "Lead Number", "Converted"}
    for name in rows[0].keys() - left_out:
        values = [row[name].strip() for row in rows]
        if name in NUMBERS:
            features[name] = np.log1p(np.array([float(value) if value else np.nan for value in values]))
        else:
            features[name] = np.array(
                [None if value in ("", "Select") else value.casefold() for value in values], object
            )
    converted = np.array([row["Converted"] == "1" for row in rows], dtype=np.float64)
    return dict(sorted(features.items())), converted, np.array([int(row["Lead Number"]) for row in rows])


def test_the_lead_score_on_later_leads(real_data: Path) -> None:
    features, converted, number = leads(real_data / "lead_scoring_x_education")
    before = number <= np.quantile(number, 0.7)  # numbers rise with the day on which the lead came
    told = {"base": np.full(int((~before).sum()), converted[before].mean())}
    early, late = ({name: values[which] for name, values in features.items()} for which in (before, ~before))
    group = np.arange(len(number))
    for kind in ("logistic", "boosted"):
        found = Classifier.fit(early, converted[before], np.ones(int(before.sum())), group[before], kind)
        told[kind] = found.chance(late)
    contest = Contest.fit(told, converted[~before], np.ones(int((~before).sum())), group[~before], "log_loss")
    shown("X Education, leads converted", contest)
    assert contest.winner in ("logistic", "boosted")
    best = contest.entrant(contest.winner)
    assert best.auc > 0.85
    assert best.brier < 0.7 * contest.entrant("base").brier
    assert is_calibrated(contest.tenths)


def telco(folder: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Features and who left, of the snapshot of a telephone company."""
    with (folder / "Telco-Customer-Churn.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    features: dict[str, np.ndarray] = {}
    for name in rows[0].keys() - {"customerID", "Churn"}:
        values = [row[name].strip() for row in rows]
        is_number = name in ("tenure", "MonthlyCharges", "TotalCharges")
        features[name] = np.array([float(value or 0) for value in values]) if is_number else np.array(values, object)
    return dict(sorted(features.items())), np.array([row["Churn"] == "Yes" for row in rows], dtype=np.float64)


def test_churn_of_the_telephone_company(real_data: Path, expected: Any) -> None:
    features, left = telco(real_data / "telco_churn_ibm")
    known = expected("telco_churn_ibm")["auc_logistic"]
    found, told, held = [], np.zeros(len(left)), np.zeros(len(left), dtype=np.int64)
    folds = StratifiedKFold(5, shuffle=True, random_state=42).split(np.zeros(len(left)), left)
    drops: dict[str, list[float]] = {name: [] for name in features}
    weighs: dict[str, list[float]] = {name: [] for name in features}
    chance = np.random.default_rng(5)
    for number, (learned, tested) in enumerate(folds):
        early, late = ({name: values[which] for name, values in features.items()} for which in (learned, tested))
        model = Classifier.fit(early, left[learned], np.ones(len(learned)), np.arange(len(learned)), "logistic")
        told[tested], held[tested] = model.chance(late), number
        one = np.ones(len(tested))
        found.append(Ranking.fit(told[tested], left[tested]).auc(one))
        for name, each in model.contributions(late).items():
            weighs[name].append(float(np.mean(np.abs(each))))
            mixed = late | {name: chance.permutation(late[name])}
            drops[name].append(found[-1] - Ranking.fit(model.chance(mixed), left[tested]).auc(one))
    # each fold as scikit-learn's, and the mean well within the spread of folds
    assert found == pytest.approx(known["folds"], abs=0.003)
    assert np.mean(found) == pytest.approx(known["mean"], abs=0.002)
    base = np.full(len(left), left.mean())
    contest = Contest.fit(
        {"base": base, "logistic": told}, left, np.ones(len(left)), np.arange(len(left)), "average_precision"
    )
    shown("Telco, customers who left (five held-out folds)", contest)
    assert contest.winner == "logistic"
    assert contest.entrant("logistic").brier < 0.72 * contest.entrant("base").brier
    assert contest.tenths.error < 0.02
    # what the reasons say weighs most is what the order of held-out customers would suffer from most
    order = sorted(weighs, key=lambda name: -np.mean(weighs[name]))
    suffers = sorted(drops, key=lambda name: -np.mean(drops[name]))
    assert suffers[0] in order[:2]
    assert spearmanr([np.mean(weighs[name]) for name in features], [np.mean(drops[name]) for name in features])[0] > 0.6


@pytest.mark.parametrize(
    ("name", "files", "least"),
    [("online_retail_uci", ["online_retail_all.csv.gz"], 0.52), ("dunnhumby_complete_journey", [], 0.42)],
)
def test_who_stops_buying(imported: Any, name: str, files: list[str], least: float) -> None:
    catalogue = open_workspace(imported(name, files).workspace)
    with closing(catalogue.engine), catalogue.warehouse(Scope()) as warehouse:
        model = warehouse.work_out(CHURN_SCORES, basis="purchases", window=0, horizon=0)
        shown(f"{name}, customers lost within {model.span.horizon} days of {model.tested_on}", model.contest)
    precision = {each.name: each.average_precision for each in model.contest.entrants}
    best = precision[model.contest.winner]
    assert model.contest.winner in ("logistic", "boosted")
    assert best > precision["recency"] + 0.1
    assert best > precision["alive"]
    assert best > least
    entrant = model.contest.entrant(model.contest.winner)
    assert entrant.brier < model.contest.entrant("base").brier
