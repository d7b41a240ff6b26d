"""Stage conversion and loss per stage."""

from __future__ import annotations

from functools import partial, reduce
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import By, Finding, Funnel, LeftOut, NeedsBy, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.analysis.pipelines import checked_pipeline
from crmetrics.models import funnel
from crmetrics.models.interval import wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.funnels import CASES_BY_STEP, STEPS
from crmetrics.warehouse.rows import Rows, joined
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Counting = Annotated[
    Literal["or_later", "strict", "any"],
    Options(
        "Reached", or_later="the stage or a later one", strict="every stage in order", any="the stage, in the period"
    ),
]
RatesOf = Annotated[Literal["count", "amount"], Options("Rates of", count="deals", amount="money")]
AmountAt = Annotated[Literal["close", "now"], Options("Amount", close="when it was closed", now="as it stands now")]
Source = Annotated[Literal["deals", "leads"], Options("Counted from", deals="deals", leads="leads")]

LEAD_STEPS: Final = {"lead_came": 1, "lead_qualified": 2, "lead_deal": 3}
UNPRICED: Final = ("without_amount", "unconverted")
COUNTS: Final = ("reached", "moved", "decided", "entered", "lost", "waiting", "skipped")


class StageConversion(Row):
    party = column("Group", dimension="by")
    stage = column(
        "Stage", dimension="stage", lead_came="Lead", lead_qualified="Qualified", lead_deal="Deal", all_won="Won"
    )
    stage_no = column("Place", COUNT, is_hidden=True)
    reached = column("Reached", COUNT, "came to the stage, by the chosen rule", better="higher")
    moved = column("Went on", COUNT, "reached the next stage", better="higher")
    next_rate = column("To the next stage", SHARE, better="higher", of=("moved", "reached"))
    low = column("At least", SHARE, "lower end of the 95 % interval of the share that went on")
    high = column("At most", SHARE, "upper end of the 95 % interval of the share that went on")
    decided = column("Decided", COUNT, "went on or were lost here", is_hidden=True)
    decided_rate = column("Of the decided", SHARE, "went on, without those still there", of=("moved", "decided"))
    entered = column("Entered", COUNT, "reached the first stage", is_hidden=True)
    cumulative = column("From the start", SHARE, "of all that entered", better="higher", of=("reached", "entered"))
    lost = column("Lost here", COUNT, "lost and came no further", better="lower")
    loss_rate = column("Loss rate", SHARE, better="lower", of=("lost", "reached"))
    lost_amount = column("Money lost", MONEY, better="lower")
    open_deals = column("Still there", COUNT, "open and came no further")
    skipped = column("Skipped", COUNT, "left here by skipping the next stage", only=("counting", ("strict",)))


@analysis(
    "Stage conversion and loss per stage",
    needs=NeedsBy(
        "source",
        deals={"deals": ["created_at", "stage"], "deal_stages": ["entered_at"]},
        leads={"leads": ["created_at"]},
    ),
    date="deals.created_at",
    kind="DG",
    chart=Funnel(x="stage", moved="moved", waiting="open_deals", lost="lost"),
)
def stage_conversion(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    counting: Counting = "or_later",
    of: RatesOf = "count",
    amount_at: AmountAt = "close",
    source: Source = "deals",
    pipeline: Annotated[str, Options("Pipeline")] = "",
) -> Result[StageConversion]:
    """At which stage do deals (or leads) drop out, by count and by money?

    Formula: reached(s) = deals that entered s or any later open stage or were won; to the next stage = reached(s+1) /
             reached(s), after the last open stage comes won; lost(s) = lost deals whose furthest stage is s.
    Reads:   deal_stages, deals, stages, deal_changes for the amount at close; or leads.
    Mind:    Deals count in the period in which they entered the pipeline, followed to as-of: young ones still stand somewhere.
             Moves back do not lower the furthest stage. "The stage, in the period" may exceed 100 %.
    Source:  Wilson (1927), JASA 22(158), 209-212; Kish (1965) for its n where money is the weight.
    """
    chosen, others, steps = _steps(warehouse, period, source, pipeline)
    ask = partial(warehouse.query, period=period, by=by, pipeline=chosen, amount_at=amount_at, steps=len(steps) - 1)
    rows = reduce(joined, (ask(sql, of=fact, moment=moment) for fact, sql, moment in CASES_BY_STEP[source, counting]))
    groups, group = _groups(rows)
    tally = funnel.Funnel.tally_visits if counting == "any" else funnel.Funnel.tally
    place, outcome = rows.numbers("place"), rows.values("outcome")
    weights = (np.nan_to_num(rows.numbers(name)) for name in ("cases", "money", "squares"))
    found = funnel.PricedFunnel(
        *(tally(place, outcome, weight, group, len(groups) + 1, len(steps) - 1) for weight in weights)
    )
    by_money = of == "amount" and source == "deals"
    table = _table(found, groups, steps, by_money=by_money)
    entered = table.where(table.flags("is_total")).one()["entered"]
    unpriced = [int(rows.where(_counted(rows)).numbers(name).sum()) if by_money else 0 for name in UNPRICED]
    uncounted = [Note(_("Leads carry no amount, so they are counted."))] if of == "amount" and not by_money else []
    return Result.of(
        StageConversion,
        table,
        notes=(*little_data(entered, found.cases.reached[:-1, 0]), *uncounted),
        findings=_leak([*steps], found),
        used=entered - sum(unpriced),
        left_out=_left_out(rows, others, unpriced),
    )


def _groups(rows: Rows) -> tuple[list[Any], NDArray[np.int64]]:
    """The groups, the largest first, and the place of each row's group; the total comes last."""
    is_total = rows.flags("is_total")
    parties, which = rows.where(~is_total).groups("party")
    largest = np.argsort(-np.bincount(which, rows.numbers("cases")[~is_total], len(parties)), kind="stable")
    group = np.full(len(rows), len(parties))
    group[~is_total] = np.argsort(largest)[which]
    names = parties.values("party")
    return [names[each] for each in largest], group


def _table(found: funnel.PricedFunnel, groups: list[Any], steps: dict[str, int], *, by_money: bool) -> Rows:
    """A row for each group and step, then the total: a funnel of one step, from the entry to the end, over all groups."""
    each, whole = found.figures(by_money=by_money), found.whole().figures(by_money=by_money)
    columns: dict[str, Any] = {name: np.append(each[name][:-1], whole[name][-1, 0]) for name in each}
    columns |= {name: [None if np.isnan(some) else int(some) for some in columns[name]] for name in COUNTS}
    return Rows({}).with_columns(
        party=[party for party in groups for _step in steps] + [None],
        stage=[*steps] * len(groups) + [None],
        stage_no=[*steps.values()] * len(groups) + [None],
        is_total=[False] * len(steps) * len(groups) + [True],
        open_deals=columns["waiting"],
        **columns,
    )


def _steps(warehouse: Warehouse, period: Period, source: str, asked: str) -> tuple[str, int, dict[str, int]]:
    """The pipeline asked for, or the one with most deals; how many deals entered others; its open stages and the end."""
    stages = list(warehouse.query(STEPS, period=period).records())
    entered = {each["pipeline"]: each["entered"] for each in stages}
    chosen = "leads" if source == "leads" else checked_pipeline(asked, [*entered]) or next(iter(entered), "main")
    steps = {each["stage"]: each["stage_no"] for each in stages if (each["pipeline"], each["kind"]) == (chosen, "open")}
    if source == "leads" and len(steps) != len(LEAD_STEPS) - 1:
        return chosen, 0, LEAD_STEPS
    ends = [(each["stage"], each["stage_no"]) for each in stages if (each["pipeline"], each["kind"]) == (chosen, "won")]
    unnamed = ("lead_deal" if source == "leads" else "all_won", max(steps.values(), default=0) + 1)
    return chosen, sum(entered.values()) - entered.get(chosen, 0), steps | dict([*ends, unnamed][:1])


def _counted(rows: Rows) -> NDArray[np.bool_]:
    """Which rows of the total say how far deals came."""
    is_won = np.array([outcome == funnel.WON for outcome in rows.values("outcome")], dtype=bool)
    return rows.flags("is_total") & (is_won | (rows.numbers("place") > 0))


def _left_out(rows: Rows, others: int, unpriced: list[int]) -> tuple[LeftOut, ...]:
    place, cases = rows.numbers("place"), rows.numbers("cases")
    uncounted = rows.flags("is_total") & ~_counted(rows)
    reasons = (
        LeftOut(_("in another pipeline"), others),
        LeftOut(_("without a stage history"), int(cases[uncounted & (place < 0)].sum())),
        LeftOut(_("began after the first stage"), int(cases[uncounted & (place == 0)].sum())),
        LeftOut(_("without an amount"), unpriced[0]),
        LeftOut(_("in a currency without a rate"), unpriced[1]),
    )
    return tuple(reason for reason in reasons if reason.rows)


def _leak(names: list[str], found: funnel.PricedFunnel) -> tuple[Finding, ...]:
    """The stage that loses most money, if it loses more of its deals than the stages do together."""
    lost, reached, amounts = found.cases.lost[-1, :-1], found.cases.reached[-1, :-1], found.money.lost[-1, :-1]
    worst = int(np.argmax(amounts)) if len(amounts) else 0
    if not amounts.any() or reached[worst] < PLAIN_FROM:
        return ()
    if wilson(lost[worst], reached[worst])[0] <= lost.sum() / reached.sum():
        return ()
    message = _(
        "{stage} loses {share} of the deals that reach it, {money} in all.",
        stage=names[worst],
        share=Figure(float(lost[worst] / reached[worst]), SHARE),
        money=Figure(float(amounts[worst]), MONEY),
    )
    return (Finding(message, money=float(amounts[worst]), tone="bad", link={"by": "owner"}),)
