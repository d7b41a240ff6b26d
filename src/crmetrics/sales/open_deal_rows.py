"""The deals behind sums over open deals: stale ones, those scored, and those that are won or due for a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from crmetrics.analysis import Behind, Choices
from crmetrics.analysis.littleness import PLAIN_FROM
from crmetrics.analysis.pipelines import Chance, stage_chances
from crmetrics.analysis.silences import SILENCES
from crmetrics.sales.coverage import SPANS
from crmetrics.sales.deal_scores import DEAL_SCORES
from crmetrics.vocabulary.period import Period, midnight, months_later
from crmetrics.warehouse.facts.silence import STALE_DEALS, STAY_LIMITS
from crmetrics.warehouse.warehouse import Warehouse

At = Mapping[str, str | None]

_JUDGED: Final = {
    "days": "days",
    "limit": "stay_limit",
    "silence": "silence",
    "silence_limit": "silence_limit",
    "reasons": "reasons",
}


def _stale(warehouse: Warehouse, _period: None, _choices: Choices, _at: At) -> Behind:
    chance, values = chance_of(stage_chances(warehouse))
    stake = f"cast(amount as double) * ({chance})"
    return replace(
        STALE_ROWS,
        columns={"amount": "amount is not null", "stake": f"{stake} is not null"},
        values={**values, "is_heard": warehouse.profile.rows("activities") > 0},
        tells={**_JUDGED, "probability": chance, "stake": stake},
    )


def chance_of(chances: Mapping[tuple[str, str], Chance]) -> tuple[str, dict[str, Any]]:
    """The chance of an open deal as `deal_chances` tells it, as SQL over pipeline, stage and probability, and what that binds."""
    cases, values = [], dict[str, Any]()
    for number, ((pipeline, stage), chance) in enumerate(sorted(chances.items())):
        own = f"cast($chance_{number} as double)"
        told = own if chance.decided >= PLAIN_FROM else f"coalesce(cast(probability as double), {own})"
        cases.append(f"when pipeline = $pipeline_{number} and stage = $stage_{number} then {told}")
        known = None if chance.rate != chance.rate else chance.rate
        values |= {f"chance_{number}": known, f"pipeline_{number}": pipeline, f"stage_{number}": stage}
    typed = "cast(probability as double)"
    return f"case {' '.join(cases)} else {typed} end" if cases else typed, values


STALE_ROWS: Final = Behind(
    {"amount": "", "stake": ""},
    "deals",
    "true",
    groups={"deal_id": "deal_id"},
    derived=(*SILENCES, STAY_LIMITS),
    source=STALE_DEALS,
    look=_stale,
)
"""The stale deals, each with why it is stale and what is at stake in it."""

_SCORED: Final = """
    select d.deal_id, s.chance, s.stage_rate, cast(converted(d.amount, d.company_rate) as double) as money
    from deals d
    left join deal_scores s on s.deal_id = d.deal_id
    where d.is_won is null
"""


def _scored(warehouse: Warehouse, _period: None, _choices: Choices, _at: At) -> Behind:
    warehouse.work_out(DEAL_SCORES)
    return replace(SCORED_ROWS, look=None)


SCORED_ROWS: Final = Behind(
    {"amount": "money is not null", "expected_amount": "chance * money is not null"},
    "deals",
    "true",
    groups={"deal_id": "deal_id"},
    source=_SCORED,
    tells={"p": "chance", "stage_rate": "stage_rate", "expected_amount": "chance * money"},
    look=_scored,
)
"""The open deals, each with its own chance."""

_OF_TARGET: Final = """
    select d.deal_id, d.party, d.pipeline, d.stage, d.is_won, d.closed_at, d.expected_close_on,
           converted(d.amount, d.company_rate) as money, coalesce(d.probability, s.probability) as probability
    from deals d
    left join stages s on s.pipeline = d.pipeline and s.stage = d.stage
"""
_DUE: Final = "is_won is null and expected_close_on >= $due_from and expected_close_on < $end_on and money is not null"
_TOLD_BY: Final = {
    "won": "is_won and closed_at >= $start and closed_at < $end and money is not null",
    "deals": _DUE,
    "open_due": _DUE,
    "overdue": "is_won is null and expected_close_on < $overdue_until and money is not null",
    "n": "closed_at >= $decided_since and money is not null",
}
_DECIDED: Final = """
select party, count(*) as deals
from deals
where closed_at >= $since and converted(amount, company_rate) is not null
group by party
order by party
"""


def target_rows(choices: Choices) -> tuple[Behind, ...]:
    """The deals that are won, due or overdue for the target of a company, a team or a person; and those of its win rate."""
    level = choices["level"]
    base = Behind(
        {},
        "deals",
        "true",
        groups={"scope": "'company'" if level == "company" else "party"},
        source=_OF_TARGET,
        grouping="" if level == "company" else "level",
    )
    opened = (replace(base, columns={name: condition}) for name, condition in _TOLD_BY.items())
    return tuple(replace(each, look=partial(_due, each)) for each in opened)


def _due(base: Behind, warehouse: Warehouse, period: Period, choices: Choices, at: At) -> Behind:
    """The same with its dates; of weighted amounts what each deal adds by its chance."""
    since = [midnight(months_later(warehouse.today, -months), warehouse.zone) for months in SPANS]
    values: dict[str, Any] = {
        "due_from": max(period.start, warehouse.today),
        "overdue_until": min(period.end, warehouse.today),
    }
    if "n" in base.columns:
        by = choices["level"] if at and choices["level"] != "company" else ""
        decided = warehouse.query(_DECIDED, by=by, of="deals", since=since[0])
        own = zip(decided.values("party"), decided.values("deals"), strict=True)
        cases = sum(deals for party, deals in own if not by or party == at.get("scope"))
        values["decided_since"] = since[0] if cases >= PLAIN_FROM else since[1]
    if "open_due" in base.columns and choices["weighted"]:
        chance, bound = chance_of(stage_chances(warehouse))
        weighed = f"cast(money as double) * ({chance})"
        is_known = {"open_due": f"{_DUE} and {weighed} is not null"}
        return replace(base, columns=is_known, values=values | bound, tells={"open_due": weighed})
    return replace(base, values=values)
