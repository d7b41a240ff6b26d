"""What a customer of each cohort cost to win, as `finance.cac` tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from crmetrics.analysis import Catalogue, Note
from crmetrics.customers.triangle import Placed
from crmetrics.models.interval import Floats
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period

_ = words("customers")

KEY: Final = "finance.cac"


@dataclass(frozen=True)
class AcquisitionCost:
    """The cost of a customer by cohort, (cohorts,), and of all, NaN where it is not known."""

    of_cohort: Floats
    of_all: float
    notes: tuple[Note, ...]

    @classmethod
    def of(cls, catalogue: Catalogue, period: Period, grain: str, start: str, placed: Placed) -> Self:
        """Ask for the cost of the period's customers by the grain of the cohorts, or by channel or campaign, and by quarter for
        those that are shown together."""
        unknown = np.full(len(placed.names), np.nan)
        declared = catalogue.known(KEY)
        by = start if start in ("campaign", "channel") else grain
        if declared is None or by not in declared.groupings():
            told = _("What a customer of these cohorts cost to win is not known, so nothing is told of repayment.")
            return cls(unknown, float("nan"), (Note(told),))
        answer = catalogue.ask(KEY, period=period, by=by)
        if answer.locked is not None:
            told = _("Acquisition cost: {why}", why=answer.locked.message)
            return cls(unknown, float("nan"), (Note(told),))
        costs = (
            {} if by == "quarter" or not placed.together else _costs(catalogue.ask(KEY, period=period, by="quarter"))
        )
        costs |= _costs(answer)
        total = None if answer.total is None else answer.total.as_dict().get("cac")
        found = [costs.get(name) for name in placed.names]
        return cls(
            np.array([np.nan if each is None else float(each) for each in found], dtype=np.float64),
            float("nan") if total is None else float(total),
            (),
        )


def _costs(answer: Any) -> dict[str | None, float | None]:
    return dict(zip(answer.rows.values("party"), answer.rows.values("cac"), strict=True))
