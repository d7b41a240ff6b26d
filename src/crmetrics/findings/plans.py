"""Who misses the plan: teams and people together in one sentence a figure, not one line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from crmetrics.analysis import Analysis, Answer, Finding
from crmetrics.analysis.metric import headline_column
from crmetrics.findings.ranking import StandingOut
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import MONEY, Figure, Unit

_ = words("home")

_PEOPLE: Final = _(
    "{metric}: {n} of {all} people with a target is behind, {money} short.",
    "{metric}: {n} of {all} people with a target are behind, {money} short in all.",
)
_TEAMS: Final = _(
    "{metric}: {n} of {all} teams is behind its target, {money} short.",
    "{metric}: {n} of {all} teams are behind their targets, {money} short in all.",
)
_PEOPLE_COUNTED: Final = _(
    "{metric}: {n} of {all} people with a target is behind.", "{metric}: {n} of {all} people with a target are behind."
)
_TEAMS_COUNTED: Final = _(
    "{metric}: {n} of {all} teams is behind its target.", "{metric}: {n} of {all} teams are behind their targets."
)


def missed_plans(attainment: Answer[Any], find: Callable[[str], Analysis]) -> Iterator[StandingOut]:
    """The plans of teams and people that are missed, of each figure those of teams or of people, whichever lack more.

    What is planned for the company as a whole stands on the scorecard.
    """
    plans: dict[tuple[str, str], dict[Any, dict[str, Any]]] = defaultdict(dict)
    for row in attainment.rows:
        plan = row.as_dict()
        if plan["scope"] in ("team", "owner") and plan["status"] in ("on", "close", "behind"):
            known = plans[plan["key"], plan["scope"]].get(plan["scope_name"])
            if known is None or known["starts_on"] < plan["starts_on"]:
                plans[plan["key"], plan["scope"]][plan["scope_name"]] = plan
    for (key, scope), of_all in plans.items():
        late = [plan for plan in of_all.values() if plan["status"] == "behind"]
        if late and len(of_all) > 1:
            yield _told(attainment, find(key), scope, late, len(of_all))


def _told(
    attainment: Answer[Any], declared: Analysis, scope: str, late: list[dict[str, Any]], all_: int
) -> StandingOut:
    figure = headline_column(declared)
    is_money = declared.is_additive and figure is not None and figure.unit is Unit.MONEY
    short = sum(plan["expected_now"].value - plan["actual"].value for plan in late) if is_money else None
    values: dict[str, Any] = {"metric": declared.title, "n": len(late), "all": all_}
    if short is not None:
        message: Message = (_TEAMS if scope == "team" else _PEOPLE)(**values, money=Figure(short, MONEY))
    else:
        message = (_TEAMS_COUNTED if scope == "team" else _PEOPLE_COUNTED)(**values)
    spans = {(plan["starts_on"], plan["last_on"]) for plan in late}
    remarks: tuple[Message, ...] = ()
    if len(spans) == 1:
        ((first, last),) = spans
        remarks = (_("targets of {period}", period=Period(first, last + timedelta(days=1))),)
    return StandingOut(Finding(message, short, "bad"), attainment, about=f"plan {declared.key}", remarks=remarks)
