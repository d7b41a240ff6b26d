"""What must be said of the chances of deals, and what stands out in them."""

from __future__ import annotations

import numpy as np

from crmetrics.analysis import Finding, Note
from crmetrics.analysis.contests import MODELS, figures_of, without_trees
from crmetrics.models.classifier import Contest
from crmetrics.sales.deal_scores import DealModel
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import DAYS, MONEY, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")


def notes_of(warehouse: Warehouse, model: DealModel, rows: Rows) -> tuple[Note, ...]:
    """How the chances came about, how well they did, and what they cannot know."""
    notes = []
    if model.contest is None:
        few = _(
            "{won} won and {lost} lost deals in 24 months are too few to learn from, 200 of each are needed: every deal has the "
            "record of its stage.",
            won=model.won,
            lost=model.lost,
        )
        notes.append(Note(few, "few"))
    else:
        notes.append(_verdict(model.contest))
    notes += without_trees(model.has_boosted)
    if model.contest is not None and not warehouse.profile.rows("deal_stages"):
        notes.append(Note(_("Without a history of stages nothing is learned from the stage."), "warn"))
    if model.contest is not None and not warehouse.profile.rows("deal_changes"):
        notes.append(Note(_("Without a history of changes nothing is learned from amounts and put-off dates."), "warn"))
    if without := int(rows.flags("is_without_amount").sum()):
        message = _(
            "{n} open deal has no amount, so nothing is expected of it.",
            "{n} open deals have no amount, so nothing is expected of them.",
            n=without,
        )
        notes.append(Note(message))
    if older := int((rows.numbers("age") > model.oldest).sum()):
        message = _(
            "{n} open deal is older than any that was decided ({days}): its chance is that of the oldest, and likely too high.",
            "{n} open deals are older than any that was decided ({days}): their chances are those of the oldest, and likely too high.",
            n=older,
            days=Figure(model.oldest, DAYS),
        )
        notes.append(Note(message, "warn"))
    return tuple(notes)


def _verdict(contest: Contest) -> Note:
    """Which model is used, and how it did on deals that it had not learned from, beside the stage's own rate (R18)."""
    n = round(contest.cases)
    if contest.winner == "stage":
        message = _(
            "No model foretold the {n} deals it was tested on surely better than the rates of their stages: these are told."
        )
        return Note(message(n=n))
    message = _(
        "By {model}, tested on {n} later deals: Brier score {brier} beside {base} of the stages' own rates; its chances were "
        "{error} off on average."
    )
    return Note(message(model=MODELS[contest.winner], n=n, **figures_of(contest, "stage")))


def behind_their_stage(rows: Rows, model: DealModel) -> tuple[Finding, ...]:
    """Deals that look far worse than where they stand: the forecast by stage counts on them in vain."""
    if model.winner not in ("logistic", "boosted"):
        return ()
    lacking = rows.numbers("stage_rate") - rows.numbers("p")
    money = np.nan_to_num(rows.numbers("amount"))
    worse = (lacking > rows.numbers("stage_rate") / 2) & (money > 0)
    missed = float(np.nan_to_num(lacking * money)[worse].sum())
    if worse.sum() < 5 or missed < 0.05 * np.nansum(rows.numbers("expected_amount")):
        return ()
    message = _(
        "{n} open deal is less than half as likely to be won as its stage says: {money} less is to be expected.",
        "{n} open deals are less than half as likely to be won as their stages say: {money} less is to be expected.",
        n=int(worse.sum()),
        money=Figure(missed, MONEY),
    )
    return (Finding(message, money=missed, tone="warn"),)
