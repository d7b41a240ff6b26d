"""Deals on their way through stages, written in one line each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

STAGES: list[dict[str, Any]] = [
    {"stage": "lead", "stage_no": 1, "kind": "open", "probability": 0.2},
    {"stage": "quote", "stage_no": 2, "kind": "open", "probability": 0.6},
    {"stage": "won", "stage_no": 8, "kind": "won"},
    {"stage": "lost", "stage_no": 9, "kind": "lost"},
]

ENDS = {"won": True, "lost": False}


def walk(deal_id: str, *visits: tuple[str, str], **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A deal and its stage history from ("stage", "moment of entry") in order; the last one it still is in.

    The stages "won" and "lost" decide it.
    """
    stages, moments = zip(*visits, strict=True)
    left = [*moments[1:], None]
    history = [
        {"deal_id": deal_id, "stage": stage, "entered_at": at, "left_at": gone}
        for stage, at, gone in zip(stages, moments, left, strict=True)
    ]
    is_won = ENDS.get(stages[-1])
    deal = {
        "deal_id": deal_id,
        "stage": stages[-1],
        "created_at": moments[0],
        "is_won": is_won,
        "closed_at": None if is_won is None else moments[-1],
        **more,
    }
    return deal, history


def tables(*walks: tuple[dict[str, Any], list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """The tables of a company with these deals."""
    return {
        "stages": STAGES,
        "deals": [deal for deal, _ in walks],
        "deal_stages": [visit for _, history in walks for visit in history],
        **more,
    }


def days_on(day: str, days: float) -> str:
    """The moment so many days after a day."""
    return str(datetime.fromisoformat(day) + timedelta(days=days))
