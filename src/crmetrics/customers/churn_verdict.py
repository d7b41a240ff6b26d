"""What must be said of the chances that customers are lost, and what stands out in them."""

from __future__ import annotations

from typing import Final

import numpy as np

from crmetrics.analysis import Finding, Note
from crmetrics.analysis.contests import MODELS, without_trees
from crmetrics.customers.churn_lessons import ENOUGH, ENOUGH_OF_EITHER, HIGH
from crmetrics.customers.churn_scores import ChurnModel
from crmetrics.customers.churn_states import Basis
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import DATE, MONEY, RATIO, SHARE, Figure
from crmetrics.warehouse.rows import Rows

_ = words("customers")

NOT_ELIGIBLE: Final[dict[Basis, Message]] = {
    "purchases": _("bought nothing in the window: lost already, or never a customer"),
    "subscriptions": _("without a running subscription"),
}
TOLD_BY: Final[dict[str, Message]] = {
    **MODELS,
    "base": _("the base rate"),
    "recency": _("the plain rule"),
    "alive": _("the model of buying"),
}


def notes_of(model: ChurnModel) -> tuple[Note, ...]:
    """How the chances came about, and how well they did."""
    notes = [Note(_spans(model))]
    if model.contest is None:
        few = _(
            "Too few customers to learn from: {n} could be lost, and {enough} of them and {either} of either outcome are needed on "
            "the day of learning. They stand in the order of a plain rule.",
            n=model.eligible,
            enough=ENOUGH,
            either=ENOUGH_OF_EITHER,
        )
        notes.append(Note(few, "few"))
    else:
        notes.append(Note(_verdict(model)))
    if model.span.basis == "purchases" and not model.is_margin and model.contest is not None:
        notes.append(Note(_("Too few costs are known: at stake are sales, not margin.")))
    return (*notes, *without_trees(model.has_boosted))


def _spans(model: ChurnModel) -> Message:
    if model.span.basis == "subscriptions":
        return _(
            "Lost is whose last subscription ends within {horizon} days; a trend compares the last {window} days with those before.",
            horizon=model.span.horizon,
            window=model.span.window,
        )
    return _(
        "A customer is who bought in the last {window} days; lost is who then buys nothing for {horizon} days.",
        window=model.span.window,
        horizon=model.span.horizon,
    )


def _verdict(model: ChurnModel) -> Message:
    contest = model.contest
    if contest is None:
        return _spans(model)
    best, rule = contest.entrant(contest.winner), contest.entrant("recency")
    return _(
        "By {model}, tested on {n} customers of {day}: average precision {precision}, plain rule {rule}, guessing {base}; the first "
        "tenth held {lift} times as many losses as guessing; chances were {error} off on average.",
        model=TOLD_BY[contest.winner],
        n=round(contest.cases),
        day=Figure(model.tested_on, DATE),
        precision=Figure(best.average_precision, SHARE),
        rule=Figure(rule.average_precision, SHARE),
        base=Figure(contest.base, SHARE),
        lift=Figure(best.lift, RATIO),
        error=Figure(contest.tenths.error, SHARE),
    )


def findings_of(rows: Rows, model: ChurnModel) -> tuple[Finding, ...]:
    """The money of those who are likely to be lost, where warnings have proved right."""
    if model.contest is None or not len(rows):
        return ()
    is_high = rows.numbers("p") > HIGH
    stake = np.nan_to_num(rows.numbers("stake"))
    whole = float(stake.sum())
    if is_high.sum() < 5 or stake[is_high].sum() <= 0.05 * whole:
        return ()
    money = float(stake[is_high].sum())
    message = _(
        "{n} customer is likely to be lost soon: {money} is at stake.",
        "{n} customers are likely to be lost soon: {money} is at stake.",
        n=int(is_high.sum()),
        money=Figure(money, MONEY),
    )
    return (Finding(message, money=money, tone="warn"),)
