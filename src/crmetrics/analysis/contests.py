"""How models that foretell did on cases they had not learned from, as columns and words of an answer (R18)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis.answer import Note
from crmetrics.models.classifier import Contest
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import RATIO, SHARE, Figure

_ = words("crmetrics")

MODELS: Final[dict[str, Message]] = {
    "logistic": _("logistic regression"),
    "boosted": _("boosted trees"),
}
"""What the models are called inside a sentence."""


def calibration_of(contest: Contest | None) -> dict[str, list[Any]]:
    """The winner's chances beside what happened by tenth: columns tenth, told, happened, low, high, n and hits (whole cases)."""
    if contest is None:
        return {name: [] for name in ("tenth", "told", "happened", "low", "high", "n", "hits")}
    tenths = contest.tenths
    plain = {name: getattr(tenths, name).tolist() for name in ("tenth", "told", "happened", "low", "high")}
    hits = np.rint(tenths.happened * tenths.cases)
    return {**plain, "n": np.rint(tenths.cases).astype(int).tolist(), "hits": hits.astype(int).tolist()}


def comparison_of(contest: Contest | None) -> dict[str, list[Any]]:
    """One row a model, the simplest first: columns model, brier, log_loss, average_precision, lift, auc, is_used and n."""
    entrants = () if contest is None else contest.entrants
    measures = ("brier", "log_loss", "average_precision", "lift", "auc")
    found: dict[str, list[Any]] = {name: [_known(getattr(each, name)) for each in entrants] for name in measures}
    found["model"] = [each.name for each in entrants]
    found["is_used"] = ["yes" if contest and each.name == contest.winner else "no" for each in entrants]
    found["n"] = [round(contest.cases) if contest else 0 for _each in entrants]
    return found


def figures_of(contest: Contest, base: str) -> dict[str, Figure]:
    """What a sentence tells of the winner: its Brier score, that of `base`, and how far its chances were off on average."""
    return {
        "brier": Figure(contest.entrant(contest.winner).brier, RATIO, digits=3),
        "base": Figure(contest.entrant(base).brier, RATIO, digits=3),
        "error": Figure(contest.tenths.error, SHARE),
    }


def without_trees(has_boosted: bool) -> tuple[Note, ...]:
    """The note on a machine that cannot load LightGBM."""
    if has_boosted:
        return ()
    return (Note(_("Boosted trees could not be tried: LightGBM cannot be loaded (it needs libgomp1)."), "warn"),)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
