"""Which customers stand behind the figures of churn and retention: there at the start, lost, won back, there at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from crmetrics.analysis import Behind, Choices
from crmetrics.customers.stays import Parts, Stays
from crmetrics.vocabulary.period import GRAINS, Period, midnight
from crmetrics.warehouse.facts.stays import STAYS
from crmetrics.warehouse.warehouse import Warehouse

NOBODY: Final = "select cast(null as varchar) as customer_id, cast(null as varchar) as party where false"

# As facts.standing counts them, of one part of the period; at a midnight a customer is in one stay at most.
AROUND: Final = """
with {stays}
select s.customer_id, {party} as party, s.from_on < $starts_on and s.lost_on >= $starts_on as was_there,
       s.lost_on >= $starts_on and s.lost_on < $ends_on as is_lost, s.lost_on >= $ends_on as is_there, s.is_pending,
       b.customer_id is not null as is_back
from stays s
left join customers c on c.customer_id = s.customer_id
left join stays b on b.customer_id = s.customer_id and b.from_on > s.lost_on and b.from_on < $ends_on and b.lost_on >= $ends_on
where s.from_on < $ends_on
"""

_START: Final = "was_there and not (is_lost and is_pending)"
_LOST: Final = "was_there and is_lost and not is_pending"
CHURN: Final = {
    "start": _START,
    "lost": _LOST,
    "won_back": f"{_LOST} and is_back",
    "pending": "was_there and is_lost and is_pending",
    "worth": _START,
    "lost_worth": _LOST,
}
RETENTION: Final = {
    "start": _START,
    "kept": f"{_START} and (not is_lost or is_back)",
    "won_back": f"{_LOST} and is_back",
    "at_end": "is_there",
}


def _look(
    columns: Mapping[str, str],
    warehouse: Warehouse,
    period: Period | None,
    choices: Choices,
    at: Mapping[str, str | None],
) -> Behind:
    by = str(choices["by"])
    stays = Stays.of(warehouse, choices["customer_by"], choices["window"], choices["grace"])
    parts = Parts.of(period, by, warehouse.today, warehouse.week_start) if period else Parts((), (), ())
    grouping = "" if by in GRAINS else "by"
    nobody = Behind(dict.fromkeys(columns, "false"), "customers", "true", source=NOBODY, grouping=grouping)
    if not parts.spans:
        return nobody
    named = str(at.get("party") or "") if by in GRAINS else ""
    if named not in parts.names:
        return nobody
    part, span = parts.spans[parts.names.index(named)], timedelta(days=stays.window)
    values: dict[str, Any] = {
        "starts_on": part.start,
        "ends_on": part.end,
        "reach": midnight(parts.spans[0].start - span, warehouse.zone),
        "until": midnight(parts.spans[0].end, warehouse.zone),
        "window": stays.window,
        "grace": stays.grace,
        "named": named,
    }
    party = "cast($named as varchar)" if by in GRAINS else "c.party"
    source = AROUND.replace("{stays}", STAYS[stays.basis].strip()).replace("{party}", party)
    return Behind(columns, "customers", "true", values=values, source=source, grouping=grouping)


_CHURN: Final = Behind(CHURN, "customers", "true", look=partial(_look, CHURN))
RETAINED: Final = (Behind(RETENTION, "customers", "true", look=partial(_look, RETENTION)),)
"""The customers behind `customers.retention_rate`."""


def churned(choices: Choices) -> tuple[Behind, ...]:
    """The customers behind `customers.churn_rate`. Counted by days, who is lost twice is counted twice: that is no set of rows."""
    if choices["base"] == "start":
        return (_CHURN,)
    kept = {name: sql for name, sql in CHURN.items() if name != "lost"}
    return (replace(_CHURN, columns=kept, look=partial(_look, kept)),)
