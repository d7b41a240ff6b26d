"""Deals that moved the pipeline between two moments: what is made ready to ask for them, and the deals behind each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Self

from crmetrics.analysis import Behind, Choices
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.warehouse.facts.moves import OWNED, REMEMBERED, moved_sql
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.warehouse import Warehouse

BEFORE, AFTER = "open_before", "open_after"
CAME: Final = ("created", "reopened", "handed_in", "pulled_in", "moved_in")
CHANGED: Final = ("grown", "shrunk")
LEFT: Final = ("won", "lost", "handed_on", "slipped", "moved_on")

_DEALS: Final = replace(TABLES["deals"], priced_at=None)
"""Both moments are told at the rates of the later."""


@dataclass(frozen=True)
class Moves:
    """The question for what moved between the ends of a period: of which kind its query is, and what that binds."""

    kinds: Mapping[str, bool]
    values: Mapping[str, Any]

    @classmethod
    def between(cls, warehouse: Warehouse, period: Period, by: str, closing: str) -> Self:
        """Make deals ready as they were at both moments. Whoever's filter or group one may cross is looked up at both."""
        since, until = (min(midnight(day, warehouse.zone), warehouse.as_of) for day in (period.start, period.end))
        told = replace(_DEALS, histories=tuple(each for each in _DEALS.histories if each.table == "deal_changes"))
        by_remembered = by in REMEMBERED
        crossed = {each.dimension for each in warehouse.scope.filters}
        is_tracked = by_remembered or bool(crossed)
        warehouse.restate("deals_known", _DEALS if by_remembered else told, until, is_filtered=False)
        warehouse.restate("changes_known", TABLES["deal_changes"], until, is_filtered=False, joined_to="deals")
        warehouse.restate("visits_known", TABLES["deal_stages"], warehouse.as_of, is_filtered=False, joined_to="deals")
        if is_tracked:
            warehouse.restate("deals_seen_then", _DEALS, since)
            warehouse.restate("deals_seen_now", _DEALS, until)
        due = warehouse.period_of(closing) if closing else None
        values = {
            "since": since,
            "until": until,
            "is_owned": bool(crossed & OWNED),
            "is_due": due is not None,
            "due_from": due.start if due else date.min,
            "due_until": due.end if due else date.max,
        }
        return cls({"is_tracked": is_tracked, "is_apart": by_remembered}, values)


def _step(cause: str) -> tuple[str, str]:
    """Which deals a step counts, and what each adds to it."""
    if cause in (BEFORE, AFTER):
        return ("was_member", "money_then") if cause == BEFORE else ("is_member", "money")
    if cause in CHANGED:
        return f"changed_by = '{cause}'", "end_money - start_money"
    return (f"left_by = '{cause}'", "-end_money") if cause in LEFT else (f"entered_by = '{cause}'", "start_money")


def _moved(warehouse: Warehouse, period: Period, choices: Choices, at: Mapping[str, str | None]) -> Behind:
    moves = Moves.between(warehouse, period, choices["by"], choices["closing"])
    # deals are shown as they were at the later moment, also those that have left the view since
    warehouse.restate("deals", _DEALS, moves.values["until"], is_filtered=False)
    cause = at.get("cause") if at else AFTER
    counted, amount = _step(cause) if cause in (BEFORE, AFTER, *CAME, *CHANGED, *LEFT) else ("false", "money")
    return replace(
        MOVED_DEALS,
        columns=dict.fromkeys(MOVED_DEALS.columns, counted),
        where="in_groups" if at else "in_total",
        values={**moves.values, "cause": cause},
        source=moved_sql(**moves.kinds),
        tells={"amount": amount},
    )


# a deal may be in several steps: which is meant is told by the conditions
MOVED_DEALS: Final = Behind({"deals": "", "amount": ""}, "deals", "true", groups={"cause": "$cause"}, look=_moved)
