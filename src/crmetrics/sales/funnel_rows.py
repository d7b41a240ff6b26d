"""The deals and leads behind the figures of a funnel: who came to a step, went on, was lost there or still waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from crmetrics.analysis import Behind, Choices
from crmetrics.analysis.behind import Look
from crmetrics.analysis.funnels import funnel_steps
from crmetrics.sales.leak_lines import SIZE
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.facts.funnels import CASES
from crmetrics.warehouse.warehouse import Warehouse

At = Mapping[str, str | None]
Columns = Mapping[str, str]
Span = tuple[int, int]
"""The first and the last of the steps that are meant, from 1."""
NOWHERE: Final[Span] = (0, 0)

CAME: Final = "(outcome = 'won' or place >= $first_step)"
WENT_ON: Final = "(outcome = 'won' or place > $last_step)"
HERE: Final = "(outcome = '{outcome}' and place >= $first_step and place <= $last_step)"
COUNTED: Final = "(outcome = 'won' or place > 0)"
"""Whoever is won has come through, wherever it was seen last; one that is not is counted from the first step on."""

_LOST: Final = HERE.format(outcome="lost")
_WAITS: Final = HERE.format(outcome="open")
_PRICED: Final = {"lost_amount": f"{_LOST} and money is not null"}
_BY_WAY: Final = {
    "reached": CAME,
    "moved": WENT_ON,
    "decided": f"({WENT_ON} or {_LOST})",
    "entered": COUNTED,
    "lost": _LOST,
    "open_deals": _WAITS,
    "skipped": HERE.format(outcome="skipped"),
}
_BY_VISIT: Final = {"entered": "place = 1", "lost": _LOST, "open_deals": _WAITS}
_ARRIVED: Final = {"reached": "place = $first_step"}
_NEXT: Final = {"moved": "place = $last_step + 1"}
_LINES: Final = {"entered": CAME, "moved": WENT_ON, "n": f"({WENT_ON} or {_LOST})"}


def stage_rows(choices: Choices) -> tuple[Behind, ...]:
    """The deals or leads of a funnel of stages; where each stage is counted by itself, those seen there in the period."""
    parts = (_BY_VISIT, _ARRIVED, _NEXT, _PRICED) if choices["counting"] == "any" else (_BY_WAY, _PRICED)
    counted = choices["source"], choices["counting"]
    return tuple(_opened(counted, each, partial(_of_stage, counted, each)) for each in parts)


def leak_rows(_choices: Choices) -> tuple[Behind, ...]:
    """The deals behind the lines of a leak ledger; a line may be of several stages."""
    return (_opened(("deals", "or_later"), _LINES, _of_line),)


def _opened(counted: tuple[str, str], columns: Columns, look: Look, number: int = 0) -> Behind:
    """The cases of the query `number` of a funnel. Which step is meant its conditions tell, for a deal lies in several."""
    fact, cases, moment = CASES[counted][number]
    return Behind(
        columns,
        fact,
        "true",
        moment,
        {"stage": "$stage"},
        shows=counted[0],
        by="deal_id",
        source=cases,
        tells={"lost_amount": "money"} if columns is _PRICED else {},
        look=look,
    )


def _of_stage(
    counted: tuple[str, str], columns: Columns, warehouse: Warehouse, period: Period, choices: Choices, at: At
) -> Behind:
    chosen, _others, steps = funnel_steps(warehouse, period, choices["source"], choices["pipeline"])
    names, last = [*steps], len(steps) - 1
    span = {name: (number, number) for number, name in enumerate(names, 1)}
    first_step, last_step = span.get(at.get("stage") or "", NOWHERE) if at else (1, last)
    # who is seen at the end are those won in the period, whenever they came
    is_end = last_step == last if columns is _NEXT else first_step > last
    number = 1 if columns in (_ARRIVED, _NEXT) and is_end else 0
    return _of_span(_opened(counted, columns, _of_line, number), chosen, at, (first_step, last_step), last)


def _of_line(warehouse: Warehouse, period: Period, choices: Choices, at: At) -> Behind:
    chosen, _others, steps = funnel_steps(warehouse, period, "deals", choices["pipeline"])
    names = [*steps][:-1]
    spans = {
        " + ".join(names[first:last]): (first + 1, last)
        for first in range(len(names))
        for last in range(first + 1, len(names) + 1)
    }
    spans[SIZE] = (len(steps), len(steps))
    span = spans.get(at.get("stage") or "", NOWHERE) if at else (1, len(names))
    found = _opened(("deals", "or_later"), _LINES, _of_line)
    return _of_span(replace(found, values={"amount_at": "close"}), chosen, at, span, len(names))


def _of_span(found: Behind, pipeline: str, at: At, span: Span, steps: int) -> Behind:
    told = {"pipeline": pipeline, "first_step": span[0], "last_step": span[1], "steps": steps}
    values = {**found.values, **told, "stage": at.get("stage")}
    return replace(found, where="true" if span != NOWHERE else "false", values=values)
