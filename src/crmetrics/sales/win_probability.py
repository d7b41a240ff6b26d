"""Deal win probability."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import Bars, FirstOf, Histogram, LeftOut, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.contests import calibration_of, comparison_of
from crmetrics.sales.deal_reasons import in_words
from crmetrics.sales.deal_scores import DEAL_SCORES, ENOUGH, DealModel
from crmetrics.sales.deal_verdict import behind_their_stage, notes_of
from crmetrics.sales.open_deal_rows import SCORED_ROWS
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, MONEY, RATIO, SHARE
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Show = Annotated[
    Literal["deals", "calibration", "models"],
    Options("Shown", deals="open deals", calibration="whether the chances come true", models="the models compared"),
]

DEALS_ONLY, TENTHS_ONLY, MODELS_ONLY = (("show", (each,)) for each in ("deals", "calibration", "models"))

SCORED = """
select d.deal_id, d.name, d.customer_id, d.owner_id, d.stage, converted(d.amount, d.company_rate) as amount,
       s.chance as p, s.stage_rate, s.age, s.up_1, s.up_2, s.down_1, s.down_2,
       s.chance * cast(converted(d.amount, d.company_rate) as double) as expected_amount, d.amount is null as is_without_amount
from deals d
left join deal_scores s on s.deal_id = d.deal_id
where d.is_won is null
order by coalesce(s.chance * cast(converted(d.amount, d.company_rate) as double), 0) desc, d.deal_id
"""
DECIDED = "select count(*) as deals from deals where is_won is not null"


class WinProbability(Row):
    deal_id = column("Deal", only=DEALS_ONLY)
    name = column("Name", only=DEALS_ONLY)
    p = column("Win probability", SHARE, "of this deal", better="higher", only=DEALS_ONLY)
    stage_rate = column("Of its stage", SHARE, "the rate of deals that stood where it stands", only=DEALS_ONLY)
    amount = column("Amount", MONEY, only=DEALS_ONLY)
    expected_amount = column("Expected", MONEY, "amount x win probability", better="higher", only=DEALS_ONLY)
    up = column("Speaks for it", meaning="compared with an average deal", only=DEALS_ONLY)
    down = column("Speaks against it", meaning="compared with an average deal", only=DEALS_ONLY)
    stage = column("Stage", dimension="stage", only=DEALS_ONLY)
    owner_id = column("Owner", dimension="owner", only=DEALS_ONLY)
    customer_id = column("Customer", dimension="customer", only=DEALS_ONLY)
    model = column(
        "Model",
        only=MODELS_ONLY,
        stage="the stage's own rate",
        logistic="logistic regression",
        boosted="boosted trees",
    )
    brier = column(
        "Brier score", RATIO, "mean squared distance from what happened, 0 is perfect", better="lower", only=MODELS_ONLY
    )
    log_loss = column("Log loss", RATIO, "how surprised it was by what happened", better="lower", only=MODELS_ONLY)
    auc = column("Order", SHARE, "of a won and a lost deal, how often it put the won one first", only=MODELS_ONLY)
    is_used = column("Used", only=MODELS_ONLY, yes="yes", no="no")
    tenth = column("Tenth", COUNT, "of the deals in order of their chances", only=TENTHS_ONLY)
    told = column("Told", SHARE, "mean chance", only=TENTHS_ONLY)
    happened = column("Came true", SHARE, "share won", only=TENTHS_ONLY, of=("won", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval", only=TENTHS_ONLY)
    high = column("At most", SHARE, "upper end of the 95 % interval", only=TENTHS_ONLY)
    n = column("Deals", COUNT, "tested on; each counts once in all its weeks", only=("show", ("calibration", "models")))
    won = column("Won", COUNT, is_hidden=True)


@analysis(
    "Deal win probability",
    needs={"deals": ["stage"]},
    date="deals",
    kind="P",
    chart=FirstOf((Bars(x="tenth", y="happened", band=("low", "high")), Histogram(x="p"))),
    enough=2 * ENOUGH,
    behind=lambda choices: (
        (SCORED_ROWS,) if choices["show"] == "deals" else ()
    ),  # what a model was tested on is no list
)
def win_probability(warehouse: Warehouse, show: Show = "deals") -> Result[WinProbability]:
    """How likely is each open deal to be won, and why?

    Formula: learned from week ends of deals decided in the last 24 months: stage, age, time in the stage against its median,
             days since the last talk, next step, quote, amount against the owner's median, put-off close dates, source,
             industry, team. Logistic regression or boosted trees, calibrated, whichever foretells later week ends surely better
             than the stage's own rate; each deal weighs 1.
    Reads:   deals, deal_stages, deal_changes, activities, quotes, customers, leads, employees.
    Mind:    Only what was known at a week end is learned from. Deals decided within 2 days and the last weeks, whose deals are
             still open, are not. Fewer than 200 won or 200 lost: the stage's own record. The same for every viewer.
    Source:  Hastie, Tibshirani and Friedman (2009), The Elements of Statistical Learning; Lundberg et al. (2020) for the reasons.
    """
    model = warehouse.work_out(DEAL_SCORES)
    rows = warehouse.query(SCORED)
    decided = int(warehouse.query(DECIDED).one()["deals"])
    return Result(
        {"deals": _deals, "calibration": _tenths, "models": _compared}[show](rows, model),
        _total(rows) if show == "deals" and len(rows) else None,
        notes=notes_of(warehouse, model, rows),
        findings=behind_their_stage(rows, model),
        used=len(rows),
        left_out=(LeftOut(_("decided"), decided),) if decided else (),
        n=model.won + model.lost,
    )


def _deals(rows: Rows, _model: DealModel) -> Table[WinProbability]:
    up, down = (
        [in_words(pair) for pair in zip(rows.values(f"{side}_1"), rows.values(f"{side}_2"), strict=True)]
        for side in ("up", "down")
    )
    return _table(len(rows), rows, {"up": up, "down": down})


def _tenths(_rows: Rows, model: DealModel) -> Table[WinProbability]:
    return _judged(calibration_of(model.contest))


def _compared(_rows: Rows, model: DealModel) -> Table[WinProbability]:
    return _judged(comparison_of(model.contest))


def _judged(found: dict[str, list[Any]]) -> Table[WinProbability]:
    return _table(len(found["n"]), None, {**found, "won": found.get("hits", [None] * len(found["n"]))})


def _table(count: int, rows: Rows | None, columns: dict[str, list[Any]]) -> Table[WinProbability]:
    held = {} if rows is None else {name: rows.values(name) for name in rows.names}
    blank = [None] * count
    return Table(
        WinProbability,
        {each.name: columns.get(each.name, held.get(each.name, blank)) for each in WinProbability.columns},
    )


def _total(rows: Rows) -> WinProbability:
    added = {name: float(np.nansum(rows.numbers(name))) for name in ("amount", "expected_amount")}
    return WinProbability(tuple(added.get(each.name) for each in WinProbability.columns))
