"""What several analyses ask of a funnel: its steps, its groups, and the cases that it does not count."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis.answer import LeftOut
from crmetrics.analysis.pipelines import checked_pipeline
from crmetrics.models.funnel import WON
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.facts.funnels import STEPS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

LEAD_STEPS: Final = {"lead_came": 1, "lead_qualified": 2, "lead_deal": 3}


def funnel_steps(warehouse: Warehouse, period: Period, source: str, asked: str) -> tuple[str, int, dict[str, int]]:
    """The pipeline asked for, or the one with most deals; how many deals entered others; its open stages and the end.

    Raises UnknownName for a pipeline that there is not.
    """
    stages = list(warehouse.query(STEPS, period=period).records())
    entered = {each["pipeline"]: each["entered"] for each in stages}
    chosen = "leads" if source == "leads" else checked_pipeline(asked, [*entered]) or next(iter(entered), "main")
    steps = {each["stage"]: each["stage_no"] for each in stages if (each["pipeline"], each["kind"]) == (chosen, "open")}
    if source == "leads" and len(steps) != len(LEAD_STEPS) - 1:
        return chosen, 0, LEAD_STEPS
    ends = [(each["stage"], each["stage_no"]) for each in stages if (each["pipeline"], each["kind"]) == (chosen, "won")]
    unnamed = ("lead_deal" if source == "leads" else "all_won", max(steps.values(), default=0) + 1)
    return chosen, sum(entered.values()) - entered.get(chosen, 0), steps | dict([*ends, unnamed][:1])


def largest_first(rows: Rows) -> tuple[list[Any], NDArray[np.int64]]:
    """The groups, the largest first, and the place of each row's group; the total comes last."""
    is_total = rows.flags("is_total")
    parties, which = rows.where(~is_total).groups("party")
    largest = np.argsort(-np.bincount(which, rows.numbers("cases")[~is_total], len(parties)), kind="stable")
    group = np.full(len(rows), len(parties))
    group[~is_total] = np.argsort(largest)[which]
    names = parties.values("party")
    return [names[each] for each in largest], group


def is_counted(rows: Rows) -> NDArray[np.bool_]:
    """Which rows of the total say how far cases came."""
    is_won = np.array([outcome == WON for outcome in rows.values("outcome")], dtype=bool)
    return rows.flags("is_total") & (is_won | (rows.numbers("place") > 0))


def left_out_of(rows: Rows, others: int, without_amount: int = 0, unconverted: int = 0) -> tuple[LeftOut, ...]:
    """The cases that a funnel does not count, by reason; `others` entered another pipeline."""
    place, cases = rows.numbers("place"), rows.numbers("cases")
    uncounted = rows.flags("is_total") & ~is_counted(rows)
    reasons = (
        LeftOut(_("in another pipeline"), others),
        LeftOut(_("without a stage history"), int(cases[uncounted & (place < 0)].sum())),
        LeftOut(_("began after the first stage"), int(cases[uncounted & (place == 0)].sum())),
        LeftOut(_("without an amount"), without_amount),
        LeftOut(_("in a currency without a rate"), unconverted),
    )
    return tuple(reason for reason in reasons if reason.rows)
