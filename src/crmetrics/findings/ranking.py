"""Findings of several answers ranked by the money at stake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Analysis, Answer, Finding
from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.period import Compare, Period
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer

WATCHED: Final = (
    *("kpis.scorecard", "sales.performance", "sales.leak_ledger", "sales.stage_conversion", "sales.stale_deals"),
    *("sales.product_performance", "finance.margin", "finance.receivables", "customers.churn_risk", "data.freshness"),
)
"""The analyses that are looked through if nobody names others; those not in the catalogue yet are passed over."""

_TONES: Final = ("bad", "warn", "good", "info")


@dataclass(frozen=True)
class StandingOut:
    """One finding, and the answer that it stands in."""

    finding: Finding
    answer: Answer[Any]

    @property
    def declared(self) -> Analysis:
        """The analysis that found it."""
        return self.answer.declared


def what_stands_out(
    catalogue: OpenCatalogue,
    keys: Sequence[str] = WATCHED,
    *,
    viewer: Viewer = ADMINISTRATOR,
    period: Period | str | None = None,
    compare: Compare | None = None,
    where: tuple[Filter, ...] = (),
    most: int = 10,
) -> tuple[StandingOut, ...]:
    """The findings of some analyses for a viewer and period, the most money first.

    period  of those analyses that take one; default: each one's own
    most    so many at most
    An analysis that is not in the catalogue, or locked, gives none.
    """
    answers = [
        catalogue.ask(key, viewer=viewer, period=period, compare=compare, where=where)
        for key in keys
        if catalogue.known(key) is not None
    ]
    return ranked(answers)[:most]


def ranked(answers: Iterable[Answer[Any]]) -> tuple[StandingOut, ...]:
    """The findings of answers by the money at stake, then what is bad before what is good; each thing told once.

    Two findings tell the same if they are the same sentence, or the same sum of money for the better or the worse.
    """
    found = [StandingOut(finding, answer) for answer in answers if answer.locked is None for finding in answer.findings]
    found.sort(key=lambda each: (-abs(each.finding.money or 0.0), _TONES.index(each.finding.tone)))
    told: set[object] = set()
    kept = []
    for each in found:
        money, sentence = each.finding.money, str(each.finding.message)
        marks = {sentence} if money is None else {sentence, (round(abs(money), 2), each.finding.tone)}
        if not marks & told:
            kept.append(each)
        told |= marks
    return tuple(kept)
