"""KPI scorecard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import Analysis, Catalogue, Finding, Note, Options, Result, Row, Table, Tiles, analysis, column
from crmetrics.analysis.metric import undivided
from crmetrics.analysis.standing import Standing, standings
from crmetrics.analysis.targets import own_scope, targets_for
from crmetrics.kpis.usual_kpis import chosen_kpis, listed
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, TEXT, Unit
from crmetrics.warehouse.warehouse import Warehouse

_ = words("kpis")

Level = Annotated[
    Literal["company", "team", "owner"], Options("Level", company="company", team="teams", owner="owners")
]

DRAWN: Final = 40
"""So many courses over time are worked out; each is a scan of its own."""
TOLD: Final = 3
WHOLE: Final = {"all": "company", "team": "own_team", "self": "oneself"}
"""What all that a viewer sees is called."""


class Scorecard(Row):
    metric = column("KPI")
    level_name = column("Person or team", dimension="level", company="Company", own_team="Own team", oneself="Oneself")
    value = column("Now", of=("part", "base"))
    unit = column(
        "Unit",
        money="money",
        count="number",
        quantity="quantity",
        share="share",
        ratio="ratio",
        days="days",
        score="score",
        points="points",
        money_per_day="money per day",
    )
    n = column("Cases", COUNT)
    before = column("Before", TEXT, "the same in the period compared with")
    change = column("Change", TEXT, "of shares and scores the difference, else relative to before")
    target = column("Target", TEXT, "planned for the whole period")
    status = column(
        "Status", on="on target", close="close", behind="behind", few="too few", none="no target", locked="locked"
    )
    better = column("Better", higher="higher", lower="lower")
    swing = column("Usual swing", TEXT, "a change within it is nothing unusual")
    verdict = column("Verdict", better="better", worse="worse", usual="as usual")
    trust = column("Trust", high="high", medium="medium", low="low")
    driving_date = column("Dated by")
    key = column("Key", is_hidden=True)
    part = column("Of them", COUNT, is_hidden=True)
    base = column("Counted", COUNT, is_hidden=True)
    expected = column("Target by now", is_hidden=True)
    missing = column("Missing", is_hidden=True)
    grain = column("Drawn by", is_hidden=True)
    series = column("Course", is_hidden=True)


@analysis(
    "KPI scorecard",
    needs={},
    date="",
    chart=Tiles(x="metric", y="value", before="before", change="change", status="status"),
    period="last-month",
)
def scorecard(
    warehouse: Warehouse,
    period: Period,
    before: Period,
    catalogue: Catalogue,
    metrics: Annotated[str, Options("KPIs")] = "",
    level: Level = "company",
) -> Result[Scorecard]:
    """How do the company, each department and each employee stand on the chosen KPIs?

    Formula: each KPI by its own definition, now and before; status = value / target by now: on from 100 %, close from 90 %, else
             behind; usual swing = 2 x 1.4826 x median absolute deviation of its last 26 changes, at least 8.
    Reads:   Any analysis that has one figure (`metrics`: their keys with commas between), targets.
    Mind:    A change is good or bad by the KPI's own direction, not by its sign; within the usual swing it is neither.
    Source:  Rules R2, R4, R6, R19 and R20 of docs/rules.md.
    """
    chosen, notes = chosen_kpis(catalogue, metrics, period)
    additive = {each.key: each.is_additive for each in chosen}
    # a target is made for the whole: held against a filtered figure it would say nothing
    planned = {} if warehouse.scope.filters else targets_for(warehouse, period, additive)
    scope, name = own_scope(warehouse)
    if name is not None:  # to who does not see all, the whole is what he sees, and its target what is planned for that
        planned = {
            **planned,
            **{(key, "company", None): planned[key, scope, name] for key in additive if (key, scope, name) in planned},
        }
    if level == "company":
        for declared in chosen:  # all without groups first: each change of the grouping makes the views anew
            catalogue.ask(declared.key, period=period, **undivided(declared))
    found = [
        standing
        for declared in chosen
        for standing in standings(catalogue, declared, period, before, planned, level, draw=DRAWN // len(chosen))
    ]
    rows = [_values(each, level, warehouse.scope.viewer.sees) for each in found]
    return Result(
        Table(Scorecard, {each.name: [row[each.name] for row in rows] for each in Scorecard.columns}),
        notes=(*notes, *_notes(found, chosen, period, warehouse)),
        findings=_findings(found),
        used=sum({id(each.answer): each.answer.result.used for each in found}.values()),
    )


def _values(standing: Standing, level: str, sees: str) -> dict[str, Any]:
    answer, now, target = standing.answer, standing.now, standing.target
    return {
        "metric": standing.declared.title,
        "level_name": WHOLE[sees] if level == "company" or answer.locked else standing.party,
        "value": standing.figure(now.value),
        "unit": standing.unit.value,
        "n": now.n,
        "before": standing.figure(standing.before),
        "change": standing.difference(standing.change),
        "target": standing.figure(target.whole if target else None),
        "status": standing.status,
        "better": standing.better,
        "swing": standing.difference(standing.swing),
        "verdict": standing.verdict,
        "trust": None if answer.locked or answer.passport is None else answer.passport.trust,
        "driving_date": standing.declared.date or None,
        "key": standing.declared.key,
        "part": now.part,
        "base": now.base,
        "expected": target.expected if target else None,
        "missing": answer.locked.missing if answer.locked else None,
        "grain": standing.grain,
        "series": standing.series,
    }


def _notes(
    found: Sequence[Standing], chosen: Sequence[Analysis], period: Period, warehouse: Warehouse
) -> Iterator[Note]:
    for each in found:
        if each.answer.locked is not None:
            yield Note(_("{metric}: {why}", metric=each.declared.title, why=each.answer.locked.message), "warn")
    told = {each.declared.key for each in found}
    if untold := [each for each in chosen if each.key not in told]:
        yield Note(_("Cannot be told at this level: {names}.", names=listed(untold)))
    if any(each.target for each in found) and period.elapsed(warehouse.today) != period:
        yield Note(
            _(
                "The period runs: the status is held against the part of the target that belongs to the working days passed."
            )
        )
    if warehouse.scope.filters and warehouse.profile.rows("targets"):
        yield Note(_("Targets are not made for a filtered part, so none is shown."))


def _findings(found: Sequence[Standing]) -> tuple[Finding, ...]:
    """The KPIs that moved more than usual, the most money first; they are told for the company only."""
    told = [_moved(each) for each in found if each.verdict in ("better", "worse")]
    return tuple(sorted(told, key=lambda each: -abs(each.money or 0.0))[:TOLD])


def _moved(standing: Standing) -> Finding:
    now, before = standing.now.value or 0.0, standing.before or 0.0
    template = (
        _("{metric} rose from {before} to {now}, more than it usually moves.")
        if now > before
        else _("{metric} fell from {before} to {now}, more than it usually moves.")
    )
    message = template(metric=standing.declared.title, before=standing.figure(before), now=standing.figure(now))
    is_money = standing.unit is Unit.MONEY and standing.declared.is_additive
    tone: Literal["good", "bad"] = "good" if standing.verdict == "better" else "bad"
    return Finding(message, abs(now - before) if is_money else None, tone, _link(standing))


def _link(standing: Standing) -> Mapping[str, str]:
    return {"key": standing.declared.key}
