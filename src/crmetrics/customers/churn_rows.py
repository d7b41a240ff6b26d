"""The rows of the churn warning: customers at risk, what came of earlier warnings, and how the models did."""

from __future__ import annotations

from typing import Any

import numpy as np

from crmetrics.analysis import Row, Table, column
from crmetrics.analysis.contests import calibration_of, comparison_of
from crmetrics.customers.churn_scores import ChurnModel
from crmetrics.customers.risk_reasons import in_words, next_step
from crmetrics.models.interval import share_of
from crmetrics.vocabulary.unit import COUNT, DATE, DAYS, MONEY, RATIO, SHARE
from crmetrics.warehouse.rows import Rows

LIST, RECORD, TENTHS, MODELS = (("show", (each,)) for each in ("customers", "record", "calibration", "models"))
TESTED = ("show", ("record", "calibration", "models"))


class ChurnRisk(Row):
    customer_id = column("Customer", dimension="customer", only=LIST)
    p = column("Risk", SHARE, "chance to be lost within the horizon", better="lower", only=LIST)
    band = column("Band", only=LIST, low="low", medium="medium", high="high")
    stake = column(
        "At stake", MONEY, "risk x what is expected of the customer within the horizon", better="lower", only=LIST
    )
    reason_1 = column("First reason", meaning="↑ speaks for the loss, ↓ against it", only=LIST)
    reason_2 = column("Second reason", only=LIST)
    reason_3 = column("Third reason", only=LIST)
    next_step = column(
        "Next step",
        only=LIST,
        settle="settle the complaint",
        ask="ask what went wrong",
        pay="talk about the unpaid invoice",
        value="show what it is worth, without a further discount",
        help="help to use it",
        call="call in person",
        write="write, with what the customer usually buys",
    )
    rule = column(
        "By rule", RATIO, "days since the last purchase / own usual gap; of contracts days since the start", only=LIST
    )
    last_on = column("Last purchase", DATE, "of contracts the start", only=LIST)
    model = column(
        "Model",
        only=("show", ("customers", "models")),
        rule="plain rule",
        base="base rate",
        recency="plain rule, as a chance",
        alive="model of buying",
        logistic="logistic regression",
        boosted="boosted trees",
    )
    tested_on = column("Tested on", DATE, "the day whose warnings were tested", only=LIST)
    run_on = column("Warned on", DATE, only=RECORD)
    warned = column("Warned", COUNT, "with a high risk", only=RECORD)
    right = column("Rightly", COUNT, "warned and lost", better="higher", only=RECORD)
    precision = column("Precision", SHARE, "rightly / warned", better="higher", only=RECORD, of=("right", "warned"))
    base = column("Lost of all", SHARE, "what guessing would give", only=RECORD, of=("lost", "n"))
    lost = column("Lost", COUNT, only=RECORD)
    lead_days = column("Lead", DAYS, "median days from the warning to the loss", better="higher", only=RECORD)
    money = column("Brought before", MONEY, "by the rightly warned, in the window before the warning", only=RECORD)
    average_precision = column(
        "Average precision", SHARE, "base rate: what guessing gives", better="higher", only=MODELS
    )
    lift = column("Lift", RATIO, "losses in the first tenth against guessing", better="higher", only=MODELS)
    brier = column(
        "Brier score", RATIO, "mean squared distance from what happened, 0 is perfect", better="lower", only=MODELS
    )
    log_loss = column("Log loss", RATIO, "how surprised it was by what happened", better="lower", only=MODELS)
    auc = column("Order", SHARE, "of a lost and a kept customer, how often it put the lost one first", only=MODELS)
    is_used = column("Used", only=MODELS, yes="yes", no="no")
    tenth = column("Tenth", COUNT, "of the customers in order of their risk", only=TENTHS)
    told = column("Told", SHARE, "mean risk", only=TENTHS)
    happened = column("Came true", SHARE, "share lost", only=TENTHS, of=("hits", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval", only=TENTHS)
    high = column("At most", SHARE, "upper end of the 95 % interval", only=TENTHS)
    n = column("Customers", COUNT, "that could still be lost on that day", only=TESTED)
    hits = column("Lost of them", COUNT, is_hidden=True)


def customers_of(rows: Rows, model: ChurnModel) -> Table[ChurnRisk]:
    """Customers, the most at stake first, with their reasons in words."""
    reasons = [rows.values(f"reason_{place}") for place in (1, 2, 3)]
    stake = np.nan_to_num(rows.numbers("stake"))
    steps = [
        next_step(each, float(money) >= model.large > 0)
        for each, money in zip(zip(*reasons, strict=True), stake, strict=True)
    ]
    said = {f"reason_{place}": [in_words(each) for each in found] for place, found in enumerate(reasons, 1)}
    count = len(rows)
    told: dict[str, list[Any]] = {"model": [model.winner] * count, "tested_on": [model.tested_on] * count}
    return _table(count, rows, {"next_step": steps, **told, **said})


def record_of(_rows: Rows, model: ChurnModel) -> Table[ChurnRisk]:
    """What came of the warnings of earlier days."""
    runs = model.runs
    warned, right, lost, n = (
        np.array([getattr(run, name) for run in runs], dtype=np.float64)
        for name in ("warned", "right", "lost", "eligible")
    )
    shares = {"precision": share_of(right, warned), "base": share_of(lost, n)}
    plain: dict[str, list[Any]] = {
        name: [None if np.isnan(x) else x for x in each.tolist()] for name, each in shares.items()
    }
    plain |= {
        name: each.astype(int).tolist()
        for name, each in (("warned", warned), ("right", right), ("lost", lost), ("n", n))
    }
    lead = [None if np.isnan(run.lead_days) else run.lead_days for run in runs]
    plain |= {"run_on": [run.day for run in runs], "lead_days": lead, "money": [run.money for run in runs]}
    return _table(len(runs), None, plain)


def tenths_of(_rows: Rows, model: ChurnModel) -> Table[ChurnRisk]:
    """The chances beside what happened."""
    found = calibration_of(model.contest)
    return _table(len(found["n"]), None, found)


def compared_of(_rows: Rows, model: ChurnModel) -> Table[ChurnRisk]:
    """How each model did."""
    found = comparison_of(model.contest)
    return _table(len(found["n"]), None, found)


def _table(count: int, rows: Rows | None, columns: dict[str, list[Any]]) -> Table[ChurnRisk]:
    held = {} if rows is None else {name: rows.values(name) for name in rows.names}
    blank = [None] * count
    return Table(
        ChurnRisk, {each.name: columns.get(each.name, held.get(each.name, blank)) for each in ChurnRisk.columns}
    )


def total_of(rows: Rows) -> ChurnRisk:
    """All that is at stake."""
    added = {"stake": float(np.nansum(rows.numbers("stake")))}
    return ChurnRisk(tuple(added.get(each.name) for each in ChurnRisk.columns))
