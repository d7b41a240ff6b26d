"""The leads behind the steps from interest to sale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from crmetrics.analysis import Behind, Choices
from crmetrics.sales.leads import DAY, link_leads, says_no_lead, usual_window
from crmetrics.vocabulary.period import Period
from crmetrics.warehouse.facts.interest import leads_on_way
from crmetrics.warehouse.warehouse import Warehouse

STEPS: Final = {
    "deals": ("lead", "qualified", "deal", "quote", "sale"),
    "orders": ("lead", "qualified", "quote", "sale"),
}

_CAME: Final = "(outcome = 'won' or place >= $first_step)"
_WENT_ON: Final = "(outcome = 'won' or place > $last_step)"
_HERE: Final = "outcome = '{outcome}' and place >= $first_step and place <= $last_step"
_OLD: Final = "not is_pending and {condition}"
_COLUMNS: Final = {
    "leads": _OLD.format(condition=_CAME),
    "moved": _OLD.format(condition=_WENT_ON),
    "entered": "not is_pending",
    "lost": _OLD.format(condition=_HERE.format(outcome="lost")),
    "open_leads": _OLD.format(condition=_HERE.format(outcome="open")),
    "pending": f"is_pending and {_CAME}",
}
_MONEY: Final = "not is_pending and money is not null and (outcome = 'won' or place >= $money_step)"

REASONS: Final = "select distinct disqualify_reason as reason from leads where disqualify_reason is not null"


def _looked(
    base: Behind, warehouse: Warehouse, period: Period, choices: Choices, at: Mapping[str, str | None]
) -> Behind:
    del period  # bound by the query itself
    source = "deals" if warehouse.profile.rows("deals") else "orders"
    names, step = STEPS[source], at.get("step")
    days = choices["within"] or usual_window(warehouse, source)[0]
    first, last = (1, len(names) - 1) if not at else (names.index(step) + 1,) * 2 if step in names else (0, 0)
    excluded, reasons = ("false", {}) if choices["spam"] else _no_leads(warehouse)
    link_leads(warehouse)
    place = "place" if source == "deals" else "case when place > 3 then place - 1 when place > 2 then 2 else place end"
    values: dict[str, Any] = {
        "window": float(days * DAY),
        "first_step": first,
        "last_step": last,
        # the money of all is that of the won ones
        "money_step": first if at else len(names),
        "step": step,
        **reasons,
    }
    return replace(
        base,
        where=f"not ({excluded})" if first else "false",
        values=values,
        source=f"select lead_id, party, is_pending, is_again, money, outcome, reason, {place} as place "
        f"from ({leads_on_way(source)}) leads",
    )


def _no_leads(warehouse: Warehouse) -> tuple[str, dict[str, Any]]:
    """Which leads are none, as SQL, and what it binds: the reasons of the company that say so."""
    told = sorted(each for each in warehouse.query(REASONS).values("reason") if says_no_lead(each))
    bound = {f"reason_{number}": reason for number, reason in enumerate(told)}
    named = ", ".join(f"${name}" for name in bound)
    return f"is_again or coalesce(reason in ({named}), false)" if bound else "is_again", bound


def _of(columns: Mapping[str, str], tells: Mapping[str, str]) -> Behind:
    # a lead has come to several steps: which is meant is told by the conditions
    base = Behind(columns, "leads", "true", "created_at", {"step": "$step"}, tells=tells)
    return replace(base, look=lambda *asked: _looked(base, *asked))


LEAD_ROWS: Final = (_of(_COLUMNS, {}), _of({"amount": _MONEY}, {"amount": "money"}))
"""The leads that came to a step, went on, were lost there, still wait or are pending; and those whose deals have money."""
